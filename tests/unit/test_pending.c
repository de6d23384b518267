#include "base/rng.h"
#include "harness.h"
#include "ue-agent/pending.h"

#include <stdlib.h>
#include <string.h>

static bool add(pending_set *s, size_t ue, uint32_t seq, uint64_t sent_ns)
{
    pending p = {.ue_index = ue, .seq = seq, .stamps.sent = sent_ns, .ls_nmse = (double)seq};
    return pending_add(s, &p);
}

static void a_report_is_found_once(void)
{
    pending_set *s = pending_create(3);
    REQUIRE(s != NULL);
    for (uint32_t seq = 0; seq < 10; seq++)
        for (size_t ue = 0; ue < 3; ue++)
            REQUIRE(add(s, ue, seq, seq));
    pending p;
    CHECK(!pending_take(s, 1, 10, &p));
    CHECK(pending_take(s, 1, 7, &p) && p.ue_index == 1 && p.seq == 7);
    CHECK_NEAR(p.ls_nmse, 7, 0);
    CHECK(!pending_take(s, 1, 7, &p));
    CHECK(pending_take(s, 2, 7, &p) && p.ue_index == 2); /* another UE's is another report */
    CHECK(pending_count(s) == 28);
    pending_free(s);
}

static void the_oldest_times_out_first(void)
{
    pending_set *s = pending_create(4);
    REQUIRE(s != NULL);
    for (uint32_t i = 0; i < 40; i++)
        REQUIRE(add(s, i % 4, i / 4, 100 + i));
    pending p;
    CHECK(pending_take(s, 1, 0, &p) && p.stamps.sent == 101); /* answered: cannot time out */
    uint64_t last = 0, count = 0;
    while (pending_take_older(s, 120, &p)) {
        CHECK(p.stamps.sent > last && p.stamps.sent < 120 && p.stamps.sent != 101);
        last = p.stamps.sent;
        count++;
    }
    CHECK(count == 19 && pending_count(s) == 20);
    CHECK(!pending_take(s, 0, 0, &p)); /* timed out: a late answer finds nothing */
    CHECK(pending_take(s, 0, 5, &p) && p.stamps.sent == 120);
    while (pending_take_older(s, UINT64_MAX, &p))
        ;
    CHECK(pending_count(s) == 0);
    pending_free(s);
}

/* Every report that was added leaves exactly once, by its answer or by time. */
static void the_count_is_conserved(void)
{
    enum { UES = 50, STEPS = 20000 };
    static unsigned state[UES][STEPS / UES + 1]; /* 0 never added, 1 pending, 2 gone */
    static uint32_t next[UES];
    pending_set *s = pending_create(UES);
    REQUIRE(s != NULL);
    rng g = rng_at(41, RNG_LOSS, 0, 0);
    size_t added = 0, gone = 0;
    for (uint64_t now = 1; now < STEPS; now++) {
        size_t ue = (size_t)(rng_uniform(&g) * UES);
        pending p;
        if (rng_uniform(&g) < 0.6 && next[ue] < STEPS / UES) {
            state[ue][next[ue]] = 1;
            added += add(s, ue, next[ue]++, now);
        } else if (next[ue]) {
            uint32_t seq = (uint32_t)(rng_uniform(&g) * next[ue]);
            bool found = pending_take(s, ue, seq, &p);
            CHECK(found == (state[ue][seq] == 1));
            state[ue][seq] = 2;
            gone += found;
        }
        while (now > 500 && pending_take_older(s, now - 500, &p)) {
            CHECK(state[p.ue_index][p.seq] == 1);
            state[p.ue_index][p.seq] = 2;
            gone++;
        }
        CHECK(pending_count(s) == added - gone);
    }
    CHECK(added > 5000 && gone > 5000);
    pending_free(s);
}

static const harness_test tests[] = {
    {"a report is found by UE and number, once", a_report_is_found_once},
    {"reports time out oldest first, and never after their answer", the_oldest_times_out_first},
    {"every report leaves exactly once, by its answer or by time", the_count_is_conserved},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "pending", tests, sizeof tests / sizeof tests[0]);
}
