/* A league's list and its order: what templates stand for, what a list may say and where it is
 * wrong, and who stands before whom. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/league/expand.h"
#include "cli/league/order.h"
#include "cli/league/score.h"
#include "harness.h"

#define CHECK_TEXT(got, want) CHECK(strcmp((got), (want)) == 0)

/* The names that a template stands for, with spaces between. */
static const char *expanded(const char *text)
{
    static char all[4096];
    static const char *const scenarios[] = {"indoor"}, *const bits[] = {"64", "128"};
    const league_word words[] = {{"scenario", 1, scenarios}, {"bits", 2, bits}, {"uses", 0, NULL}};
    league_specs specs = {0};
    err e = {0};
    all[0] = '\0';
    if (league_expand(text, words, 3, &specs, &e) != ERR_NONE)
        snprintf(all, sizeof all, "%s", e.text);
    for (size_t i = 0; e.code == ERR_NONE && i < specs.count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "", specs.item[i]);
    league_specs_free(&specs);
    return all;
}

static void a_template_stands_for_all_combinations_of_its_braces(void)
{
    CHECK_TEXT(expanded("klt:klt-indoor"), "klt:klt-indoor");
    CHECK_TEXT(expanded("net-cr{4|8}-{scenario}"), "net-cr4-indoor net-cr8-indoor");
    CHECK_TEXT(expanded("{a|b}{1|2}"), "a1 a2 b1 b2");
    CHECK_TEXT(expanded("r{1.25:0.25:2}"), "r1.25 r1.5 r1.75 r2");
    CHECK_TEXT(expanded("{u2|r{}"), "'{u2|r{}' has an unmatched brace");
    CHECK_TEXT(expanded("x{1:1:3|5}"), "x1 x2 x3 x5");
    CHECK_TEXT(expanded("t:bits={bits}"), "t:bits=64 t:bits=128");
    CHECK_TEXT(expanded("{a|a}"), "a");
    CHECK_TEXT(expanded("digital:uses={uses}"), "");
    CHECK_TEXT(expanded("x{5:1:5}"), "x5");
}

static void braces_that_say_nothing_are_refused(void)
{
    static const char *const wrong[] = {"{",     "}",       "a}b",        "{}",       "{|}",
                                        "{a|}",  "{1:0:2}", "{2:1:1}",    "{1:-1:0}", "{scenary}",
                                        "{a{b}", "{1:1}",   "{0:1e-9:1}", "{a|{b|c}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        league_specs specs = {0};
        err e = {0};
        CHECK(league_expand(wrong[i], NULL, 0, &specs, &e) == ERR_INVALID);
        CHECK(strstr(e.text, wrong[i]) != NULL);
        league_specs_free(&specs);
    }
    league_specs specs = {0};
    err e = {0};
    CHECK(league_expand("{1:1:200}{1:1:200}", NULL, 0, &specs, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "more than 512 names") != NULL);
    league_specs_free(&specs);
}

static const char good[] =
    "title: Two\n"
    "baseline: b\n"
    "findings: |\n  First *this*.\n\n  - And that.\n"
    "channels: [{channel: cost2100-indoor}, {channel: uma-nlos, carrier: 28e9}]\n"
    "bits: 1024,512\n"
    "uses: none\n"
    "samples: 40\n"
    "entrants:\n"
    "  - {name: a, codecs: [\"klt:klt-{scenario}\"]}\n"
    "  - {name: b, codecs: [\"t:bits={bits}\"], samples: 20, formats: [r2.5], "
    "optional: yes}\n";

static int parse(league_list *l, const char *text, err *e)
{
    league_list_init(l);
    return league_list_parse(l, text, strlen(text), "l.yaml", e);
}

static void a_list_says_what_it_says_and_has_defaults_for_the_rest(void)
{
    league_list l;
    err e = {0};
    REQUIRE(parse(&l, good, &e) == ERR_NONE);
    CHECK_TEXT(l.title, "Two");
    CHECK_TEXT(l.findings, "First *this*.\n\n- And that.\n");
    CHECK(l.channels == 2 && l.channel[0].carrier_hz == 0 && l.channel[1].carrier_hz == 28e9);
    CHECK(l.bits.count == 2 && l.bits.value[0] == 512 && l.bits.value[1] == 1024);
    CHECK(l.uses.count == 0 && l.snr.count == 3 && l.samples == 40 && l.choose == 300);
    CHECK(l.entrants == 2 && l.formats.item_count == 2 && l.uplinks.item_count == 4);
    CHECK(l.entrant[1]->formats.item_count == 1 && l.entrant[0]->formats.item_count == 0);
    CHECK(!l.entrant[0]->optional && l.entrant[1]->optional);
    CHECK_TEXT(l.baseline, "b");
    CHECK(league_samples(&l, l.entrant[0], LEAGUE_REPORT) == 40);
    CHECK(league_samples(&l, l.entrant[1], LEAGUE_REPORT) == 20);
    CHECK(league_samples(&l, l.entrant[1], LEAGUE_CHOOSE) == 20);
    league_list_free(&l);
}

static void the_command_line_goes_before_the_list(void)
{
    league_list l;
    err e = {0};
    REQUIRE(parse(&l, good, &e) == ERR_NONE);
    CHECK(league_list_set(&l, "uses", "64,32", &e) == ERR_NONE && l.uses.value[0] == 32);
    CHECK(league_list_set(&l, "uses", "64,64", &e) == ERR_INVALID);
    CHECK(league_list_set(&l, "uses", "1", &e) == ERR_INVALID);
    CHECK(league_list_set(&l, "bits", "12.5", &e) == ERR_INVALID);
    CHECK(league_list_set(&l, "snr", "none", &e) == ERR_INVALID);
    CHECK(league_list_set(&l, "snr", "-inf", &e) == ERR_INVALID);
    CHECK(league_list_set(&l, "snr", "info", &e) == ERR_INVALID);
    CHECK(league_list_set(&l, "uses", "inf", &e) == ERR_INVALID);
    CHECK(l.uses.count == 2 && l.bits.count == 2 && l.snr.count == 3);
    REQUIRE(league_list_set(&l, "snr", "inf,-5", &e) == ERR_NONE);
    CHECK(l.snr.count == 2 && l.snr.value[0] == -5 && isinf(l.snr.value[1]));
    /* Without noise is one column, whether at equal bits or at equal channel uses. */
    CHECK(league_budget_of(&l, 2).snr == 1 && league_budget_of(&l, 3).snr == 0);
    REQUIRE(league_list_pick_channels(&l, "uma-nlos,umi-los", &e) == ERR_NONE);
    CHECK(l.channels == 2 && l.channel[0].carrier_hz == 28e9 && l.channel[1].carrier_hz == 0);
    CHECK(league_list_pick_channels(&l, "uma-nlos,uma-nlos", &e) == ERR_INVALID);
    CHECK_TEXT(l.channel[1].channel, "umi-los"); /* what is refused changes nothing */
    REQUIRE(league_list_pick_channels(&l, "umi-los,uma-nlos", &e) == ERR_NONE);
    CHECK(l.channel[1].carrier_hz == 28e9);
    CHECK_TEXT(l.channel[0].channel, "umi-los");
    CHECK(league_list_pick_entrants(&l, "c", &e) == ERR_INVALID);
    REQUIRE(league_list_pick_entrants(&l, "b", &e) == ERR_NONE);
    CHECK(l.entrants == 1 && strcmp(l.entrant[0]->name, "b") == 0);
    league_list_free(&l);
}

#define HEAD "channels: [{channel: rayleigh}]\n"
#define TAIL "entrants: [{name: a, codecs: [x]}]\n"

static void a_mistake_is_told_with_its_line_and_key(void)
{
    static const struct {
        const char *text, *told;
    } wrong[] = {
        {"", "l.yaml"},
        {"entrants: x\n", "l.yaml"},
        {HEAD "bits: 0\n" TAIL, "l.yaml:2: key 'bits': '0' is not"},
        {HEAD "samples: 1\n" TAIL, "l.yaml:2: key 'samples': '1' is not a whole number from 2"},
        {HEAD "colour: red\n" TAIL, "l.yaml:2"},
        {HEAD "bits: none\nuses: none\n" TAIL, "neither bits nor uses"},
        {HEAD "scout: 500\n" TAIL, "scout 500 is more than choose 300"},
        {HEAD "formats: [r9]\n" TAIL, "l.yaml:2: key 'formats[1]'"},
        {HEAD "formats: [r]\n" TAIL, "has no number of bits"},
        {HEAD "uplinks: [analog, \"digtal:uses={uses}\"]\n" TAIL, "l.yaml:2: key 'uplinks[2]'"},
        {HEAD "entrants: [{name: a, codecs: [x]}, {name: a, codecs: [x]}]\n",
         "'a' is listed twice"},
        {HEAD "entrants: [{name: \"a,b\", codecs: [x]}]\n", "without a comma"},
        {HEAD "entrants: [{name: a, codecs: [\"x{\"]}]\n", "key 'entrants[1].codecs[1]'"},
        {HEAD "entrants: [{name: a, codecs: []}]\n", "l.yaml:2"},
        {HEAD "entrants: [{name: a, codecs: [x], samples: -1}]\n", "'-1' is not a whole number"},
        {HEAD "entrants: [{name: a, codecs: [x], optional: perhaps}]\n",
         "'perhaps' is not yes or no"},
        {HEAD "baseline: aa\n" TAIL, "l.yaml:2: key 'baseline': the list has no entrant 'aa'"},
        {"channels: [{channel: a.mat}]\n" TAIL, "is a file"},
        {"channels: [{channel: rayleigh, carrier: 1}]\n" TAIL, "'1' is not a carrier"},
        {"channels: [{channel: rayleigh}, {channel: rayleigh}]\n" TAIL, "is listed twice"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        league_list l;
        err e = {0};
        CHECK(parse(&l, wrong[i].text, &e) == ERR_FORMAT);
        if (!strstr(e.text, wrong[i].told))
            printf("     %zu: %s\n", i, e.text);
        CHECK(strstr(e.text, wrong[i].told) != NULL);
        league_list_free(&l);
    }
}

static league_figures figures(double nmse_db, double sgcs, double bler)
{
    league_figures f = league_no_figures;
    f.nmse_all_db = nmse_db;
    f.sgcs = sgcs;
    f.bler = bler;
    return f;
}

static void nmse_decides_and_sgcs_where_there_is_none(void)
{
    league_figures good_nmse = figures(-10, 0.5, 0), good_sgcs = figures(-5, 0.9, 0);
    league_figures direction = figures(NAN, 0.7, 0), failed = figures(0, NAN, 1);
    CHECK(league_is_better(&good_nmse, &good_sgcs, false));
    CHECK(!league_is_better(&good_sgcs, &good_nmse, false));
    CHECK(league_is_better(&good_sgcs, &good_nmse, true));
    CHECK(league_is_better(&direction, &good_nmse, false));
    CHECK(league_is_better(&good_sgcs, &direction, false));
    CHECK(!league_is_better(&direction, &direction, false));
    CHECK(league_sgcs(&failed) == 0);
    CHECK_NEAR(league_sgcs(&(league_figures){.sgcs = 0.8, .bler = 0.25}), 0.6, 1e-12);
}

/* Three entrants over one channel and two cells: one without NMSE, one with a cell that it does not
 * play. */
static void a_table_has_the_best_first_and_those_without_nmse_behind(void)
{
    league_result r[6] = {{.among = 1, .figures = figures(NAN, 0.99, 0)},
                          {.among = 1, .figures = figures(NAN, 0.99, 0)},
                          {.among = 1, .figures = figures(-9, 0.8, 0)},
                          {.among = 0},
                          {.among = 1, .figures = figures(-5, 0.7, 0)},
                          {.among = 1, .figures = figures(-5, 0.7, 0)}};
    league l = {.cells = 2, .result = r, .list = {.channels = 1, .entrants = 3}};
    size_t order[LEAGUE_ENTRANTS_MAX];
    league_order(&l, false, 0, 2, order); /* -10 dB in all against -9 */
    CHECK(order[0] == 2 && order[1] == 1 && order[2] == 0);
    league_order(&l, false, 0, 1, order);
    CHECK(order[0] == 1 && order[1] == 2 && order[2] == 0);
    league_order(&l, true, 0, 2, order);
    CHECK(order[0] == 0 && order[1] == 2 && order[2] == 1);
    CHECK(league_order_cell(&l, 0, 0, order) == 3);
    CHECK(order[0] == 1 && order[1] == 2 && order[2] == 0);
    CHECK(league_order_cell(&l, 0, 1, order) == 2);
    CHECK(order[0] == 2 && order[1] == 0);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a template stands for all combinations of its braces",
         a_template_stands_for_all_combinations_of_its_braces},
        {"braces that say nothing are refused", braces_that_say_nothing_are_refused},
        {"a list says what it says, and has defaults for the rest",
         a_list_says_what_it_says_and_has_defaults_for_the_rest},
        {"the command line goes before the list", the_command_line_goes_before_the_list},
        {"a mistake is reported with its line and key", a_mistake_is_told_with_its_line_and_key},
        {"NMSE decides, and SGCS where there is none", nmse_decides_and_sgcs_where_there_is_none},
        {"a table has the best first, and those without NMSE behind",
         a_table_has_the_best_first_and_those_without_nmse_behind},
    };
    return harness_main(argc, argv, "league", tests, sizeof tests / sizeof tests[0]);
}
