/* Runs the samples of an evaluation and turns its sums into means. */
#include <math.h>
#include <stdlib.h>

#include "base/decibel.h"
#include "chain/eval_samples.h"

static int check_config(const chain_eval_config *c, err *e)
{
    if (c->snrs < 1 || c->snrs > CHAIN_EVAL_SNRS_MAX)
        return err_set(e, ERR_INVALID, "%zu SNRs; 1 to %d are allowed", c->snrs,
                       CHAIN_EVAL_SNRS_MAX);
    if (c->ues < 1 || c->samples < 1 || c->samples / c->ues > UINT32_MAX)
        return err_set(e, ERR_INVALID, "%zu samples of %u UEs", c->samples, c->ues);
    if (!c->ue.genie)
        return err_set(e, ERR_INVALID, "an evaluation needs the truth (genie)");
    if (c->cell && c->cell->ues != c->ues)
        return err_set(e, ERR_INVALID, "%u UEs in a cell of %u", c->ues, c->cell->ues);
    if (!(c->loss >= 0 && c->loss < 1))
        return err_set(e, ERR_INVALID,
                       "a loss of %g; an evaluation takes 0 to below 1, so that reports arrive",
                       c->loss);
    if (c->ack_delay > CHAIN_ACK_DELAY_MAX)
        return err_set(e, ERR_INVALID,
                       "an acknowledgement delay of %u reports; 0 to %d are allowed", c->ack_delay,
                       CHAIN_ACK_DELAY_MAX);
    return ERR_NONE;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    if (n == 0)
        return NAN;
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static int summarise(evaluation *v, chain_eval_result *result, err *e)
{
    double n = (double)v->count;
    result->ls_nmse_db = db_of_power(v->ls_nmse / n);
    result->se_perfect = v->se_perfect / n;
    result->se_ls = v->se_ls / n;
    for (size_t i = 0; i < v->config->snrs; i++) {
        const chain_sums *s = &v->at[i].sums;
        if (s->answered == 0)
            return err_set(e, ERR_INVALID, "all %zu reports were lost", v->at[i].lost);
        if (s->reports == 0 && v->at[i].not_decoded == 0)
            return err_set(e, ERR_INVALID, "every sample of the channel is zero");
        double count = (double)s->reports, answered = (double)s->answered;
        uint64_t with_nmse = chain_sums_with_nmse(s);
        result->row[i] = (chain_eval_row){
            .snr_db = v->config->snr_db[i],
            .snr_delivered_db = chain_sums_snr_delivered_db(s),
            .samples = s->reports,
            .lost = v->at[i].lost,
            .not_decoded = v->at[i].not_decoded,
            .bler = (double)v->at[i].not_decoded / answered,
            .compared = v->at[i].compared,
            .undetected = v->at[i].undetected,
            .nmse_db = chain_sums_nmse_db(s),
            .nmse_median_db = db_of_power(median(v->at[i].nmse, with_nmse)),
            .nmse_error_db = chain_sums_nmse_error_db(s),
            .rho = s->rho / (double)with_nmse,
            .sgcs = s->sgcs / count,
            .se_feedback = s->se_feedback / count,
            .nmse_all_db = chain_sums_nmse_all_db(s),
            .se_all = s->se_all / (double)s->all,
            .nmse_in_use_db = db_of_power(v->at[i].nmse_in_use / (double)v->at[i].in_use),
            .se_in_use = v->at[i].se_in_use / (double)v->at[i].in_use,
            .nmse_used_db = chain_sums_nmse_used_db(s),
            .sgcs_used = s->sgcs_used / (double)s->aged,
            .se_used = s->se_used / (double)s->aged,
            .bits = s->bits / answered,
            .channel_uses = s->channel_uses / answered,
        };
    }
    return 0;
}

/* One pass over the samples. `on_sample` counts one in `passes` of them, from number `first` on. */
static int run_pass(const chain_eval_config *config, evaluation *v, size_t first, size_t passes,
                    chain_eval_result *result, err *e)
{
    v->config = config;
    int rc = chain_eval_open(v, e);
    for (size_t i = 0; rc == ERR_NONE && i < config->samples; i++) {
        rc = chain_eval_sample(v, i, e);
        if (rc == ERR_NONE && config->on_sample && (first + i) % passes == passes - 1)
            config->on_sample(config->user);
    }
    if (rc == ERR_NONE)
        rc = summarise(v, result, e);
    chain_eval_close(v);
    return rc;
}

/* With memory, a report that fails at one SNR changes what its UE sends afterwards. One encoding
 * then no longer serves all SNRs: each has a pass of its own. */
static int run_each_snr(const chain_eval_config *config, const evaluation *start,
                        chain_eval_result *result, err *e)
{
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < config->snrs; i++) {
        chain_eval_config one = *config;
        chain_eval_result at;
        evaluation v = *start;
        one.snrs = 1;
        one.snr_db[0] = config->snr_db[i];
        rc = run_pass(&one, &v, i * config->samples, config->snrs, &at, e);
        if (rc != ERR_NONE)
            break;
        chain_eval_row row = at.row[0];
        if (i == 0)
            *result = at;
        result->row[i] = row;
    }
    return rc;
}

static bool needs_passes(const chain_eval_config *config, const evaluation *start, err *e)
{
    if (config->snrs == 1 || codec_memory_bytes(start->encoder) == 0)
        return false;
    evaluation v = *start;
    v.config = config;
    bool can_fail = chain_eval_open(&v, e) == ERR_NONE && chain_bs_uplink(v.bs)->can_fail;
    chain_eval_close(&v);
    return can_fail;
}

int chain_evaluate(const chain_eval_config *config, const fading *channel, const codec *encoder,
                   const codec *decoder, chain_eval_result *result, err *e)
{
    int rc = check_config(config, e);
    if (rc != ERR_NONE)
        return rc;
    err local = {0};
    evaluation v = {.channel = channel, .encoder = encoder, .decoder = decoder};
    bool each = needs_passes(config, &v, &local);
    if (local.code == ERR_NONE)
        rc = each ? run_each_snr(config, &v, result, &local)
                  : run_pass(config, &v, 0, 1, result, &local);
    else
        rc = local.code;
    if (e && rc != ERR_NONE)
        *e = local;
    return rc;
}
