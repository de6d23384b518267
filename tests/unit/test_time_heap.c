#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/time_heap.h"
#include "harness.h"

enum { ENTRIES = 3000, TIMES = 50 };

static int in_order(const void *a, const void *b)
{
    const time_entry *x = a, *y = b;
    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool same(const time_entry *a, const time_entry *b)
{
    return a->time_ns == b->time_ns && a->order == b->order && a->item == b->item;
}

/* Few different times, so that the order decides often. */
static time_entry random_entry(rng *g, uint64_t order)
{
    static char items[ENTRIES];
    return (time_entry){(uint64_t)(TIMES * rng_uniform(g)), order, &items[order]};
}

static void entries_come_out_sorted(void)
{
    static time_entry sorted[ENTRIES];
    time_heap h = {0};
    rng g = rng_at(1, RNG_TEST, 0, 0);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        sorted[i] = random_entry(&g, i);
        REQUIRE(time_heap_add(&h, sorted[i]) == 0);
    }
    qsort(sorted, ENTRIES, sizeof sorted[0], in_order);
    for (size_t i = 0; i < ENTRIES; i++) {
        REQUIRE(time_heap_first(&h) && same(time_heap_first(&h), &sorted[i]));
        time_entry taken = time_heap_take(&h);
        CHECK(same(&taken, &sorted[i]));
    }
    CHECK(time_heap_first(&h) == NULL && h.count == 0);
    time_heap_free(&h);
    CHECK(!h.entry && h.capacity == 0);
}

/* Adds, takes and replacements in any order, against a list that is searched for its least. */
static void any_sequence_agrees_with_a_plain_list(void)
{
    static time_entry list[ENTRIES];
    size_t count = 0;
    uint64_t order = 0;
    time_heap h = {0};
    rng g = rng_at(2, RNG_TEST, 0, 0);
    while (order < ENTRIES) {
        double what = rng_uniform(&g);
        size_t least = 0;
        for (size_t i = 1; i < count; i++)
            least = in_order(&list[i], &list[least]) < 0 ? i : least;
        REQUIRE((time_heap_first(&h) == NULL) == (count == 0) && h.count == count);
        if (count)
            CHECK(same(time_heap_first(&h), &list[least]));
        if (what < 0.5 || count == 0) {
            list[count] = random_entry(&g, order++);
            REQUIRE(time_heap_add(&h, list[count++]) == 0);
        } else if (what < 0.7) {
            list[least] = random_entry(&g, order++);
            time_heap_replace(&h, list[least]);
        } else {
            time_entry taken = time_heap_take(&h);
            CHECK(same(&taken, &list[least]));
            list[least] = list[--count];
        }
    }
    time_heap_free(&h);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"entries come out sorted by time, equal times by order", entries_come_out_sorted},
        {"any sequence agrees with a plain list", any_sequence_agrees_with_a_plain_list},
    };
    return harness_main(argc, argv, "time_heap", tests, sizeof tests / sizeof tests[0]);
}
