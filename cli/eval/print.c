#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/ui/output.h"
#include "io/json.h"
#include "known.h"
#include "print.h"

static void add_number(cJSON *object, const char *name, double value)
{
    json_add_number(object, name, value);
}

static cJSON *row_json(const eval_set *set, const eval_case *c, const chain_eval_row *row)
{
    const chain_eval_result *result = &c->result;
    cJSON *item = cJSON_CreateObject();
    add_number(item, "snr_db", row->snr_db);
    add_number(item, "snr_delivered_db", row->snr_delivered_db);
    add_number(item, "nmse_db", row->nmse_db);
    add_number(item, "nmse_db_median", row->nmse_median_db);
    add_number(item, "nmse_db_standard_error", row->nmse_error_db);
    add_number(item, "rho", row->rho);
    add_number(item, "sgcs", row->sgcs);
    add_number(item, "samples", (double)row->samples);
    add_number(item, "not_decoded", (double)row->not_decoded);
    add_number(item, "bler", row->bler);
    add_number(item, "undetected", row->compared ? (double)row->undetected : NAN);
    add_number(item, "nmse_all_db", row->nmse_all_db);
    add_number(item, "lost", (double)row->lost);
    add_number(item, "nmse_in_use_db", row->nmse_in_use_db);
    add_number(item, "nmse_used_db", row->nmse_used_db);
    add_number(item, "sgcs_used", row->sgcs_used);
    add_number(item, "bits_per_report", row->bits);
    add_number(item, "channel_uses", row->channel_uses);
    add_number(item, "ls_nmse_db", result->ls_nmse_db);
    add_number(item, "limit_nmse_db", eval_row_limit_db(set, c, row));
    cJSON *se = cJSON_AddObjectToObject(item, "se");
    add_number(se, "perfect", result->se_perfect);
    add_number(se, "ls", result->se_ls);
    add_number(se, "feedback", row->se_feedback);
    add_number(se, "all", row->se_all);
    add_number(se, "in_use", row->se_in_use);
    add_number(se, "used", row->se_used);
    return item;
}

/* A named uplink has its own format or none, so these two are null. */
static void add_format(cJSON *root, const eval_case *c)
{
    const eval_sending *s = c->sending;
    bool named = eval_case_names_uplink(c);
    cJSON_AddItemToObject(root, "codeword_format",
                          named ? cJSON_CreateNull() : cJSON_CreateString(s->codeword));
    add_number(root, "codeword_bits", named ? NAN : (double)csi_codeword_value_bits(s->format));
}

static const char *predict_name(chain_predict how)
{
    static const char *const names[] = {[CHAIN_PREDICT_HOLD] = "hold",
                                        [CHAIN_PREDICT_LINEAR] = "linear",
                                        [CHAIN_PREDICT_AR] = "ar",
                                        [CHAIN_PREDICT_NET] = "net"};
    return names[how];
}

static cJSON *case_json(const eval_set *set, const eval_case *c)
{
    const chain_eval_config *config = &c->config;
    const codec_info *encoder = codec_info_of(c->model->encoder);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "encoder", encoder->name);
    cJSON_AddStringToObject(root, "decoder", codec_info_of(c->model->decoder)->name);
    cJSON_AddStringToObject(root, "precision", encoder->precision);
    add_number(root, "parameters", (double)encoder->parameters);
    add_number(root, "weight_bytes", (double)encoder->weight_bytes);
    add_number(root, "macs", (double)encoder->macs);
    add_number(root, "encode_us", c->model->encode_us);
    add_number(root, "codeword", encoder->shape.values_max);
    add_format(root, c);
    cJSON_AddStringToObject(root, "codec", encoder->kind);
    cJSON_AddStringToObject(root, "uplink", config->ue.uplink);
    cJSON_AddItemToObject(root, "unfair",
                          c->cost.unfair ? cJSON_CreateString(c->cost.unfair) : cJSON_CreateNull());
    add_number(root, "bits_per_report", eval_case_bits(c));
    add_number(root, "bits_per_report_max", c->cost.bits);
    add_number(root, "symbols_per_report", c->cost.symbols);
    add_number(root, "side_bits_per_report", c->cost.side_bits);
    add_number(root, "uci_words_per_report", c->cost.words);
    cJSON_AddStringToObject(root, "channel", eval_channel_describe(c->channel));
    add_number(root, "ues", config->ues);
    add_number(root, "sequence", config->sequence);
    add_number(root, "seed", (double)config->ue.seed);
    cJSON_AddStringToObject(root, "estimation", config->ue.estimate ? "ls" : "none");
    cJSON_AddStringToObject(root, "denoise", csi_denoise_name(config->ue.denoise));
    cJSON_AddStringToObject(root, "denoise_payload", c->model->denoise_payload);
    add_number(root, "dl_snr_db", config->ue.dl_snr_db);
    add_number(root, "loss", config->loss);
    add_number(root, "use_after_ms", config->at_use ? config->use_after_s * 1e3 : NAN);
    cJSON_AddStringToObject(root, "predict", predict_name(config->predict));
    cJSON_AddStringToObject(root, "snr_knowledge", config->snr_known ? "known" : "estimated");
    add_number(root, "seconds", c->seconds);
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < config->snrs; i++)
        cJSON_AddItemToArray(rows, row_json(set, c, &c->result.row[i]));
    return root;
}

void eval_print_json(const eval_set *set)
{
    cJSON *root = set->count == 1 ? case_json(set, &set->cases[0]) : cJSON_CreateArray();
    for (size_t i = 0; set->count > 1 && i < set->count; i++)
        cJSON_AddItemToArray(root, case_json(set, &set->cases[i]));
    output_json(root);
}

static void print_head(const eval_case *c)
{
    const chain_eval_config *config = &c->config;
    const codec_info *encoder = codec_info_of(c->model->encoder);
    printf("%s (%u values in %s, %.0f bits) over %s\n", encoder->name, encoder->shape.values_max,
           eval_case_sending(c), eval_case_bits(c), eval_channel_describe(c->channel));
    if (eval_case_gives_directions(c))
        printf("it gives directions, precoders of %u subbands: SGCS and rate, but neither NMSE "
               "nor rho\n",
               encoder->subbands);
    if (c->cost.words > 1)
        printf("a report is %u UCI words\n", c->cost.words);
    if (c->cost.unfair)
        printf("%s: its channel uses are not comparable with others\n", c->cost.unfair);
    printf("encoder in %s: %" PRId64 " parameters, %zu bytes of weights, %" PRId64
           " MACs, %.1f µs a sample\n",
           encoder->precision, encoder->parameters, encoder->weight_bytes, encoder->macs,
           c->model->encode_us);
    printf("%zu samples of %u UE%s in %.1f s; decoder's SNR: %s\n", config->samples, config->ues,
           config->ues == 1 ? "" : "s", c->seconds,
           !(codec_info_of(c->model->decoder)->flags & CODEC_WANTS_SNR) ? "not used"
           : config->snr_known                                          ? "known"
                                                                        : "estimated");
    if (c->model->denoiser)
        printf("at the base station: denoiser %s\n", c->model->denoise_payload);
    if (config->ue.estimate)
        printf("LS at %g dB: NMSE %.2f dB; denoiser: %s\n", config->ue.dl_snr_db,
               c->result.ls_nmse_db, csi_denoise_name(config->ue.denoise));
    else
        printf("the UE knows its channel\n");
    printf("SE at %g dB in bit/s/Hz: %.3f with the channel itself, %.3f with the UE's estimate\n\n",
           measure_se_snr_db(config->ue.dl_snr_db), c->result.se_perfect, c->result.se_ls);
}

static void print_failures(const chain_eval_config *config, const chain_eval_row *row)
{
    static const char *const what[] = {[CHAIN_HOLD] = "the last CSI held",
                                       [CHAIN_ZERO] = "no CSI",
                                       [CHAIN_USE] = "failed bits used"};
    if (row->not_decoded > 0) {
        printf("%8s %zu of %zu reports were not decoded: BLER %.4g; with %s in their place ", "",
               row->not_decoded, config->samples, row->bler, what[config->on_failure]);
        if (!isnan(row->nmse_all_db))
            printf("NMSE %.2f dB, ", row->nmse_all_db);
        printf("SE %.3f\n", row->se_all);
    }
    if (row->lost > 0) {
        printf("%8s %zu of %zu reports were lost; with %s in their place ", "", row->lost,
               config->samples, what[config->on_failure == CHAIN_ZERO ? CHAIN_ZERO : CHAIN_HOLD]);
        if (!isnan(row->nmse_in_use_db))
            printf("NMSE %.2f dB, ", row->nmse_in_use_db);
        printf("SE %.3f\n", row->se_in_use);
    }
    if (row->undetected > 0)
        printf("%8s %zu were decoded from other bits than were sent\n", "", row->undetected);
}

/* Prints "-" for a missing figure. */
static void print_figure(int width, int decimals, double value)
{
    if (isnan(value))
        printf("%*s ", width, "-");
    else
        printf("%*.*f ", width, decimals, value);
}

/* Prints the figures at the time of use, if the channel moves and a time of use was given. */
static void print_use(const chain_eval_config *config, const chain_eval_row *row)
{
    if (isnan(row->se_used))
        return;
    printf("%8s used %g ms after it was due (predict %s): ", "", config->use_after_s * 1e3,
           predict_name(config->predict));
    if (!isnan(row->nmse_used_db))
        printf("NMSE %.2f dB, ", row->nmse_used_db);
    printf("SGCS %.4f, SE %.3f\n", row->sgcs_used, row->se_used);
}

void eval_print_text(const eval_case *c)
{
    print_head(c);
    printf("%8s %10s %12s %8s %8s %12s %12s\n", "SNR dB", "NMSE dB", "median dB", "rho", "SGCS",
           "SE feedback", "channel uses");
    for (size_t i = 0; i < c->config.snrs; i++) {
        const chain_eval_row *row = &c->result.row[i];
        printf("%8g ", row->snr_db);
        print_figure(10, 2, row->nmse_db);
        print_figure(12, 2, row->nmse_median_db);
        print_figure(8, 4, row->rho);
        print_figure(8, 4, row->sgcs);
        print_figure(12, 3, row->se_feedback);
        printf("%12.1f\n", row->channel_uses);
        print_use(&c->config, row);
        print_failures(&c->config, row);
    }
}
