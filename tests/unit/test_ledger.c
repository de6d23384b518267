#include "base/rng.h"
#include "chain/memory.h"
#include "harness.h"
#include "ue-agent/ledger.h"

#include <math.h>
#include <string.h>

enum { UES = 3, FIRST_UE = 7, ENTRIES = 32 * 32, MS = 1000000 };

/* An agent without its sockets: reports are made by hand and answered by hand. */
typedef struct agent {
    uv_loop_t loop;
    agent_config config;
    codec *encoder;
    makers *makers;
    chain_ue *ue;
    fading_ue *channel[UES];
    chain_report report;
    ledger *ledger;
    unsigned settled;
} agent;

static const uint64_t start_ns = 1000ull * MS;

static void on_made(void *user, size_t ue_index, chain_report *report, const err *e)
{
    (void)user, (void)ue_index, (void)report, (void)e;
}

static void on_ready(void *user)
{
    (void)user;
}

static void on_settled(void *user, size_t ue_index)
{
    agent *a = user;
    CHECK(ue_index < UES);
    a->settled++;
}

static void open_agent_over(agent *a, const char *codec_name, bool genie, uint32_t ack_delay,
                            bool adaptive)
{
    *a = (agent){0};
    agent_config *c = &a->config;
    c->timeout_s = 1000;
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.speed_kmh = 3;
    c->first_ue = FIRST_UE;
    c->schedule = (chain_schedule){.period_s = {0.01}, .periods = 1, .cell_ues = 10};
    c->workers = 2;
    c->ack_delay = ack_delay;
    c->chain = (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                                 .dl_snr_db = INFINITY,
                                 .uplink = "analog",
                                 .seed = 1,
                                 .genie = genie};
    REQUIRE(uv_loop_init(&a->loop) == 0);
    REQUIRE(chain_cell_add(&c->cell, UES, "rayleigh:eva", &settings, NULL) == 0);
    REQUIRE((c->encoder = a->encoder = codec_load(CODEC_ENCODER, codec_name, NULL)) != NULL);
    makers_options making = {.chain = c->chain,
                             .encoder = a->encoder,
                             .cell = &c->cell,
                             .first_ue = FIRST_UE,
                             .workers = c->workers,
                             .made = on_made,
                             .ready = on_ready,
                             .user = a};
    REQUIRE((a->makers = makers_create(&a->loop, &making, NULL)) != NULL);
    REQUIRE((a->ue = chain_ue_create(&c->chain, a->encoder, NULL)) != NULL);
    REQUIRE(chain_report_init(&a->report, a->ue, NULL) == 0);
    for (uint32_t i = 0; i < UES; i++) {
        a->channel[i] = fading_ue_create(chain_cell_group(&c->cell, i)->open, FIRST_UE + i, NULL);
        REQUIRE(a->channel[i] != NULL);
    }
    ledger_options keeping = {
        .config = c, .makers = a->makers, .adaptive = adaptive, .settled = on_settled, .user = a};
    REQUIRE((a->ledger = ledger_create(&a->loop, &keeping, NULL)) != NULL);
    ledger_start(a->ledger, start_ns);
}

static void open_agent(agent *a, const char *codec_name, bool genie, uint32_t ack_delay)
{
    open_agent_over(a, codec_name, genie, ack_delay, false);
}

static void close_agent(agent *a)
{
    CHECK(ledger_busy(a->ledger) == 0 && ledger_in_flight(a->ledger) == 0);
    CHECK(chain_counts_close(&ledger_tally(a->ledger)->counts));
    ledger_free(a->ledger);
    chain_report_free(&a->report);
    for (int i = 0; i < UES; i++)
        fading_ue_free(a->channel[i]);
    chain_ue_free(a->ue);
    makers_free(a->makers);
    CHECK(uv_loop_close(&a->loop) == 0);
    codec_unload(a->encoder);
    chain_cell_close(&a->config.cell);
}

/* Makes a UE's next report on what the ledger says it builds on, and enters it as sent after `ms`.
 */
static uint32_t send_report(agent *a, size_t ue, unsigned ms)
{
    uint32_t seq = ledger_next_seq(a->ledger, ue);
    chain_acknowledged known = ledger_acknowledged(a->ledger, ue, seq);
    CHECK((known.memory == NULL) == (known.builds_on == 0));
    REQUIRE(chain_ue_report(a->ue, a->channel[ue], FIRST_UE + (uint32_t)ue, seq, seq * 0.01, &known,
                            &a->report, NULL) == 0);
    CHECK(ledger_sent(a->ledger, ue, &a->report, start_ns + (uint64_t)ms * MS, 100));
    return seq;
}

/* An answer that comes after 50 ms, with a reconstruction of so many entries. */
static void answer_with(agent *a, size_t ue, uint32_t seq, wire_status status,
                        const float complex *known, uint32_t entries)
{
    wire_answer w = {.ue = FIRST_UE + (uint32_t)ue,
                     .seq = seq,
                     .status = status,
                     .reason = "",
                     .snr_estimated_db = 9,
                     .impaired = true,
                     .impairment = {.snr_db = 10, .noise_power = 0.1},
                     .entries = entries,
                     .reconstruction = known};
    ledger_answer(a->ledger, &w, start_ns + 50ull * MS);
}

/* A channel's reconstruction where `known` is not NULL. */
static void answer(agent *a, size_t ue, uint32_t seq, wire_status status,
                   const float complex *known)
{
    answer_with(a, ue, seq, status, known, known ? ENTRIES : 0);
}

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
        CHECK(a.settled == i + 1 && ledger_in_flight(a.ledger) == 0);
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
    const chain_counts all = {8, 2, 1, 1, 2, 2, 1, 0, 0, 0},
                       second = {2, 1, 0, 0, 1, 0, 0, 0, 0, 0};
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
 * are settled, in whatever way and order, and does not depend on what is known of 3. */
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
                CHECK(!open[k]); /* all that may count is settled */
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
    {"every report ends in one way, and the account closes", every_report_ends_in_one_way},
    {"an answer that comes after the time-out, by whatever little, is late",
     an_answer_is_late_by_whatever_little},
    {"a report builds on the newest acknowledged one, on nothing where a key is needed",
     a_report_builds_on_the_newest_acknowledged},
    {"with a fixed delay a report waits for what it builds on, and for nothing newer",
     a_fixed_delay_is_waited_for},
    {"a reconstruction of another size than its codec's is not measured",
     a_reconstruction_has_its_codecs_size},
    {"directions are measured as channels are, and have no NMSE", directions_are_measured},
    {"what the base station goes on with after a failed report is measured",
     what_is_gone_on_with_is_measured},
    {"other bits than were sent that passed are counted as undetected errors",
     other_bits_that_passed_are_counted},
    {"the newest answer of the base station tells the SNR", the_newest_answer_tells_the_snr},
    {"an adaptive uplink waits for its SNR, which is the same in whatever order answers come",
     an_adaptive_uplink_waits_for_its_snr},
    {"other uplinks do not wait for it", others_do_not_wait_for_their_snr},
    {"what is answered is measured against its own truth", what_is_answered_is_measured},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ledger", tests, sizeof tests / sizeof tests[0]);
}
