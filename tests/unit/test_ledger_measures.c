#include "ledger_agent.h"

/* --- measuring ---------------------------------------------------------------------------------
 */

/* Reports in flight keep their truths though one chain_report makes them all; the sums are those of
 * a measurer, and every second report of each UE is measured at its use, 4 ms later. */
static void what_is_answered_is_measured(void)
{
    enum { REPORTS = 10 };
    static agent a;
    static float complex known[UES][REPORTS][ENTRIES];
    measurer_config measuring = {.dims = CSI_DIMS_DEFAULT, .dl_snr_db = INFINITY};
    measurer *own = measurer_create(&measuring, NULL);
    double nmse = 0, nmse_used = 0, sgcs = 0;
    unsigned aged = 0;
    open_agent(&a, "csilink-net-cr8-indoor", true, 0);
    a.config.age_every = 2;
    a.config.use_after_s = 0.004;
    REQUIRE(own != NULL);
    CHECK(ledger_wants_reconstruction(a.ledger));
    for (uint32_t seq = 0; seq < REPORTS; seq++)
        for (uint32_t ue = 0; ue < UES; ue++) {
            measure_quality q;
            float complex *h = known[ue][seq];
            CHECK(ledger_acknowledged(a.ledger, ue, seq).memory == NULL);
            REQUIRE(chain_ue_report(a.ue, a.channel[ue], FIRST_UE + ue, seq, seq * 0.01,
                                    &CHAIN_NOTHING_ACKNOWLEDGED, &a.report, NULL) == 0);
            for (int i = 0; i < ENTRIES; i++)
                h[i] = a.report.truth.taps[i] + 0.2f * a.report.truth.taps[(i + 99) % ENTRIES];
            REQUIRE(measurer_at_estimation(own, &a.report.truth, h, &q));
            nmse += q.nmse;
            sgcs += q.sgcs;
            CHECK(ledger_sent(a.ledger, ue, &a.report, start_ns, 1));
            if ((FIRST_UE + ue + seq) % 2)
                continue;
            REQUIRE(measurer_at_use(own, a.channel[ue], seq, seq * 0.01, 0.004, h, &q, NULL) == 0);
            nmse_used += q.nmse;
            aged++;
        }
    for (uint32_t seq = 0; seq < REPORTS; seq++)
        for (uint32_t ue = 0; ue < UES; ue++)
            answer(&a, ue, seq, WIRE_RECONSTRUCTED, known[ue][seq]);
    CHECK(ledger_in_flight(a.ledger) == 0 && ledger_busy(a.ledger) == UES * REPORTS);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    const chain_tally *t = ledger_tally(a.ledger);
    CHECK(t->sums.reports == UES * REPORTS && t->sums.aged == aged && aged == UES * REPORTS / 2);
    CHECK_NEAR(t->sums.nmse / nmse, 1, 1e-12);
    CHECK_NEAR(t->sums.sgcs / sgcs, 1, 1e-12);
    CHECK_NEAR(t->sums.nmse_used / nmse_used, 1, 1e-12);
    CHECK_NEAR(t->sums.age_s, 0.004 * aged, 1e-12);
    /* An answer without the reconstruction that was asked for is acknowledged and not measured. */
    uint32_t seq = send_report(&a, 0, 5);
    answer(&a, 0, seq, WIRE_RECONSTRUCTED, NULL);
    CHECK(t->counts.acked == UES * REPORTS + 1 && t->sums.reports == UES * REPORTS);
    measurer_free(own);
    close_agent(&a);
}

/* What a base station sends may have any size: one that is not the codec's is not measured, and its
 * report is acknowledged all the same. */
static void a_reconstruction_has_its_codecs_size(void)
{
    static float complex known[ENTRIES];
    static const struct {
        const char *codec;
        uint32_t entries;
    } codecs[] = {{"csilink-net-cr8-indoor", ENTRIES}, {"dft:subbands=13", 13 * 32}};
    for (int i = 0; i < ENTRIES; i++)
        known[i] = 1;
    for (size_t i = 0; i < 2; i++) {
        static agent a;
        const uint32_t sizes[] = {1, codecs[i].entries - 1, codecs[i].entries,
                                  codecs[1 - i].entries};
        open_agent(&a, codecs[i].codec, true, 0);
        for (size_t k = 0; k < 4; k++)
            answer_with(&a, 0, send_report(&a, 0, 1), WIRE_RECONSTRUCTED, known, sizes[k]);
        uv_run(&a.loop, UV_RUN_DEFAULT);
        const chain_tally *t = ledger_tally(a.ledger);
        CHECK(t->counts.acked == 4 && t->sums.reports == 1);
        CHECK(t->sums.directions == i && chain_sums_with_nmse(&t->sums) == 1 - i);
        close_agent(&a);
    }
}

/* Directions are measured as channels are, at estimation, at use and after failed reports, and have
 * no NMSE in any sum. */
static void directions_are_measured(void)
{
    enum { REPORTS = 4, SUBBANDS = 13, ENTRIES_HERE = SUBBANDS * 32 };
    static agent a;
    static float complex known[REPORTS + 1][ENTRIES_HERE];
    double sgcs = 0, se = 0, used = 0, all = 0;
    open_agent(&a, "dft:subbands=13", true, 0);
    a.config.age_every = 1;
    a.config.use_after_s = 0.004;
    measurer_config measuring = chain_measuring(&a.config.chain, codec_info_of(a.encoder));
    measurer *own = measurer_create(&measuring, NULL);
    REQUIRE(own != NULL && measurer_entries(&measuring) == ENTRIES_HERE);
    for (uint32_t seq = 0; seq <= REPORTS; seq++) {
        measure_quality q, later;
        rng r = rng_at(4, RNG_TEST, 0, seq);
        if (seq < REPORTS) /* the last brings zeros */
            rng_normal_fill(&r, (float *)known[seq], 2 * ENTRIES_HERE, 1);
        REQUIRE(chain_ue_report(a.ue, a.channel[0], FIRST_UE, seq, seq * 0.01,
                                &CHAIN_NOTHING_ACKNOWLEDGED, &a.report, NULL) == 0);
        REQUIRE(measurer_at_estimation(own, &a.report.truth, known[seq], &q));
        REQUIRE(measurer_at_use(own, a.channel[0], seq, seq * 0.01, 0.004, known[seq], &later,
                                NULL) == 0);
        CHECK(isnan(q.nmse) && isnan(later.rho));
        all += q.se;
        sgcs += seq < REPORTS ? q.sgcs : 0;
        se += seq < REPORTS ? q.se : 0;
        used += seq < REPORTS ? later.sgcs : 0;
        CHECK(ledger_sent(a.ledger, 0, &a.report, start_ns, 1));
        answer_with(&a, 0, seq, seq < REPORTS ? WIRE_RECONSTRUCTED : WIRE_NOT_DECODED, known[seq],
                    ENTRIES_HERE);
    }
    uv_run(&a.loop, UV_RUN_DEFAULT);
    const chain_sums *s = &ledger_tally(a.ledger)->sums;
    CHECK(s->reports == REPORTS && s->directions == REPORTS && s->aged_directions == REPORTS);
    CHECK(s->all == REPORTS + 1 && s->all_directions == REPORTS + 1);
    CHECK(s->nmse == 0 && s->nmse_used == 0 && s->rho_all == 0);
    CHECK_NEAR(s->sgcs / sgcs, 1, 1e-12);
    CHECK_NEAR(s->se_feedback / se, 1, 1e-12);
    CHECK_NEAR(s->sgcs_used / used, 1, 1e-12);
    CHECK_NEAR(s->se_all / all, 1, 1e-12);
    measurer_free(own);
    close_agent(&a);
}

/* Reports that were not decoded are counted as such, and what the base station goes on with is
 * measured beside what passed: zeros have an NMSE of 1. Without a reconstruction, or of a report
 * that did not get there, nothing is. */
static void what_is_gone_on_with_is_measured(void)
{
    static agent a;
    static float complex known[3][ENTRIES];
    open_agent(&a, "csilink-net-cr8-indoor", true, 0);
    double nmse[3], se[3];
    measurer_config measuring = {.dims = CSI_DIMS_DEFAULT, .dl_snr_db = INFINITY};
    measurer *own = measurer_create(&measuring, NULL);
    REQUIRE(own != NULL);
    for (uint32_t i = 0; i < 3; i++) {
        measure_quality q;
        REQUIRE(chain_ue_report(a.ue, a.channel[0], FIRST_UE, i, i * 0.01,
                                &CHAIN_NOTHING_ACKNOWLEDGED, &a.report, NULL) == 0);
        if (i != 1) /* report 1: zeros */
            for (int k = 0; k < ENTRIES; k++)
                known[i][k] =
                    a.report.truth.taps[k] + 0.3f * a.report.truth.taps[(k + 5) % ENTRIES];
        REQUIRE(measurer_at_estimation(own, &a.report.truth, known[i], &q));
        nmse[i] = q.nmse;
        se[i] = q.se;
        CHECK(ledger_sent(a.ledger, 0, &a.report, start_ns, 1));
    }
    CHECK(nmse[1] == 1 && se[1] > 0 && se[1] < se[0]);
    answer(&a, 0, 0, WIRE_RECONSTRUCTED, known[0]);
    answer(&a, 0, 1, WIRE_NOT_DECODED, known[1]);
    answer(&a, 0, 2, WIRE_NEEDS_KEY, known[2]);
    answer(&a, 0, send_report(&a, 0, 1), WIRE_NOT_DECODED, NULL);
    answer(&a, 0, send_report(&a, 0, 1), WIRE_LOST_IN_CHANNEL, NULL);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    const chain_tally *t = ledger_tally(a.ledger);
    CHECK(t->counts.acked == 1 && t->counts.not_decoded == 3 && t->counts.needs_key == 1);
    CHECK(t->sums.answered == 1 && t->sums.reports == 1 && t->sums.nmse == nmse[0]);
    CHECK(t->sums.all == 3 && t->latency[CHAIN_TOTAL].count + t->warm_up[CHAIN_TOTAL].count == 1);
    CHECK_NEAR(t->sums.nmse_all, nmse[0] + nmse[1] + nmse[2], 1e-12);
    CHECK_NEAR(t->sums.se_all, se[0] + se[1] + se[2], 1e-12);
    measurer_free(own);
    close_agent(&a);
}

/* Sends a UE's next report as if its uplink had sent bits of this digest. */
static uint32_t send_bits(agent *a, size_t ue, uint64_t digest)
{
    uint32_t seq = ledger_next_seq(a->ledger, ue);
    REQUIRE(chain_ue_report(a->ue, a->channel[ue], FIRST_UE + (uint32_t)ue, seq, seq * 0.01,
                            &CHAIN_NOTHING_ACKNOWLEDGED, &a->report, NULL) == 0);
    a->report.digest = digest;
    CHECK(ledger_sent(a->ledger, ue, &a->report, start_ns, 1));
    return seq;
}

static void answer_bits(agent *a, size_t ue, uint32_t seq, wire_status status, uint64_t digest)
{
    wire_answer w = {.ue = FIRST_UE + (uint32_t)ue,
                     .seq = seq,
                     .status = status,
                     .reason = "",
                     .snr_estimated_db = 9,
                     .digest = digest};
    ledger_answer(a->ledger, &w, start_ns + 50ull * MS);
}

/* An undetected error is a report that passed with other bits than were sent: not one that failed,
 * and none where an end told no digest. */
static void other_bits_that_passed_are_counted(void)
{
    static agent a;
    open_agent(&a, "csilink-net-cr8-indoor", false, 0);
    answer_bits(&a, 0, send_bits(&a, 0, 77), WIRE_RECONSTRUCTED, 77);
    answer_bits(&a, 0, send_bits(&a, 0, 77), WIRE_RECONSTRUCTED, 78);
    answer_bits(&a, 0, send_bits(&a, 0, 77), WIRE_NOT_DECODED, 78);
    answer_bits(&a, 0, send_bits(&a, 0, 77), WIRE_NEEDS_KEY, 77);
    answer_bits(&a, 0, send_bits(&a, 0, 77), WIRE_RECONSTRUCTED, 0);
    answer_bits(&a, 0, send_bits(&a, 0, 0), WIRE_RECONSTRUCTED, 77);
    answer_bits(&a, 1, send_bits(&a, 1, UINT64_MAX), WIRE_RECONSTRUCTED, 1);
    answer_bits(&a, 1, send_bits(&a, 1, 1), WIRE_RECONSTRUCTED, UINT64_MAX - 1);
    const chain_counts *all = &ledger_tally(a.ledger)->counts;
    CHECK(all->acked == 6 && all->compared == 4 && all->undetected == 3);
    CHECK(ledger_tally(a.ledger)->ue[0].counts.undetected == 1);
    CHECK(ledger_tally(a.ledger)->ue[1].counts.undetected == 2);
    CHECK(chain_counts_received(all) == 8 && chain_counts_bler(all) == 1 / 8.0);
    CHECK(chain_counts_undetected_rate(all) == 3 / 8.0);
    CHECK(isnan(chain_counts_bler(&ledger_tally(a.ledger)->ue[2].counts)));
    CHECK(isnan(chain_counts_undetected_rate(&ledger_tally(a.ledger)->ue[2].counts)));
    close_agent(&a);
}

static const harness_test tests[] = {
    {"a reconstruction of another size than its codec's is not measured",
     a_reconstruction_has_its_codecs_size},
    {"directions are measured as channels are, and have no NMSE", directions_are_measured},
    {"what the base station goes on with after a failed report is measured",
     what_is_gone_on_with_is_measured},
    {"other bits than were sent that passed are counted as undetected errors",
     other_bits_that_passed_are_counted},
    {"what is answered is measured against its own truth", what_is_answered_is_measured},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ledger measures", tests, sizeof tests / sizeof tests[0]);
}
