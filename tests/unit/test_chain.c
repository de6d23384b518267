#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "chain/bs.h"
#include "chain/cost.h"
#include "chain/eval.h"
#include "chain/memory.h"
#include "chain/ue.h"
#include "csi/grid.h"
#include "csi/metrics.h"
#include "harness.h"
#include "uplink/air.h"
#include "uplink/snr.h"

static const char channel_name[] = "rayleigh:exponential",
                  onnx_name[] = "onnx:csilink-net-cr8-indoor,precision=float";
enum { NT = 32, ENTRIES = 32 * 32, CODEWORD = 256, SAMPLES = 20 };

/* The largest relative error of an rms that is sent in 13 bits (uplink/analog.h). */
static const double rms_error = 0.00098;

typedef struct link {
    chain_ue_config config;
    codec *encoder, *decoder;
    fading *channel;
    fading_ue *channel_ue;
    chain_ue *ue;
    chain_bs *bs;
    measurer *measurer;
    chain_report report;
} link;

static chain_ue_config default_config(void)
{
    return (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                             .estimate = false,
                             .dl_snr_db = INFINITY,
                             .uplink = "analog",
                             .seed = 3,
                             .genie = true};
}

static link open_codec(const char *spec, double speed_kmh, chain_ue_config config, uint32_t ue)
{
    link l = {.config = config};
    err e = {0};
    fading_config settings = FADING_CONFIG_DEFAULT;
    measurer_config measuring = {
        .dims = config.dims, .whole_band = config.estimate, .dl_snr_db = config.dl_snr_db};
    settings.dims = config.dims;
    settings.seed = config.seed;
    settings.speed_kmh = speed_kmh;
    l.encoder = codec_load(CODEC_ENCODER, spec, &e);
    l.decoder = codec_load(CODEC_DECODER, spec, &e);
    l.channel = fading_open(channel_name, &settings, &e);
    REQUIRE(l.encoder && l.decoder && l.channel);
    l.channel_ue = fading_ue_create(l.channel, ue, &e);
    l.ue = chain_ue_create(&config, l.encoder, &e);
    l.bs = chain_bs_create(l.decoder, config.uplink, &e);
    l.measurer = measurer_create(&measuring, &e);
    REQUIRE(l.channel_ue && l.ue && l.bs && l.measurer);
    REQUIRE(chain_report_init(&l.report, l.ue, &e) == 0);
    return l;
}

static link open_link(chain_ue_config config, uint32_t ue)
{
    return open_codec(onnx_name, 30, config, ue);
}

static void close_link(link *l)
{
    chain_report_free(&l->report);
    measurer_free(l->measurer);
    chain_bs_free(l->bs);
    chain_ue_free(l->ue);
    fading_ue_free(l->channel_ue);
    fading_close(l->channel);
    codec_unload(l->decoder);
    codec_unload(l->encoder);
}

static int report(link *l, uint32_t ue, uint32_t seq)
{
    return chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * 0.01, NULL, 0, &l->report, NULL);
}

/* The report's burst to the base station, without memory. */
static int decode(link *l, double snr_db)
{
    bool intact = false;
    int rc = chain_bs_receive(l->bs, &l->report.burst, snr_db, &intact, NULL);
    CHECK(rc != 0 || intact); /* the analog uplink has no check that could fail */
    return rc == 0 ? chain_bs_decode(l->bs, snr_db, NULL, NULL, NULL) : rc;
}

static bool same_burst(const uplink_burst *a, const uplink_burst *b)
{
    return a->symbols == b->symbols && a->references == b->references &&
           a->side_bits == b->side_bits &&
           memcmp(a->symbol, b->symbol, a->symbols * sizeof *a->symbol) == 0 &&
           memcmp(a->side, b->side, (a->side_bits + 7) / 8) == 0;
}

/* Between two ends that know everything the chain adds nothing to what the codec costs but the
 * rounding of the rms: values that are wrong by the factor 1 + g move the reconstruction by about
 * |g| of its size, and the root of the NMSE by no more than that. Twice the bound, for a decoder is
 * not quite linear. Over the samples it adds g^2, and a linear term of either sign. */
static void noiseless_chain_has_the_codecs_nmse(void)
{
    link l = open_link(default_config(), 0);
    codec_work *decoder = codec_open(l.decoder, NULL);
    REQUIRE(decoder != NULL);
    const codec_hint hint = {.snr_db = UPLINK_SNR_MAX_DB};
    double largest = 0, sum_chain = 0, sum_codec = 0;
    for (uint32_t seq = 0; seq < SAMPLES; seq++) {
        static float complex h[ENTRIES];
        measure_quality q, own;
        CHECK(report(&l, 0, seq) == 0 && decode(&l, hint.snr_db) == 0);
        REQUIRE(
            measurer_at_estimation(l.measurer, &l.report.truth, chain_bs_reconstruction(l.bs), &q));
        CHECK(codec_decode(decoder, NULL, &l.report.payload, &hint, h, NULL, NULL) == 0);
        REQUIRE(measurer_at_estimation(l.measurer, &l.report.truth, h, &own));
        largest = fmax(largest, fabs(sqrt(q.nmse) - sqrt(own.nmse)));
        sum_chain += q.nmse;
        sum_codec += own.nmse;
    }
    CHECK_NEAR(largest, 0, 2 * rms_error);
    CHECK_NEAR(sqrt(sum_chain / SAMPLES), sqrt(sum_codec / SAMPLES), rms_error);
    codec_close(decoder);
    close_link(&l);
}

/* Without noise on the pilots LS is exact, so both ways lead to the same report but for rounding.
 * The profile's delays are whole taps within the kept ones: nothing is cut. */
static void noiseless_pilots_are_as_good_as_knowing(void)
{
    chain_ue_config config = default_config();
    link knows = open_link(config, 2);
    config.estimate = true;
    link estimates = open_link(config, 2);
    size_t grid = (size_t)csi_grid_of(&config.dims).count * NT;
    for (uint32_t seq = 0; seq < SAMPLES; seq++) {
        CHECK(report(&knows, 2, seq) == 0 && report(&estimates, 2, seq) == 0);
        const chain_report *a = &knows.report, *b = &estimates.report;
        REQUIRE(a->payload.values == CODEWORD && b->payload.values == CODEWORD);
        double largest = harness_max_abs(a->payload.value, CODEWORD);
        CHECK(harness_max_abs_diff(a->payload.value, b->payload.value, CODEWORD) < 1e-4 * largest);
        CHECK(a->payload.side_bits == b->payload.side_bits && a->bits == b->bits);
        CHECK(memcmp(a->payload.side, b->payload.side, (a->payload.side_bits + 7) / 8) == 0);
        CHECK(csi_nmse(a->truth.taps, b->truth.taps, ENTRIES) < 1e-9);
        CHECK(csi_nmse(a->truth.grid, b->truth.grid, grid) < 1e-9);
        CHECK(a->ls_nmse == 0 && b->ls_nmse < 1e-9);
        CHECK_NEAR(b->se_ls, b->se_perfect, 1e-6);
    }
    close_link(&knows);
    close_link(&estimates);
}

/* LS spreads the pilots' noise evenly over all entries: its NMSE is the inverse of the SNR. Over 20
 * x 32,768 entries it deviates by 0.006 dB. */
static void ls_nmse_is_the_inverse_of_the_pilot_snr(void)
{
    chain_ue_config config = default_config();
    config.estimate = true;
    config.dl_snr_db = 7;
    link l = open_link(config, 1);
    double sum = 0;
    for (uint32_t seq = 0; seq < SAMPLES; seq++) {
        CHECK(report(&l, 1, seq) == 0);
        sum += l.report.ls_nmse / SAMPLES;
        CHECK(l.report.se_ls < l.report.se_perfect);
    }
    CHECK_NEAR(db_of_power(sum), -7, 0.05);
    close_link(&l);
}

static void same_key_gives_the_same_report(void)
{
    chain_ue_config config = default_config();
    config.estimate = true;
    config.dl_snr_db = 10;
    link a = open_link(config, 4), b = open_link(config, 4);
    CHECK(report(&a, 4, 5) == 0);
    for (uint32_t seq = 0; seq < 6; seq++) /* b has made others before */
        CHECK(report(&b, 4, seq) == 0);
    CHECK(same_burst(&a.report.burst, &b.report.burst));
    CHECK(a.report.bits == b.report.bits);
    CHECK(report(&b, 5, 5) == 0); /* the same channel, another UE's noise */
    CHECK(!same_burst(&a.report.burst, &b.report.burst));
    close_link(&a);
    close_link(&b);
}

/* The burst with the genie is the burst without, and a reconstruction is what it is whether or not,
 * and against whatever truth, it was measured. */
static void genie_changes_no_result(void)
{
    chain_ue_config config = default_config();
    config.estimate = true;
    config.dl_snr_db = 15;
    link with = open_link(config, 0);
    config.genie = false;
    link without = open_link(config, 0);
    CHECK(without.report.truth.taps == NULL && without.report.truth.grid == NULL);
    for (uint32_t seq = 0; seq < 5; seq++) {
        measure_quality q;
        CHECK(report(&with, 0, seq) == 0 && report(&without, 0, seq) == 0);
        CHECK(same_burst(&with.report.burst, &without.report.burst));
        for (size_t i = 0; i < ENTRIES; i++)
            with.report.truth.taps[i] *= -3;
        CHECK(decode(&with, 12) == 0 && decode(&without, 12) == 0);
        CHECK(measurer_at_estimation(with.measurer, &with.report.truth,
                                     chain_bs_reconstruction(with.bs), &q));
        CHECK(memcmp(chain_bs_reconstruction(with.bs), chain_bs_reconstruction(without.bs),
                     ENTRIES * sizeof(float complex)) == 0);
    }
    close_link(&with);
    close_link(&without);
}

static void a_burst_has_unit_power(void)
{
    link l = open_link(default_config(), 0);
    const uplink_burst *b = &l.report.burst;
    CHECK(report(&l, 0, 0) == 0);
    REQUIRE(b->references == UPLINK_REFERENCES_DEFAULT);
    CHECK(b->symbols == UPLINK_REFERENCES_DEFAULT + CODEWORD / 2);
    for (uint32_t k = 0; k < b->references; k++)
        CHECK_NEAR((double)cabsf(b->symbol[k]), 1, 1e-6);
    CHECK_NEAR(air_power(b->symbol + b->references, b->symbols - b->references), 1, 1e-5);
    CHECK(l.report.simulate_start_ns <= l.report.estimate_start_ns);
    CHECK(l.report.estimate_start_ns <= l.report.encode_start_ns);
    CHECK(l.report.encode_start_ns <= l.report.encode_end_ns);
    close_link(&l);
}

/* Every code of a scale and an rms has a meaning, so that side bits cannot be nonsense; their
 * number and the symbols can. */
static void nonsense_from_the_wire_is_an_error(void)
{
    link l = open_link(default_config(), 0);
    CHECK(report(&l, 0, 0) == 0 && decode(&l, 10) == 0);
    const uplink_burst good = l.report.burst;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        float complex kept = l.report.burst.symbol[20];
        l.report.burst.symbol[20] = bad[i];
        CHECK(decode(&l, 10) == ERR_FORMAT);
        l.report.burst.symbol[20] = kept;
    }
    for (int difference = -1; difference <= 1; difference += 2) {
        l.report.burst.symbols = good.symbols + (uint32_t)difference;
        CHECK(decode(&l, 10) == ERR_FORMAT);
        l.report.burst = good;
        l.report.burst.references = good.references + (uint32_t)difference;
        CHECK(decode(&l, 10) == ERR_FORMAT);
        l.report.burst = good;
        l.report.burst.side_bits = good.side_bits + (uint32_t)difference;
        CHECK(decode(&l, 10) == ERR_FORMAT);
        l.report.burst = good;
    }
    l.report.burst.side_bits = 0;
    CHECK(decode(&l, 10) == ERR_FORMAT);
    l.report.burst = good;
    CHECK(decode(&l, 10) == 0);
    close_link(&l);
}

static void sizes_that_do_not_fit_are_refused(void)
{
    link l = open_link(default_config(), 0);
    chain_ue_config config = default_config();
    err e = {0};
    config.dims.nt = 16;
    CHECK(chain_ue_create(&config, l.encoder, &e) == NULL && e.code == ERR_MISMATCH);
    CHECK(chain_check_dims(&config.dims, codec_info_of(l.encoder), &e) == ERR_MISMATCH);
    CHECK(chain_ue_create(&(chain_ue_config){0}, l.encoder, &e) == NULL);
    static const char *const uplinks[] = {"", "analogue", "analog:references=0", "analog:float33"};
    for (size_t i = 0; i < sizeof uplinks / sizeof uplinks[0]; i++) {
        config = default_config();
        strcpy(config.uplink, uplinks[i]);
        CHECK(chain_ue_create(&config, l.encoder, &e) == NULL && e.code == ERR_INVALID);
        CHECK(chain_bs_create(l.decoder, uplinks[i], &e) == NULL && e.code == ERR_INVALID);
    }
    csi_dims dims = CSI_DIMS_DEFAULT;
    CHECK(chain_dims_of_codec(&dims, codec_info_of(l.encoder), 64, &e) == ERR_MISMATCH);
    dims = (csi_dims){.nt = 4, .nc = 1024, .tp = 4, .ni = 8};
    CHECK(chain_dims_of_codec(&dims, codec_info_of(l.encoder), 0, &e) == 0);
    CHECK(dims.nt == NT && dims.ni == 32 && dims.tp == NT && dims.nc == 1024);
    close_link(&l);
}

/* 1000 and 63 subcarriers: neither is a multiple of 64, the grid of the measurer still is one. */
static void any_number_of_subcarriers_can_be_measured(void)
{
    static const uint32_t bands[] = {1000, 600, 63};
    for (size_t i = 0; i < sizeof bands / sizeof bands[0]; i++) {
        chain_ue_config config = default_config();
        config.dims.nc = bands[i];
        config.estimate = true;
        link l = open_link(config, 0);
        measure_quality q;
        CHECK(report(&l, 0, 0) == 0 && decode(&l, 60) == 0);
        CHECK(
            measurer_at_estimation(l.measurer, &l.report.truth, chain_bs_reconstruction(l.bs), &q));
        CHECK(q.nmse > 0 && q.rho > 0 && q.rho <= 1 && q.sgcs <= q.rho + 1e-12 && q.se > 0);
        close_link(&l);
    }
}

/* --- codecs with memory -------------------------------------------------------------------------
 */

/* Reports of a UE that does not move, each built on the one before it, hold ever less: with leak a,
 * the n-th differs from the channel by a share (1 - a) of it. The memory is the channel itself. */
static void a_report_builds_on_the_memory_it_is_given(void)
{
    link l = open_codec("dpcm:leak=0.9", 0, default_config(), 6);
    size_t bytes = codec_memory_bytes(l.encoder);
    REQUIRE(bytes == ENTRIES * sizeof(float complex));
    CHECK(chain_ue_report(l.ue, l.channel_ue, 6, 0, 0, NULL, 0, &l.report, NULL) == 0);
    CHECK(l.report.payload.builds_on == 0);
    CHECK(memcmp(l.report.after, l.report.truth.taps, bytes) == 0);
    float complex *before = malloc(bytes);
    REQUIRE(before != NULL);
    memcpy(before, l.report.after, bytes);
    CHECK(chain_ue_report(l.ue, l.channel_ue, 6, 1, 0.01, before, 1, &l.report, NULL) == 0);
    CHECK(l.report.payload.builds_on == 1);
    /* The values are D over their largest part, D = H - 0.9 H: those of H over its largest. */
    double largest = harness_max_abs((const float *)before, 2 * ENTRIES), worst = 0;
    double scale = harness_max_abs(l.report.payload.value, 2 * ENTRIES);
    for (size_t i = 0; i < 2 * ENTRIES; i++)
        worst = fmax(worst, fabs((double)l.report.payload.value[i] / scale -
                                 (double)((const float *)before)[i] / largest));
    CHECK_NEAR(worst, 0, 1e-5);
    free(before);
    close_link(&l);
}

/* --- chain_evaluate -----------------------------------------------------------------------------
 */

static const double period_s = 0.01;

static void evaluate(link *l, chain_eval_config *config, chain_eval_result *result)
{
    config->ue = l->config;
    config->samples = config->samples ? config->samples : 60;
    config->period_s = period_s;
    CHECK(chain_evaluate(config, l->channel, l->encoder, l->decoder, result, NULL) == 0);
}

/* Sum of the NMSE of a UE's reports over an uplink at 8 dB, one after the other, by the chain's
 * functions alone; what was remembered after each report is kept whole, at both ends. */
static double sum_of_reports(link *l, uint32_t ue, uint32_t reports, uint32_t delay)
{
    size_t bytes = codec_memory_bytes(l->encoder);
    unsigned char *at_ue = malloc(reports * bytes + 1), *at_bs = malloc(reports * bytes + 1);
    REQUIRE(at_ue && at_bs);
    snr_tracker tracker = {0};
    double sum = 0;
    for (uint32_t seq = 0; seq < reports; seq++) {
        bool builds = bytes > 0 && seq >= delay, intact;
        size_t base = builds ? (seq - delay) * bytes : 0;
        chain_report *r = &l->report;
        measure_quality q;
        CHECK(chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * period_s,
                              builds ? at_ue + base : NULL, builds ? seq - delay + 1 : 0, r,
                              NULL) == 0);
        if (bytes > 0)
            memcpy(at_ue + seq * bytes, r->after, bytes);
        air_add_noise(l->config.seed, ue, seq, 8, r->burst.symbol, r->burst.symbols);
        double snr = snr_track(&tracker, r->burst.symbol, r->burst.references);
        CHECK(chain_bs_receive(l->bs, &r->burst, snr, &intact, NULL) == 0);
        CHECK(chain_bs_decode(l->bs, snr, builds ? at_bs + base : NULL,
                              bytes > 0 ? at_bs + seq * bytes : NULL, NULL) == 0);
        CHECK(measurer_at_estimation(l->measurer, &r->truth, chain_bs_reconstruction(l->bs), &q));
        sum += q.nmse;
    }
    free(at_ue);
    free(at_bs);
    return sum;
}

/* Samples are reports (UE i mod U, seq i / U): the mean over them is that of the UEs' own reports,
 * one UE after the other, through the same functions; how many UEs are in flight changes nothing.
 * Where the codec has memory, a report builds on the one `delay` before it. */
static void mean_of_reports(const char *spec, uint32_t ues, uint32_t delay)
{
    enum { REPORTS = 12 };
    chain_ue_config ue_config = default_config();
    ue_config.estimate = true;
    ue_config.dl_snr_db = 12;
    chain_eval_result result;
    chain_eval_config config = {.ues = ues,
                                .samples = ues * REPORTS,
                                .ack_delay = delay,
                                .snrs = 2,
                                .snr_db = {INFINITY, 8}};
    link l = open_codec(spec, 3, ue_config, 0);
    evaluate(&l, &config, &result);
    close_link(&l);
    double sum = 0;
    for (uint32_t ue = 0; ue < ues; ue++) {
        l = open_codec(spec, 3, ue_config, ue);
        sum += sum_of_reports(&l, ue, REPORTS, delay ? delay : 1) / (ues * REPORTS);
        close_link(&l);
    }
    CHECK(result.row[1].samples == ues * REPORTS);
    CHECK_NEAR(result.row[1].nmse_db, db_of_power(sum), 1e-9);
}

static void evaluation_is_the_mean_of_its_reports(void)
{
    mean_of_reports(onnx_name, 3, 0);
}

static void reports_build_on_the_one_a_delay_before(void)
{
    for (uint32_t ues = 1; ues <= 4; ues += 3)
        for (uint32_t delay = 0; delay <= 3; delay++)
            mean_of_reports("dpcm", ues, delay);
}

enum { RUN_UES = 5, RUN_REPORTS = 30 };
static const double run_snr_db = 10;

static double nmse_of(const char *spec, double speed_kmh, uint32_t ack_delay)
{
    chain_eval_result result;
    chain_eval_config config = {.ues = RUN_UES,
                                .samples = RUN_UES * RUN_REPORTS,
                                .ack_delay = ack_delay,
                                .snr_known = true,
                                .snrs = 1,
                                .snr_db = {run_snr_db}};
    link l = open_codec(spec, speed_kmh, default_config(), 0);
    evaluate(&l, &config, &result);
    close_link(&l);
    return result.row[0].nmse_db;
}

/* Of a UE at rest. With the gain g = SNR / (1 + SNR) every reconstruction lacks the share 1 - g of
 * the channel; and of noise, report n that builds on one with V keeps a^2 V and adds that on its
 * own share (1 - a)^2 of the power. */
static double dpcm_at_rest_db(double leak, uint32_t delay)
{
    double noise[RUN_REPORTS], sum = 0, snr = power_of_db(run_snr_db), gain = snr / (1 + snr);
    for (uint32_t n = 0; n < RUN_REPORTS; n++) {
        noise[n] = n < delay ? 1 : leak * leak * noise[n - delay] + (1 - leak) * (1 - leak);
        sum += noise[n] / RUN_REPORTS;
    }
    return db_of_power((1 - gain) * (1 - gain) + gain * gain / snr * sum);
}

/* 150 reports of 1024 entries have their mean within 0.3 %, 0.01 dB, of its expectation; the errors
 * of a UE's reports hold each other up, by 19 reports at most. */
static void memory_pays_where_a_ue_moves_slowly(void)
{
    static const struct {
        const char *spec;
        double leak;
    } cases[] = {{"dpcm:leak=0", 0}, {"dpcm:leak=0.5", 0.5}, {"dpcm:leak=0.9", 0.9}};
    for (int i = 0; i < 3; i++)
        for (uint32_t delay = 1; delay <= 3; delay += 2)
            CHECK_NEAR(nmse_of(cases[i].spec, 0, delay), dpcm_at_rest_db(cases[i].leak, delay),
                       0.1);
    double alone = nmse_of("dpcm:leak=0", 1, 1);
    CHECK(nmse_of("dpcm:leak=0.5", 1, 1) < alone - 3);
    /* An older base is a worse one where the UE moves, down to worse than none. */
    CHECK(nmse_of("dpcm:leak=0.5", 3, 1) < nmse_of("dpcm:leak=0.5", 3, 3));
    CHECK(nmse_of("dpcm:leak=0.5", 100, 1) > nmse_of("dpcm:leak=0", 100, 1));
}

static void without_memory_the_delay_changes_nothing(void)
{
    CHECK(nmse_of(onnx_name, 30, 1) == nmse_of(onnx_name, 30, 5));
    CHECK(nmse_of("dpcm:leak=0", 30, 1) == nmse_of("dpcm:leak=0", 30, 5));
    CHECK(nmse_of("dpcm", 30, 0) == nmse_of("dpcm", 30, 1)); /* 0 counts as 1 */
    CHECK(nmse_of("dpcm", 30, 1) != nmse_of("dpcm", 30, 5));
}

/* 8 references and 128 data symbols; beside them the codec's side bits and 13 of the rms, at
 * log2(1 + SNR) bits a use: 3.459 at 10 dB, 1 at 0 dB, that of 60 dB without noise. */
static void a_row_says_what_a_report_costs(void)
{
    chain_eval_result result;
    chain_eval_config config = {.ues = 2, .samples = 4, .snrs = 3, .snr_db = {INFINITY, 10, 0}};
    chain_ue_config ue_config = default_config();
    strcpy(ue_config.uplink, "analog:r4");
    link l = open_link(ue_config, 0);
    const codec_info *info = codec_info_of(l.encoder);
    chain_cost cost;
    evaluate(&l, &config, &result);
    REQUIRE(chain_cost_of(info, ue_config.uplink, &cost, NULL) == 0);
    double side = info->shape.side_bits_max + 13;
    CHECK(cost.symbols == 136 && cost.side_bits == side);
    CHECK_NEAR(result.row[0].channel_uses, 136 + side / log2(1 + 1e6), 1e-9);
    CHECK_NEAR(result.row[1].channel_uses, 136 + side / 3.4594316186372973, 1e-9);
    CHECK_NEAR(result.row[2].channel_uses, 136 + side, 1e-9);
    for (int i = 0; i < 3; i++)
        CHECK(result.row[i].bits == cost.bits);
    /* A Rice code holds its total: 4 bits a value, the scale included (payload/codeword.h). */
    CHECK_NEAR(cost.bits, 4.0 * CODEWORD + info->shape.side_bits_max, 64);
    close_link(&l);
}

/* One SNR's row does not depend on which others are asked for, nor on the run. */
static void rows_are_independent(void)
{
    static const char *const codecs[] = {onnx_name, "dpcm"};
    for (int k = 0; k < 2; k++) {
        chain_eval_result one, several, again;
        chain_eval_config config = {.ues = 4, .snrs = 1, .snr_db = {5}};
        link l = open_codec(codecs[k], 30, default_config(), 0);
        evaluate(&l, &config, &one);
        chain_eval_config more = {.ues = 4, .snrs = 3, .snr_db = {INFINITY, 5, -5}};
        evaluate(&l, &more, &several);
        evaluate(&l, &more, &again);
        CHECK(one.row[0].nmse_db == several.row[1].nmse_db && one.row[0].rho == several.row[1].rho);
        for (int i = 0; i < 3; i++)
            CHECK(several.row[i].nmse_db == again.row[i].nmse_db);
        CHECK(several.row[0].nmse_db < several.row[1].nmse_db);
        CHECK(several.row[1].nmse_db < several.row[2].nmse_db);
        close_link(&l);
    }
}

/* 1, 2, 3, 4: mean 2.5, s^2 = 5/3, standard error sqrt(5/12). */
static void the_standard_error_is_that_of_the_mean(void)
{
    CHECK_NEAR(csi_error_db(10, 30, 4), 10 / log(10) * sqrt(5.0 / 12) / 2.5, 1e-12);
    CHECK(csi_error_db(12, 48, 3) == 0); /* 4, 4, 4 */
    CHECK(isnan(csi_error_db(1, 1, 1)));
    chain_eval_result result;
    chain_eval_config config = {.ues = 60, .snrs = 2, .snr_db = {INFINITY, 0}};
    link l = open_link(default_config(), 0);
    evaluate(&l, &config, &result);
    for (int i = 0; i < 2; i++)
        CHECK(result.row[i].nmse_error_db > 0 && result.row[i].nmse_error_db < 1);
    close_link(&l);
}

/* 60 bursts of 136 symbols: the noise's mean square has a standard error of
 * sqrt(1 / 8160) of itself, 0.05 dB. */
static void the_snr_delivered_is_the_one_asked_for(void)
{
    chain_eval_result result;
    chain_eval_config config = {.ues = 60, .snrs = 3, .snr_db = {-5, 20, INFINITY}};
    link l = open_link(default_config(), 0);
    evaluate(&l, &config, &result);
    for (int i = 0; i < 2; i++)
        CHECK_NEAR(result.row[i].snr_delivered_db, config.snr_db[i], 4 * 0.05);
    CHECK(isinf(result.row[2].snr_delivered_db));
    close_link(&l);
}

static void evaluation_refuses_what_makes_no_sense(void)
{
    link l = open_link(default_config(), 0), other = open_codec("dpcm", 0, default_config(), 0);
    chain_eval_result result;
    chain_eval_config good = {
        .ue = l.config, .ues = 1, .samples = 1, .snrs = 1, .snr_db = {INFINITY}};
    chain_eval_config bad[6] = {good, good, good, good, good, good};
    bad[0].ues = 0;
    bad[1].samples = 0;
    bad[2].snrs = CHAIN_EVAL_SNRS_MAX + 1;
    bad[3].ue.genie = false;
    bad[4].ack_delay = CHAIN_ACK_DELAY_MAX + 1;
    strcpy(bad[5].ue.uplink, "smoke");
    for (int i = 0; i < 6; i++)
        CHECK(chain_evaluate(&bad[i], l.channel, l.encoder, l.decoder, &result, NULL) ==
              ERR_INVALID);
    CHECK(chain_evaluate(&good, l.channel, l.encoder, other.decoder, &result, NULL) ==
          ERR_MISMATCH);
    CHECK(chain_evaluate(&good, l.channel, l.encoder, l.decoder, &result, NULL) == 0);
    close_link(&other);
    close_link(&l);
}

/* Without a threshold each report has an NMSE; with one below every estimate the figures are the
 * same to the bit, with one above them there are none, and between, each report is in one count. */
static void evaluation_counts_what_is_not_decoded(void)
{
    link l = open_link(default_config(), 0);
    static const char *const uplinks[] = {"analog", "analog:outage=-15", "analog:outage=6",
                                          "analog:outage=30"};
    chain_eval_result r[4];
    for (int i = 0; i < 4; i++) {
        chain_eval_config config = {.ues = 3, .samples = 90, .snrs = 2, .snr_db = {6, 20}};
        strcpy(l.config.uplink, uplinks[i]);
        evaluate(&l, &config, &r[i]);
        for (int k = 0; k < 2; k++)
            CHECK(r[i].row[k].samples + r[i].row[k].not_decoded == 90);
    }
    for (int k = 0; k < 2; k++) {
        CHECK(r[0].row[k].not_decoded == 0 && r[0].row[k].nmse_db == r[1].row[k].nmse_db);
        CHECK(r[3].row[k].samples == 0 && isnan(r[3].row[k].nmse_db));
        CHECK(isnan(r[3].row[k].nmse_median_db) && isnan(r[3].row[k].sgcs));
        CHECK(r[3].row[k].channel_uses == r[0].row[k].channel_uses);
    }
    CHECK(r[2].row[0].samples > 20 && r[2].row[0].not_decoded > 20);
    CHECK(r[2].row[1].not_decoded == 0 && r[2].row[1].nmse_db == r[0].row[1].nmse_db);
    close_link(&l);
    /* With memory the UE would have to know. */
    link d = open_codec("dpcm", 0, default_config(), 0);
    err e = {0};
    strcpy(d.config.uplink, "analog:outage=30");
    chain_eval_config config = {
        .ue = d.config, .ues = 1, .samples = 5, .period_s = period_s, .snrs = 1, .snr_db = {10}};
    CHECK(chain_evaluate(&config, d.channel, d.encoder, d.decoder, &r[0], &e) == ERR_INVALID);
    CHECK(strstr(e.text, "UE 0, report 0: not decoded at 10 dB") != NULL);
    close_link(&d);
}

static const harness_test tests[] = {
    {"a noiseless chain has the codec's own NMSE, up to the rounding of the rms",
     noiseless_chain_has_the_codecs_nmse},
    {"with noiseless pilots a UE reports as if it knew its channel",
     noiseless_pilots_are_as_good_as_knowing},
    {"the LS estimate's NMSE is the inverse of the pilots' SNR",
     ls_nmse_is_the_inverse_of_the_pilot_snr},
    {"a report is a function of (seed, UE, seq, time)", same_key_gives_the_same_report},
    {"the genie changes neither burst nor reconstruction", genie_changes_no_result},
    {"a burst's references and its data have power 1", a_burst_has_unit_power},
    {"nonsense from the wire is an error", nonsense_from_the_wire_is_an_error},
    {"sizes and uplinks that do not fit are refused", sizes_that_do_not_fit_are_refused},
    {"a band of any number of subcarriers can be measured",
     any_number_of_subcarriers_can_be_measured},
    {"a report builds on the memory it is given, and leaves its own",
     a_report_builds_on_the_memory_it_is_given},
    {"an evaluation counts what is not decoded", evaluation_counts_what_is_not_decoded},
    {"an evaluation is the mean of its reports", evaluation_is_the_mean_of_its_reports},
    {"with memory a report builds on the one a delay before it, however many UEs are in flight",
     reports_build_on_the_one_a_delay_before},
    {"memory pays where a UE moves slowly, less the older it is",
     memory_pays_where_a_ue_moves_slowly},
    {"without memory the delay of acknowledgements changes nothing",
     without_memory_the_delay_changes_nothing},
    {"a row's bits and channel uses are those of its reports", a_row_says_what_a_report_costs},
    {"an SNR's figures do not depend on the other SNRs", rows_are_independent},
    {"the standard error is that of the mean of independent samples",
     the_standard_error_is_that_of_the_mean},
    {"the SNR delivered is the one asked for, within chance",
     the_snr_delivered_is_the_one_asked_for},
    {"an evaluation without samples, UEs, SNRs or truth is refused",
     evaluation_refuses_what_makes_no_sense},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "chain", tests, sizeof tests / sizeof tests[0]);
}
