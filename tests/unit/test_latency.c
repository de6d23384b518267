#include "base/clock.h"
#include "base/rng.h"
#include "harness.h"
#include "measure/latency.h"
#include "measure/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UE_CLOCK = 11, SIM_CLOCK = 22, BS_CLOCK = 33, REPORTS = 20000, PERIOD_NS = 1000000 };

static uint64_t between(rng *g, double low_ns, double high_ns)
{
    return (uint64_t)(low_ns + (high_ns - low_ns) * rng_uniform(g));
}

/* What a network does: mostly a little, sometimes a lot, and not the same both ways. */
static uint64_t transit(rng *g, double least_ns)
{
    return (uint64_t)(least_ns - 2e5 * log(1 - 0.999999 * rng_uniform(g)));
}

/* A clock as the true time shows on it. */
typedef struct clock_of {
    int64_t offset_ns;
    double drift;
} clock_of;

static uint64_t shown(clock_of c, uint64_t true_ns)
{
    return true_ns + (uint64_t)(c.offset_ns + (int64_t)(c.drift * (double)true_ns));
}

/* One report's way, each stage drawn at random; what it was truly is in `truth`. */
static chain_stamps travel(rng *g, uint64_t due, clock_of sim, clock_of bs,
                           uint64_t truth[CHAIN_WAY])
{
    static const double least[CHAIN_WAY] = {
        [CHAIN_UPLINK] = 4e5, [CHAIN_TRANSIT] = 1e5, [CHAIN_RETURN] = 2e5, [CHAIN_DOWNLINK] = 1e5};
    uint64_t t = due, at[CHAIN_WAY + 1];
    for (int i = 0; i < CHAIN_WAY; i++) {
        at[i] = t;
        truth[i] = least[i] > 0 ? transit(g, least[i]) : between(g, 0, 5e5);
        t += truth[i];
    }
    at[CHAIN_WAY] = t;
    return (chain_stamps){.due = due,
                          .simulate_start = at[CHAIN_SIMULATE],
                          .estimate_start = at[CHAIN_ESTIMATE],
                          .encode_start = at[CHAIN_ENCODE],
                          .modulate_start = at[CHAIN_MODULATE],
                          .modulate_end = at[CHAIN_SEND],
                          .sent = at[CHAIN_UPLINK],
                          .answered = at[CHAIN_WAY],
                          .sim_clock = SIM_CLOCK,
                          .sim_received = shown(sim, at[CHAIN_DELAY]),
                          .sim_forwarded = shown(sim, at[CHAIN_TRANSIT]),
                          .sim_delay = truth[CHAIN_DELAY],
                          .sim_returned = shown(sim, at[CHAIN_DOWNLINK]),
                          .bs_clock = BS_CLOCK,
                          .bs_received = shown(bs, at[CHAIN_QUEUE]),
                          .decode_start = shown(bs, at[CHAIN_DEMODULATE]),
                          .uplink_decoded = shown(bs, at[CHAIN_DECODE]),
                          .decode_end = shown(bs, at[CHAIN_ANSWER]),
                          .bs_answered = shown(bs, at[CHAIN_RETURN])};
}

static uint64_t sum_of(const chain_latency *l)
{
    uint64_t sum = 0;
    for (int i = 0; i < CHAIN_WAY; i++)
        sum += l->ns[i];
    return sum;
}

static const clock_of same = {0, 0};

static void one_clock_tells_every_stage(void)
{
    rng g = rng_at(1, RNG_JITTER, 0, 0);
    chain_clocks clocks = {.own = UE_CLOCK};
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t truth[CHAIN_WAY];
        chain_stamps s = travel(&g, i * PERIOD_NS, same, same, truth);
        s.sim_clock = s.bs_clock = UE_CLOCK;
        chain_latency l;
        REQUIRE(chain_latency_split(&s, &clocks, &l));
        for (int k = 0; k < CHAIN_WAY; k++)
            CHECK(l.ns[k] == truth[k]);
        CHECK(l.access_error_ns == 0 && l.core_error_ns == 0);
    }
}

static void stages_add_up_to_the_total(void)
{
    rng g = rng_at(2, RNG_JITTER, 0, 0);
    chain_clocks clocks = {.own = UE_CLOCK};
    const clock_of sim = {-7000000000000, 3e-5}, bs = {123456789012345, -3e-5};
    for (uint64_t i = 0; i < REPORTS; i++) {
        uint64_t truth[CHAIN_WAY];
        chain_stamps s = travel(&g, i * PERIOD_NS + 8000000000000, sim, bs, truth);
        chain_latency l;
        REQUIRE(chain_latency_split(&s, &clocks, &l));
        CHECK(sum_of(&l) == l.ns[CHAIN_TOTAL] && l.ns[CHAIN_TOTAL] == s.answered - s.due);
        CHECK(l.ns[CHAIN_FEEDBACK] == l.ns[CHAIN_TOTAL] - truth[CHAIN_SIMULATE]);
    }
}

/* How far a stage of the split is from the truth. */
static double miss(const chain_latency *l, const uint64_t truth[CHAIN_WAY], chain_stage stage)
{
    return fabs((double)l->ns[stage] - (double)truth[stage]);
}

/* Clocks that run 80 ppm apart, as bad ones do, for 20 s; ways of 0.4 ms up and 0.1 ms down at
 * least, so that NTP's assumption of equal ways is wrong by 0.15 ms. */
static void a_forged_offset_is_found_within_the_stated_error(void)
{
    rng g = rng_at(3, RNG_JITTER, 0, 0);
    chain_clocks clocks = {.own = UE_CLOCK};
    const clock_of sim = {5000000000000, 8e-5}, bs = {-4000000000000, 0};
    double worst_error = 0;
    for (uint64_t i = 0; i < REPORTS; i++) {
        uint64_t truth[CHAIN_WAY];
        chain_stamps s = travel(&g, i * PERIOD_NS + 5000000000000, sim, bs, truth);
        chain_latency l;
        REQUIRE(chain_latency_split(&s, &clocks, &l));
        double access = (double)l.access_error_ns + 1, core = (double)l.core_error_ns + 1;
        CHECK(miss(&l, truth, CHAIN_UPLINK) <= access && miss(&l, truth, CHAIN_DOWNLINK) <= access);
        CHECK(miss(&l, truth, CHAIN_TRANSIT) <= core && miss(&l, truth, CHAIN_RETURN) <= core);
        double half = (double)(truth[CHAIN_UPLINK] + truth[CHAIN_DOWNLINK]) / 2;
        CHECK(access <= half + 2 + 4e-5 * 1e7); /* the clocks drift on the way as well */
        if (i > 1000)
            worst_error = fmax(worst_error, access);
    }
    CHECK_NEAR(worst_error, 0.29e6, 0.04e6); /* half of the least round trip is 0.25 */
}

static void one_round_trip_is_ntps_formula(void)
{
    clock_offset o = {0};
    /* t1 = 100, t2 = 1150 (50 up), t3 = 1170, t4 = 140: 30 - 50 = 10 down, offset 1000 - 20/2 ...
     */
    REQUIRE(clock_offset_update(&o, UE_CLOCK, SIM_CLOCK, 100, 1150, 1170, 190));
    CHECK(clock_offset_ns(&o) == ((1150 - 100) + (1170 - 190)) / 2);
    CHECK(clock_offset_error_ns(&o) == ((190 - 100) - (1170 - 1150)) / 2);
    CHECK(clock_offset_ours(&o, 1150) == 1150 - 1015);
}

static void a_clock_that_was_set_starts_anew(void)
{
    clock_offset o = {0};
    REQUIRE(clock_offset_update(&o, UE_CLOCK, SIM_CLOCK, 100, 1150, 1170, 190));
    REQUIRE(clock_offset_update(&o, UE_CLOCK, SIM_CLOCK, 1100, 902150, 902170, 1190)); /* set */
    CHECK(clock_offset_ns(&o) == 901015);
    REQUIRE(clock_offset_update(&o, UE_CLOCK, BS_CLOCK, 2100, 2150, 2170, 2190)); /* another */
    CHECK(clock_offset_ns(&o) == 15 && clock_offset_error_ns(&o) == 35);
    REQUIRE(clock_offset_update(&o, UE_CLOCK, UE_CLOCK, 2100, 2150, 2170, 2190));
    CHECK(clock_offset_ns(&o) == 0 && clock_offset_error_ns(&o) == 0);
    clock_offset before = o;
    const uint64_t far[] = {1ull << 63, 1ull << 62};
    for (int i = 0; i < 2; i++) /* no clock is that far off */
        CHECK(!clock_offset_update(&o, UE_CLOCK, SIM_CLOCK, 0, far[i], far[i] + 1, 90));
    CHECK(memcmp(&o, &before, sizeof o) == 0);
}

static void impossible_stamps_leave_the_total(void)
{
    rng g = rng_at(4, RNG_JITTER, 0, 0);
    uint64_t truth[CHAIN_WAY];
    chain_stamps good = travel(&g, 1000000, same, same, truth);
    chain_stamps bad[10];
    for (int i = 0; i < 10; i++)
        bad[i] = good;
    bad[0].sim_returned = 0;                                   /* not stamped */
    bad[1].sim_received = bad[1].sim_forwarded + 1;            /* backwards */
    bad[2].bs_received = 0;                                    /* no stamp */
    bad[3].bs_answered = UINT64_MAX;                           /* an answer from the end of time */
    bad[4].sim_returned += 1000000000;                         /* faster than light */
    bad[5].decode_start = bad[5].decode_end + 1;               /* backwards */
    bad[6].sim_received = 1, bad[6].sim_returned = UINT64_MAX; /* both ends */
    bad[7].uplink_decoded = bad[7].decode_end + 1;             /* backwards */
    bad[8].uplink_decoded = bad[8].decode_start - 1;           /* the same */
    bad[9].modulate_start = bad[9].modulate_end + 1;           /* the same, here */
    for (int i = 0; i < 10; i++) {
        chain_clocks clocks = {.own = UE_CLOCK};
        chain_latency l;
        CHECK(!chain_latency_split(&bad[i], &clocks, &l));
        CHECK(l.ns[CHAIN_TOTAL] == good.answered - good.due && sum_of(&l) == 0);
    }
}

/* A base station that does not tell when its uplink was done: all of its work is decoding. */
static void a_stage_that_is_not_told_is_part_of_the_next(void)
{
    rng g = rng_at(5, RNG_JITTER, 0, 0);
    uint64_t truth[CHAIN_WAY];
    chain_stamps s = travel(&g, 1000000, same, same, truth);
    chain_clocks clocks = {.own = UE_CLOCK};
    chain_latency l;
    s.sim_clock = s.bs_clock = UE_CLOCK;
    s.uplink_decoded = 0;
    REQUIRE(chain_latency_split(&s, &clocks, &l));
    CHECK(l.ns[CHAIN_DEMODULATE] == 0);
    CHECK(l.ns[CHAIN_DECODE] == truth[CHAIN_DEMODULATE] + truth[CHAIN_DECODE]);
    CHECK(sum_of(&l) == l.ns[CHAIN_TOTAL] && l.ns[CHAIN_MODULATE] == truth[CHAIN_MODULATE]);
}

static void the_clock_is_the_same_in_the_same_place(void)
{
    CHECK(clock_identity() != 0);
    CHECK(clock_identity() == clock_identity());
}

static void warming_up_is_counted_apart(void)
{
    chain_tally *t = chain_tally_create(0, 1);
    REQUIRE(t != NULL);
    chain_latency cold = {.ns = {[CHAIN_TOTAL] = 50000000, [CHAIN_DECODE] = 40000000}};
    chain_latency warm = {.ns = {[CHAIN_TOTAL] = 1000000, [CHAIN_DECODE] = 400000}};
    cold.access_error_ns = 7000;
    warm.core_error_ns = 30;
    for (int i = 0; i < 10; i++)
        chain_tally_latency(t, &cold, true, true);
    for (int i = 0; i < 100; i++)
        chain_tally_latency(t, &warm, true, false);
    chain_tally_latency(t, &warm, false, false);
    CHECK(t->warm_up[CHAIN_TOTAL].count == 10 && t->warm_up[CHAIN_DECODE].min == 40000000);
    CHECK(t->latency[CHAIN_TOTAL].count == 101 && t->latency[CHAIN_TOTAL].max == 1000000);
    CHECK(t->latency[CHAIN_DECODE].count == 100 && t->unsplit == 1);
    CHECK_NEAR(t->access_error_s, 0, 0);
    CHECK_NEAR(t->core_error_s, 30e-9, 1e-15);
    chain_tally_free(t);
}

static const harness_test tests[] = {
    {"a stage that the base station does not tell is part of the next",
     a_stage_that_is_not_told_is_part_of_the_next},
    {"on one clock every stage is exact to the nanosecond", one_clock_tells_every_stage},
    {"the stages add up to the total, whatever the clocks show", stages_add_up_to_the_total},
    {"the split of another host's times is within its stated error, half a round trip at most",
     a_forged_offset_is_found_within_the_stated_error},
    {"one round trip gives NTP's offset, and half of itself as the error",
     one_round_trip_is_ntps_formula},
    {"a clock that was set, or is another one, starts anew", a_clock_that_was_set_starts_anew},
    {"stamps that cannot be give a total and no stages", impossible_stamps_leave_the_total},
    {"a clock has one identity", the_clock_is_the_same_in_the_same_place},
    {"what is due before the warm-up's end is in its own figures alone",
     warming_up_is_counted_apart},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "latency", tests, sizeof tests / sizeof tests[0]);
}
