#include <math.h>
#include <string.h>

#include "chain/bs.h"
#include "chain/eval.h"
#include "chain/ue.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "harness.h"

static const char channel_name[] = "rayleigh:exponential";
enum { ENTRIES = 32 * 32, CODEWORD = 256, SAMPLES = 20 };

typedef struct link {
    chain_ue_config config;
    onnx_part *encoder, *decoder;
    fading *channel;
    fading_ue *channel_ue;
    chain_ue *ue;
    chain_bs *bs;
    chain_report report;
} link;

static chain_ue_config default_config(void)
{
    return (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                             .estimate = false,
                             .dl_snr_db = INFINITY,
                             .references = CSI_REFERENCES_DEFAULT,
                             .seed = 3,
                             .genie = true};
}

static link open_link(chain_ue_config config, uint32_t ue)
{
    link l = {.config = config};
    err e = {0};
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.seed = config.seed;
    settings.speed_kmh = 30;
    l.encoder = onnx_load_named(CODEC_ENCODER, "csilink-net-cr8-indoor", &e);
    l.decoder = onnx_load_named(CODEC_DECODER, "csilink-net-cr8-indoor", &e);
    l.channel = fading_open(channel_name, &settings, &e);
    REQUIRE(l.encoder && l.decoder && l.channel);
    l.channel_ue = fading_ue_create(l.channel, ue, &e);
    l.ue = chain_ue_create(&config, l.encoder, &e);
    l.bs = chain_bs_create(&config.dims, l.decoder, &e);
    REQUIRE(l.channel_ue && l.ue && l.bs);
    REQUIRE(chain_report_init(&l.report, &config, CODEWORD, &e) == 0);
    return l;
}

static void close_link(link *l)
{
    chain_report_free(&l->report);
    chain_bs_free(l->bs);
    chain_ue_free(l->ue);
    fading_ue_free(l->channel_ue);
    fading_close(l->channel);
    onnx_part_free(l->decoder);
    onnx_part_free(l->encoder);
}

static int report(link *l, uint32_t ue, uint32_t seq)
{
    return chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * 0.01, &l->report, NULL);
}

/* Between two ends that know everything the chain adds nothing to what the codec costs: the scale
 * goes out of numerator and denominator of the NMSE alike. Only its rounding differs. */
static void noiseless_chain_has_the_codecs_nmse(void)
{
    link l = open_link(default_config(), 0);
    onnx_encoder *encoder = onnx_encoder_open(l.encoder, NULL);
    onnx_decoder *decoder = onnx_decoder_open(l.decoder, NULL);
    REQUIRE(encoder && decoder);
    const float snr = (float)CSI_SNR_MAX_DB;
    for (uint32_t seq = 0; seq < SAMPLES; seq++) {
        static float image[2 * ENTRIES], out[2 * ENTRIES], codeword[CODEWORD];
        chain_quality q;
        CHECK(report(&l, 0, seq) == 0);
        CHECK(chain_bs_reconstruct(l.bs, 1, l.report.codeword, &snr, &l.report.scale, NULL, NULL) ==
              0);
        chain_bs_measure(l.bs, 0, l.report.genie.truth, l.report.genie.grid, INFINITY, &q);
        csi_image_from_ad(&l.config.dims, l.report.genie.truth, image);
        CHECK(onnx_encode(encoder, image, codeword, NULL, NULL) == 0);
        CHECK(onnx_decode(decoder, 1, codeword, &snr, NULL, out, NULL) == 0);
        CHECK_NEAR(q.nmse / csi_nmse_image(image, out, 2 * ENTRIES), 1, 1e-4);
    }
    onnx_encoder_free(encoder);
    onnx_decoder_free(decoder);
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
    for (uint32_t seq = 0; seq < SAMPLES; seq++) {
        CHECK(report(&knows, 2, seq) == 0 && report(&estimates, 2, seq) == 0);
        const chain_report *a = &knows.report, *b = &estimates.report;
        double largest = harness_max_abs(a->codeword, CODEWORD);
        CHECK(harness_max_abs_diff(a->codeword, b->codeword, CODEWORD) < 1e-4 * largest);
        CHECK_NEAR(b->scale / a->scale, 1, 1e-5);
        CHECK(csi_nmse(a->genie.truth, b->genie.truth, ENTRIES) < 1e-9);
        CHECK(csi_nmse(a->genie.grid, b->genie.grid, CHAIN_GRID * 32) < 1e-9);
        CHECK(a->genie.ls_nmse == 0 && b->genie.ls_nmse < 1e-9);
        CHECK_NEAR(b->genie.se_ls, b->genie.se_perfect, 1e-6);
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
        sum += l.report.genie.ls_nmse / SAMPLES;
        CHECK(l.report.genie.se_ls < l.report.genie.se_perfect);
    }
    CHECK_NEAR(csi_to_db(sum), -7, 0.05);
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
    CHECK(memcmp(a.report.codeword, b.report.codeword, CODEWORD * sizeof(float)) == 0);
    CHECK(memcmp(a.report.reference, b.report.reference, CSI_REFERENCES_DEFAULT * sizeof(float)) ==
          0);
    CHECK(a.report.scale == b.report.scale);
    CHECK(report(&b, 5, 5) == 0); /* the same channel, another UE's noise */
    CHECK(memcmp(a.report.codeword, b.report.codeword, CODEWORD * sizeof(float)) != 0);
    close_link(&a);
    close_link(&b);
}

/* The codeword with the genie is the codeword without, and a reconstruction is what it is whether
 * or not, and against whatever truth, it was measured. */
static void genie_changes_no_result(void)
{
    chain_ue_config config = default_config();
    config.estimate = true;
    config.dl_snr_db = 15;
    link with = open_link(config, 0);
    config.genie = false;
    link without = open_link(config, 0);
    CHECK(without.report.genie.truth == NULL && without.report.genie.grid == NULL);
    for (uint32_t seq = 0; seq < 5; seq++) {
        const float snr = 12;
        chain_quality q;
        CHECK(report(&with, 0, seq) == 0 && report(&without, 0, seq) == 0);
        chain_report *a = &with.report, *b = &without.report;
        CHECK(memcmp(a->codeword, b->codeword, CODEWORD * sizeof(float)) == 0);
        CHECK(a->scale == b->scale);
        for (size_t i = 0; i < ENTRIES; i++)
            a->genie.truth[i] *= -3;
        CHECK(chain_bs_reconstruct(with.bs, 1, a->codeword, &snr, &a->scale, NULL, NULL) == 0);
        chain_bs_measure(with.bs, 0, a->genie.truth, a->genie.grid, 10, &q);
        CHECK(chain_bs_reconstruct(without.bs, 1, b->codeword, &snr, &b->scale, NULL, NULL) == 0);
        CHECK(memcmp(chain_bs_reconstruction(with.bs, 0), chain_bs_reconstruction(without.bs, 0),
                     ENTRIES * sizeof(float complex)) == 0);
    }
    close_link(&with);
    close_link(&without);
}

static void references_have_the_codewords_power(void)
{
    link l = open_link(default_config(), 0);
    CHECK(report(&l, 0, 0) == 0);
    double power = csi_codeword_power(l.report.codeword, CODEWORD);
    for (int k = 0; k < CSI_REFERENCES_DEFAULT; k++)
        CHECK_NEAR(fabs((double)l.report.reference[k]) / sqrt(power), 1, 1e-6);
    CHECK(l.report.estimate_start_ns <= l.report.encode_start_ns);
    CHECK(l.report.encode_start_ns <= l.report.encode_end_ns);
    close_link(&l);
}

static void nonsense_from_the_wire_is_an_error(void)
{
    link l = open_link(default_config(), 0);
    CHECK(report(&l, 0, 0) == 0);
    static const float scales[] = {NAN, INFINITY, -1};
    const float snr = 10, good = 1;
    for (size_t i = 0; i < 3; i++)
        CHECK(chain_bs_reconstruct(l.bs, 1, l.report.codeword, &snr, &scales[i], NULL, NULL) ==
              ERR_FORMAT);
    const csi_shift far = {.delay = UINT16_MAX};
    CHECK(chain_bs_reconstruct(l.bs, 1, l.report.codeword, &snr, &good, &far, NULL) == ERR_FORMAT);
    l.report.codeword[3] = NAN;
    CHECK(chain_bs_reconstruct(l.bs, 1, l.report.codeword, &snr, &good, NULL, NULL) == ERR_FORMAT);
    close_link(&l);
}

static void sizes_that_do_not_fit_are_refused(void)
{
    link l = open_link(default_config(), 0);
    chain_ue_config config = default_config();
    err e = {0};
    config.dims.nt = 16;
    CHECK(chain_ue_create(&config, l.encoder, &e) == NULL && e.code == ERR_MISMATCH);
    CHECK(chain_bs_create(&config.dims, l.decoder, &e) == NULL && e.code == ERR_MISMATCH);
    config.dims = CSI_DIMS_DEFAULT;
    config.dims.nc = 1000; /* 64 does not divide it */
    CHECK(chain_ue_create(&config, l.encoder, &e) == NULL && e.code == ERR_INVALID);
    config.genie = false;
    chain_ue *ue = chain_ue_create(&config, l.encoder, &e);
    CHECK(ue != NULL);
    chain_ue_free(ue);
    config = default_config();
    config.references = 1;
    CHECK(chain_ue_create(&config, l.encoder, &e) == NULL && e.code == ERR_INVALID);
    CHECK(chain_ue_create(&(chain_ue_config){0}, l.encoder, &e) == NULL);
    close_link(&l);
}

/* --- chain_evaluate -----------------------------------------------------------------------------
 */

static void evaluate(link *l, chain_eval_config *config, chain_eval_result *result)
{
    config->ue = l->config;
    config->samples = 60;
    config->period_s = 0.01;
    CHECK(chain_evaluate(config, l->channel, l->encoder, l->decoder, result, NULL) == 0);
}

/* Samples are reports (UE i mod U, seq i / U): the mean over 60 is that of the UEs' own reports,
 * one after the other, through the same functions. */
static void evaluation_is_the_mean_of_its_reports(void)
{
    enum { UES = 3, REPORTS = 20 };
    chain_ue_config ue_config = default_config();
    ue_config.estimate = true;
    ue_config.dl_snr_db = 12;
    chain_eval_result result;
    chain_eval_config config = {.ues = UES, .snrs = 2, .snr_db = {INFINITY, 8}};
    link l = open_link(ue_config, 0);
    evaluate(&l, &config, &result);
    close_link(&l);
    double sum = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        l = open_link(ue_config, ue);
        csi_snr_tracker tracker = {0};
        for (uint32_t seq = 0; seq < REPORTS; seq++) {
            chain_quality q;
            CHECK(report(&l, ue, seq) == 0);
            chain_report *r = &l.report;
            csi_uplink_add_noise(ue_config.seed, ue, seq, 8, r->codeword, CODEWORD, r->reference,
                                 CSI_REFERENCES_DEFAULT);
            float snr = (float)csi_snr_track(&tracker, r->reference, CSI_REFERENCES_DEFAULT);
            CHECK(chain_bs_reconstruct(l.bs, 1, r->codeword, &snr, &r->scale, NULL, NULL) == 0);
            chain_bs_measure(l.bs, 0, r->genie.truth, r->genie.grid, 12, &q);
            sum += q.nmse / (UES * REPORTS);
        }
        close_link(&l);
    }
    CHECK(result.row[1].samples == UES * REPORTS);
    CHECK_NEAR(result.row[1].nmse_db, csi_to_db(sum), 1e-9);
}

/* One SNR's row does not depend on which others are asked for, nor on the run. */
static void rows_are_independent(void)
{
    chain_eval_result one, several, again;
    chain_eval_config config = {.ues = 4, .snrs = 1, .snr_db = {5}};
    link l = open_link(default_config(), 0);
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

/* 60 codewords of 256 values: the noise's mean square has a standard error of
 * sqrt(2 / 15360) of itself, 0.05 dB. */
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
    link l = open_link(default_config(), 0);
    chain_eval_result result;
    chain_eval_config good = {
        .ue = l.config, .ues = 1, .samples = 1, .snrs = 1, .snr_db = {INFINITY}};
    const chain_cell larger = {.ues = 2, .groups = 1, .group[0].ues = 2};
    chain_eval_config bad[5] = {good, good, good, good, good};
    bad[0].ues = 0;
    bad[1].samples = 0;
    bad[2].snrs = CHAIN_EVAL_SNRS_MAX + 1;
    bad[3].ue.genie = false;
    bad[4].cell = &larger;
    for (int i = 0; i < 5; i++)
        CHECK(chain_evaluate(&bad[i], l.channel, l.encoder, l.decoder, &result, NULL) ==
              ERR_INVALID);
    CHECK(chain_evaluate(&good, l.channel, l.encoder, l.decoder, &result, NULL) == 0);
    close_link(&l);
}

static const harness_test tests[] = {
    {"a noiseless chain has the codec's own NMSE", noiseless_chain_has_the_codecs_nmse},
    {"with noiseless pilots a UE reports as if it knew its channel",
     noiseless_pilots_are_as_good_as_knowing},
    {"the LS estimate's NMSE is the inverse of the pilots' SNR",
     ls_nmse_is_the_inverse_of_the_pilot_snr},
    {"a report is a function of (seed, UE, seq, time)", same_key_gives_the_same_report},
    {"the genie changes neither codeword nor reconstruction", genie_changes_no_result},
    {"reference symbols have the codeword's power", references_have_the_codewords_power},
    {"nonsense from the wire is an error", nonsense_from_the_wire_is_an_error},
    {"sizes that do not fit the model are refused", sizes_that_do_not_fit_are_refused},
    {"an evaluation is the mean of its reports", evaluation_is_the_mean_of_its_reports},
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
