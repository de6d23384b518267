#include <math.h>
#include <string.h>

#include "cli/reproduce/reproduce.h"
#include "harness.h"

static const char head[] =
    "title: t\ntables:\n  - name: t-1\n    title: one\n    channel: uma-nlos\n"
    "    snr: 0,10,inf\n    rows:\n";

static reproduce_list *read_rows(const char *rows, err *e)
{
    char text[2048];
    reproduce_list *l;
    snprintf(text, sizeof text, "%s%s", head, rows);
    if (reproduce_list_parse(&l, text, strlen(text), "x.yaml", e) != ERR_NONE) {
        reproduce_list_free(l);
        return NULL;
    }
    return l;
}

static void a_list_is_what_its_file_says(void)
{
    err e = {0};
    reproduce_list *l = read_rows("      - {net: A, cr: 4, architecture: a, parameters: 1052e3}\n"
                                  "      - {net: B, model: b-cr8-x, nmse: \"-1.5, - ,+3\", "
                                  "unfair: yes, carrier: 28e9}\n",
                                  &e);
    REQUIRE(l != NULL);
    const reproduce_table *t = &l->tables[0];
    CHECK(l->samples == 4000 && l->seed == 1 && t->nmse_within_db == 1 && t->counts_within == 0.01);
    CHECK(!t->ue_alone && t->snrs.snrs == 3 && isinf(t->snrs.snr_db[2]) && t->rows_count == 2);
    CHECK(t->rows[0].cr == 4 && t->rows[0].parameters == 1052e3 && isnan(t->rows[0].macs));
    CHECK(!reproduce_is_published(t, &t->rows[0]) && reproduce_is_published(t, &t->rows[1]));
    CHECK(t->rows[1].nmse_db[0] == -1.5 && isnan(t->rows[1].nmse_db[1]));
    CHECK(t->rows[1].nmse_db[2] == 3 && t->rows[1].unfair && !t->rows[0].unfair);
    CHECK(reproduce_carrier_hz(t, &t->rows[1]) == 28e9 &&
          reproduce_carrier_hz(t, &t->rows[0]) == 0);
    CHECK(strcmp(reproduce_channel(t, &t->rows[1]), "uma-nlos") == 0);
    reproduce_list_free(l);
}

static void a_mistake_has_its_place(void)
{
    static const struct {
        const char *rows, *says;
    } bad[] = {
        {"      - {net: A, nmse: \"1, 2, 3\"}\n", "key 'tables[1].rows[1].nmse': it needs a model"},
        {"      - {net: A, model: m, nmse: \"1, 2\"}\n", "'1, 2' is not 3 figures in dB"},
        {"      - {net: A, model: m, nmse: \"1, 2, 3, 4\"}\n", "is not 3 figures"},
        {"      - {net: A, model: m, nmse: \"1, 2, x\"}\n", "is not 3 figures"},
        {"      - {net: A, model: m, nmse: \"1, 2, 1e9\"}\n", "is not 3 figures"},
        {"      - {net: A, model: m, nmse: \"1, 2,\"}\n", "is not 3 figures"},
        {"      - {net: A, architecture: a}\n",
         "rows[1].architecture': 'a' is not a name, or has no"},
        {"      - {net: A, cr: 4.5, architecture: a}\n", "rows[1].architecture'"},
        {"      - {net: A, model: ../m}\n", "'../m' is not a model's name"},
        {"      - {net: A | B}\n", "rows[1].net': a name must be one line of UTF-8 without |"},
        {"      - {net: A, parameters: -1}\n", "rows[1].parameters': '-1' is not a number"},
        {"      - {net: A, precision: int4}\n", "'int4' is not one of float|int8"},
        {"      - {net: A, layout: x}\n", "'x' is not one of angle-delay|delay-angle"},
        {"      - {net: A, unfair: perhaps}\n", "'perhaps' is not one of yes|no"},
        {"      - {net: A, carrier: 5}\n", "rows[1].carrier'"},
        {"      - {net: A, bits: 5}\n", "bits"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(read_rows(bad[i].rows, &e) == NULL);
        CHECK(strstr(e.text, bad[i].says) && strncmp(e.text, "x.yaml:8: ", 10) == 0);
        if (!strstr(e.text, bad[i].says))
            printf("    '%s' does not say '%s'\n", e.text, bad[i].says);
    }
}

static void a_verdict_compares(void)
{
    const reproduce_table t = {.nmse_within_db = 1, .counts_within = 0.01};
    char text[REPRODUCE_VERDICT_MAX];
    static const struct {
        double published, measured;
        const char *nmse, *count;
    } of[] = {{-10, -11, "holds", "differs by +10.0 %"},
              {-10, -12.04, "better by 2.0 dB", NULL},
              {-10, -7.5, "worse by 2.5 dB", NULL},
              {100, 100.9, "holds", "holds"},
              {-10, (double)NAN, "not measured", "not measured"},
              {(double)NAN, -10, "", ""}};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        reproduce_verdict_nmse(&t, of[i].published, of[i].measured, text);
        CHECK(strcmp(text, of[i].nmse) == 0);
        reproduce_verdict_count(&t, of[i].published, of[i].measured, text);
        CHECK(!of[i].count || strcmp(text, of[i].count) == 0);
    }
}

static const harness_test tests[] = {
    {"a list is what its file says", a_list_is_what_its_file_says},
    {"a mistake is reported with its line and key", a_mistake_has_its_place},
    {"a verdict compares a figure with the published one", a_verdict_compares},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "reproduce", tests, sizeof tests / sizeof tests[0]);
}
