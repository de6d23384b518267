#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "chain_link.h"
#include "csi/grid.h"
#include "csi/metrics.h"
#include "uplink/air.h"
#include "uplink/snr.h"

/* The largest relative error of an rms that is sent in 13 bits (uplink/analog.h). */
static const double rms_error = 0.00098;

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
    config.denoise = CSI_DENOISE_SOFT;
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

/* The rate that a UE's estimate would allow rises with it, and what the codec is given changes. */
static void a_denoiser_makes_the_ues_estimate_better(void)
{
    chain_ue_config config = default_config();
    config.estimate = true;
    config.dl_snr_db = -5;
    link plain = open_link(config, 2);
    for (int m = CSI_DENOISE_MMSE; m <= CSI_DENOISE_SOFT; m++) {
        config.denoise = (csi_denoise_method)m;
        link denoised = open_link(config, 2);
        for (uint32_t seq = 0; seq < 5; seq++) {
            CHECK(report(&plain, 2, seq) == 0 && report(&denoised, 2, seq) == 0);
            CHECK(plain.report.ls_nmse == denoised.report.ls_nmse);
            CHECK(plain.report.se_ls < denoised.report.se_ls);
            CHECK(denoised.report.se_ls < denoised.report.se_perfect);
            CHECK(!same_burst(&plain.report.burst, &denoised.report.burst));
        }
        close_link(&denoised);
    }
    close_link(&plain);
}

static void a_denoiser_without_estimation_is_refused(void)
{
    chain_ue_config config = default_config();
    config.estimate = true;
    link l = open_link(config, 0);
    err e = {0};
    config.estimate = false;
    config.denoise = CSI_DENOISE_MMSE;
    CHECK(chain_ue_create(&config, l.encoder, &e) == NULL);
    CHECK(e.code == ERR_INVALID && strstr(e.text, "use estimation ls") != NULL);
    close_link(&l);
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
    CHECK(l.report.encode_start_ns <= l.report.modulate_start_ns);
    CHECK(l.report.modulate_start_ns <= l.report.modulate_end_ns);
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
    CHECK(chain_ue_report(l.ue, l.channel_ue, 6, 0, 0, &CHAIN_NOTHING_ACKNOWLEDGED, &l.report,
                          NULL) == 0);
    CHECK(l.report.payload.builds_on == 0);
    CHECK(memcmp(l.report.after, l.report.truth.taps, bytes) == 0);
    float complex *before = malloc(bytes);
    REQUIRE(before != NULL);
    memcpy(before, l.report.after, bytes);
    chain_acknowledged known = {.memory = before, .builds_on = 1, .snr_db = (double)NAN};
    CHECK(chain_ue_report(l.ue, l.channel_ue, 6, 1, 0.01, &known, &l.report, NULL) == 0);
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

static const harness_test tests[] = {
    {"a noiseless chain has the codec's own NMSE, up to the rounding of the rms",
     noiseless_chain_has_the_codecs_nmse},
    {"with noiseless pilots a UE reports as if it knew its channel",
     noiseless_pilots_are_as_good_as_knowing},
    {"the LS estimate's NMSE is the inverse of the pilots' SNR",
     ls_nmse_is_the_inverse_of_the_pilot_snr},
    {"a report is a function of (seed, UE, seq, time)", same_key_gives_the_same_report},
    {"the genie changes neither burst nor reconstruction", genie_changes_no_result},
    {"a denoiser makes the UE's estimate better", a_denoiser_makes_the_ues_estimate_better},
    {"a denoiser of a known channel is refused", a_denoiser_without_estimation_is_refused},
    {"a burst's references and its data have power 1", a_burst_has_unit_power},
    {"nonsense from the wire is an error", nonsense_from_the_wire_is_an_error},
    {"sizes and uplinks that do not fit are refused", sizes_that_do_not_fit_are_refused},
    {"a band of any number of subcarriers can be measured",
     any_number_of_subcarriers_can_be_measured},
    {"a report builds on the memory it is given, and leaves its own",
     a_report_builds_on_the_memory_it_is_given},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "chain", tests, sizeof tests / sizeof tests[0]);
}
