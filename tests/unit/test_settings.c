#include "../../channel-sim/settings.h"
#include "base/rng.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const impairments clean = {.value = {[SETTING_SNR] = INFINITY}};

static int apply(settings *s, const char *name, double value, int ue, err *e)
{
    Csilink__ControlRequest__Set set = CSILINK__CONTROL_REQUEST__SET__INIT;
    set.name = (char *)(uintptr_t)name;
    set.value = value;
    set.for_one_ue = ue >= 0;
    set.ue = ue >= 0 ? (uint32_t)ue : 0;
    return settings_apply(s, &set, e);
}

static double in_force(const settings *s, setting_name name, uint32_t ue)
{
    return settings_of(s, ue).value[name];
}

static void one_ue_overrides_all_until_all_are_set(void)
{
    settings *s = settings_create(&clean);
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
    settings *s = settings_create(&clean);
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
        {"snr", 5, LINK_UE_MAX, "numbers go up to 999999"},
        {"snrr", 5, -1, "did you mean snr?"},
        {"bandwidth", 5, -1, "there are snr, loss, delay and jitter"},
        {"", 5, -1, "there is no setting ''"},
    };
    settings *s = settings_create(&clean);
    REQUIRE(s != NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(apply(s, bad[i].name, bad[i].value, bad[i].ue, &e) == ERR_INVALID);
        CHECK(strstr(e.text, bad[i].hint) != NULL);
        if (!strstr(e.text, bad[i].hint))
            printf("    %s\n", e.text);
    }
    impairments now = settings_of(s, 3);
    CHECK(memcmp(&now, &clean, sizeof now) == 0);
    settings_free(s);
}

static void the_reply_tells_every_value_in_force(void)
{
    settings *s = settings_create(&clean);
    REQUIRE(s != NULL);
    CHECK(apply(s, "delay", 0.002, -1, NULL) == ERR_NONE);
    CHECK(apply(s, "snr", 5, 9, NULL) == ERR_NONE);
    zmq_msg_t frame;
    REQUIRE(settings_reply(s, "what was wrong", &frame) == ERR_NONE);
    link_control_reply *reply = link_control_reply_unpack(&frame, NULL);
    zmq_msg_close(&frame);
    REQUIRE(reply && reply->n_settings == SETTINGS + 1);
    CHECK(strcmp(reply->error, "what was wrong") == 0);
    for (int i = 0; i < SETTINGS; i++) {
        const Csilink__ControlReply__Setting *item = reply->settings[i];
        CHECK(strcmp(item->name, setting_kinds[i].name) == 0 && !item->for_one_ue);
        CHECK(strcmp(item->unit, setting_kinds[i].unit) == 0);
        CHECK(item->value == (i == SETTING_SNR ? INFINITY : i == SETTING_DELAY ? 0.002 : 0));
    }
    const Csilink__ControlReply__Setting *last = reply->settings[SETTINGS];
    CHECK(last->for_one_ue && last->ue == 9 && strcmp(last->name, "snr") == 0);
    CHECK_NEAR(last->value, 5, 0);
    link_control_reply_free(reply);
    settings_free(s);
}

static const harness_test tests[] = {
    {"what is set for one UE overrides all, and ends when all are set",
     one_ue_overrides_all_until_all_are_set},
    {"any sequence of settings agrees with a table of every UE",
     any_sequence_agrees_with_a_plain_table},
    {"an impossible request names what is right and changes nothing",
     impossible_requests_change_nothing},
    {"the reply tells every value in force", the_reply_tells_every_value_in_force},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "settings", tests, sizeof tests / sizeof tests[0]);
}
