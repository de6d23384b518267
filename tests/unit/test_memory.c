#include "chain/memory.h"
#include "harness.h"

#include <string.h>

enum { BYTES = 24, ROOM = CHAIN_MEMORY_REPORTS };

static void add(chain_memory *m, uint32_t seq, const void *keep)
{
    memset(chain_memory_add(m, seq, keep), (int)seq, BYTES);
}

static bool has(const chain_memory *m, uint32_t seq)
{
    const unsigned char *at = chain_memory_find(m, seq);
    for (size_t i = 0; at && i < BYTES; i++)
        CHECK(at[i] == (seq & 0xff)); /* its own bytes, whole */
    return at != NULL;
}

static chain_memory *create(void)
{
    chain_memory *m = chain_memory_create(BYTES, NULL);
    REQUIRE(m != NULL);
    return m;
}

static void the_newest_is_the_newest_acknowledged(void)
{
    chain_memory *m = create();
    uint32_t seq = 99;
    CHECK(chain_memory_newest(m, UINT32_MAX, &seq) == NULL && seq == 99);
    for (uint32_t i = 0; i < 5; i++)
        add(m, i, NULL);
    CHECK(chain_memory_newest(m, UINT32_MAX, &seq) == NULL); /* none is acknowledged yet */
    chain_memory_acknowledge(m, 3);
    chain_memory_acknowledge(m, 1); /* later, but an older report */
    chain_memory_acknowledge(m, 77);
    CHECK(chain_memory_newest(m, UINT32_MAX, &seq) == chain_memory_find(m, 3) && seq == 3);
    CHECK(chain_memory_newest(m, 3, &seq) != NULL && seq == 3); /* up to the limit, and with it */
    CHECK(chain_memory_newest(m, 2, &seq) == chain_memory_find(m, 1) && seq == 1);
    CHECK(chain_memory_newest(m, 0, &seq) == NULL);
    CHECK(!chain_memory_find(m, 77));
    CHECK(chain_memory_builds_on(chain_memory_find(m, 3), 3) == 4);
    CHECK(chain_memory_builds_on(NULL, 3) == 0);
    chain_memory_free(m);
    chain_memory_free(NULL);
}

static void the_oldest_gives_way(void)
{
    chain_memory *m = create();
    for (uint32_t i = 10; i < 10 + ROOM + 3; i++)
        add(m, i, NULL);
    for (uint32_t i = 10; i < 10 + ROOM + 3; i++)
        CHECK(has(m, i) == (i >= 13));
    chain_memory_free(m);
}

/* Even where it is the oldest: the next report may build on it. */
static void the_newest_acknowledged_never_gives_way(void)
{
    chain_memory *m = create();
    uint32_t seq;
    add(m, 0, NULL);
    add(m, 1, NULL);
    chain_memory_acknowledge(m, 0);
    chain_memory_acknowledge(m, 1);
    for (uint32_t i = 2; i < 100; i++) {
        add(m, i, NULL);
        CHECK(has(m, 1) && chain_memory_newest(m, UINT32_MAX, &seq) && seq == 1);
    }
    CHECK(!has(m, 0));
    chain_memory_acknowledge(m, 99);
    add(m, 100, NULL);
    CHECK(!has(m, 1) && has(m, 99)); /* now a newer one is, and it was the oldest */
    chain_memory_free(m);
}

/* As at a base station, where every report is acknowledged when it is decoded: the numbers of a UE
 * whose agent was restarted begin at 0 again, and with any delay its reports find what they build
 * on. The former reports must go, not the new ones, though theirs are the smallest numbers. */
static void numbers_may_start_anew(void)
{
    for (uint32_t delay = 1; delay <= CHAIN_ACK_DELAY_MAX; delay++) {
        chain_memory *m = create();
        for (uint32_t seq = 1000; seq < 1020; seq++) {
            add(m, seq, chain_memory_find(m, seq - delay));
            chain_memory_acknowledge(m, seq);
        }
        for (uint32_t seq = 0; seq < 50; seq++) {
            const void *before = seq >= delay ? chain_memory_find(m, seq - delay) : NULL;
            CHECK(seq < delay || before != NULL);
            add(m, seq, before);
            chain_memory_acknowledge(m, seq);
        }
        for (uint32_t seq = 1000; seq < 1020; seq++)
            CHECK(!has(m, seq));
        chain_memory_free(m);
    }
}

/* Where acknowledgements do not get through, the UE builds on the same report again and again. */
static void what_is_built_on_stays(void)
{
    chain_memory *m = create();
    for (uint32_t seq = 0; seq < 100; seq++) {
        const void *before = chain_memory_find(m, 0);
        CHECK(seq == 0 || before != NULL);
        add(m, seq, before);
        chain_memory_acknowledge(m, seq);
    }
    CHECK(has(m, 0) && has(m, 99) && has(m, 100 - (ROOM - 1)) && !has(m, 100 - ROOM));
    chain_memory_free(m);
}

/* What a report is decoded with must outlast the decoding. */
static void what_is_in_use_does_not_give_way(void)
{
    chain_memory *m = create();
    for (uint32_t i = 0; i < ROOM; i++)
        add(m, i, NULL);
    chain_memory_acknowledge(m, ROOM - 1);
    const void *before = chain_memory_find(m, 0);
    void *after = chain_memory_add(m, 50, before);
    CHECK(after != before && has(m, 0) && !has(m, 1));
    memset(after, 50, BYTES);
    CHECK(has(m, 0) && has(m, 50));
    /* The two that stay are two: with the newest acknowledged and `keep` the same, one. */
    before = chain_memory_find(m, ROOM - 1);
    for (uint32_t i = 60; i < 100; i++)
        add(m, i, before);
    CHECK(has(m, ROOM - 1) && chain_memory_find(m, ROOM - 1) == before);
    chain_memory_free(m);
}

/* A report that comes twice is one report: it is not acknowledged until it is decoded again. */
static void a_report_is_there_once(void)
{
    chain_memory *m = create();
    uint32_t seq;
    add(m, 5, NULL);
    chain_memory_acknowledge(m, 5);
    void *again = chain_memory_add(m, 5, NULL);
    CHECK(again == chain_memory_find(m, 5) && !chain_memory_newest(m, UINT32_MAX, &seq));
    chain_memory_drop(m, 5);
    CHECK(!chain_memory_find(m, 5));
    chain_memory_free(m);
}

static void what_is_dropped_is_gone(void)
{
    chain_memory *m = create();
    uint32_t seq;
    for (uint32_t i = 0; i < 4; i++) {
        add(m, i, NULL);
        chain_memory_acknowledge(m, i);
    }
    chain_memory_drop(m, 3);
    chain_memory_drop(m, 70);
    CHECK(!has(m, 3) && chain_memory_newest(m, UINT32_MAX, &seq) && seq == 2);
    chain_memory_acknowledge(m, 3); /* an answer that came too late brings nothing back */
    CHECK(!has(m, 3) && chain_memory_newest(m, UINT32_MAX, &seq) && seq == 2);
    chain_memory_drop_until(m, UINT32_MAX);
    for (uint32_t i = 0; i < 4; i++)
        CHECK(!has(m, i));
    CHECK(!chain_memory_newest(m, UINT32_MAX, &seq));
    add(m, 1, NULL);
    CHECK(has(m, 1) && !chain_memory_newest(m, UINT32_MAX, &seq));
    chain_memory_free(m);
}

static void numbers_up_to_the_largest_are_reports(void)
{
    chain_memory *m = create();
    uint32_t seq = 0;
    add(m, UINT32_MAX, NULL);
    add(m, 0, NULL);
    chain_memory_acknowledge(m, UINT32_MAX);
    chain_memory_acknowledge(m, 0);
    CHECK(chain_memory_newest(m, UINT32_MAX, &seq) && seq == UINT32_MAX);
    CHECK(chain_memory_newest(m, UINT32_MAX - 1, &seq) && seq == 0);
    chain_memory_free(m);
}

static void the_limit_is_a_delay_before(void)
{
    uint32_t limit = 99;
    CHECK(!chain_memory_limit(0, 0, &limit) && !chain_memory_limit(0, 3, &limit));
    CHECK(!chain_memory_limit(2, 3, &limit) && limit == 99);
    CHECK(chain_memory_limit(3, 3, &limit) && limit == 0);
    CHECK(chain_memory_limit(10, 3, &limit) && limit == 7);
    CHECK(chain_memory_limit(10, 0, &limit) && limit == 9);
    CHECK(chain_memory_limit(1, 1, &limit) && limit == 0);
    CHECK(chain_memory_limit(UINT32_MAX, CHAIN_ACK_DELAY_MAX, &limit) &&
          limit == UINT32_MAX - CHAIN_ACK_DELAY_MAX);
}

/* With acknowledgements that count d reports later, d up to the largest allowed, the base of every
 * report is still there, though nothing but the newest acknowledged is spared. */
static void the_largest_delay_has_room(void)
{
    for (uint32_t delay = 1; delay <= CHAIN_ACK_DELAY_MAX; delay++) {
        chain_memory *m = create();
        for (uint32_t seq = 0; seq < 50; seq++) {
            uint32_t limit, base = 0;
            if (chain_memory_limit(seq, delay, &limit))
                CHECK(chain_memory_newest(m, limit, &base) && base == seq - delay && has(m, base));
            add(m, seq, NULL);
            chain_memory_acknowledge(m, seq);
        }
        chain_memory_free(m);
    }
}

static void what_is_too_old_is_not_built_on(void)
{
    chain_memory *m = create();
    uint32_t builds_on = 99;
    CHECK(chain_memory_base(m, 0, 1, 0, &builds_on) == NULL && builds_on == 0);
    for (uint32_t seq = 0; seq < 4; seq++)
        add(m, seq, NULL);
    chain_memory_acknowledge(m, 1);
    for (uint32_t seq = 2; seq < 9; seq++) {
        const void *base = chain_memory_base(m, seq, 1, 0, &builds_on);
        CHECK(base == chain_memory_find(m, 1) && builds_on == 2); /* none is too old */
        base = chain_memory_base(m, seq, 1, 4, &builds_on);
        CHECK((base != NULL) == (seq < 5) && builds_on == (seq < 5 ? 2 : 0));
        base = chain_memory_base(m, seq, 1, 1, &builds_on);
        CHECK(base == NULL && builds_on == 0);
    }
    CHECK(chain_memory_base(m, 3, 3, 0, &builds_on) == NULL); /* not acknowledged by then */
    chain_memory_free(m);
}

static const harness_test tests[] = {
    {"the newest is the newest acknowledged one up to the limit",
     the_newest_is_the_newest_acknowledged},
    {"where there is no room the oldest report gives way", the_oldest_gives_way},
    {"the newest acknowledged report never gives way", the_newest_acknowledged_never_gives_way},
    {"numbers may start anew: what was added longest ago gives way", numbers_may_start_anew},
    {"what is built on again and again stays", what_is_built_on_stays},
    {"what a report is decoded with does not give way", what_is_in_use_does_not_give_way},
    {"a report that comes again takes its own place", a_report_is_there_once},
    {"what is dropped or cleared is gone, acknowledged or not", what_is_dropped_is_gone},
    {"every number is a report's", numbers_up_to_the_largest_are_reports},
    {"a report builds on one at least a delay before it", the_limit_is_a_delay_before},
    {"a report that is key_age reports old or older is not built on",
     what_is_too_old_is_not_built_on},
    {"what a report builds on is kept up to the largest delay", the_largest_delay_has_room},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "memory", tests, sizeof tests / sizeof tests[0]);
}
