#include "chain/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csi/metrics.h"

/* One SNR's running sums. */
typedef struct sums {
    csi_snr_tracker *tracker; /* [ues] */
    double *nmse;             /* [samples], of those counted */
    size_t count;
    double nmse_sum, nmse_squares, rho, sgcs, se;
    double noise; /* of each codeword, its own power being 1 */
    size_t noised;
} sums;

typedef struct evaluation {
    const chain_eval_config *config;
    const fading *channel;
    chain_ue *ue;
    chain_bs *bs;
    fading_ue **channels; /* [ues], made at their first report */
    chain_report report;
    float *codeword, *reference; /* the received ones */
    uint32_t codeword_count;
    sums *at; /* [snrs] */
    size_t count;
    double ls_nmse, se_perfect, se_ls;
} evaluation;

static int check_config(const chain_eval_config *c, err *e)
{
    if (c->snrs < 1 || c->snrs > CHAIN_EVAL_SNRS_MAX)
        return err_set(e, ERR_INVALID, "%zu SNRs; 1 to %d can be", c->snrs, CHAIN_EVAL_SNRS_MAX);
    if (c->ues < 1 || c->samples < 1 || c->samples / c->ues > UINT32_MAX)
        return err_set(e, ERR_INVALID, "%zu samples of %u UEs", c->samples, c->ues);
    if (!c->ue.genie)
        return err_set(e, ERR_INVALID, "an evaluation needs the truth (genie)");
    if (c->cell && c->cell->ues != c->ues)
        return err_set(e, ERR_INVALID, "%u UEs in a cell of %u", c->ues, c->cell->ues);
    return 0;
}

/* Report `seq` of a UE, whose channel lives until its last report. */
static int make_report(evaluation *v, uint32_t ue, uint32_t seq, err *e)
{
    const chain_eval_config *c = v->config;
    fading_ue **channel = &v->channels[ue];
    if (!*channel)
        *channel =
            fading_ue_create(c->cell ? chain_cell_group(c->cell, ue)->open : v->channel, ue, e);
    if (!*channel)
        return e->code;
    int status = chain_ue_report(v->ue, *channel, ue, seq, seq * c->period_s, &v->report, e);
    if (((size_t)seq + 1) * c->ues + ue >= c->samples) {
        fading_ue_free(*channel);
        *channel = NULL;
    }
    return status;
}

static int open_sums(evaluation *v, err *e)
{
    const chain_eval_config *c = v->config;
    for (size_t i = 0; i < c->snrs; i++) {
        v->at[i].tracker = calloc(c->ues, sizeof *v->at[i].tracker);
        v->at[i].nmse = calloc(c->samples, sizeof *v->at[i].nmse);
        if (!v->at[i].tracker || !v->at[i].nmse)
            return err_set(e, ERR_NOMEM, "no memory for %zu samples", c->samples);
    }
    return 0;
}

static int open_evaluation(evaluation *v, const onnx_part *encoder, const onnx_part *decoder,
                           err *e)
{
    const chain_eval_config *c = v->config;
    int status = onnx_check_pair(onnx_part_info(encoder), onnx_part_info(decoder), e);
    if (status != 0)
        return status;
    v->codeword_count = onnx_part_info(encoder)->codeword;
    v->ue = chain_ue_create(&c->ue, encoder, e);
    v->bs = v->ue ? chain_bs_create(&c->ue.dims, decoder, e) : NULL;
    if (!v->bs)
        return e ? e->code : ERR_INVALID;
    v->channels = calloc(c->ues, sizeof(fading_ue *));
    v->at = calloc(c->snrs, sizeof *v->at);
    v->codeword = calloc(v->codeword_count, sizeof *v->codeword);
    v->reference = calloc(c->ue.references, sizeof *v->reference);
    if (!v->channels || !v->at || !v->codeword || !v->reference)
        return err_set(e, ERR_NOMEM, "no memory for an evaluation");
    status = chain_report_init(&v->report, &c->ue, v->codeword_count, e);
    return status == 0 ? open_sums(v, e) : status;
}

static void close_evaluation(evaluation *v)
{
    for (size_t i = 0; v->at && i < v->config->snrs; i++) {
        free(v->at[i].tracker);
        free(v->at[i].nmse);
    }
    for (uint32_t u = 0; v->channels && u < v->config->ues; u++)
        fading_ue_free(v->channels[u]);
    chain_report_free(&v->report);
    chain_ue_free(v->ue);
    chain_bs_free(v->bs);
    free(v->channels);
    free(v->at);
    free(v->codeword);
    free(v->reference);
}

static void add(sums *s, const chain_quality *q)
{
    s->nmse[s->count++] = q->nmse;
    s->nmse_sum += q->nmse;
    s->nmse_squares += q->nmse * q->nmse;
    s->rho += q->rho;
    s->sgcs += q->sgcs;
    s->se += q->se_feedback;
}

/* The report that v->report holds, over the uplink at SNR number i. */
static int receive(evaluation *v, size_t i, err *e)
{
    const chain_eval_config *c = v->config;
    const chain_report *r = &v->report;
    double snr_db = c->snr_db[i];
    memcpy(v->codeword, r->codeword, v->codeword_count * sizeof *v->codeword);
    memcpy(v->reference, r->reference, c->ue.references * sizeof *v->reference);
    double signal = csi_codeword_power(v->codeword, v->codeword_count);
    double noise = csi_uplink_add_noise(c->ue.seed, r->ue, r->seq, snr_db, v->codeword,
                                        v->codeword_count, v->reference, c->ue.references);
    if (signal > 0) {
        v->at[i].noise += noise / signal;
        v->at[i].noised++;
    }
    double told = csi_snr_track(&v->at[i].tracker[r->ue], v->reference, c->ue.references);
    if (c->snr_known)
        told = fmin(fmax(snr_db, CSI_SNR_MIN_DB), CSI_SNR_MAX_DB);
    float snr = (float)told;
    int status = chain_bs_reconstruct(v->bs, 1, v->codeword, &snr, &r->scale, &r->shift, e);
    if (status != 0)
        return status;
    chain_quality q;
    chain_bs_measure(v->bs, 0, r->genie.truth, r->genie.grid, r->genie.dl_snr_db, &q);
    if (isfinite(q.nmse))
        add(&v->at[i], &q);
    return 0;
}

static int run_sample(evaluation *v, size_t i, err *e)
{
    const chain_eval_config *c = v->config;
    uint32_t ue = (uint32_t)(i % c->ues), seq = (uint32_t)(i / c->ues);
    int status = make_report(v, ue, seq, e);
    for (size_t k = 0; status == 0 && k < c->snrs; k++)
        status = receive(v, k, e);
    if (status != 0)
        return err_prefix(e, "UE %u, report %u", ue, seq);
    v->count++;
    v->ls_nmse += v->report.genie.ls_nmse;
    v->se_perfect += v->report.genie.se_perfect;
    v->se_ls += v->report.genie.se_ls;
    if (c->on_sample)
        c->on_sample(c->user);
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static int summarise(evaluation *v, chain_eval_result *result, err *e)
{
    double n = (double)v->count;
    result->ls_nmse_db = csi_to_db(v->ls_nmse / n);
    result->se_perfect = v->se_perfect / n;
    result->se_ls = v->se_ls / n;
    for (size_t i = 0; i < v->config->snrs; i++) {
        sums *s = &v->at[i];
        if (s->count == 0)
            return err_set(e, ERR_INVALID, "every sample of the channel is zero");
        double count = (double)s->count;
        result->row[i] = (chain_eval_row){
            .snr_db = v->config->snr_db[i],
            .snr_delivered_db = -csi_to_db(s->noise / (double)s->noised),
            .samples = s->count,
            .nmse_db = csi_to_db(s->nmse_sum / count),
            .nmse_median_db = csi_to_db(median(s->nmse, s->count)),
            .nmse_error_db = csi_error_db(s->nmse_sum, s->nmse_squares, s->count),
            .rho = s->rho / count,
            .sgcs = s->sgcs / count,
            .se_feedback = s->se / count,
        };
    }
    return 0;
}

int chain_evaluate(const chain_eval_config *config, const fading *channel, const onnx_part *encoder,
                   const onnx_part *decoder, chain_eval_result *result, err *e)
{
    int status = check_config(config, e);
    if (status != 0)
        return status;
    err local = {0};
    evaluation v = {.config = config, .channel = channel};
    status = open_evaluation(&v, encoder, decoder, &local);
    for (size_t i = 0; status == 0 && i < config->samples; i++)
        status = run_sample(&v, i, &local);
    if (status == 0)
        status = summarise(&v, result, &local);
    close_evaluation(&v);
    if (e && status != 0)
        *e = local;
    return status;
}
