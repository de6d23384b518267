#include "base/rng.h"
#include "cell/scenario.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static scenario *with_defaults(void)
{
    scenario *s = calloc(1, sizeof *s);
    REQUIRE(s != NULL);
    scenario_init(s);
    snprintf(s->cell.all.model, sizeof s->cell.all.model, "csilink-net-cr8-indoor");
    snprintf(s->cell.all.channel, sizeof s->cell.all.channel, "cost2100-indoor");
    return s;
}

/* NULL, with the message printed, for what should be taken and is not. */
static scenario *parse(const char *text)
{
    scenario *s = with_defaults();
    err e = {0};
    if (scenario_parse(s, text, strlen(text), "a.yaml", &e) == ERR_NONE)
        return s;
    printf("    %s\n", e.text);
    free(s);
    return NULL;
}

static char *print(const scenario *s)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    REQUIRE(f != NULL);
    scenario_print(s, f);
    fclose(f);
    return text;
}

static const char whole[] =
    "about: |\n"
    "  two lines, a \"quote\" and a \\\n"
    "  second\n"
    "duration: 90s\nseed: 42\ntimeout: 500ms\ndl-snr: inf\nestimation: none\npilots: hadamard\n"
    "carrier: 5.3e9\nbandwidth: 2e7\nnc: 512\nreferences: 32\ntp: 64\nnt: 32\ngenie: no\n"
    "warm-up: 300ms\nuse-after: 4ms\nage-every: 8\n"
    "model: csilink-net-cr8-indoor\nperiod: 20,50ms\nspeed: 3\nsnr: 15\nloss: 0.01\ndelay: 2ms\n"
    "groups:\n"
    "  - {name: near, count: 4}\n"
    "  - {name: far, count: 3, channel: 'rayleigh:0/0,30/-3', cr: 4, speed: 50, snr: inf,\n"
    "     precision: float, codeword: u4, jitter: 1ms}\n"
    "timeline:\n"
    "  - {at: 40s, restart: channel-sim, down: 2s}\n"
    "  - {at: 20s, group: far, ramp: {snr: [-5, 40], over: 30s}}\n"
    "  - {at: 10s, set: {snr: 0, loss: 0.5}}\n"
    "  - {at: 25s, ue: 6, set: {delay: 5ms}}\n"
    "  - {at: 30s, restart: bs-server}\n";

static void every_key_is_taken(void)
{
    scenario *s = parse(whole);
    REQUIRE(s != NULL);
    CHECK(s->cell.duration_s == 90 && s->cell.seed == 42 && s->cell.timeout_s == 0.5 &&
          isinf(s->cell.dl_snr_db));
    CHECK(strcmp(s->cell.estimation, "none") == 0 && strcmp(s->cell.pilots, "hadamard") == 0);
    CHECK(s->cell.carrier_hz == 5.3e9 && s->cell.nc == 512 && s->cell.references == 32 &&
          !s->cell.genie);
    CHECK(s->cell.tp == 64 && s->cell.nt == 32);
    CHECK(s->cell.warm_up_s == 0.3 && s->cell.use_after_s == 0.004 && s->cell.age_every == 8);
    CHECK(strcmp(s->about, "two lines, a \"quote\" and a \\\nsecond\n") == 0);
    REQUIRE(s->cell.groups == 2 && s->cell.ues == 7);
    const cell_group *near = &s->cell.group[0], *far = &s->cell.group[1];
    CHECK(near->first == 0 && near->ues == 4 && far->first == 4 && far->ues == 3);
    CHECK(near->has.speed_kmh == 3 && strcmp(near->has.period, "20,50ms") == 0);
    CHECK(near->has.uplink.value[SETTING_SNR] == 15 && !near->own[SETTING_SNR]);
    CHECK(strcmp(near->has.channel, "cost2100-indoor") == 0);
    CHECK(strcmp(far->has.channel, "rayleigh:0/0,30/-3") == 0 && far->has.speed_kmh == 50);
    CHECK(strcmp(far->has.model, "csilink-net-cr4-indoor") == 0);
    CHECK(isinf(far->has.uplink.value[SETTING_SNR]) && far->own[SETTING_SNR]);
    CHECK(far->own[SETTING_JITTER] && !far->own[SETTING_LOSS]);
    CHECK(strcmp(far->has.precision, "float") == 0 && strcmp(far->has.codeword, "u4") == 0);
    CHECK(s->timeline.count == 4 && s->restarts == 2);
    CHECK(s->timeline.change[0].name == SETTING_SNR && s->timeline.change[0].course.to == 0);
    CHECK(s->timeline.change[1].name == SETTING_LOSS && s->timeline.change[2].who.index == 1);
    CHECK(s->timeline.change[3].who.kind == TARGET_UE && s->timeline.change[3].who.index == 6);
    CHECK(s->restart[0].process == RESTART_BS_SERVER && s->restart[0].down_s == 0);
    CHECK(s->restart[1].process == RESTART_CHANNEL_SIM && s->restart[1].down_s == 2);
    free(s);
}

static void what_is_printed_reads_back(void)
{
    scenario *s = parse(whole), *again = NULL;
    REQUIRE(s != NULL);
    char *text = print(s);
    again = parse(text);
    REQUIRE(again != NULL);
    char *text_again = print(again);
    CHECK(strcmp(text, text_again) == 0);
    CHECK(memcmp(&s->timeline, &again->timeline, sizeof s->timeline) == 0);
    CHECK(again->cell.groups == 2 && again->cell.group[1].own[SETTING_SNR] &&
          again->cell.seed == 42);
    free(text);
    free(text_again);
    free(again);
    free(s);
}

static void a_time_that_is_measured_comes_back(void)
{
    scenario *s = parse("use-after: measured\ngroups: [{name: a, count: 4}]\n");
    REQUIRE(s && isnan(s->cell.use_after_s));
    char *text = print(s);
    scenario *again = parse(text);
    CHECK(again && isnan(again->cell.use_after_s));
    free(text);
    free(again);
    free(s);
}

#define GROUP "groups: [{name: a, count: 4}]\n"

static void mistakes_are_told_with_line_and_what_is_right(void)
{
    static const char *const bad[][2] = {
        {"", "a.yaml: the file is empty"},
        {"duration: 5s\n", "a.yaml:1: key 'groups': no groups of UEs"},
        {"seed: 1\nduraton: 5s\n" GROUP, "a.yaml:2: key 'duraton': unknown key; did you "
                                         "mean duration?"},
        {"seed: 1\nduration: soon\n" GROUP,
         "a.yaml:2: key 'duration': duration takes a time from 0.001 s to 864000 s"},
        {"snr: -31\n" GROUP,
         "a.yaml:1: key 'snr': snr takes a number from -30 to 100 dB, or inf, not '-31'"},
        {"loss: 2ms\n" GROUP, "key 'loss': loss takes a number from 0 to 1, not '2ms'"},
        {"seed: -1\n" GROUP,
         "key 'seed': seed takes a whole number from 0 to 9000000000000000, not '-1'"},
        {"pilots: walsh\n" GROUP, "key 'pilots': pilots takes one of dft|hadamard, not 'walsh'"},
        {"genie: maybe\n" GROUP, "key 'genie': genie takes yes or no, not 'maybe'"},
        {"use-after: soon\n" GROUP,
         "key 'use-after': use-after takes a time from 0 s to 3600 s, such as 2ms"},
        {"carrier: 5\n" GROUP,
         "carrier takes 0, or a number from 1e+06 to 1e+12 Hz, such as 20e6 or 3.5GHz, not '5'"},
        {"codeword: r9\n" GROUP, "a.yaml:1: key 'codeword': 'r9'"},
        {"period: 0\n" GROUP, "key 'period': a period is a time from 0.1ms"},
        {"groups:\n  - name: a\n", "a.yaml:2: key 'groups[1].count': a group of UEs needs"},
        {"groups:\n  - {count: 3}\n", "key 'groups[1].name': a group of UEs needs a name"},
        {"groups:\n  - {name: a, count: 0}\n", "a.yaml:2: key 'groups[1].count': '0' is not"},
        {"groups:\n  - {name: a, count: 3}\n  - {name: a, count: 1}\n",
         "a.yaml:3: key 'groups[2].name': a group 'a' exists already"},
        {"groups:\n  - {name: all, count: 3}\n", "'all' cannot name a group"},
        {"groups:\n  - {name: 'a b', count: 3}\n", "'a b' cannot name a group"},
        {"groups:\n  - {name: a, count: 99999}\n  - {name: b, count: 9}\n", "from 1 to 100000 UEs"},
        {"groups:\n  - name: a\n    count: 3\n    sped: 5\n",
         "a.yaml:4: key 'groups[1].sped': unknown key; did you mean speed?"},
        {"groups:\n  - name: a\n    count: 3\n    wheels: 4\n",
         "the keys here are name, count, channel"},
        {GROUP "timeline:\n  - {at: 1s}\n",
         "a.yaml:3: key 'timeline[1].at': an event has exactly one of"},
        {GROUP "timeline:\n  - {set: {snr: 1}}\n", "an event needs its time, such as 10s"},
        {GROUP "timeline:\n  - {at: 1s, set: {snr: 1}, restart: bs-server}\n",
         "exactly one of set"},
        {GROUP "timeline:\n  - {at: 1s, set: {}}\n", "a set without a setting"},
        {GROUP "timeline:\n  - {at: 1s, set: {snr: 1000}}\n",
         "a.yaml:3: key 'timeline[1].set.snr': snr takes"},
        {GROUP "timeline:\n  - {at: 1s, group: b, set: {snr: 1}}\n", "unknown group 'b'"},
        {GROUP "timeline:\n  - {at: 1s, ue: 4, set: {snr: 1}}\n",
         "key 'timeline[1].ue': '4' is not a whole number from 0 to 3"},
        {GROUP "timeline:\n  - {at: 1s, ue: 1, group: a, set: {snr: 1}}\n", "not both"},
        {GROUP "timeline:\n  - {at: 1s, ramp: {snr: [0, 1]}}\n", "a ramp needs a duration"},
        {GROUP "timeline:\n  - {at: 1s, ramp: {snr: [0, inf], over: 1s}}\n", "finite ends"},
        {GROUP "timeline:\n  - {at: 1s, ramp: {snr: [0], over: 1s}}\n",
         "key 'timeline[1].ramp.snr"},
        {GROUP "timeline:\n  - {at: 1s, ramp: {over: 1s}}\n", "a ramp without a setting"},
        {GROUP "timeline:\n  - {at: 1s, restart: ue-agent}\n",
         "takes one of bs-server|channel-sim"},
        {GROUP "timeline:\n  - {at: 1s, set: {snr: 1}, down: 1s}\n", "only a restart"},
        {GROUP "timeline: 7\n", "a.yaml:2"},
        {GROUP "99999999999999999999: 7\n", "a.yaml:2: key '99999999999999999999': unknown key"},
        {"groups: &a [{name: a, count: 4}]\ntimeline: *a\n", "a.yaml"},
        {"[1, 2\n", "a.yaml"},
        {"\xff\xfe", "a.yaml"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        scenario *s = with_defaults();
        err e = {0};
        int status = scenario_parse(s, bad[i][0], strlen(bad[i][0]), "a.yaml", &e);
        bool told = status == ERR_FORMAT && strstr(e.text, bad[i][1]) && !strchr(e.text, '\n');
        CHECK(told);
        if (!told)
            printf("    %d: %s\n      wanted: %s\n", status, e.text, bad[i][1]);
        free(s);
    }
}

static void limits_are_kept(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    REQUIRE(f != NULL);
    fputs(GROUP "timeline:\n", f);
    for (int i = 0; i < TIMELINE_MAX; i++)
        fprintf(f, "  - {at: %ds, set: {snr: 1}}\n", TIMELINE_MAX - i);
    fflush(f);
    scenario *s = parse(text);
    REQUIRE(s != NULL && s->timeline.count == TIMELINE_MAX);
    for (int i = 1; i < TIMELINE_MAX; i++)
        CHECK(s->timeline.change[i - 1].course.start_s < s->timeline.change[i].course.start_s);
    fputs("  - {at: 1s, set: {snr: 1}}\n", f);
    fclose(f);
    err e = {0};
    scenario *more = with_defaults();
    CHECK(scenario_parse(more, text, size, "a.yaml", &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "a timeline has at most 256 changes") != NULL);
    free(text);
    free(more);
    free(s);
}

static void a_course_is_linear_between_exact_ends(void)
{
    const course ramp = {-5, 40, 20, 30}, set = {3, 3, 20, 0};
    CHECK(course_at(&ramp, -1) == -5 && course_at(&ramp, 20) == -5);
    CHECK(course_at(&ramp, 50) == 40 && course_at(&ramp, 1e9) == 40);
    CHECK(course_left(&ramp, 0) == 30 && course_left(&ramp, 50) == 0 && course_left(&set, 0) == 0);
    CHECK(course_at(&set, 0) == 3 && course_at(&set, 21) == 3);
    for (int i = 0; i <= 300; i++) { /* 45 dB in 30 s: 1.5 dB a second; rounding only */
        CHECK_NEAR(course_at(&ramp, 20 + 0.1 * i), -5 + 0.15 * i, 1e-12);
        CHECK_NEAR(course_left(&ramp, 20 + 0.1 * i), 30 - 0.1 * i, 1e-12);
    }
}

/* Of everything that has come and reaches a UE, the latest; against a plain search. */
static void the_latest_change_holds(void)
{
    enum { CHANGES = 200, GROUPS = 3, UES = 9 };
    static timeline t;
    rng g = rng_at(5, RNG_LOSS, 0, 0);
    for (int i = 0; i < CHANGES; i++) {
        target_kind kind = (target_kind)(rng_uniform(&g) * 3);
        double most = kind == TARGET_GROUP ? GROUPS : UES;
        timeline_change c = {.who = {kind, (uint32_t)(rng_uniform(&g) * most)},
                             .name = (setting_name)(rng_uniform(&g) * SETTINGS),
                             .course = {i, i, floor(rng_uniform(&g) * 50), 0}};
        REQUIRE(timeline_add(&t, &c, NULL) == ERR_NONE);
    }
    for (uint32_t ue = 0; ue < UES; ue++) {
        for (double at = -1; at < 51; at += 0.5) {
            asked_for who = {TARGET_UE, ue / 3, ue};
            const timeline_change *want = NULL;
            for (size_t i = 0; i < t.count; i++) /* to is the order in which they were added */
                if (t.change[i].name == SETTING_LOSS && t.change[i].course.start_s <= at &&
                    target_covers(t.change[i].who, who) &&
                    (!want || t.change[i].course.start_s > want->course.start_s ||
                     (t.change[i].course.start_s == want->course.start_s &&
                      t.change[i].course.to > want->course.to)))
                    want = &t.change[i];
            CHECK(timeline_last(&t, SETTING_LOSS, who, at) == want);
        }
    }
}

/* Cut and disturbed files: taken or refused in one line, never anything else. */
static void hostile_files_are_refused_in_one_line(void)
{
    char text[sizeof whole];
    rng g = rng_at(9, RNG_LOSS, 0, 0);
    for (int round = 0; round < 2000; round++) {
        scenario *s = with_defaults();
        err e = {0};
        memcpy(text, whole, sizeof whole);
        size_t size = round % 2 ? sizeof whole - 1 : (size_t)(rng_uniform(&g) * sizeof whole);
        for (int i = 0; round % 2 && i < 3; i++)
            text[(size_t)(rng_uniform(&g) * (double)size)] =
                (char)(unsigned char)(rng_uniform(&g) * 256);
        int status = scenario_parse(s, text, size, "a.yaml", &e);
        CHECK(status == ERR_NONE || (e.code == status && e.text[0] && !strchr(e.text, '\n')));
        free(s);
    }
}

static const harness_test tests[] = {
    {"every key of a scenario is taken", every_key_is_taken},
    {"what is printed of a scenario reads back the same", what_is_printed_reads_back},
    {"a mistake is reported with its line, its key and what is right",
     mistakes_are_told_with_line_and_what_is_right},
    {"a timeline is kept in order, up to its limit", limits_are_kept},
    {"a ramp is linear between exact ends", a_course_is_linear_between_exact_ends},
    {"of the changes that reach a UE the latest holds", the_latest_change_holds},
    {"a disturbed file is taken or refused in one line", hostile_files_are_refused_in_one_line},
    {"CSI that is used when its answer is there is so again when it is printed and read",
     a_time_that_is_measured_comes_back},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "scenario", tests, sizeof tests / sizeof tests[0]);
}
