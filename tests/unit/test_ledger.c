#include "ledger_agent.h"

/* --- the account -------------------------------------------------------------------------------
 */

static void every_report_ends_in_one_way(void)
{
    static agent a;
    open_agent(&a, "dpcm", false, 0);
    static const wire_status ends[] = {WIRE_RECONSTRUCTED, WIRE_LOST_IN_CHANNEL, WIRE_REFUSED,
                                       WIRE_NOT_DECODED, WIRE_NEEDS_KEY};
    for (unsigned i = 0; i < 5; i++) {
        uint32_t seq = send_report(&a, 1, i);
        CHECK(seq == i && ledger_in_flight(a.ledger) == 1);
        answer(&a, 1, seq, ends[i], NULL);
        CHECK(a.ended == i + 1 && ledger_in_flight(a.ledger) == 0);
        answer(&a, 1, seq, ends[i], NULL); /* once more: too late, and nothing else */
        answer(&a, 0, seq, ends[i], NULL); /* never sent */
    }
    CHECK(!ledger_wants_reconstruction(a.ledger));
    send_report(&a, 1, 10);
    send_report(&a, 2, 20);
    ledger_time_out(a.ledger, start_ns + 15 * MS);
    CHECK(ledger_in_flight(a.ledger) == 1);
    answer(&a, 1, 5, WIRE_RECONSTRUCTED, NULL); /* after its time-out */
    ledger_refused(a.ledger, 2, 1, "no link");  /* the link did not take it */
    answer(&a, 2, 0, WIRE_RECONSTRUCTED, NULL);
    const chain_tally *t = ledger_tally(a.ledger);
    const chain_counts all = {8, 2, 1, 1, 2, 2, 1, 0, 0, 0, 3, 4},
                       second = {2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0};
    CHECK(memcmp(&t->counts, &all, sizeof all) == 0);
    CHECK(memcmp(&t->ue[2].counts, &second, sizeof second) == 0);
    uint64_t reasons = 0;
    for (size_t i = 0; i < t->refusals; i++)
        reasons += t->refusal[i].reports;
    CHECK(reasons == t->counts.refused); /* each has a reason */
    CHECK(strcmp(t->refusal[t->refusals - 1].reason, "no link") == 0);
    CHECK(t->ue[0].counts.sent == 0 && t->ue[1].ue == FIRST_UE + 1 && t->late == 11);
    CHECK(t->uplink_bytes == 700 && ledger_next_seq(a.ledger, 2) == 2);
    /* What was acknowledged has its cost: 8 references, 1024 symbols, the side bits at 10 dB. */
    double side = codec_info_of(a.encoder)->shape.side_bits_max + 13;
    CHECK(t->sums.answered == 2 && t->sums.reports == 0 && t->sums.bits == 2 * a.report.bits);
    CHECK_NEAR(t->sums.channel_uses, 2 * (1032 + side / log2(11)), 1e-9);
    CHECK_NEAR(t->sums.snr_estimated_db, 18, 1e-9);
    close_agent(&a);
}

/* Sent at 10 ms, answered at 50: whatever the timers do meanwhile. */
static void an_answer_is_late_by_whatever_little(void)
{
    static agent a;
    open_agent(&a, "dpcm", false, 0);
    const chain_counts *counts = &ledger_tally(a.ledger)->counts;
    a.config.timeout_s = 0.04;
    answer(&a, 1, send_report(&a, 1, 10), WIRE_RECONSTRUCTED, NULL);
    CHECK(counts->acked == 1 && counts->timed_out == 0);
    a.config.timeout_s = 0.039999;
    uint32_t first = send_report(&a, 1, 10), second = send_report(&a, 2, 11);
    uint64_t sent;
    CHECK(ledger_first(a.ledger, &sent) && sent == start_ns + 10 * MS);
    answer(&a, 1, first, WIRE_RECONSTRUCTED, NULL);
    CHECK(counts->acked == 1 && counts->timed_out == 1 && ledger_tally(a.ledger)->late == 1);
    CHECK(ledger_first(a.ledger, &sent) && sent == start_ns + 11 * MS);
    answer(&a, 2, second, WIRE_RECONSTRUCTED, NULL);
    CHECK(counts->acked == 2 && counts->timed_out == 1 && !ledger_first(a.ledger, &sent));
    close_agent(&a);
}

/* --- memory ------------------------------------------------------------------------------------
 */

static uint32_t base_of(const agent *a, size_t ue)
{
    return ledger_acknowledged(a->ledger, ue, ledger_next_seq(a->ledger, ue)).builds_on;
}

static void a_report_builds_on_the_newest_acknowledged(void)
{
    static agent a;
    open_agent(&a, "dpcm", false, 0);
    CHECK(base_of(&a, 0) == 0);
    for (unsigned i = 0; i < 3; i++)
        send_report(&a, 0, i);
    CHECK(base_of(&a, 0) == 0); /* sent, and not acknowledged */
    answer(&a, 0, 1, WIRE_RECONSTRUCTED, NULL);
    CHECK(base_of(&a, 0) == 2 && base_of(&a, 1) == 0);
    answer(&a, 0, 0, WIRE_RECONSTRUCTED, NULL); /* an older one */
    CHECK(base_of(&a, 0) == 2);
    answer(&a, 0, 2, WIRE_LOST_IN_CHANNEL, NULL);
    CHECK(base_of(&a, 0) == 2);
    uint32_t seq = send_report(&a, 0, 3);
    CHECK(seq == 3 && a.report.payload.builds_on == 2);
    answer(&a, 0, 3, WIRE_RECONSTRUCTED, NULL);
    /* The memory is what the codec left after that report. */
    chain_acknowledged known = ledger_acknowledged(a.ledger, 0, 4);
    CHECK(known.builds_on == 4 &&
          memcmp(known.memory, a.report.after, codec_memory_bytes(a.encoder)) == 0);
    send_report(&a, 0, 4);
    ledger_time_out(a.ledger, UINT64_MAX);
    answer(&a, 0, 4, WIRE_RECONSTRUCTED, NULL); /* too late to build on */
    CHECK(base_of(&a, 0) == 4);
    send_report(&a, 0, 5);
    answer(&a, 0, 5, WIRE_NEEDS_KEY, NULL);
    CHECK(base_of(&a, 0) == 0); /* the base station has lost what it knew */
    send_report(&a, 0, 6);
    CHECK(a.report.payload.builds_on == 0);
    answer(&a, 0, 6, WIRE_RECONSTRUCTED, NULL);
    CHECK(base_of(&a, 0) == 7);
    close_agent(&a);
}

/* Acknowledgements count from 2 reports on: what report 4 builds on is known when reports up to 2
 * have ended, in whatever way and order, and does not depend on what is known of 3. */
static void a_fixed_delay_is_waited_for(void)
{
    static agent a;
    open_agent(&a, "dpcm", false, 2);
    CHECK(ledger_can_build(a.ledger, 0, 0) && ledger_can_build(a.ledger, 0, 1));
    send_report(&a, 0, 0);
    send_report(&a, 0, 1);
    CHECK(!ledger_can_build(a.ledger, 0, 2) && ledger_can_build(a.ledger, 1, 2));
    answer(&a, 0, 1, WIRE_RECONSTRUCTED, NULL);
    CHECK(!ledger_can_build(a.ledger, 0, 2));
    answer(&a, 0, 0, WIRE_RECONSTRUCTED, NULL);
    CHECK(ledger_can_build(a.ledger, 0, 2) && base_of(&a, 0) == 1); /* not 2: that is too new */
    send_report(&a, 0, 2);
    CHECK(ledger_can_build(a.ledger, 0, 3) && base_of(&a, 0) == 2);
    send_report(&a, 0, 3);
    CHECK(!ledger_can_build(a.ledger, 0, 4));
    answer(&a, 0, 2, WIRE_LOST_IN_CHANNEL, NULL);
    CHECK(ledger_can_build(a.ledger, 0, 4) && base_of(&a, 0) == 2);
    answer(&a, 0, 3, WIRE_RECONSTRUCTED, NULL);
    CHECK(base_of(&a, 0) == 2);
    close_agent(&a);
    /* A codec without memory waits for nothing. */
    open_agent(&a, "csilink-net-cr8-indoor", false, 2);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(ledger_can_build(a.ledger, 0, i) && base_of(&a, 0) == 0);
        send_report(&a, 0, i);
    }
    ledger_time_out(a.ledger, UINT64_MAX);
    close_agent(&a);
}

/* --- the acknowledged SNR ------------------------------------------------------------------------
 */

/* Answers a report with an SNR estimate that is its number. */
static void answer_snr(agent *a, size_t ue, uint32_t seq, wire_status status)
{
    wire_answer w = {.ue = FIRST_UE + (uint32_t)ue,
                     .seq = seq,
                     .status = status,
                     .reason = "",
                     .snr_estimated_db = (float)seq};
    ledger_answer(a->ledger, &w, start_ns + 50ull * MS);
}

static double snr_of(agent *a, size_t ue)
{
    return ledger_acknowledged(a->ledger, ue, ledger_next_seq(a->ledger, ue)).snr_db;
}

/* With a delay of 0 whatever has come counts, the newest report's estimate, of every answer of the
 * base station and of no other. */
static void the_newest_answer_tells_the_snr(void)
{
    static agent a;
    open_agent(&a, "csilink-net-cr8-indoor", false, 0);
    CHECK(isnan(snr_of(&a, 0)));
    for (unsigned i = 0; i < 6; i++)
        send_report(&a, 0, i);
    CHECK(isnan(snr_of(&a, 0)));
    answer_snr(&a, 0, 1, WIRE_RECONSTRUCTED);
    CHECK(snr_of(&a, 0) == 1 && isnan(snr_of(&a, 1)));
    answer_snr(&a, 0, 0, WIRE_RECONSTRUCTED); /* an older one */
    CHECK(snr_of(&a, 0) == 1);
    answer_snr(&a, 0, 3, WIRE_NOT_DECODED);
    CHECK(snr_of(&a, 0) == 3);
    answer_snr(&a, 0, 4, WIRE_LOST_IN_CHANNEL); /* the base station knows nothing of these */
    answer_snr(&a, 0, 5, WIRE_REFUSED);
    CHECK(snr_of(&a, 0) == 3);
    answer_snr(&a, 0, 5, WIRE_RECONSTRUCTED); /* answered already */
    CHECK(snr_of(&a, 0) == 3);
    send_report(&a, 0, 6);
    answer_snr(&a, 0, 6, WIRE_NEEDS_KEY);
    answer_snr(&a, 0, 2, WIRE_RECONSTRUCTED);
    CHECK(snr_of(&a, 0) == 6);
    close_agent(&a);
}

/* Whatever the order in which answers come, the SNR for report s is that of the newest answered one
 * up to s - delay, which is waited for; held against the definition, with random losses. */
static void an_adaptive_uplink_waits_for_its_snr(void)
{
    enum { REPORTS = 60 };
    rng g = rng_at(5, RNG_LOSS, 0, 0);
    for (uint32_t delay = 1; delay <= CHAIN_ACK_DELAY_MAX; delay++) {
        static agent a;
        bool heard[REPORTS] = {false}, open[REPORTS] = {false};
        open_agent_over(&a, "csilink-net-cr8-indoor", false, delay, true);
        for (uint32_t seq = 0; seq < REPORTS; seq++) {
            /* Answers come in any order, until report `seq` may be made. */
            while (!ledger_can_build(a.ledger, 0, seq)) {
                uint32_t k = seq - 1 - (uint32_t)(rng_uniform(&g) * fmin(seq, 8));
                if (!open[k])
                    continue;
                open[k] = false;
                heard[k] = rng_uniform(&g) < 0.4;
                answer_snr(&a, 0, k, heard[k] ? WIRE_NOT_DECODED : WIRE_LOST_IN_CHANNEL);
            }
            double expected = (double)NAN;
            for (uint32_t k = 0; k + delay <= seq; k++) {
                CHECK(!open[k]); /* all that may count has ended */
                if (heard[k])
                    expected = k;
            }
            double got = snr_of(&a, 0);
            CHECK(isnan(expected) ? isnan(got) : got == expected);
            send_report(&a, 0, 1);
            open[seq] = true;
            CHECK(ledger_can_build(a.ledger, 1, seq)); /* another UE's reports wait for their own */
        }
        ledger_time_out(a.ledger, UINT64_MAX);
        close_agent(&a);
    }
}

/* An uplink that does not adapt waits for nothing, and answers may come however late. */
static void others_do_not_wait_for_their_snr(void)
{
    static agent a;
    open_agent(&a, "csilink-net-cr8-indoor", false, 2);
    for (unsigned i = 0; i < 30; i++) {
        CHECK(ledger_can_build(a.ledger, 0, i));
        CHECK(isnan(snr_of(&a, 0)));
        send_report(&a, 0, i);
    }
    answer_snr(&a, 0, 3, WIRE_RECONSTRUCTED);
    answer_snr(&a, 0, 19, WIRE_RECONSTRUCTED);
    answer_snr(&a, 0, 11, WIRE_RECONSTRUCTED); /* they share a place */
    CHECK(snr_of(&a, 0) == 19);
    answer_snr(&a, 0, 29, WIRE_RECONSTRUCTED); /* too new for report 30 */
    answer_snr(&a, 0, 21, WIRE_RECONSTRUCTED);
    CHECK(snr_of(&a, 0) == 21);
    send_report(&a, 0, 30);
    CHECK(snr_of(&a, 0) == 29);
    ledger_time_out(a.ledger, UINT64_MAX);
    close_agent(&a);
}

static const harness_test tests[] = {
    {"every report ends in one way, and the account closes", every_report_ends_in_one_way},
    {"an answer that comes after the time-out, by whatever little, is late",
     an_answer_is_late_by_whatever_little},
    {"a report builds on the newest acknowledged one, on nothing where a key is needed",
     a_report_builds_on_the_newest_acknowledged},
    {"with a fixed delay a report waits for what it builds on, and for nothing newer",
     a_fixed_delay_is_waited_for},
    {"the newest answer of the base station tells the SNR", the_newest_answer_tells_the_snr},
    {"an adaptive uplink waits for its SNR, which is the same in whatever order answers come",
     an_adaptive_uplink_waits_for_its_snr},
    {"other uplinks do not wait for it", others_do_not_wait_for_their_snr},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ledger", tests, sizeof tests / sizeof tests[0]);
}
