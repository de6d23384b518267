#include "chain/eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "chain/memory.h"
#include "measure/sums.h"
#include "uplink/air.h"
#include "uplink/snr.h"

/* One SNR: the state of its base station, and the sums over the reports. */
typedef struct snr_end {
    snr_tracker *tracker;  /* [ues] */
    chain_memory **memory; /* [ues], of a codec with memory; NULL before the UE's first report */
    float complex **held;  /* [ues], with an uplink that can fail; NULL before the first report */
    chain_predictor **predictor; /* [ues], with config->predict; NULL before the first report */
    float **estimates;           /* [ues], of an adaptive uplink: the SNRs that the base station
                                    acknowledged for the last CHAIN_MEMORY_REPORTS; NULL before the
                                    first report */
    double *nmse;                /* [samples], of the measured ones, for the median */
    chain_sums sums;             /* answered: every report, decoded or not */
    size_t not_decoded, compared, undetected, lost;
    size_t in_use; /* reports after which the CSI in use was measured, lost ones included */
    double nmse_in_use, se_in_use;
} snr_end;

typedef struct evaluation {
    const chain_eval_config *config;
    const fading *channel;
    const codec *encoder, *decoder;
    chain_ue *ue;
    chain_bs *bs;
    measurer *measurer;
    fading_ue **channels;  /* [ues], created at their first report */
    chain_memory **memory; /* [ues], at the UE */
    chain_report report;
    uplink_burst received;
    snr_end *at;             /* [snrs] */
    size_t count, entries;   /* samples so far; entries of a reconstruction */
    float complex *ahead;    /* [entries], as predicted; NULL: nothing is predicted */
    chain_predict_work *net; /* with CHAIN_PREDICT_NET, else NULL */
    double ls_nmse, se_perfect, se_ls;
} evaluation;

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

static bool has_memory(const evaluation *v)
{
    return codec_memory_bytes(v->encoder) > 0;
}

static uint32_t ack_delay(const evaluation *v)
{
    return v->config->ack_delay ? v->config->ack_delay : 1;
}

/* The memory that report `seq` builds on at the UE; *builds_on as in a payload. Every report that
 * is not lost is acknowledged, so without losses this is the report `ack_delay` before. */
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

static int keep_ue_memory(evaluation *v, uint32_t ue, err *e)
{
    size_t bytes = codec_memory_bytes(v->encoder);
    if (!v->memory[ue] && !(v->memory[ue] = chain_memory_create(bytes, e)))
        return e->code;
    memcpy(chain_memory_add(v->memory[ue], v->report.seq, NULL), v->report.after, bytes);
    chain_memory_acknowledge(v->memory[ue], v->report.seq);
    return ERR_NONE;
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
    return rc == ERR_NONE && has_memory(v) && !is_lost(v) ? keep_ue_memory(v, ue, e) : rc;
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

static int open_evaluation(evaluation *v, err *e)
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

static void close_evaluation(evaluation *v)
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
    chain_memory_acknowledge(*m, r->seq);
    return ERR_NONE;
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
 * running link. With memory, the UE would have to build on an earlier report from here on, at this
 * SNR only, but one encoding serves all SNRs: that needs the running link. */
static int go_on_without(evaluation *v, size_t i, chain_outcome *o, err *e)
{
    snr_end *s = &v->at[i];
    float complex *held;
    s->not_decoded++;
    chain_sums_answered(&s->sums, o); /* it cost as much as any other */
    if (!has_memory(v)) {
        int rc = held_csi(v, s, &held, e);
        if (rc != ERR_NONE)
            return rc;
        if (v->config->on_failure != CHAIN_USE ||
            chain_bs_decode_failed(v->bs, NULL, NULL) != ERR_NONE)
            chain_bs_go_on_with(v->bs, held);
        o->measured = measurer_at_estimation(v->measurer, &v->report.truth,
                                             chain_bs_reconstruction(v->bs), &o->quality);
        chain_sums_failed(&s->sums, o);
        count_in_use(s, o);
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID,
                   "a report was not decoded at %g dB; with a codec with memory, eval needs every "
                   "report to be decoded; use `csilink run`",
                   v->config->snr_db[i]);
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
    chain_bs_go_on_with(v->bs, held);
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
    const void *before;
    void *after;
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
        rc = bs_memory(v, s, &before, &after, e);
    if (rc == ERR_NONE)
        rc = chain_bs_decode(v->bs, before, after, e);
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

static int run_sample(evaluation *v, size_t i, err *e)
{
    const chain_eval_config *c = v->config;
    uint32_t ue = (uint32_t)(i % c->ues), seq = (uint32_t)(i / c->ues);
    if (c->sequence > 0 && seq > 0 && seq % c->sequence == 0)
        begin_sequence(v, ue);
    int rc = make_report(v, ue, seq, e);
    for (size_t k = 0; rc == ERR_NONE && k < c->snrs; k++) {
        rc = receive(v, k, e);
    }
    if (((size_t)seq + 1) * c->ues + ue >= c->samples)
        end_ue(v, ue);
    if (rc != ERR_NONE)
        return err_prefix(e, "UE %u, report %u", ue, seq);
    v->count++;
    v->ls_nmse += v->report.ls_nmse;
    v->se_perfect += v->report.se_perfect;
    v->se_ls += v->report.se_ls;
    if (c->on_sample)
        c->on_sample(c->user);
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

int chain_evaluate(const chain_eval_config *config, const fading *channel, const codec *encoder,
                   const codec *decoder, chain_eval_result *result, err *e)
{
    int rc = check_config(config, e);
    if (rc != ERR_NONE)
        return rc;
    err local = {0};
    evaluation v = {.config = config, .channel = channel, .encoder = encoder, .decoder = decoder};
    rc = open_evaluation(&v, &local);
    for (size_t i = 0; rc == ERR_NONE && i < config->samples; i++)
        rc = run_sample(&v, i, &local);
    if (rc == ERR_NONE)
        rc = summarise(&v, result, &local);
    close_evaluation(&v);
    if (e && rc != ERR_NONE)
        *e = local;
    return rc;
}
