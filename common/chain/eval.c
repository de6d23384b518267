/* One sample of an evaluation after the other: through the encoder once, then at each SNR through
 * the uplink and the decoder. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "chain/eval_samples.h"
#include "uplink/air.h"

static bool has_memory(const evaluation *v)
{
    return codec_memory_bytes(v->encoder) > 0;
}

static uint32_t ack_delay(const evaluation *v)
{
    return v->config->ack_delay ? v->config->ack_delay : 1;
}

/* The memory that report `seq` builds on at the UE; *builds_on as in a payload. Every report that
 * is decoded is acknowledged, so without losses this is the report `ack_delay` before. */
static const void *ue_memory(evaluation *v, uint32_t ue, uint32_t seq, uint32_t *builds_on)
{
    *builds_on = 0;
    return v->memory[ue]
               ? chain_memory_base(v->memory[ue], seq, ack_delay(v), v->config->key_age, builds_on)
               : NULL;
}

/* As channel-sim draws it, whatever the SNR. */
static bool is_lost(const evaluation *v)
{
    rng r = rng_at(v->config->ue.seed, RNG_LOSS, v->report.ue, v->report.seq);
    return v->config->loss > 0 && rng_uniform(&r) < v->config->loss;
}

/* The UE keeps the memory after its report until the answer, which says whether to build on it. */
static int keep_ue_memory(evaluation *v, uint32_t ue, err *e)
{
    size_t bytes = codec_memory_bytes(v->encoder);
    if (!v->memory[ue] && !(v->memory[ue] = chain_memory_create(bytes, e)))
        return e->code;
    memcpy(chain_memory_add(v->memory[ue], v->report.seq, NULL), v->report.after, bytes);
    return ERR_NONE;
}

static void answer_ue(evaluation *v, uint32_t ue)
{
    if (!v->memory[ue])
        return;
    if (v->acknowledged)
        chain_memory_acknowledge(v->memory[ue], v->report.seq);
    else
        chain_memory_drop(v->memory[ue], v->report.seq);
}

/* A UE's channel and memories live until its last report. */
static void end_ue(evaluation *v, uint32_t ue)
{
    fading_ue_free(v->channels[ue]);
    v->channels[ue] = NULL;
    chain_memory_free(v->memory[ue]);
    v->memory[ue] = NULL;
    for (size_t i = 0; i < v->config->snrs; i++) {
        chain_memory_free(v->at[i].memory[ue]);
        free(v->at[i].held[ue]);
        free(v->at[i].estimates[ue]);
        chain_predictor_free(v->at[i].predictor[ue]);
        v->at[i].predictor[ue] = NULL;
        v->at[i].estimates[ue] = NULL;
        v->at[i].memory[ue] = NULL;
        v->at[i].held[ue] = NULL;
    }
}

/* The next report is the first of another UE. */
static void begin_sequence(evaluation *v, uint32_t ue)
{
    end_ue(v, ue);
    for (size_t i = 0; i < v->config->snrs; i++)
        v->at[i].tracker[ue] = (snr_tracker){0};
}

static int make_report(evaluation *v, uint32_t ue, uint32_t seq, err *e)
{
    const chain_eval_config *c = v->config;
    fading_ue **channel = &v->channels[ue];
    if (!*channel)
        *channel =
            fading_ue_create(c->cell ? chain_cell_group(c->cell, ue)->open : v->channel, ue, e);
    if (!*channel)
        return e->code;
    chain_acknowledged acknowledged = CHAIN_NOTHING_ACKNOWLEDGED;
    acknowledged.memory = ue_memory(v, ue, seq, &acknowledged.builds_on);
    int rc =
        chain_ue_report(v->ue, *channel, ue, seq, seq * c->period_s, &acknowledged, &v->report, e);
    return rc == ERR_NONE && has_memory(v) ? keep_ue_memory(v, ue, e) : rc;
}

static int open_sums(evaluation *v, err *e)
{
    const chain_eval_config *c = v->config;
    for (size_t i = 0; i < c->snrs; i++) {
        snr_end *s = &v->at[i];
        s->tracker = calloc(c->ues, sizeof *s->tracker);
        s->memory = calloc(c->ues, sizeof(chain_memory *));
        s->held = calloc(c->ues, sizeof(float complex *));
        s->estimates = calloc(c->ues, sizeof(float *));
        s->predictor = calloc(c->ues, sizeof(chain_predictor *));
        s->nmse = calloc(c->samples, sizeof *s->nmse);
        if (!s->tracker || !s->memory || !s->held || !s->estimates || !s->predictor || !s->nmse)
            return err_set(e, ERR_NOMEM, "out of memory for %zu samples", c->samples);
    }
    return ERR_NONE;
}

static bool open_net(evaluation *v, err *e)
{
    const codec_info *info = codec_info_of(v->decoder);
    v->net = chain_predict_work_open(v->config->net, info->nr * info->nt, info->ni, e);
    return v->net != NULL;
}

int chain_eval_open(evaluation *v, err *e)
{
    const chain_eval_config *c = v->config;
    measurer_config measuring = chain_measuring(&c->ue, codec_info_of(v->decoder));
    int rc = codec_check_match(v->encoder, v->decoder, e);
    if (rc != ERR_NONE)
        return rc;
    if (!(v->ue = chain_ue_create(&c->ue, v->encoder, e)) ||
        !(v->bs = chain_bs_create(v->decoder, c->ue.uplink, e)) ||
        !(v->measurer = measurer_create(&measuring, e)) ||
        chain_bs_set_denoiser(v->bs, c->denoiser, e) != ERR_NONE)
        return e->code;
    v->entries = codec_output_size(codec_info_of(v->decoder));
    v->channels = calloc(c->ues, sizeof(fading_ue *));
    v->memory = calloc(c->ues, sizeof(chain_memory *));
    v->at = calloc(c->snrs, sizeof *v->at);
    bool predicts = c->at_use && c->predict != CHAIN_PREDICT_HOLD &&
                    !codec_gives_directions(codec_info_of(v->decoder));
    v->ahead = predicts ? calloc(v->entries, sizeof *v->ahead) : NULL;
    if (predicts && c->net && !open_net(v, e))
        return e->code;
    if (!v->channels || !v->memory || !v->at || (predicts && !v->ahead))
        return err_set(e, ERR_NOMEM, "out of memory for an evaluation of %u UEs", c->ues);
    rc = chain_report_init(&v->report, v->ue, e);
    v->received = v->report.burst; /* its side bits arrive unchanged */
    v->received.symbol = calloc(v->received.symbols, sizeof *v->received.symbol);
    if (rc == ERR_NONE && !v->received.symbol)
        rc = err_set(e, ERR_NOMEM, "out of memory for a burst");
    return rc == ERR_NONE ? open_sums(v, e) : rc;
}

void chain_eval_close(evaluation *v)
{
    bool whole = v->at && v->channels && v->memory;
    for (size_t i = 0; v->at && i < v->config->snrs; i++)
        whole =
            whole && v->at[i].memory && v->at[i].held && v->at[i].estimates && v->at[i].predictor;
    for (uint32_t u = 0; whole && u < v->config->ues; u++)
        end_ue(v, u);
    for (size_t i = 0; v->at && i < v->config->snrs; i++) {
        free(v->at[i].tracker);
        free(v->at[i].memory);
        free(v->at[i].held);
        free(v->at[i].estimates);
        free(v->at[i].predictor);
        free(v->at[i].nmse);
    }
    chain_report_free(&v->report);
    chain_ue_free(v->ue);
    chain_bs_free(v->bs);
    measurer_free(v->measurer);
    free(v->channels);
    free(v->memory);
    free(v->at);
    free(v->ahead);
    chain_predict_work_close(v->net);
    free(v->received.symbol);
}

/* The SNRs that the base station acknowledged to a UE; none yet. */
static int need_estimates(snr_end *s, uint32_t ue, err *e)
{
    if (s->estimates[ue])
        return ERR_NONE;
    s->estimates[ue] = malloc(CHAIN_MEMORY_REPORTS * sizeof *s->estimates[ue]);
    if (!s->estimates[ue])
        return err_set(e, ERR_NOMEM, "out of memory for a UE's SNRs");
    for (size_t i = 0; i < CHAIN_MEMORY_REPORTS; i++)
        s->estimates[ue][i] = NAN;
    return ERR_NONE;
}

/* An adaptive uplink sends the report again at each SNR, by the SNR that its base station has
 * acknowledged: without losses, the estimate for the report `ack_delay` before. Before the first
 * one, a UE of the link sends what is most robust; here it uses the SNR in force, since with as
 * many UEs as samples a first report represents all reports. */
static int send_adapted(evaluation *v, snr_end *s, double in_force_db, err *e)
{
    uint32_t ue = v->report.ue, limit;
    double snr_db = in_force_db;
    if (!chain_ue_uplink(v->ue)->adaptive)
        return ERR_NONE;
    int rc = need_estimates(s, ue, e);
    if (rc != ERR_NONE)
        return rc;
    if (chain_memory_limit(v->report.seq, ack_delay(v), &limit))
        snr_db = (double)s->estimates[ue][limit % CHAIN_MEMORY_REPORTS];
    snr_db = isnan(snr_db) ? in_force_db : snr_db; /* only losses so far */
    return chain_ue_send_again(v->ue, snr_db, &v->report, e);
}

/* As an answer would report it. */
static void acknowledge_snr(evaluation *v, snr_end *s, double snr_db)
{
    if (s->estimates[v->report.ue])
        s->estimates[v->report.ue][v->report.seq % CHAIN_MEMORY_REPORTS] = (float)snr_db;
}

/* A lost report has no answer: the UE uses the previous one. */
static int keep_snr(evaluation *v, snr_end *s, err *e)
{
    uint32_t ue = v->report.ue, seq = v->report.seq;
    if (!chain_ue_uplink(v->ue)->adaptive)
        return ERR_NONE;
    int rc = need_estimates(s, ue, e);
    if (rc != ERR_NONE)
        return rc;
    s->estimates[ue][seq % CHAIN_MEMORY_REPORTS] =
        seq > 0 ? s->estimates[ue][(seq - 1) % CHAIN_MEMORY_REPORTS] : NAN;
    return ERR_NONE;
}

static void count_in_use(snr_end *s, const chain_outcome *o)
{
    if (!o->measured)
        return;
    s->in_use++;
    s->nmse_in_use += o->quality.nmse; /* NaN for directions, and so is the mean */
    s->se_in_use += o->quality.se;
}

/* Transmits the burst of v->report at SNR number i; returns the SNR that the decoder uses. Notes
 * the cost in the outcome. */
static double transmit(evaluation *v, size_t i, chain_outcome *o)
{
    const chain_eval_config *c = v->config;
    const chain_report *r = &v->report;
    double snr_db = c->snr_db[i];
    v->received.symbols = r->burst.symbols;
    memcpy(v->received.symbol, r->burst.symbol, r->burst.symbols * sizeof *r->burst.symbol);
    v->received.side_bits = r->burst.side_bits;
    v->received.builds_on = r->burst.builds_on;
    o->snr_db = snr_db;
    o->noise_power =
        air_add_noise(c->ue.seed, r->ue, r->seq, snr_db, v->received.symbol, v->received.symbols);
    o->bits = r->bits;
    o->channel_uses = uplink_channel_uses(r->burst.symbols, r->charged_bits, snr_db);
    o->snr_estimated_db =
        snr_track(&v->at[i].tracker[r->ue], v->received.symbol, v->received.references);
    return c->snr_known ? fmin(fmax(snr_db, UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB)
                        : o->snr_estimated_db;
}

/* Finds the base station's memories before and after this report, NULL for a codec without
 * memory. */
static int bs_memory(evaluation *v, snr_end *s, const void **before, void **after, err *e)
{
    const chain_report *r = &v->report;
    chain_memory **m = &s->memory[r->ue];
    *before = *after = NULL;
    if (!has_memory(v))
        return ERR_NONE;
    if (!*m && !(*m = chain_memory_create(codec_memory_bytes(v->decoder), e)))
        return e->code;
    if (r->payload.builds_on > 0) {
        *before = chain_memory_find(*m, r->payload.builds_on - 1);
        if (!*before) /* every acknowledged memory is kept */
            return err_set(e, ERR_STATE,
                           "report %u builds on report %u, whose memory is no "
                           "longer kept",
                           r->seq, r->payload.builds_on - 1);
    }
    *after = chain_memory_add(*m, r->seq, *before);
    return ERR_NONE;
}

/* Decodes the report that passed its check, as bs-server/pool.c does: a memory is kept of what
 * could be decoded. */
static int decode(evaluation *v, snr_end *s, err *e)
{
    const void *before;
    void *after;
    int rc = bs_memory(v, s, &before, &after, e);
    if (rc != ERR_NONE)
        return rc;
    rc = chain_bs_decode(v->bs, before, after, e);
    if (after && rc == ERR_NONE)
        chain_memory_acknowledge(s->memory[v->report.ue], v->report.seq);
    else if (after)
        chain_memory_drop(s->memory[v->report.ue], v->report.seq);
    return rc;
}

/* CHAIN_USE: decodes what failed its check, with the memory that it builds on. */
static bool use_failed(evaluation *v, snr_end *s)
{
    const chain_report *r = &v->report;
    chain_memory *m = s->memory[r->ue];
    uint32_t builds_on = r->payload.builds_on;
    const void *before = builds_on > 0 && m ? chain_memory_find(m, builds_on - 1) : NULL;
    return v->config->on_failure == CHAIN_USE && (before || builds_on == 0) &&
           chain_bs_decode_failed(v->bs, before, NULL) == ERR_NONE;
}

/* The CSI that the base station has of this UE; NULL where it has none. */
static int held_csi(evaluation *v, snr_end *s, float complex **held, err *e)
{
    float complex **of = &s->held[v->report.ue];
    *held = NULL;
    bool fails = chain_bs_uplink(v->bs)->can_fail || v->config->loss > 0;
    if (v->config->on_failure == CHAIN_ZERO || !fails)
        return ERR_NONE;
    if (!*of)
        *of = calloc(v->entries, sizeof **of);
    *held = *of;
    return *of ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a UE's last CSI");
}

/* A report that the receiver does not use: the base station keeps the CSI that it has, as in the
 * running link, and the UE builds on an earlier report from here on. */
static int go_on_without(evaluation *v, size_t i, chain_outcome *o, err *e)
{
    snr_end *s = &v->at[i];
    float complex *held;
    v->acknowledged = false;
    s->not_decoded++;
    chain_sums_answered(&s->sums, o); /* it cost as much as any other */
    int rc = held_csi(v, s, &held, e);
    if (rc != ERR_NONE)
        return rc;
    if (!use_failed(v, s))
        chain_bs_set_reconstruction(v->bs, held);
    o->measured = measurer_at_estimation(v->measurer, &v->report.truth,
                                         chain_bs_reconstruction(v->bs), &o->quality);
    chain_sums_failed(&s->sums, o);
    count_in_use(s, o);
    return ERR_NONE;
}

/* A lost report: the base station hears nothing and keeps what it has. */
static int lose(evaluation *v, snr_end *s, err *e)
{
    chain_outcome o = {.ue = v->report.ue, .seq = v->report.seq};
    float complex *held;
    int rc = keep_snr(v, s, e);
    if (rc == ERR_NONE)
        rc = held_csi(v, s, &held, e);
    if (rc != ERR_NONE)
        return rc;
    s->lost++;
    v->acknowledged = false;
    chain_bs_set_reconstruction(v->bs, held);
    o.measured = measurer_at_estimation(v->measurer, &v->report.truth,
                                        chain_bs_reconstruction(v->bs), &o.quality);
    count_in_use(s, &o);
    return ERR_NONE;
}

/* Whether the bits that passed the uplink's check are those that were sent. */
static void compare_bits(const evaluation *v, snr_end *s)
{
    uint64_t sent = v->report.digest, received = chain_bs_digest(v->bs);
    bool compared = sent != 0 && received != 0;
    s->compared += compared;
    s->undetected += compared && sent != received;
}

/* Sets *in_use to the CSI that the base station uses after the report it has decoded, as
 * bs-server/follow.c does. It knows the due time in whole nanoseconds, as a schedule has it. */
static int predict(evaluation *v, snr_end *s, double snr_db, const float complex **in_use, err *e)
{
    const chain_eval_config *c = v->config;
    const chain_report *r = &v->report;
    chain_predictor **p = &s->predictor[r->ue];
    double offset = (double)r->ue / (double)c->ues;
    double due_s = (double)(uint64_t)(((double)r->seq + offset) * c->period_s * 1e9) * 1e-9;
    *in_use = chain_bs_reconstruction(v->bs);
    if (!v->ahead)
        return ERR_NONE;
    if (!*p && !(*p = chain_predictor_create(c->predict, v->entries, e)))
        return e->code;
    chain_predictor_add(*p, v->net, r->seq, due_s, snr_db, *in_use);
    chain_predictor_at(*p, c->use_after_s, v->ahead);
    *in_use = v->ahead;
    return ERR_NONE;
}

/* Compares the CSI of a decoded report with the channel at its time of use. */
static int measure_use(evaluation *v, snr_end *s, double snr_db, chain_outcome *o, err *e)
{
    const chain_eval_config *c = v->config;
    const float complex *in_use;
    const fading *lives_in = c->cell ? chain_cell_group(c->cell, o->ue)->open : v->channel;
    if (!c->at_use || !measure_ages(lives_in))
        return ERR_NONE;
    int rc = predict(v, s, snr_db, &in_use, e);
    if (rc != ERR_NONE || !o->measured)
        return rc;
    rc = measurer_at_use(v->measurer, v->channels[o->ue], o->seq, o->seq * c->period_s,
                         c->use_after_s, in_use, &o->used, e);
    if (rc == ERR_INVALID) /* a channel of zeros: nothing to measure */
        return ERR_NONE;
    o->age_s = c->use_after_s;
    if (rc == ERR_NONE)
        chain_sums_aged(&s->sums, o);
    return rc;
}

/* Receives v->report over the uplink at SNR number i. */
static int receive(evaluation *v, size_t i, err *e)
{
    const chain_report *r = &v->report;
    snr_end *s = &v->at[i];
    chain_outcome o = {.ue = r->ue,
                       .seq = r->seq,
                       .ls_nmse = r->ls_nmse,
                       .se_ls = r->se_ls,
                       .se_perfect = r->se_perfect};
    bool intact;
    float complex *held;
    if (is_lost(v))
        return lose(v, s, e);
    int rc = send_adapted(v, s, v->config->snr_db[i], e);
    if (rc != ERR_NONE)
        return rc;
    double snr_db = transmit(v, i, &o);
    acknowledge_snr(v, s, o.snr_estimated_db);
    rc = chain_bs_receive(v->bs, r->ue, &v->received, snr_db, &intact, e);
    if (rc == ERR_NONE && !intact)
        return go_on_without(v, i, &o, e);
    if (rc == ERR_NONE)
        rc = decode(v, s, e);
    /* A few wrong reports pass any check; a codec of bits may then reject them. */
    if (rc == ERR_FORMAT && chain_bs_uplink(v->bs)->can_fail)
        return go_on_without(v, i, &o, e);
    if (rc == ERR_NONE)
        rc = held_csi(v, s, &held, e);
    if (rc != ERR_NONE)
        return rc;
    if (held)
        memcpy(held, chain_bs_reconstruction(v->bs), v->entries * sizeof *held);
    compare_bits(v, s);
    o.measured =
        measurer_at_estimation(v->measurer, &r->truth, chain_bs_reconstruction(v->bs), &o.quality);
    if (o.measured && measure_has_nmse(&o.quality))
        s->nmse[chain_sums_with_nmse(&s->sums)] = o.quality.nmse;
    chain_sums_answered(&s->sums, &o);
    count_in_use(s, &o);
    return measure_use(v, s, snr_db, &o, e);
}

int chain_eval_sample(evaluation *v, size_t i, err *e)
{
    const chain_eval_config *c = v->config;
    uint32_t ue = (uint32_t)(i % c->ues), seq = (uint32_t)(i / c->ues);
    if (c->sequence > 0 && seq > 0 && seq % c->sequence == 0)
        begin_sequence(v, ue);
    v->acknowledged = true;
    int rc = make_report(v, ue, seq, e);
    for (size_t k = 0; rc == ERR_NONE && k < c->snrs; k++)
        rc = receive(v, k, e);
    answer_ue(v, ue);
    if (((size_t)seq + 1) * c->ues + ue >= c->samples)
        end_ue(v, ue);
    if (rc != ERR_NONE)
        return err_prefix(e, "UE %u, report %u", ue, seq);
    v->count++;
    v->ls_nmse += v->report.ls_nmse;
    v->se_perfect += v->report.se_perfect;
    v->se_ls += v->report.se_ls;
    return ERR_NONE;
}
