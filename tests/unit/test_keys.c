/* The table of a cell's keys: a key means the same, within the same range, wherever it is given. */
#include "cell/keys.h"
#include "cell/options.h"
#include "cell/scenario.h"
#include "harness.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 64, VALUES_MAX = 8 };

static const unsigned programs[] = {CELL_IN_RUN, CELL_IN_EVAL, CELL_IN_SWEEP, CELL_IN_AGENT,
                                    CELL_IN_AIR, CELL_IN_BS,   CELL_IN_DATA};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

/* Values at the ends of a key's range and beyond them. */
typedef struct probes {
    char good[VALUES_MAX][TEXT_MAX], bad[VALUES_MAX][TEXT_MAX];
    size_t goods, bads;
} probes;

static void put(char (*to)[TEXT_MAX], size_t *count, const char *format, double value)
{
    REQUIRE(*count < VALUES_MAX);
    snprintf(to[(*count)++], TEXT_MAX, format, value);
}

static void probe_words(const cell_key *k, probes *p)
{
    char words[TEXT_MAX], *rest = words;
    snprintf(words, sizeof words, "%s", k->words);
    for (char *word; (word = strsep(&rest, "|"));)
        snprintf(p->good[p->goods++], TEXT_MAX, "%s", word);
    snprintf(p->bad[p->bads++], TEXT_MAX, "no-such-word");
}

/* A text that the key takes: its default, or one of its kind where it has none. */
static const char *text_of(const cell_key *k)
{
    if (k->initial)
        return k->initial;
    return strcmp(k->name, "uplink") == 0 ? "analog:r4,references=4" : "dpcm:leak=0.25";
}

static probes probe(const cell_key *k)
{
    probes p = {.bads = 0};
    double step = k->kind == CELL_COUNT ? 1 : 1e-4;
    switch (k->kind) {
    case CELL_FLAG:
        put(p.good, &p.goods, "yes", 0);
        put(p.good, &p.goods, "no", 0);
        put(p.bad, &p.bads, "maybe", 0);
        break;
    case CELL_COUNT:
        put(p.bad, &p.bads, "1.5", 0);
        /* fall through */
    case CELL_REAL:
    case CELL_TIME:
        put(p.good, &p.goods, "%.17g", k->min);
        put(p.good, &p.goods, "%.17g", k->max);
        put(p.bad, &p.bads, "%.17g", k->max * (1 + step) + step);
        if (k->min != 0)
            put(p.bad, &p.bads, "%.17g", k->min - fabs(k->min) * step);
        put(p.bad, &p.bads, "-1e9", 0);
        put(p.bad, &p.bads, "nan", 0);
        put(k->flags & CELL_OR_INF ? p.good : p.bad, k->flags & CELL_OR_INF ? &p.goods : &p.bads,
            "inf", 0);
        if (k->min > 0)
            put(k->flags & CELL_OR_ZERO ? p.good : p.bad,
                k->flags & CELL_OR_ZERO ? &p.goods : &p.bads, "0", 0);
        if (k->kind == CELL_TIME && k->words)
            snprintf(p.good[p.goods++], TEXT_MAX, "%s", k->words);
        break;
    case CELL_CHOICE:
        probe_words(k, &p);
        break;
    case CELL_TEXT:
        snprintf(p.good[p.goods++], TEXT_MAX, "%s", text_of(k));
        if (k->check)
            put(p.bad, &p.bads, "%g:wrong", 0);
        break;
    }
    put(p.bad, &p.bads, "", 0);
    return p;
}

/* --- the three ways by which a value comes ------------------------------------------------------
 */

/* As `prog --KEY=VALUE` would take it. Complaints go nowhere. */
static bool option_takes(unsigned program, const cell_key *k, const char *value, bool or_zero)
{
    static cell_options o;
    static cell c;
    option_spec specs[CELL_KEYS_MAX];
    char word[TEXT_MAX + 48];
    char *argv[] = {"prog", word, NULL};
    const cell_tweak tweak = {.key = k->name, .or_zero = or_zero};
    o = (cell_options){.program = program, .tweaks = &tweak, .tweak_count = 1};
    option_command command = {.name = "prog", .summary = "", .specs = specs};
    command.count = cell_options_specs(&o, specs);
    size_t at = 0;
    while (at < command.count && specs[at].value != &o.text[k - cell_keys])
        at++;
    REQUIRE(at < command.count);
    snprintf(word, sizeof word, "--%s=%s", specs[at].name, value);
    fflush(stderr);
    int saved = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    int status = option_parse(&command, 2, argv, NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(nowhere);
    cell_init(&c);
    CHECK(status >= 0 || cell_options_given(&o, k->name));
    return status < 0 && cell_options_apply(&o, &c, NULL) == ERR_NONE;
}

/* As a scenario file would say it, at the top or in a group; double quotes hold any value. */
static bool file_takes(const cell_key *k, const char *value, bool in_group, scenario *s)
{
    char text[256];
    if (in_group)
        snprintf(text, sizeof text, "groups: [{name: a, count: 4, %s: \"%s\"}]\n", k->name, value);
    else
        snprintf(text, sizeof text, "%s: \"%s\"\ngroups: [{name: a, count: 4}]\n", k->name, value);
    err e = {0};
    scenario_init(s);
    int status = scenario_parse(s, text, strlen(text), "a.yaml", &e);
    CHECK(status == ERR_NONE || strstr(e.text, k->name));
    return status == ERR_NONE;
}

static void every_key_has_one_range_everywhere(void)
{
    static scenario s;
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        probes p = probe(k);
        for (size_t v = 0; v < p.goods + p.bads; v++) {
            bool good = v < p.goods;
            const char *value = good ? p.good[v] : p.bad[v - p.goods];
            bool as_wanted = true;
            if (k->takers & CELL_IN_FILE)
                as_wanted = file_takes(k, value, false, &s) == good;
            if (k->takers & CELL_IN_FILE && k->flags & CELL_BY_GROUP)
                as_wanted = as_wanted && file_takes(k, value, true, &s) == good;
            for (size_t n = 0; n < PROGRAMS; n++)
                if (k->takers & programs[n])
                    as_wanted = as_wanted && option_takes(programs[n], k, value, false) == good;
            if (!as_wanted)
                printf("    %s: %s should be %s everywhere\n", k->name, value,
                       good ? "taken" : "refused");
            CHECK(as_wanted);
        }
    }
}

/* --- what a program does with it ----------------------------------------------------------------
 */

static void a_program_may_take_zero_as_well(void)
{
    const cell_key *k = cell_key_named("duration");
    CHECK(!option_takes(CELL_IN_AGENT, k, "0", false));
    CHECK(option_takes(CELL_IN_AGENT, k, "0", true));
}

static void options_lie_over_a_file_for_every_group(void)
{
    static const char text[] = "snr: 3\nseed: 4\ngroups:\n  - {name: a, count: 1}\n"
                               "  - {name: b, count: 2, snr: 5, speed: 9, model: n-cr8-x}\n";
    static scenario s;
    static cell_options o;
    option_spec specs[CELL_KEYS_MAX];
    char words[][16] = {"prog", "--snr=7", "--no-genie", "--cr=4"};
    char *argv[] = {words[0], words[1], words[2], words[3], NULL};
    o = (cell_options){.program = CELL_IN_RUN};
    option_command command = {.name = "prog", .summary = "", .specs = specs};
    command.count = cell_options_specs(&o, specs);
    REQUIRE(option_parse(&command, 4, argv, NULL) == -1);
    scenario_init(&s);
    REQUIRE(scenario_parse(&s, text, strlen(text), "a.yaml", NULL) == ERR_NONE);
    CHECK(s.cell.group[1].own[SETTING_SNR] && !s.cell.group[0].own[SETTING_SNR]);
    REQUIRE(cell_options_apply(&o, &s.cell, NULL) == ERR_NONE);
    for (size_t i = 0; i < 2; i++) {
        const cell_group *g = &s.cell.group[i];
        CHECK(g->has.uplink.value[SETTING_SNR] == 7 && !g->own[SETTING_SNR]);
        CHECK(strstr(g->has.model, "-cr4-") != NULL);
    }
    CHECK(s.cell.group[1].has.speed_kmh == 9 && s.cell.seed == 4 && !s.cell.genie);
}

/* What a file says of every key is the same when it is printed and read again. */
static void a_printed_cell_reads_back_the_same(void)
{
    static scenario s, again;
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        if (!(k->takers & CELL_IN_FILE))
            continue;
        probes p = probe(k);
        for (size_t v = 0; v < p.goods; v++) {
            bool in_group = k->flags & CELL_BY_GROUP && v % 2;
            REQUIRE(file_takes(k, p.good[v], in_group, &s));
            char *text = NULL;
            size_t size;
            FILE *f = open_memstream(&text, &size);
            scenario_print(&s, f);
            fclose(f);
            memset(&again, 0, sizeof again);
            scenario_init(&again);
            CHECK(scenario_parse(&again, text, size, "printed", NULL) == ERR_NONE);
            CHECK(memcmp(&s.cell, &again.cell, sizeof s.cell) == 0);
            free(text);
        }
    }
}

/* --- the table itself ---------------------------------------------------------------------------
 */

static void defaults_are_values_in_range(void)
{
    static cell c;
    cell_init(&c);
    CHECK(c.duration_s == 10 && c.nc == 1024 && c.tp == 32 && c.genie && isnan(c.warm_up_s));
    CHECK(c.all.uplink.value[SETTING_SNR] == 10 && c.bandwidth_hz == 20e6);
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        err e = {0};
        if (k->initial && cell_key_take(k, NULL, k->initial, cell_key_member(k, &c), &e) != 0)
            printf("    %s\n", e.text);
        CHECK(e.code == ERR_NONE);
        CHECK(cell_key_named(k->name) == k); /* no name stands twice */
    }
}

/* Controllers and files speak of the same settings, within the same limits. */
static void settings_on_the_air_are_keys(void)
{
    for (int i = 0; i < SETTINGS; i++) {
        const setting_kind *s = &setting_kinds[i];
        const cell_key *k = cell_key_named(s->name);
        REQUIRE(k != NULL && k->flags & CELL_ON_AIR);
        CHECK(cell_key_setting(k) == (setting_name)i);
        CHECK(k->min == s->min && k->max == s->max);
    }
}

static void every_key_is_in_the_manual(void)
{
    FILE *f = fopen("docs/scenarios.md", "r");
    if (!f) {
        printf("    not run in the source's folder\n");
        return;
    }
    char text[65536];
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    for (size_t i = 0; i < cell_key_count; i++) {
        char row[TEXT_MAX];
        snprintf(row, sizeof row, "\n| %s |", cell_keys[i].name);
        bool there = !(cell_keys[i].takers & CELL_IN_FILE) || strstr(text, row);
        if (!there)
            printf("    docs/scenarios.md lacks %s\n", cell_keys[i].name);
        CHECK(there);
    }
}

static const harness_test tests[] = {
    {"a key has one range in files, in groups and on every command line",
     every_key_has_one_range_everywhere},
    {"a program that takes 0 as well does so by its own word", a_program_may_take_zero_as_well},
    {"options lie over a file, for every group", options_lie_over_a_file_for_every_group},
    {"what is printed of a cell reads back the same, key by key",
     a_printed_cell_reads_back_the_same},
    {"every default is in its range, every name stands once", defaults_are_values_in_range},
    {"the settings of controllers are keys with the same range", settings_on_the_air_are_keys},
    {"docs/scenarios.md has a row for every key", every_key_is_in_the_manual},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "keys", tests, sizeof tests / sizeof tests[0]);
}
