/* The chain of `csilink eval`, on the calling thread. */
#include <math.h>
#include <stdio.h>

#include "api/internal.h"
#include "chain/eval.h"
#include "fading/fading.h"

enum { SAMPLES_MAX = 10000000, UES_USUAL = 8 };

void csl_evaluation_init(csl_evaluation *e)
{
    if (e)
        *e = (csl_evaluation){
            .seed = 1, .samples = 2000, .estimated = 1, .dl_snr_db = 20, .period_s = 0.02};
}

static int check_evaluation(const csl_evaluation *v, err *e)
{
    if (api_need(v, "the evaluation", e) || api_need(v->channel, "the channel's spec", e) ||
        api_need(v->codec, "the codec's spec", e) || api_need(v->snr_db, "snr_db", e))
        return ERR_INVALID;
    if (v->snrs < 1 || v->snrs > CHAIN_EVAL_SNRS_MAX)
        return err_set(e, ERR_INVALID, "%u SNRs; 1 to %d are allowed", v->snrs,
                       CHAIN_EVAL_SNRS_MAX);
    for (uint32_t i = 0; i < v->snrs; i++)
        if (!(v->snr_db[i] >= -100) || (v->snr_db[i] > 100 && !isinf(v->snr_db[i])))
            return err_set(e, ERR_INVALID, "SNR %u must be -100 to 100 dB or +infinity, not %g", i,
                           v->snr_db[i]);
    if (v->samples < 1 || v->samples > SAMPLES_MAX || v->ues > v->samples)
        return err_set(e, ERR_INVALID,
                       "%u samples of %u UEs; 1 to %d samples, of as many UEs at most, are allowed",
                       v->samples, v->ues, SAMPLES_MAX);
    if (!(v->dl_snr_db >= -30) || (v->dl_snr_db > 100 && !isinf(v->dl_snr_db)))
        return err_set(e, ERR_INVALID, "dl_snr_db must be -30 to 100 dB or +infinity, not %g",
                       v->dl_snr_db);
    if (!(v->period_s >= 0 && v->period_s <= 3600))
        return err_set(e, ERR_INVALID, "period_s must be 0 to 3600 s, not %g", v->period_s);
    return ERR_NONE;
}

/* The channel at the codec's sizes, and the configuration of the chain. */
static int configure(const csl_evaluation *v, const codec_info *info, char channel[API_SPEC_MAX],
                     fading_config *f, chain_eval_config *c, err *e)
{
    *f = FADING_CONFIG_DEFAULT;
    csi_dims usual = f->dims;
    f->dims.nt = f->dims.ni = 0; /* to see what the spec sets */
    int rc = api_channel_spec(v->channel, channel, f, e);
    if (rc != ERR_NONE)
        return rc;
    if ((f->dims.nt && f->dims.nt != info->nt) ||
        (f->dims.ni && info->ni && f->dims.ni != info->ni))
        return err_set(e, ERR_MISMATCH,
                       "codec %s is for nt=%u and ni=%u, the channel sets nt=%u and ni=%u (0: not "
                       "set)",
                       info->name, info->nt, info->ni, f->dims.nt, f->dims.ni);
    f->dims.nt = info->nt;
    f->dims.tp = usual.tp;
    f->dims.ni = f->dims.ni ? f->dims.ni : usual.ni;
    rc = chain_dims_of_codec(&f->dims, info, 0, e);
    f->seed = v->seed;
    c->ue = (chain_ue_config){.dims = f->dims,
                              .estimate = v->estimated != 0,
                              .dl_snr_db = v->dl_snr_db,
                              .pilots = CSI_PILOTS_DFT,
                              .seed = v->seed,
                              .genie = true};
    const char *name = v->uplink ? v->uplink : "analog";
    if (rc == ERR_NONE &&
        snprintf(c->ue.uplink, sizeof c->ue.uplink, "%s", name) >= (int)sizeof c->ue.uplink)
        rc = err_set(e, ERR_INVALID, "the uplink '%.40s...' has more than %d characters", name,
                     UPLINK_SPEC_MAX - 1);
    c->samples = v->samples;
    c->period_s = v->period_s;
    c->snrs = v->snrs;
    for (uint32_t i = 0; i < v->snrs; i++)
        c->snr_db[i] = v->snr_db[i];
    return rc;
}

static csl_figures figures_of(const chain_eval_result *r, size_t i)
{
    const chain_eval_row *row = &r->row[i];
    return (csl_figures){.snr_db = row->snr_db,
                         .nmse_db = row->nmse_db,
                         .nmse_error_db = row->nmse_error_db,
                         .rho = row->rho,
                         .sgcs = row->sgcs,
                         .rate = row->se_feedback,
                         .rate_perfect = r->se_perfect,
                         .rate_estimate = r->se_ls,
                         .ls_nmse_db = r->ls_nmse_db,
                         .bits = row->bits,
                         .channel_uses = row->channel_uses,
                         .samples = row->samples,
                         .not_decoded = row->not_decoded,
                         .nmse_all_db = row->nmse_all_db,
                         .rate_all = row->se_all};
}

static int evaluate(const csl_evaluation *v, csl_figures *figures, const codec *encoder,
                    const codec *decoder, err *e)
{
    char name[API_SPEC_MAX];
    fading_config f;
    chain_eval_config c = {0};
    chain_eval_result result = {0};
    int rc = codec_check_match(encoder, decoder, e);
    if (rc == ERR_NONE)
        rc = configure(v, codec_info_of(encoder), name, &f, &c, e);
    fading *channel = rc == ERR_NONE ? fading_open(name, &f, e) : NULL;
    if (!channel)
        return e->code;
    /* Where a UE's reports differ, few UEs give many samples; else each sample needs its own UE. */
    bool changes = f.speed_kmh > 0 || fading_samples(channel) > 0;
    uint32_t usual = changes && v->samples > UES_USUAL ? UES_USUAL : v->samples;
    c.ues = v->ues ? v->ues : usual;
    rc = chain_evaluate(&c, channel, encoder, decoder, &result, e);
    for (size_t i = 0; rc == ERR_NONE && i < v->snrs; i++)
        figures[i] = figures_of(&result, i);
    fading_close(channel);
    return rc;
}

int csl_evaluate(const csl_evaluation *v, csl_figures *figures)
{
    err e = {0};
    if (api_need(figures, "figures", &e) || check_evaluation(v, &e))
        return api_return(&e);
    codec *encoder = codec_load(CODEC_ENCODER, v->codec, &e);
    codec *decoder = encoder ? codec_load(CODEC_DECODER, v->codec, &e) : NULL;
    if (decoder)
        evaluate(v, figures, encoder, decoder, &e);
    codec_unload(encoder);
    codec_unload(decoder);
    return api_return(&e);
}
