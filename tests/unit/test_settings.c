#include "base/rng.h"
#include "channel-sim/settings.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const impairments clean = {.value = {[SETTING_SNR] = INFINITY}};

static int apply(settings *s, const char *name, double value, int ue, err *e)
{
    wire_change c = {.value = value, .for_one_ue = ue >= 0, .ue = ue >= 0 ? (uint32_t)ue : 0};
    snprintf(c.name, sizeof c.name, "%s", name);
    return settings_apply(s, &c, 0, e);
}

static double in_force(const settings *s, setting_name name, uint32_t ue)
{
    return settings_of(s, ue, 0, 0).value[name];
}

static void one_ue_overrides_all_until_all_are_set(void)
{
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    CHECK(apply(s, "snr", 10, -1, NULL) == ERR_NONE);
    CHECK(apply(s, "snr", 3, 7, NULL) == ERR_NONE);
    CHECK(apply(s, "loss", 0.5, 7, NULL) == ERR_NONE);
    CHECK_NEAR(in_force(s, SETTING_SNR, 7), 3, 0);
    CHECK_NEAR(in_force(s, SETTING_SNR, 6), 10, 0);
    CHECK_NEAR(in_force(s, SETTING_SNR, 8), 10, 0);
    CHECK(apply(s, "snr", INFINITY, -1, NULL) == ERR_NONE);
    CHECK(isinf(in_force(s, SETTING_SNR, 7)));
    CHECK_NEAR(in_force(s, SETTING_LOSS, 7), 0.5, 0); /* another name's exception stays */
    CHECK_NEAR(in_force(s, SETTING_LOSS, 8), 0, 0);
    settings_free(s);
}

/* Against a table that holds every UE's value. */
static void any_sequence_agrees_with_a_plain_table(void)
{
    enum { UES = 300, STEPS = 5000 };
    static double table[UES][SETTINGS];
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    for (int u = 0; u < UES; u++)
        table[u][SETTING_SNR] = INFINITY;
    rng g = rng_at(21, RNG_LOSS, 0, 0);
    for (int i = 0; i < STEPS; i++) {
        int name = (int)(rng_uniform(&g) * SETTINGS), ue = (int)(rng_uniform(&g) * UES);
        bool all = rng_uniform(&g) < 0.005;
        double value = rng_uniform(&g);
        CHECK(apply(s, setting_kinds[name].name, value, all ? -1 : ue, NULL) == ERR_NONE);
        for (int u = all ? 0 : ue; u < (all ? UES : ue + 1); u++)
            table[u][name] = value;
    }
    for (uint32_t u = 0; u < UES; u++)
        for (int name = 0; name < SETTINGS; name++)
            CHECK(in_force(s, (setting_name)name, u) == table[u][name]);
    settings_free(s);
}

static void impossible_requests_change_nothing(void)
{
    static const struct {
        const char *name;
        double value;
        int ue;
        const char *hint;
    } bad[] = {
        {"snr", -30.5, -1, "snr takes -30 to 100 dB, or inf, not -30.5"},
        {"snr", 101, -1, "snr takes"},
        {"snr", -INFINITY, -1, "snr takes"},
        {"snr", NAN, -1, "snr takes"},
        {"loss", 1.01, -1, "loss takes 0 to 1 fraction, not 1.01"},
        {"loss", INFINITY, 3, "loss takes"},
        {"loss", NAN, 3, "loss takes"},
        {"delay", -1e-9, -1, "delay takes 0 to 10 s"},
        {"jitter", 10.1, -1, "jitter takes 0 to 10 s"},
        {"snr", 5, WIRE_UE_MAX, "numbers go up to 999999"},
        {"snrr", 5, -1, "did you mean snr?"},
        {"bandwidth", 5, -1, "the settings are snr, loss, delay, jitter"},
        {"", 5, -1, "unknown setting ''"},
    };
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(apply(s, bad[i].name, bad[i].value, bad[i].ue, &e) == ERR_INVALID);
        CHECK(strstr(e.text, bad[i].hint) != NULL);
        if (!strstr(e.text, bad[i].hint))
            printf("    %s\n", e.text);
    }
    impairments now = settings_of(s, 3, 0, 0);
    CHECK(memcmp(&now, &clean, sizeof now) == 0);
    settings_free(s);
}

static void only_ues_of_the_cell_have_settings(void)
{
    settings *s = settings_create(&clean, NULL, 8);
    err e = {0};
    REQUIRE(s != NULL);
    CHECK(apply(s, "snr", 5, 7, &e) == ERR_NONE);
    CHECK(apply(s, "snr", 5, 8, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "UE 8 is not in the cell, whose numbers go up to 7") != NULL);
    settings_free(s);
}

static void the_reply_tells_every_value_in_force(void)
{
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    CHECK(apply(s, "delay", 0.002, -1, NULL) == ERR_NONE);
    CHECK(apply(s, "snr", 5, 9, NULL) == ERR_NONE);
    zmq_msg_t frame;
    REQUIRE(settings_reply(s, "what was wrong", 0, 0, &frame) == ERR_NONE);
    wire_control_reply reply;
    REQUIRE(wire_control_reply_unpack(&frame, &reply, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    REQUIRE(reply.settings == SETTINGS + 1);
    CHECK(strcmp(reply.error, "what was wrong") == 0);
    for (int i = 0; i < SETTINGS; i++) {
        const wire_setting *item = &reply.setting[i];
        CHECK(strcmp(item->name, setting_kinds[i].name) == 0 && !item->for_one_ue);
        CHECK(strcmp(item->unit, setting_kinds[i].unit) == 0);
        CHECK(item->value == (i == SETTING_SNR ? INFINITY : i == SETTING_DELAY ? 0.002 : 0));
    }
    const wire_setting *last = &reply.setting[SETTINGS];
    CHECK(last->for_one_ue && last->ue == 9 && strcmp(last->name, "snr") == 0);
    CHECK_NEAR(last->value, 5, 0);
    wire_control_reply_clear(&reply);
    settings_free(s);
}

/* As a controller reads it: pages that follow each other are one reply. */
static size_t read_pages(const settings *s, wire_control_reply *all)
{
    size_t pages = 0;
    *all = (wire_control_reply){0};
    do {
        zmq_msg_t frame;
        wire_control_reply page;
        err e = {0};
        REQUIRE(settings_reply(s, "", all->next_ue, 0, &frame) == ERR_NONE);
        CHECK(zmq_msg_size(&frame) < WIRE_FRAME_BYTES_MAX / 2);
        REQUIRE(wire_control_reply_unpack(&frame, &page, &e) == ERR_NONE);
        zmq_msg_close(&frame);
        if (pages++ == 0)
            *all = page;
        else
            REQUIRE(wire_control_reply_append(all, &page, &e) == ERR_NONE);
    } while (all->next_ue > 0);
    return pages;
}

static void many_settings_come_in_pages(void)
{
    enum { UES = 3000 };
    static const char *const names[] = {"snr", "loss", "delay"};
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    for (int ue = UES - 1; ue >= 0; ue--)
        for (size_t i = 0; i < 3; i++)
            REQUIRE(apply(s, names[i], 1e-6 * ue, 7 * ue, NULL) == ERR_NONE);
    wire_control_reply all;
    CHECK(read_pages(s, &all) == (3 * UES + WIRE_PAGE_MAX - 1) / WIRE_PAGE_MAX);
    REQUIRE(all.settings == SETTINGS + 3 * UES);
    for (size_t i = 0; i < 3 * UES; i++) {
        const wire_setting *item = &all.setting[SETTINGS + i];
        CHECK(item->for_one_ue && item->ue == 7 * (i / 3) && item->value == 1e-6 * (double)(i / 3));
    }
    wire_control_reply_clear(&all);
    settings_free(s);
}

static void a_page_that_leads_back_is_refused(void)
{
    err e = {0};
    wire_control_reply sent = {.error = "", .next_ue = 5}, first, page;
    zmq_msg_t frame;
    for (int i = 0; i < 2; i++) {
        REQUIRE(wire_control_reply_pack(&sent, &frame) == ERR_NONE);
        REQUIRE(wire_control_reply_unpack(&frame, i ? &page : &first, &e) == ERR_NONE);
        zmq_msg_close(&frame);
    }
    CHECK(wire_control_reply_append(&first, &page, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "starts at UE 5 continues at UE 5") != NULL);
    wire_control_reply_clear(&first);
    wire_control_reply_clear(&page);
}

static void settings_of_single_ues_are_bounded(void)
{
    err e = {0};
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    for (int ue = 0; ue < SETTINGS_OF_SINGLE_UES_MAX; ue++)
        if (apply(s, "snr", 5, ue, NULL) != ERR_NONE)
            REQUIRE(false);
    CHECK(apply(s, "snr", 5, SETTINGS_OF_SINGLE_UES_MAX, &e) == ERR_STATE);
    CHECK(strstr(e.text, "200000 settings") != NULL);
    CHECK(apply(s, "snr", 6, 3, &e) == ERR_NONE); /* there already */
    CHECK(apply(s, "snr", 6, -1, &e) == ERR_NONE);
    CHECK(apply(s, "snr", 5, SETTINGS_OF_SINGLE_UES_MAX, &e) == ERR_NONE);
    settings_free(s);
}

/* Two groups: UEs 0-3 near, with an SNR of its own, and UEs 4-7 far; changes at 10, 20 and 30 s. */
static scenario *planned(void)
{
    static const char text[] = "groups:\n"
                               "  - {name: near, count: 4, snr: 20}\n"
                               "  - {name: far, count: 4}\n"
                               "timeline:\n"
                               "  - {at: 10s, set: {snr: 0}}\n"
                               "  - {at: 20s, group: far, ramp: {snr: [-5, 40], over: 30s}}\n"
                               "  - {at: 30s, ue: 2, set: {loss: 0.5}}\n";
    scenario *s = calloc(1, sizeof *s);
    err e = {0};
    if (s && scenario_parse(s, text, sizeof text - 1, "planned", &e) == ERR_NONE)
        return s;
    printf("    %s\n", e.text);
    free(s);
    return NULL;
}

/* A request in full; `who` is a group's name, a UE's number, or "" for all. */
static int ask(settings *s, const char *who, double value, double over_s, double now_s, err *e)
{
    bool ue = *who >= '0' && *who <= '9';
    wire_change c = {.name = "snr",
                     .value = value,
                     .for_one_ue = ue,
                     .ue = ue ? (uint32_t)atoi(who) : 0,
                     .ramped = over_s < 0 || over_s > 0 || isnan(over_s),
                     .over_s = over_s};
    snprintf(c.group, sizeof c.group, "%s", ue ? "" : who);
    return settings_apply(s, &c, now_s, e);
}

static double snr(const settings *s, uint32_t ue, double due_s, double now_s)
{
    return settings_of(s, ue, due_s, now_s).value[SETTING_SNR];
}

static void a_timeline_follows_the_report_not_the_clock(void)
{
    scenario *plan = planned();
    settings *s = plan ? settings_create(&clean, plan, 0) : NULL;
    REQUIRE(s != NULL);
    for (double now = 0; now < 100; now += 33) {
        CHECK(snr(s, 0, 9.999, now) == 20 && isinf(snr(s, 4, 9.999, now)));
        CHECK(snr(s, 0, 10, now) == 0 && snr(s, 4, 10, now) == 0);
        CHECK(snr(s, 3, 35, now) == 0 && snr(s, 4, 20, now) == -5);
        CHECK_NEAR(snr(s, 7, 30, now), 10, 1e-12);
        CHECK(snr(s, 7, 50, now) == 40 && snr(s, 7, 1e6, now) == 40);
        CHECK(settings_of(s, 2, 29.9, now).value[SETTING_LOSS] == 0);
        CHECK(settings_of(s, 2, 30, now).value[SETTING_LOSS] == 0.5);
        CHECK(settings_of(s, 1, 30, now).value[SETTING_LOSS] == 0);
    }
    settings_free(s);
    free(plan);
}

static void a_live_change_holds_until_the_timelines_next(void)
{
    scenario *plan = planned();
    settings *s = plan ? settings_create(&clean, plan, 0) : NULL;
    REQUIRE(s != NULL);
    settings_advance(s, 12);
    CHECK(ask(s, "far", 7, 0, 100, NULL) == ERR_NONE);
    CHECK(snr(s, 4, 12, 100) == 7 && snr(s, 3, 12, 100) == 0);
    CHECK(snr(s, 4, 9, 100) == 7); /* also for a report that comes late */
    CHECK(snr(s, 4, 19.9, 110) == 7 && snr(s, 4, 20, 110) == -5);
    settings_advance(s, 25);
    CHECK(ask(s, "", 3, 0, 120, NULL) == ERR_NONE);
    for (uint32_t ue = 0; ue < 9; ue++)
        CHECK(snr(s, ue, 40, 120) == 3);
    settings_free(s);
    free(plan);
}

static void a_group_overrides_all_and_a_ue_its_group(void)
{
    scenario *plan = planned();
    plan->timeline.count = 0;
    settings *s = settings_create(&clean, plan, 0);
    REQUIRE(s != NULL);
    CHECK(ask(s, "5", 1, 0, 0, NULL) == ERR_NONE);
    CHECK(ask(s, "1", 2, 0, 0, NULL) == ERR_NONE);
    CHECK(ask(s, "far", 6, 0, 0, NULL) == ERR_NONE); /* ends what was set for UE 5 */
    CHECK(snr(s, 5, 0, 0) == 6 && snr(s, 1, 0, 0) == 2 && snr(s, 0, 0, 0) == 20);
    CHECK(ask(s, "5", 1, 0, 0, NULL) == ERR_NONE);
    CHECK(snr(s, 5, 0, 0) == 1 && snr(s, 4, 0, 0) == 6 && isinf(snr(s, 8, 0, 0)));
    CHECK(ask(s, "", 9, 0, 0, NULL) == ERR_NONE);
    for (uint32_t ue = 0; ue < 9; ue++)
        CHECK(snr(s, ue, 0, 0) == 9);
    err e = {0};
    CHECK(ask(s, "middle", 1, 0, 0, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "unknown group 'middle'; there are near, far") != NULL);
    settings_free(s);
    free(plan);
}

static void a_live_ramp_is_linear_and_ends_with_a_set(void)
{
    settings *s = settings_create(&clean, NULL, 0);
    REQUIRE(s != NULL);
    CHECK(ask(s, "", 0, 0, 1, NULL) == ERR_NONE);
    CHECK(ask(s, "", 20, 10, 5, NULL) == ERR_NONE); /* from the 0 dB in force */
    for (int i = 0; i <= 20; i++)
        CHECK_NEAR(snr(s, 3, 0, 5 + 0.5 * i), i, 1e-12);
    CHECK(snr(s, 3, 0, 1e9) == 20);
    CHECK(ask(s, "3", -10, 4, 10, NULL) == ERR_NONE); /* from the 10 dB it has reached */
    CHECK_NEAR(snr(s, 3, 0, 12), 0, 1e-12);
    CHECK_NEAR(snr(s, 4, 0, 12), 14, 1e-12);
    CHECK(ask(s, "", 2, 0, 13, NULL) == ERR_NONE);
    CHECK(snr(s, 3, 0, 13) == 2 && snr(s, 4, 0, 15) == 2);
    err e = {0};
    CHECK(ask(s, "", INFINITY, 1, 13, &e) == ERR_INVALID && strstr(e.text, "finite ends"));
    CHECK(ask(s, "", 5, -1, 13, &e) == ERR_INVALID && strstr(e.text, "from above 0"));
    CHECK(ask(s, "", 5, NAN, 13, &e) == ERR_INVALID && snr(s, 3, 0, 14) == 2);
    settings_free(s);
}

/* What the reply tells of someone is what their next report gets. */
static void the_reply_agrees_with_what_reports_get(void)
{
    scenario *plan = planned();
    settings *s = plan ? settings_create(&clean, plan, 0) : NULL;
    REQUIRE(s != NULL);
    settings_advance(s, 35);
    CHECK(ask(s, "5", 8, 10, 2, NULL) == ERR_NONE);
    zmq_msg_t frame;
    REQUIRE(settings_reply(s, "", 0, 3, &frame) == ERR_NONE);
    wire_control_reply r;
    REQUIRE(wire_control_reply_unpack(&frame, &r, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    REQUIRE(r.groups == 2 && r.time_s == 35);
    CHECK(strcmp(r.group[1].name, "far") == 0 && r.group[1].first_ue == 4);
    int groups = 0, ues = 0;
    for (size_t i = 0; i < r.settings; i++) {
        const wire_setting *item = &r.setting[i];
        setting_name name = SETTING_SNR;
        REQUIRE(setting_find(item->name, &name, NULL) == ERR_NONE);
        uint32_t ue = item->for_one_ue ? item->ue : *item->group ? 4 : 1000;
        CHECK(item->value == settings_of(s, ue, 35, 3).value[name]);
        groups += *item->group != '\0';
        ues += item->for_one_ue;
    }
    CHECK(groups == 1 && ues == 2); /* far's ramp; UE 5's ramp and UE 2's loss */
    wire_control_reply_clear(&r);
    settings_free(s);
    free(plan);
}

static const harness_test tests[] = {
    {"only UEs of the cell have settings of their own", only_ues_of_the_cell_have_settings},
    {"many settings of single UEs come in pages, each once and in order",
     many_settings_come_in_pages},
    {"a page that leads back is refused", a_page_that_leads_back_is_refused},
    {"settings of single UEs are bounded", settings_of_single_ues_are_bounded},
    {"what is set for one UE overrides all, and ends when all are set",
     one_ue_overrides_all_until_all_are_set},
    {"any sequence of settings agrees with a table of every UE",
     any_sequence_agrees_with_a_plain_table},
    {"an impossible request names what is right and changes nothing",
     impossible_requests_change_nothing},
    {"the reply tells every value in force", the_reply_tells_every_value_in_force},
    {"a timeline follows a report's time in the schedule, whenever it arrives",
     a_timeline_follows_the_report_not_the_clock},
    {"a live change holds until the timeline's next change of the same setting",
     a_live_change_holds_until_the_timelines_next},
    {"the last write holds, for all, a group or one UE", a_group_overrides_all_and_a_ue_its_group},
    {"a live ramp is linear in its unit, starts at the value in force and ends with a set",
     a_live_ramp_is_linear_and_ends_with_a_set},
    {"the reply agrees with what reports get", the_reply_agrees_with_what_reports_get},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "settings", tests, sizeof tests / sizeof tests[0]);
}
