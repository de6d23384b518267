#include "cli/run/overload.h"
#include "harness.h"

#include <math.h>
#include <string.h>

enum { MS = 1000000 };

static const overload_cell cell = {
    .offered = 1000, .ues = 20, .agents = 1, .agents_max = 2, .period_s = 0.02};

/* `ms` of a cell of which `reached` reports/s are answered, the schedule late by `late` at first
 * and `more` a second from then on. */
static const char *go_on(overload *o, double *s, double ms, double reached, double late,
                         double more)
{
    const char *text = NULL;
    for (double t = 0; t < ms; t += 20) {
        overload_figures f = {.answered = (*s + t / 1e3) * reached,
                              .late_s = late + more * t / 1e3,
                              .waiting = 0,
                              .full = 0};
        text = overload_look(o, &cell, &f, (uint64_t)((*s * 1e3 + t + 1) * MS));
    }
    *s += ms / 1e3;
    return text;
}

static void a_cell_that_keeps_up_is_not_told(void)
{
    overload o = {0};
    double s = 0;
    CHECK(go_on(&o, &s, 5000, 1000, 0, 0) == NULL);
    CHECK(go_on(&o, &s, 400, 1000, 2, -4) == NULL); /* late for a moment */
    CHECK(go_on(&o, &s, 5000, 1000, 0.2, 0) == NULL);
    overload silent = {0};
    overload_figures none = {NAN, NAN, NAN, NAN};
    for (uint64_t t = 1; t < 5000; t += 20)
        CHECK(overload_look(&silent, &cell, &none, t * MS) == NULL);
}

static void growing_lateness_is_told_with_what_helps(void)
{
    overload o = {0};
    double s = 0;
    go_on(&o, &s, 1000, 1000, 0, 0);
    const char *text = go_on(&o, &s, 2500, 620, 0.26, 0.38);
    REQUIRE(text != NULL);
    CHECK(strstr(text, "1000 reports/s offered, 620 reached") != NULL);
    CHECK(strstr(text, "--period 33ms") != NULL); /* 20 / 0.62 = 32.3 */
    CHECK(strstr(text, "--ues 12 ") || strstr(text, "--ues 12;"));
    CHECK(strstr(text, "--agents 2") != NULL);
    CHECK(go_on(&o, &s, 2000, 1000, 0, 0) == NULL); /* it was caught up */
}

static void what_waits_for_the_base_station_is_lateness(void)
{
    overload o = {0};
    const char *text = NULL;
    for (uint64_t t = 1; t < 4000; t += 20) {
        overload_figures f = {(double)t * 0.5, 0, (double)t, t > 3000 ? (double)t : 0};
        text = overload_look(&o, &cell, &f, t * MS);
    }
    REQUIRE(text != NULL);
    CHECK(strstr(text, "500 reached") && strstr(text, "memory for waiting reports is full"));
}

static const harness_test tests[] = {
    {"a cell that keeps up, or is late for a moment, is not told",
     a_cell_that_keeps_up_is_not_told},
    {"growing lateness is reported, with the rates and what helps",
     growing_lateness_is_told_with_what_helps},
    {"reports that wait for the base station are late, too",
     what_waits_for_the_base_station_is_lateness},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "overload", tests, sizeof tests / sizeof tests[0]);
}
