#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval.h"

/* JSON has no infinity: it is written as the strings "inf" and "-inf". */
static void add_number(cJSON *object, const char *name, double value)
{
    if (isinf(value))
        cJSON_AddStringToObject(object, name, value > 0 ? "inf" : "-inf");
    else
        cJSON_AddNumberToObject(object, name, value);
}

static cJSON *row_json(const chain_eval_row *row, const chain_eval_result *result)
{
    cJSON *item = cJSON_CreateObject();
    add_number(item, "snr_db", row->snr_db);
    add_number(item, "nmse_db", row->nmse_db);
    add_number(item, "nmse_db_median", row->nmse_median_db);
    add_number(item, "rho", row->rho);
    add_number(item, "sgcs", row->sgcs);
    add_number(item, "samples", (double)row->samples);
    add_number(item, "ls_nmse_db", result->ls_nmse_db);
    cJSON *se = cJSON_AddObjectToObject(item, "se");
    add_number(se, "perfect", result->se_perfect);
    add_number(se, "ls", result->se_ls);
    add_number(se, "feedback", row->se_feedback);
    return item;
}

void eval_print_json(const chain_eval_config *config, const eval_subject *subject,
                     const chain_eval_result *result)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "encoder", subject->encoder->name);
    cJSON_AddStringToObject(root, "decoder", subject->decoder->name);
    add_number(root, "codeword", subject->encoder->codeword);
    cJSON_AddStringToObject(root, "channel", subject->channel);
    add_number(root, "ues", config->ues);
    add_number(root, "seed", (double)config->ue.seed);
    cJSON_AddStringToObject(root, "estimation", config->ue.estimate ? "ls" : "none");
    add_number(root, "dl_snr_db", config->ue.dl_snr_db);
    add_number(root, "references", config->ue.references);
    cJSON_AddStringToObject(root, "snr_knowledge", config->snr_known ? "known" : "estimated");
    add_number(root, "seconds", subject->seconds);
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < config->snrs; i++)
        cJSON_AddItemToArray(rows, row_json(&result->row[i], result));
    char *text = cJSON_Print(root);
    if (text)
        puts(text);
    free(text);
    cJSON_Delete(root);
}

static void print_head(const chain_eval_config *config, const eval_subject *subject,
                       const chain_eval_result *result)
{
    printf("%s (%u values) over %s\n", subject->encoder->name, subject->encoder->codeword,
           subject->channel);
    printf("%zu samples of %u UE%s in %.1f s; decoder's SNR: %s\n", config->samples, config->ues,
           config->ues == 1 ? "" : "s", subject->seconds,
           !subject->decoder->takes_snr ? "not used"
           : config->snr_known          ? "known"
                                        : "estimated");
    if (config->ue.estimate)
        printf("LS at %g dB: NMSE %.2f dB\n", config->ue.dl_snr_db, result->ls_nmse_db);
    else
        printf("the UE knows its channel\n");
    printf("SE at %g dB in bit/s/Hz: %.3f with the channel itself, %.3f with the UE's estimate\n\n",
           chain_se_snr_db(config->ue.dl_snr_db), result->se_perfect, result->se_ls);
}

void eval_print_table(const chain_eval_config *config, const eval_subject *subject,
                      const chain_eval_result *result)
{
    print_head(config, subject, result);
    printf("%8s %10s %12s %8s %8s %12s\n", "SNR dB", "NMSE dB", "median dB", "rho", "SGCS",
           "SE feedback");
    for (size_t i = 0; i < config->snrs; i++) {
        const chain_eval_row *row = &result->row[i];
        printf("%8g %10.2f %12.2f %8.4f %8.4f %12.3f\n", row->snr_db, row->nmse_db,
               row->nmse_median_db, row->rho, row->sgcs, row->se_feedback);
    }
}
