#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "chain/eval.h"
#include "chain_link.h"
#include "csi/grid.h"
#include "csi/precoding.h"
#include "directions_codec.h"
#include "io/json.h"
#include "measure/tally.h"
#include "uplink/air.h"
#include "uplink/snr.h"

/* NT is that of the links of chain_link.h; here arrays are small, so that bands may be whole. */
enum { ANTENNAS = 8, SUBCARRIERS = 64, UES = 3, REPORTS = 30 };

static const double period_s = 0.01;

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

static chain_ue_config small_config(const char *over, bool estimate)
{
    chain_ue_config c = default_config();
    c.dims = (csi_dims){.nt = ANTENNAS, .nc = SUBCARRIERS, .tp = ANTENNAS, .ni = 32};
    c.estimate = estimate;
    strcpy(c.uplink, over);
    return c;
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void a_link_keeps_its_taps_for_a_codec_that_names_none(void)
{
    csi_dims dims = CSI_DIMS_DEFAULT, few = CSI_DIMS_DEFAULT;
    codec *c = codec_load(CODEC_DECODER, "beam:16,4", NULL);
    REQUIRE(c != NULL);
    const codec_info *info = codec_info_of(c);
    CHECK(codec_gives_directions(info) && codec_output_size(info) == 4 * 16);
    CHECK(info->ni == 0 && codec_ratio(info) == 0);
    CHECK(chain_dims_of_codec(&dims, info, 0, NULL) == 0 && dims.nt == 16 && dims.ni == 32);
    CHECK(chain_check_dims(&dims, info, NULL) == 0);
    few.nc = 20;
    CHECK(chain_dims_of_codec(&few, info, 0, NULL) == 0 && few.ni == 20);
    CHECK(chain_check_dims(&few, info, NULL) == 0);
    codec_unload(c);
}

static void what_does_not_fit_is_refused_by_name(void)
{
    static const struct {
        const char *spec, *hint;
        int code;
    } bad[] = {
        {"exact:8,65", "65 subbands, the link 64 subcarriers", ERR_MISMATCH},
        {"layers:8,2", "precoders of 2 layers; one receive antenna takes 1", ERR_UNSUPPORTED},
        {"exact:16,4", "16 antennas and 32 delay taps, the link has 8 and 32", ERR_MISMATCH}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        codec *c = codec_load(CODEC_ENCODER, bad[i].spec, NULL);
        chain_ue_config config = small_config("analog", false);
        REQUIRE(c != NULL);
        CHECK(chain_ue_create(&config, c, &e) == NULL);
        CHECK(e.code == bad[i].code && says(&e, bad[i].hint));
        codec_unload(c);
    }
    measurer_config measuring = {.dims = small_config("analog", false).dims, .subbands = 65};
    err e = {0};
    CHECK(measurer_create(&measuring, &e) == NULL && says(&e, "65 subbands of 64 subcarriers"));
    codec *encoder = codec_load(CODEC_ENCODER, "beam:8,4", NULL);
    codec *decoder = codec_load(CODEC_DECODER, "beam:8,8", NULL);
    REQUIRE(encoder && decoder);
    CHECK(codec_check_match(encoder, decoder, &e) == ERR_MISMATCH);
    CHECK(says(&e, "24 side bits and 0 values for precoders 8 x 1 x 8, against 12 and 0 for "
                   "precoders 4 x 1 x 8"));
    codec_unload(encoder);
    codec_unload(decoder);
}

/* --- measuring -------------------------------------------------------------------------------- */

/* What is estimated without noise, and what is known, is the channel: its matched filter on every
 * subcarrier has the rate of perfect CSI. */
static void exact_directions_are_perfect(void)
{
    for (int estimate = 0; estimate < 2; estimate++) {
        link l = open_codec("exact:8,64", 30, small_config("analog", estimate), 1);
        for (uint32_t seq = 0; seq < 5; seq++) {
            measure_quality q;
            CHECK(report(&l, 1, seq) == 0 && decode(&l, 60) == 0);
            REQUIRE(measurer_at_estimation(l.measurer, &l.report.truth,
                                           chain_bs_reconstruction(l.bs), &q));
            CHECK_NEAR(q.sgcs, 1, 1e-6);
            CHECK_NEAR(q.se / l.report.se_perfect, 1, 1e-6);
            CHECK(isnan(q.nmse) && isnan(q.rho) && !measure_has_nmse(&q));
        }
        close_link(&l);
    }
}

/* The precoder, not its conjugate, is what is multiplied with the channel; length and phase do not
 * count. */
static void a_precoder_is_a_direction(void)
{
    enum { ENTRIES_HERE = ANTENNAS * SUBCARRIERS };
    static float complex turned[ENTRIES_HERE], conjugate[ENTRIES_HERE];
    link l = open_codec("exact:8,64", 30, small_config("analog", false), 1);
    measure_quality q, of_turned, of_conjugate;
    CHECK(report(&l, 1, 0) == 0 && decode(&l, 60) == 0);
    const float complex *w = chain_bs_reconstruction(l.bs);
    for (int i = 0; i < ENTRIES_HERE; i++) {
        int n = i / ANTENNAS;
        turned[i] = w[i] * (float complex)cexp((double)(n % 7 - 3) + (double complex)I * (double)n);
        conjugate[i] = conjf(w[i]);
    }
    REQUIRE(measurer_at_estimation(l.measurer, &l.report.truth, w, &q));
    REQUIRE(measurer_at_estimation(l.measurer, &l.report.truth, turned, &of_turned));
    REQUIRE(measurer_at_estimation(l.measurer, &l.report.truth, conjugate, &of_conjugate));
    CHECK_NEAR(of_turned.sgcs, q.sgcs, 1e-6);
    CHECK_NEAR(of_turned.se, q.se, 1e-5);
    CHECK(of_conjugate.sgcs < 0.9 && of_conjugate.se < q.se);
    close_link(&l);
}

/* By the definition of a subband, subcarrier by subcarrier of the grid. */
static void subband_figures(uint32_t nc, uint32_t subbands)
{
    csi_dims d = {.nt = ANTENNAS, .nc = nc, .tp = ANTENNAS, .ni = 16};
    measurer_config config = {.dims = d, .subbands = subbands, .dl_snr_db = 10};
    csi_grid grid = csi_grid_of(&d);
    measure_truth truth;
    measurer *m = measurer_create(&config, NULL);
    float complex *w = calloc((size_t)subbands * ANTENNAS, sizeof *w);
    float complex *known = calloc((size_t)grid.count * ANTENNAS, sizeof *known);
    REQUIRE(m && w && known && measure_truth_init(&truth, &d, NULL) == 0);
    CHECK(measurer_entries(&config) == (size_t)subbands * ANTENNAS);
    rng r = rng_at(5, RNG_TEST, nc, subbands);
    rng_normal_fill(&r, (float *)w, 2 * (size_t)subbands * ANTENNAS, 1);
    rng_normal_fill(&r, (float *)truth.grid, 2 * (size_t)grid.count * ANTENNAS, 1);
    uint32_t covered = 0;
    for (uint64_t s = 0; s < subbands; s++)
        for (uint32_t i = 0; i < grid.count; i++) {
            uint32_t n = csi_grid_subcarrier(&grid, i);
            if (n < s * nc / subbands || n >= (s + 1) * nc / subbands)
                continue;
            covered++;
            for (uint32_t k = 0; k < ANTENNAS; k++)
                known[i * ANTENNAS + k] = conjf(w[s * ANTENNAS + k]);
        }
    CHECK(covered == grid.count);
    measure_quality q;
    REQUIRE(measurer_at_estimation(m, &truth, w, &q));
    csi_quality want = csi_quality_of(truth.grid, known, grid.count, ANTENNAS, 10);
    CHECK(q.sgcs == want.sgcs && q.se == want.se);
    free(w);
    free(known);
    measure_truth_free(&truth);
    measurer_free(m);
}

static void subbands_cover_what_they_say(void)
{
    static const uint32_t sizes[][2] = {{64, 1},    {64, 13}, {64, 64},
                                        {1024, 13}, {97, 10}, {17, 16}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        subband_figures(sizes[i][0], sizes[i][1]);
}

/* Zeros send along antenna 0, whatever they stand for; a truth of zeros cannot be measured. */
static void zeros_are_no_direction(void)
{
    static float complex zeros[ANTENNAS * SUBCARRIERS];
    link l = open_codec("exact:8,64", 30, small_config("analog", false), 1);
    measurer_config channels = {.dims = l.config.dims, .dl_snr_db = l.config.dl_snr_db};
    measurer *other = measurer_create(&channels, NULL);
    measure_quality q, of_channel;
    REQUIRE(other != NULL && report(&l, 1, 0) == 0);
    chain_bs_set_reconstruction(l.bs, NULL);
    CHECK(memcmp(chain_bs_reconstruction(l.bs), zeros, sizeof zeros) == 0);
    REQUIRE(measurer_at_estimation(l.measurer, &l.report.truth, zeros, &q));
    REQUIRE(measurer_at_estimation(other, &l.report.truth, zeros, &of_channel));
    CHECK(q.sgcs == 0 && q.se == of_channel.se && q.se > 0 && isnan(q.nmse));
    CHECK(of_channel.nmse == 1);
    measure_truth none;
    REQUIRE(measure_truth_init(&none, &l.config.dims, NULL) == 0);
    CHECK(!measurer_at_estimation(l.measurer, &none, zeros, &q));
    measure_truth_free(&none);
    measurer_free(other);
    close_link(&l);
}

/* The two pictures of exact directions are the same, and each column has unit norm; the grid's
 * last columns need no multiple of the taps. */
static void pictures_are_of_directions(void)
{
    static float of_truth[ANTENNAS * SUBCARRIERS], of_w[ANTENNAS * SUBCARRIERS];
    for (uint32_t ni = 20; ni <= 32; ni += 12) {
        chain_ue_config config = small_config("analog", false);
        config.dims.ni = ni;
        link l = open_codec("exact:8,64", 30, config, 1);
        measure_picture size = measurer_picture_size(l.measurer);
        CHECK(report(&l, 1, 0) == 0 && decode(&l, 60) == 0);
        REQUIRE(size.directions && size.rows == ANTENNAS && size.columns == SUBCARRIERS);
        measurer_picture(l.measurer, &l.report.truth, chain_bs_reconstruction(l.bs), of_truth,
                         of_w);
        CHECK(harness_max_abs_diff(of_w, of_truth, sizeof of_w / sizeof of_w[0]) < 1e-6);
        for (uint32_t i = 0; i < size.columns; i++) {
            double energy = 0;
            for (uint32_t a = 0; a < size.rows; a++)
                energy += pow((double)of_w[a * size.columns + i], 2);
            CHECK_NEAR(energy, 1, 1e-5);
        }
        close_link(&l);
    }
}

/* --- sums ------------------------------------------------------------------------------------- */

static chain_outcome outcome(uint32_t ue, double nmse, double sgcs)
{
    measure_quality q = {.nmse = nmse, .rho = isnan(nmse) ? NAN : 0.5, .sgcs = sgcs, .se = 2};
    return (chain_outcome){.ue = ue,
                           .snr_db = 10,
                           .noise_power = 0.1,
                           .bits = 8,
                           .measured = true,
                           .quality = q,
                           .aged = true,
                           .age_s = 1,
                           .used = q};
}

static void add(chain_tally *t, size_t ue, double nmse, double sgcs)
{
    chain_outcome o = outcome((uint32_t)ue, nmse, sgcs);
    chain_tally_answered(t, ue, &o);
    chain_tally_aged(t, ue, &o);
    chain_tally_failed(t, &o);
}

static chain_tally *through_json(const chain_tally *t)
{
    cJSON *json = chain_tally_to_json(t);
    char *text = json_print_line(json);
    cJSON *parsed = json_parse(NULL, text, strlen(text), NULL);
    chain_tally *back = chain_tally_from_json(parsed, NULL);
    cJSON_Delete(json);
    cJSON_Delete(parsed);
    free(text);
    REQUIRE(back != NULL);
    return back;
}

static void check_mixed(const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    CHECK(s->reports == 4 && s->directions == 2 && chain_sums_with_nmse(s) == 2);
    CHECK(s->aged == 4 && chain_sums_aged_with_nmse(s) == 2);
    CHECK(s->all == 8 && chain_sums_all_with_nmse(s) == 4);
    CHECK_NEAR(chain_sums_nmse_db(s), 10 * log10(0.2), 1e-12);
    CHECK_NEAR(chain_sums_nmse_used_db(s), 10 * log10(0.2), 1e-12);
    CHECK_NEAR(chain_sums_nmse_all_db(s), 10 * log10(0.2), 1e-12);
    CHECK_NEAR(s->rho, 1, 1e-12);
    CHECK_NEAR(s->sgcs, 0.8 + 0.6 + 0.4 + 0.2, 1e-12);
    CHECK(t->nmse.count == 2 && t->nmse_used.count == 2);
    CHECK(chain_sums_nmse_error_db(s) > 0);
    CHECK(chain_ue_with_nmse(&t->ue[0]) == 2 && chain_ue_with_nmse(&t->ue[1]) == 0);
    CHECK(chain_ue_aged_with_nmse(&t->ue[1]) == 0 && t->ue[1].aged == 2);
    CHECK_NEAR(t->ue[1].sgcs, 0.6, 1e-12);
    CHECK_NEAR(t->ue[1].se, 4, 1e-12);
    CHECK(t->snr_points == 1 && t->snr[0].reports == 4 && chain_snr_with_nmse(&t->snr[0]) == 2);
    CHECK_NEAR(t->snr[0].sgcs, 2, 1e-12);
}

/* A cell may have both: means of the NMSE are over those that have one. */
static void one_sum_holds_channels_and_directions(void)
{
    chain_tally *channels = chain_tally_create(0, 1), *directions = chain_tally_create(1, 1);
    REQUIRE(channels && directions);
    add(channels, 0, 0.1, 0.8);
    add(channels, 0, 0.3, 0.6);
    add(directions, 0, NAN, 0.4);
    add(directions, 0, NAN, 0.2);
    CHECK(isnan(chain_tally_nmse_db(directions)) && isnan(chain_tally_nmse_used_db(directions)));
    CHECK(isnan(chain_tally_nmse_median_db(directions)));
    CHECK(isnan(chain_tally_nmse_error_db(directions)));
    CHECK(isfinite(directions->sums.nmse) && isfinite(directions->sums.rho_used));
    chain_tally *back = through_json(directions);
    CHECK(chain_tally_merge(channels, back, NULL) == 0);
    check_mixed(channels);
    chain_tally *again = through_json(channels);
    check_mixed(again);
    chain_tally_free(again);
    chain_tally_free(back);
    chain_tally_free(directions);
    chain_tally_free(channels);
}

/* An account of before there were directions: all have an NMSE, and nobody knows a UE's SGCS. */
static void accounts_of_before_are_read(void)
{
    chain_tally *t = chain_tally_create(0, 1);
    REQUIRE(t != NULL);
    add(t, 0, 0.1, 0.8);
    cJSON *json = chain_tally_to_json(t);
    char *text = json_print_line(json);
    cJSON *parsed = json_parse(NULL, text, strlen(text), NULL);
    cJSON *sums = cJSON_GetObjectItem(parsed, "sums");
    cJSON *ue = cJSON_GetArrayItem(cJSON_GetObjectItem(parsed, "ues"), 0);
    cJSON_DeleteItemFromObject(sums, "directions");
    cJSON_DeleteItemFromObject(sums, "all_directions");
    cJSON_DeleteItemFromObject(ue, "directions");
    cJSON_DeleteItemFromObject(ue, "sgcs");
    chain_tally *back = chain_tally_from_json(parsed, NULL);
    REQUIRE(back != NULL);
    CHECK_NEAR(chain_sums_nmse_db(&back->sums), -10, 1e-12);
    CHECK(chain_ue_with_nmse(&back->ue[0]) == 1 && isnan(back->ue[0].sgcs));
    cJSON_AddNumberToObject(ue, "directions", 5); /* more than there are reports */
    chain_tally *odd = chain_tally_from_json(parsed, NULL);
    REQUIRE(odd != NULL);
    CHECK(chain_ue_with_nmse(&odd->ue[0]) == 0);
    chain_tally_free(odd);
    chain_tally_free(back);
    chain_tally_free(t);
    cJSON_Delete(json);
    cJSON_Delete(parsed);
    free(text);
}

/* --- evaluation --------------------------------------------------------------------------------
 */

static void evaluate(const link *l, chain_eval_config *config, chain_eval_result *result)
{
    config->ue = l->config;
    config->period_s = period_s;
    CHECK(chain_evaluate(config, l->channel, l->encoder, l->decoder, result, NULL) == 0);
}

/* A UE's reports, one after the other, by the chain's functions alone. */
typedef struct sums {
    double sgcs, se, se_all;
    unsigned passed, failed;
} sums;

static void add_reports(link *l, uint32_t ue, double at_db, chain_on_failure on_failure, sums *sum)
{
    static float complex held[ANTENNAS * SUBCARRIERS];
    size_t entries = codec_output_size(codec_info_of(l->decoder));
    snr_tracker tracker = {0};
    memset(held, 0, sizeof held);
    for (uint32_t seq = 0; seq < REPORTS; seq++) {
        chain_report *r = &l->report;
        measure_quality q;
        bool intact;
        CHECK(chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * period_s,
                              &CHAIN_NOTHING_ACKNOWLEDGED, r, NULL) == 0);
        air_add_noise(l->config.seed, ue, seq, at_db, r->burst.symbol, r->burst.symbols);
        double snr = snr_track(&tracker, r->burst.symbol, r->burst.references);
        CHECK(chain_bs_receive(l->bs, ue, &r->burst, snr, &intact, NULL) == 0);
        if (intact && chain_bs_decode(l->bs, NULL, NULL, NULL) == 0)
            memcpy(held, chain_bs_reconstruction(l->bs), entries * sizeof *held);
        else if (on_failure != CHAIN_USE || chain_bs_decode_failed(l->bs, NULL, NULL) != 0)
            chain_bs_set_reconstruction(l->bs, on_failure == CHAIN_ZERO ? NULL : held);
        CHECK(measurer_at_estimation(l->measurer, &r->truth, chain_bs_reconstruction(l->bs), &q));
        sum->se_all += q.se;
        sum->sgcs += intact ? q.sgcs : 0;
        sum->se += intact ? q.se : 0;
        sum->passed += intact;
        sum->failed += !intact;
    }
}

static void check_row(const chain_eval_row *row, const sums *sum)
{
    double all = UES * REPORTS, passed = sum->passed;
    CHECK(row->samples == sum->passed && row->not_decoded == sum->failed);
    CHECK_NEAR(row->sgcs, sum->sgcs / passed, 1e-12);
    CHECK_NEAR(row->se_feedback, sum->se / passed, 1e-12);
    CHECK_NEAR(row->se_all, sum->se_all / all, 1e-12);
    CHECK(isnan(row->nmse_db) && isnan(row->nmse_median_db) && isnan(row->nmse_error_db));
    CHECK(isnan(row->nmse_all_db) && isnan(row->rho));
}

/* Values over the analog uplink, bits over the digital one that fails now and then, and what the
 * base station goes on with: the figures are those of the UEs' own reports. */
static void an_evaluation_is_the_mean_of_its_reports(void)
{
    static const struct {
        const char *codec, *uplink;
        double at_db;
        chain_on_failure on_failure;
        bool fails;
    } cases[] = {
        {"exact:8,64", "analog", 8, CHAIN_HOLD, false},
        {"beam:8,13", "analog", 8, CHAIN_HOLD, false},
        {"beam:8,13", "digital:qpsk,uses=40", 20, CHAIN_HOLD, false},
        {"beam:8,13", "digital:qpsk,uses=40", 0, CHAIN_HOLD, true},
        {"beam:8,13", "digital:qpsk,uses=40", 0, CHAIN_ZERO, true},
        {"beam:8,13", "digital:qpsk,uses=40", 0, CHAIN_USE, true},
    };
    double se_all[6];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chain_ue_config ue = small_config(cases[i].uplink, false);
        chain_eval_config config = {.ues = UES,
                                    .samples = UES * REPORTS,
                                    .snrs = 1,
                                    .snr_db = {cases[i].at_db},
                                    .on_failure = cases[i].on_failure};
        chain_eval_result result;
        sums sum = {0};
        link l = open_codec(cases[i].codec, 3, ue, 0);
        evaluate(&l, &config, &result);
        close_link(&l);
        for (uint32_t u = 0; u < UES; u++) {
            l = open_codec(cases[i].codec, 3, ue, u);
            add_reports(&l, u, cases[i].at_db, cases[i].on_failure, &sum);
            close_link(&l);
        }
        check_row(&result.row[0], &sum);
        CHECK(cases[i].fails ? sum.failed > 5 && sum.passed > 5 : sum.failed == 0);
        CHECK(result.row[0].se_feedback < result.se_perfect);
        se_all[i] = result.row[0].se_all;
    }
    CHECK(se_all[3] != se_all[4] && se_all[4] != se_all[5]);
}

static void hostile_payloads_are_refused(void)
{
    link l = open_codec("beam:8,13", 3, small_config("analog", false), 0);
    codec_work *w = codec_open(l.decoder, NULL);
    static float complex h[ANTENNAS * SUBCARRIERS];
    static uint8_t side[8];
    float value[1] = {1};
    codec_hint hint = {.snr_db = 10};
    REQUIRE(w != NULL);
    for (uint32_t bits = 0; bits <= 40; bits++) {
        payload in = {.side_bits = bits, .side = side, .value = value};
        CHECK((codec_decode(w, NULL, &in, &hint, h, NULL, NULL) == 0) == (bits == 39));
        in.values = 1;
        CHECK(codec_decode(w, NULL, &in, &hint, h, NULL, NULL) == ERR_FORMAT);
    }
    codec_close(w);
    close_link(&l);
}

static const harness_test tests[] = {
    {"a link keeps its own taps for a codec that names none",
     a_link_keeps_its_taps_for_a_codec_that_names_none},
    {"layers, subbands and antennas that do not fit are refused by name",
     what_does_not_fit_is_refused_by_name},
    {"exact directions have SGCS 1 and the rate of perfect CSI", exact_directions_are_perfect},
    {"a precoder is a direction: its length and phase do not count, its conjugate is another",
     a_precoder_is_a_direction},
    {"subbands cover the subcarriers that they say", subbands_cover_what_they_say},
    {"zeros send along antenna 0, and have SGCS 0", zeros_are_no_direction},
    {"pictures of directions have unit norm on each subcarrier", pictures_are_of_directions},
    {"sums hold channels and directions side by side", one_sum_holds_channels_and_directions},
    {"accounts of before there were directions are read", accounts_of_before_are_read},
    {"an evaluation is the mean of its reports, over analog and digital, whatever failure brings",
     an_evaluation_is_the_mean_of_its_reports},
    {"payloads of another size are refused", hostile_payloads_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "directions", tests, sizeof tests / sizeof tests[0]);
}
