#include "base/hist.h"
#include "base/rng.h"
#include "harness.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 20000 };

/* Latency-like: log-uniform over `decades` decades from 1. */
static uint64_t draw(rng *g, double decades)
{
    return (uint64_t)pow(10, decades * rng_uniform(g));
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void percentiles_are_near_the_sorted_values(void)
{
    static const double q[] = {0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999};
    uint64_t *sorted = malloc(VALUES * sizeof *sorted);
    hist *h = calloc(1, sizeof *h);
    REQUIRE(sorted && h);
    rng g = rng_at(3, RNG_LOSS, 0, 0);
    for (size_t i = 0; i < VALUES; i++)
        hist_add(h, sorted[i] = draw(&g, 11));
    qsort(sorted, VALUES, sizeof *sorted, ascending);
    for (size_t k = 0; k < sizeof q / sizeof q[0]; k++) {
        uint64_t exact = sorted[(size_t)ceil(q[k] * VALUES) - 1];
        CHECK_NEAR((double)hist_percentile(h, q[k]), (double)exact, 0.008 * (double)exact);
    }
    CHECK(hist_percentile(h, 0) == sorted[0]);
    CHECK(hist_percentile(h, 1) == sorted[VALUES - 1]);
    free(sorted);
    free(h);
}

static void every_value_is_told_within_a_bucket(void)
{
    hist *h = calloc(1, sizeof *h);
    REQUIRE(h != NULL);
    rng g = rng_at(4, RNG_LOSS, 0, 0);
    for (int i = 0; i < 2000; i++) {
        uint64_t value = i < 300 ? (uint64_t)i : draw(&g, 12);
        *h = (hist){0};
        hist_add(h, value / 2 + 1); /* neighbours, so that min and max do not give it away */
        hist_add(h, value);
        hist_add(h, 2 * value + 2);
        double told = (double)hist_percentile(h, 0.5);
        if (value > 2)
            CHECK_NEAR(told, (double)value, value < 256 ? 0 : 0.008 * (double)value);
    }
    free(h);
}

static void values_beyond_the_last_bucket_are_kept(void)
{
    hist *h = calloc(1, sizeof *h);
    REQUIRE(h != NULL);
    hist_add(h, UINT64_MAX);
    hist_add(h, 1ull << 60);
    CHECK(h->count == 2 && h->bucket[HIST_BUCKETS - 1] == 2);
    CHECK(hist_percentile(h, 1) == UINT64_MAX);
    CHECK(hist_percentile(h, 0.5) >= 1ull << 60);
    free(h);
}

static void nothing_added_gives_zero(void)
{
    hist *h = calloc(1, sizeof *h);
    REQUIRE(h != NULL);
    CHECK(hist_percentile(h, 0.5) == 0 && hist_percentile(h, 1) == 0);
    CHECK(hist_mean(h) == 0);
    free(h);
}

static void merging_is_adding_all(void)
{
    hist *parts = calloc(4, sizeof *parts), *whole = &parts[3];
    REQUIRE(parts != NULL);
    rng g = rng_at(5, RNG_LOSS, 0, 0);
    for (int i = 0; i < 3000; i++) {
        uint64_t value = draw(&g, 9);
        hist_add(&parts[i % 2], value); /* parts[2] stays empty: merging it must change nothing */
        hist_add(whole, value);
    }
    hist_merge(&parts[2], &parts[0]);
    hist_merge(&parts[2], &parts[1]);
    hist empty = {0};
    hist_merge(&parts[2], &empty);
    CHECK(parts[2].count == whole->count);
    CHECK(parts[2].min == whole->min && parts[2].max == whole->max);
    CHECK(memcmp(parts[2].bucket, whole->bucket, sizeof whole->bucket) == 0);
    CHECK_NEAR(hist_mean(&parts[2]), hist_mean(whole), 1e-12 * hist_mean(whole));
    free(parts);
}

static void text_brings_back_every_bit(void)
{
    hist *h = calloc(2, sizeof *h);
    REQUIRE(h != NULL);
    rng g = rng_at(6, RNG_LOSS, 0, 0);
    for (int fill = 0; fill < 3; fill++) {
        for (int i = 0; i < fill * 1000; i++)
            hist_add(h, draw(&g, 13));
        char *text = hist_to_text(h);
        REQUIRE(text != NULL);
        CHECK(hist_from_text(&h[1], text, NULL) == ERR_NONE);
        CHECK(memcmp(&h[0], &h[1], sizeof *h) == 0);
        free(text);
    }
    free(h);
}

static void hostile_text_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "x",
        "1 1 1",
        "1 1 1 1",                            /* a count without its bucket */
        "0 0 0 0 5:1",                        /* a bucket without its count */
        "1 1 1 1 1:1 ",                       /* something behind the last bucket */
        "1 1 1 1 99999:1",                    /* no such bucket */
        "1 1 1 1 -1:1",                       /* wraps to a huge index */
        "2 2 1 1 1:1 1:1",                    /* a bucket twice */
        "2 3 1 2 2:1 1:1",                    /* out of order */
        "1 1 1 1 1:1 2:0",                    /* an empty bucket listed */
        "1 1 2 1 1:1",                        /* least above largest */
        "1 nan 1 1 1:1",                      /* no sum */
        "1 inf 1 1 1:1",                      /* no sum */
        "1 -1 1 1 1:1",                       /* a sum of unsigned numbers below zero */
        "1 1 7 7 1:1",                        /* min and max outside the filled buckets */
        "2 1 1 1 1:18446744073709551615 2:3", /* the sum of the counts wraps to 2 */
    };
    hist *h = calloc(1, sizeof *h);
    REQUIRE(h != NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        bool refused = hist_from_text(h, bad[i], &e) == ERR_FORMAT && e.text[0];
        if (!refused)
            printf("    taken: '%s'\n", bad[i]);
        CHECK(refused);
        CHECK(h->count == 0 && h->max == 0); /* what was refused leaves nothing behind */
    }
    free(h);
}

static const harness_test tests[] = {
    {"percentiles lie within 0.8 % of the sorted values", percentiles_are_near_the_sorted_values},
    {"every value up to 10^12 is reported within 0.8 %, below 256 exactly",
     every_value_is_told_within_a_bucket},
    {"values beyond the last bucket count there, and the largest is exact",
     values_beyond_the_last_bucket_are_kept},
    {"without values every figure is 0", nothing_added_gives_zero},
    {"merging histograms equals adding every value to one", merging_is_adding_all},
    {"a histogram comes back from its text bit for bit", text_brings_back_every_bit},
    {"text that is no histogram is refused with a reason", hostile_text_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "hist", tests, sizeof tests / sizeof tests[0]);
}
