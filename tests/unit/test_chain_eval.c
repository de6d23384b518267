#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "chain/cost.h"
#include "chain/eval.h"
#include "chain/memory.h"
#include "chain_link.h"
#include "csi/metrics.h"
#include "uplink/air.h"
#include "uplink/snr.h"

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
        chain_acknowledged known = {.memory = builds ? at_ue + base : NULL,
                                    .builds_on = builds ? seq - delay + 1 : 0,
                                    .snr_db = (double)NAN};
        CHECK(chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * period_s, &known, r, NULL) == 0);
        if (bytes > 0)
            memcpy(at_ue + seq * bytes, r->after, bytes);
        air_add_noise(l->config.seed, ue, seq, 8, r->burst.symbol, r->burst.symbols);
        double snr = snr_track(&tracker, r->burst.symbol, r->burst.references);
        CHECK(chain_bs_receive(l->bs, ue, &r->burst, snr, &intact, NULL) == 0);
        CHECK(chain_bs_decode(l->bs, builds ? at_bs + base : NULL,
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
    chain_eval_config bad[8] = {good, good, good, good, good, good, good, good};
    bad[0].ues = 0;
    bad[1].samples = 0;
    bad[2].snrs = CHAIN_EVAL_SNRS_MAX + 1;
    bad[3].ue.genie = false;
    bad[4].ack_delay = CHAIN_ACK_DELAY_MAX + 1;
    strcpy(bad[5].ue.uplink, "smoke");
    bad[6].loss = 1;
    bad[7].loss = (double)NAN;
    for (int i = 0; i < 8; i++)
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
}

/* The UE of a codec with memory builds on no report that was not decoded, at that SNR alone: the
 * figures of an SNR do not depend on the others, and where nothing fails they are those of an
 * uplink that cannot fail. */
static void memory_builds_on_what_was_decoded(void)
{
    enum { REPORTS = 90 };
    static const double snr_db[] = {6, 40};
    link d = open_codec("dpcm", 0, default_config(), 0);
    chain_eval_config config = {.ue = d.config, .ues = 3, .samples = REPORTS};
    config.snrs = 2;
    memcpy(config.snr_db, snr_db, sizeof snr_db);
    static const chain_on_failure all[] = {CHAIN_HOLD, CHAIN_ZERO, CHAIN_USE};
    chain_eval_result safe, both, one;
    evaluate(&d, &config, &safe);
    strcpy(d.config.uplink, "analog:outage=6");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        config.on_failure = all[i];
        config.snrs = 2;
        memcpy(config.snr_db, snr_db, sizeof snr_db);
        evaluate(&d, &config, &both);
        CHECK(both.row[0].not_decoded > 20 && both.row[0].samples > 20);
        CHECK(both.row[0].samples + both.row[0].not_decoded == REPORTS);
        CHECK(both.row[0].nmse_db != safe.row[0].nmse_db);
        CHECK(both.row[1].not_decoded == 0 && both.row[1].nmse_db == safe.row[1].nmse_db);
        config.snrs = 1;
        for (int k = 0; k < 2; k++) {
            config.snr_db[0] = snr_db[k];
            evaluate(&d, &config, &one);
            CHECK(one.row[0].nmse_db == both.row[k].nmse_db);
            CHECK(one.row[0].nmse_all_db == both.row[k].nmse_all_db);
            CHECK(one.row[0].not_decoded == both.row[k].not_decoded);
        }
    }
    close_link(&d);
}

/* A UE's reports over an uplink with an outage threshold, by the chain's functions alone: the sum
 * of the NMSE of what the base station goes on with after each. */
static double sum_with_failed(link *l, uint32_t ue, uint32_t reports, double at_db,
                              double outage_db, chain_on_failure on_failure)
{
    static float complex held[ENTRIES];
    snr_tracker tracker = {0};
    double sum = 0;
    memset(held, 0, sizeof held);
    for (uint32_t seq = 0; seq < reports; seq++) {
        chain_report *r = &l->report;
        measure_quality q;
        bool intact;
        CHECK(chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * period_s,
                              &CHAIN_NOTHING_ACKNOWLEDGED, r, NULL) == 0);
        air_add_noise(l->config.seed, ue, seq, at_db, r->burst.symbol, r->burst.symbols);
        double snr = snr_track(&tracker, r->burst.symbol, r->burst.references);
        CHECK(chain_bs_receive(l->bs, ue, &r->burst, snr, &intact, NULL) == 0);
        CHECK(intact == (snr >= outage_db));
        CHECK(chain_bs_decode(l->bs, NULL, NULL, NULL) == 0);
        if (intact)
            memcpy(held, chain_bs_reconstruction(l->bs), sizeof held);
        else if (on_failure == CHAIN_ZERO)
            chain_bs_set_reconstruction(l->bs, NULL);
        else if (on_failure == CHAIN_HOLD)
            chain_bs_set_reconstruction(l->bs, held);
        CHECK(measurer_at_estimation(l->measurer, &r->truth, chain_bs_reconstruction(l->bs), &q));
        sum += q.nmse;
    }
    return sum;
}

/* The mean over all reports is that of the UEs' own, one after the other; what the others' reports
 * left is nobody else's. Figures of what passed do not depend on what became of the rest. */
static void evaluation_goes_on_as_on_failure_says(void)
{
    enum { AT_DB = 6, UES = 3, REPORTS = 30 };
    static const chain_on_failure all[] = {CHAIN_HOLD, CHAIN_ZERO, CHAIN_USE};
    chain_eval_result r[3], whole;
    chain_ue_config ue_config = default_config();
    chain_eval_config without = {
        .ues = UES, .samples = UES * REPORTS, .snrs = 1, .snr_db = {AT_DB}};
    link l = open_codec(onnx_name, 3, ue_config, 0);
    evaluate(&l, &without, &whole);
    close_link(&l);
    CHECK(whole.row[0].bler == 0 && whole.row[0].nmse_all_db == whole.row[0].nmse_db);
    CHECK(whole.row[0].se_all == whole.row[0].se_feedback && whole.row[0].compared == 0);
    strcpy(ue_config.uplink, "analog:outage=6");
    for (int i = 0; i < 3; i++) {
        chain_eval_config config = without;
        config.on_failure = all[i];
        double sum = 0;
        l = open_codec(onnx_name, 3, ue_config, 0);
        evaluate(&l, &config, &r[i]);
        close_link(&l);
        for (uint32_t ue = 0; ue < UES; ue++) {
            l = open_codec(onnx_name, 3, ue_config, ue);
            sum += sum_with_failed(&l, ue, REPORTS, AT_DB, 6, all[i]);
            close_link(&l);
        }
        const chain_eval_row *row = &r[i].row[0];
        CHECK(row->not_decoded > 20 && row->samples > 20);
        CHECK_NEAR(row->bler, (double)row->not_decoded / (UES * REPORTS), 1e-15);
        CHECK_NEAR(row->nmse_all_db, db_of_power(sum / (UES * REPORTS)), 1e-9);
        CHECK(row->nmse_db == r[0].row[0].nmse_db && row->se_feedback == r[0].row[0].se_feedback);
    }
    /* Zeros have an NMSE of 1 each; bits that are used all the same are those of no threshold. */
    double passed = (double)r[1].row[0].samples, failed = (double)r[1].row[0].not_decoded;
    double mean = (passed * power_of_db(r[1].row[0].nmse_db) + failed) / (passed + failed);
    CHECK_NEAR(r[1].row[0].nmse_all_db, db_of_power(mean), 1e-9);
    CHECK(r[2].row[0].nmse_all_db == whole.row[0].nmse_db);
    CHECK(r[2].row[0].se_all == whole.row[0].se_feedback);
    CHECK(r[0].row[0].nmse_all_db != r[1].row[0].nmse_all_db);
}

/* The same reports are lost at every SNR; without memory, those that arrive are as without losses,
 * and in the place of the others stands, with no CSI held, an NMSE of 1 each. */
static void losses_are_no_reports(void)
{
    chain_eval_result r[3];
    for (int i = 0; i < 3; i++) {
        link l = open_link(default_config(), 0);
        chain_eval_config config = {.ues = 2,
                                    .samples = 120,
                                    .snrs = 2,
                                    .snr_db = {INFINITY, 10},
                                    .loss = i == 0 ? 0 : 0.25,
                                    .on_failure = i == 2 ? CHAIN_ZERO : CHAIN_HOLD};
        evaluate(&l, &config, &r[i]);
        close_link(&l);
    }
    for (int k = 0; k < 2; k++) {
        const chain_eval_row *whole = &r[0].row[k], *held = &r[1].row[k], *zero = &r[2].row[k];
        CHECK(whole->lost == 0 && whole->samples == 120);
        CHECK_NEAR(whole->nmse_in_use_db, whole->nmse_db, 1e-12);
        CHECK(held->lost == r[1].row[0].lost && held->lost > 10 && held->lost < 50);
        CHECK(held->samples + held->lost == 120 && held->bits == whole->bits);
        CHECK(held->nmse_db == zero->nmse_db && held->bler == 0);
        double arrived = (double)zero->samples, lost = (double)zero->lost;
        double mean = (arrived * power_of_db(zero->nmse_db) + lost) / (arrived + lost);
        CHECK_NEAR(zero->nmse_in_use_db, db_of_power(mean), 1e-9);
        CHECK(zero->se_in_use < zero->se_feedback);
    }
}

static const harness_test tests[] = {
    {"a lost report is none, and what is held stands in its place", losses_are_no_reports},
    {"after a failed report an evaluation goes on as on_failure says",
     evaluation_goes_on_as_on_failure_says},
    {"an evaluation counts what is not decoded", evaluation_counts_what_is_not_decoded},
    {"a codec with memory builds on what was decoded", memory_builds_on_what_was_decoded},
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
    return harness_main(argc, argv, "chain_eval", tests, sizeof tests / sizeof tests[0]);
}
