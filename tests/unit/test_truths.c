#include "harness.h"
#include "ue-agent/truths.h"

#include <stdint.h>
#include <string.h>

static const csi_dims dims = {.nt = 8, .nc = 600, .tp = 8, .ni = 16};
enum { TAPS = 8 * 16, GRID = 60 * 8 }; /* 60: the largest divisor of 600 up to 64 */

static void a_truth_has_its_room(void)
{
    CHECK(measure_truth_bytes(&dims) == (TAPS + GRID) * sizeof(float complex));
    truths *t = truths_create(&dims, 10 * measure_truth_bytes(&dims));
    REQUIRE(t != NULL);
    measure_truth *a = truths_take(t), *b = truths_take(t);
    REQUIRE(a && b && a != b);
    memset(a->taps, 1, TAPS * sizeof *a->taps);
    memset(a->grid, 2, GRID * sizeof *a->grid);
    memset(b->taps, 3, TAPS * sizeof *b->taps);
    memset(b->grid, 4, GRID * sizeof *b->grid);
    CHECK(((char *)a->taps)[TAPS * sizeof *a->taps - 1] == 1);
    CHECK(((char *)a->grid)[GRID * sizeof *a->grid - 1] == 2);
    truths_give_back(t, a);
    truths_give_back(t, b);
    truths_give_back(t, NULL);
    truths_free(t);
    truths_free(NULL);
}

static void the_limit_is_in_bytes(void)
{
    enum { MOST = 7 };
    size_t one = measure_truth_bytes(&dims);
    const size_t more[] = {0, 1, one - 1}; /* a part of a truth is none */
    for (int i = 0; i < 3; i++) {
        measure_truth *taken[MOST];
        truths *t = truths_create(&dims, MOST * one + more[i]);
        REQUIRE(t != NULL);
        for (size_t k = 0; k < MOST; k++)
            REQUIRE((taken[k] = truths_take(t)) != NULL);
        CHECK(truths_take(t) == NULL && truths_take(t) == NULL);
        truths_give_back(t, taken[3]); /* one back is one more, not two */
        CHECK((taken[3] = truths_take(t)) != NULL);
        CHECK(truths_take(t) == NULL);
        for (size_t k = 0; k < MOST; k++)
            truths_give_back(t, taken[k]);
        truths_free(t);
    }
    truths *none = truths_create(&dims, one - 1);
    REQUIRE(none != NULL);
    CHECK(truths_take(none) == NULL);
    truths_free(none);
}

/* However many reports fly, no more truths are made than were in flight at a time. */
static void truths_are_used_again(void)
{
    enum { IN_FLIGHT = 3, REPORTS = 1000, MOST = 50 };
    truths *t = truths_create(&dims, MOST * measure_truth_bytes(&dims));
    measure_truth *flying[IN_FLIGHT] = {0}, *seen[MOST];
    size_t count = 0;
    REQUIRE(t != NULL);
    for (int i = 0; i < REPORTS; i++) {
        measure_truth **at = &flying[(i * 7) % IN_FLIGHT];
        truths_give_back(t, *at);
        REQUIRE((*at = truths_take(t)) != NULL);
        size_t k = 0;
        while (k < count && seen[k] != *at)
            k++;
        REQUIRE(k < IN_FLIGHT);
        seen[k] = *at;
        count += k == count;
    }
    CHECK(count == IN_FLIGHT);
    for (int i = 0; i < IN_FLIGHT; i++)
        truths_give_back(t, flying[i]);
    truths_free(t);
}

/* The ledger swaps a report's truth for another one: the arrays move, the slots stay. */
static void swapped_arrays_go_back_with_their_slot(void)
{
    truths *t = truths_create(&dims, 2 * measure_truth_bytes(&dims));
    measure_truth other = {0};
    REQUIRE(t && measure_truth_init(&other, &dims, NULL) == 0);
    measure_truth *a = truths_take(t);
    REQUIRE(a != NULL);
    measure_truth kept = *a;
    *a = other;
    truths_give_back(t, a);
    a = truths_take(t);
    CHECK(a && a->taps == other.taps && a->grid == other.grid);
    truths_give_back(t, a);
    measure_truth_free(&kept);
    truths_free(t);
}

static const harness_test tests[] = {
    {"a truth has room for taps and grid of its dimensions", a_truth_has_its_room},
    {"there are as many truths as the limit has bytes for", the_limit_is_in_bytes},
    {"a truth that was given back is used again", truths_are_used_again},
    {"a truth's arrays may be exchanged for others of the same size",
     swapped_arrays_go_back_with_their_slot},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "truths", tests, sizeof tests / sizeof tests[0]);
}
