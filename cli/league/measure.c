/* The figures of trials: from the store, or measured by the functions that `csilink eval` calls. */
#include "measure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell/chain.h"
#include "cli/eval/cost.h"
#include "cli/eval/run.h"
#include "score.h"

enum { TIMED_CHANNELS = 8 };

void league_channels_close(league_channels *c)
{
    for (size_t i = 0; i < c->count; i++) {
        chain_cell_close(&c->open[i]->cell);
        free(c->open[i]);
    }
    *c = (league_channels){0};
}

/* Candidates are chosen on channels of another seed than the reported figures. */
static uint64_t seed_of(const league *l, league_stage stage)
{
    return l->list.seed + (stage == LEAGUE_REPORT ? 0 : 1);
}

/* The cell's settings over a channel of the list. */
static cell *cell_over(const league *l, size_t channel, league_stage stage)
{
    cell *c = malloc(sizeof *c);
    if (!c)
        return NULL;
    *c = l->cell;
    c->seed = seed_of(l, stage);
    c->genie = true;
    if (l->list.channel[channel].carrier_hz > 0)
        c->carrier_hz = l->list.channel[channel].carrier_hz;
    return c;
}

/* The channel for codecs of these sizes; opens it if it is not open. */
static const eval_channel *open_channel(const league *l, size_t channel, const cell *c,
                                        const csi_dims *dims, league_channels *channels, err *e)
{
    const char *name = l->list.channel[channel].channel;
    for (size_t i = 0; i < channels->count; i++)
        if (channels->seed[i] == c->seed &&
            memcmp(&channels->open[i]->dims, dims, sizeof *dims) == 0)
            return channels->open[i];
    if (channels->count == LEAGUE_OPEN_MAX) {
        err_set(e, ERR_UNSUPPORTED, "codecs of more than %d sizes over one channel",
                LEAGUE_OPEN_MAX / 2);
        return NULL;
    }
    eval_channel *open = calloc(1, sizeof *open);
    if (!open) {
        err_set(e, ERR_NOMEM, "out of memory for channel %s", name);
        return NULL;
    }
    open->path = name;
    open->dims = *dims;
    snprintf(open->name, sizeof open->name, "%s", name);
    fading_config settings = cell_fading(c, &c->all, dims);
    if (chain_cell_add(&open->cell, 1, name, &settings, e) != ERR_NONE) {
        free(open);
        return NULL;
    }
    channels->seed[channels->count] = c->seed;
    channels->open[channels->count++] = open;
    return open;
}

/* Everything that determines a trial's figures at an SNR, besides the store's settings. */
static void name_point(const league *l, const league_block *b, const league_trial *t,
                       league_stage stage, double snr_db, char key[LEAGUE_KEY_MAX])
{
    const league_channel *c = &l->list.channel[b->channel];
    const codec_info *info = codec_info_of(t->codec->model.encoder);
    snprintf(key, LEAGUE_KEY_MAX,
             "%s (%s, %016" PRIx64 ") over %s at %.9g dB; %.512s at %.9g Hz, seed %" PRIu64
             ", %zu samples",
             t->codec->spec, info->precision, info->identity, t->sending.uplink, snr_db, c->channel,
             c->carrier_hz, seed_of(l, stage),
             league_samples(&l->list, l->list.entrant[b->entrant], stage));
    size_t used = strlen(key);
    if (l->list.sequence > 1)
        snprintf(key + used, LEAGUE_KEY_MAX - used, ", %" PRIu64 " of a UE, every %.64s",
                 l->list.sequence, l->cell.all.period);
    used = strlen(key);
    if (l->cell.all.speed_kmh > 0)
        snprintf(key + used, LEAGUE_KEY_MAX - used, " at %.9g km/h", l->cell.all.speed_kmh);
}

static double snr_of_column(const league *l, size_t column)
{
    return column == 0 ? INFINITY : l->list.snr.value[column - 1];
}

/* Takes a trial's figures that the store has. Returns true if any are missing. */
static bool look_up(const league *l, const league_block *b, league_trial *t, league_stage stage)
{
    char key[LEAGUE_KEY_MAX];
    bool left = false;
    for (size_t k = 0; k <= l->list.snr.count; k++) {
        if (!t->wanted[k] || t->done[stage][k])
            continue;
        name_point(l, b, t, stage, snr_of_column(l, k), key);
        const league_figures *known = league_store_find(&l->store, key);
        if (known)
            t->row[stage][k] = *known;
        t->done[stage][k] = known != NULL;
        left |= !known;
    }
    return left;
}

static int make_case(league *l, const league_block *b, const league_trial *t, league_stage stage,
                     league_channels *channels, eval_case *c, err *e)
{
    const codec_info *info = codec_info_of(t->codec->model.encoder);
    cell *settings = cell_over(l, b->channel, stage);
    if (!settings)
        return err_set(e, ERR_NOMEM, "out of memory for a league's settings");
    csi_dims dims = cell_dims(settings);
    int rc = chain_dims_of_codec(&dims, info, 0, e);
    if (rc == ERR_NONE)
        rc = cell_chain(settings, &settings->all, &dims, &c->config.ue, e);
    if (rc == ERR_NONE && !(c->channel = open_channel(l, b->channel, settings, &dims, channels, e)))
        rc = e->code;
    chain_schedule schedule;
    if (rc == ERR_NONE)
        rc = cell_schedule(settings, &settings->all, 1, &schedule, e);
    if (rc == ERR_NONE && schedule.periods > 1)
        rc = err_set(e, ERR_INVALID, "period: a league takes one period for all UEs");
    c->config.period_s = rc == ERR_NONE ? schedule.period_s[0] : 0;
    free(settings);
    memcpy(c->config.ue.uplink, t->sending.uplink, sizeof t->sending.uplink);
    c->model = &t->codec->model;
    c->sending = &t->sending;
    c->cost = t->cost;
    c->config.samples = league_samples(&l->list, l->list.entrant[b->entrant], stage);
    c->config.ues = (uint32_t)((c->config.samples + l->list.sequence - 1) / l->list.sequence);
    c->config.on_failure = CHAIN_HOLD; /* zeros if each UE sends only one report */
    for (size_t k = 0; k <= l->list.snr.count; k++)
        if (t->wanted[k] && !t->done[stage][k])
            c->config.snr_db[c->config.snrs++] = snr_of_column(l, k);
    return rc;
}

typedef struct measurement {
    league *league;
    league_block *block;
    league_stage stage;
    eval_case *cases;
    league_trial **trial; /* of each case */
} measurement;

static int keep_case(void *user, eval_case *c, err *e)
{
    measurement *m = user;
    league_trial *t = m->trial[c - m->cases];
    char key[LEAGUE_KEY_MAX];
    size_t row = 0;
    int rc = ERR_NONE;
    for (size_t k = 0; rc == ERR_NONE && k <= m->league->list.snr.count; k++) {
        if (!t->wanted[k] || t->done[m->stage][k])
            continue;
        t->row[m->stage][k] = league_figures_of(&c->result.row[row++], c->config.samples);
        t->done[m->stage][k] = true;
        name_point(m->league, m->block, t, m->stage, snr_of_column(m->league, k), key);
        rc = league_store_keep(&m->league->store, key, &t->row[m->stage][k], e);
    }
    return rc;
}

/* Adds the case's name to its failure, which does not have it. */
static int blame(const measurement *m, size_t count, int rc, err *e)
{
    for (size_t i = 0; i < count; i++)
        if (m->cases[i].failure.code != ERR_NONE) {
            *e = m->cases[i].failure;
            return err_prefix(e, "%s over %s", m->trial[i]->codec->spec,
                              m->trial[i]->sending.uplink);
        }
    return rc;
}

int league_measure(league *l, league_block *b, league_stage stage, league_channels *channels,
                   err *e)
{
    measurement m = {.league = l, .block = b, .stage = stage};
    size_t count = 0;
    int rc = ERR_NONE;
    m.cases = calloc(b->trials + 1, sizeof *m.cases);
    m.trial = calloc(b->trials + 1, sizeof(league_trial *));
    eval_case **order = calloc(b->trials + 1, sizeof(eval_case *));
    if (!m.cases || !m.trial || !order)
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu candidates", b->trials);
    for (size_t i = 0; rc == ERR_NONE && i < b->trials; i++) {
        if (!look_up(l, b, &b->trial[i], stage))
            continue;
        m.trial[count] = &b->trial[i];
        order[count] = &m.cases[count];
        rc = make_case(l, b, &b->trial[i], stage, channels, &m.cases[count++], e);
    }
    if (rc == ERR_NONE && count > 0)
        rc = eval_run_cases(order, count, l->options->jobs, keep_case, &m, e);
    if (rc != ERR_NONE && m.cases)
        rc = blame(&m, count, rc, e);
    free(m.cases);
    free(m.trial);
    free(order);
    return rc;
}

/* Angle-delay matrices of a few UEs, [TIMED_CHANNELS][nt][ni]. */
static int draw_channels(const eval_channel *open, float complex *h, err *e)
{
    size_t entries = (size_t)open->dims.nt * open->dims.ni;
    csi_transform *t = csi_transform_create(&open->dims, e);
    int rc = t ? ERR_NONE : e->code;
    for (uint32_t u = 0; rc == ERR_NONE && u < TIMED_CHANNELS; u++) {
        fading_ue *ue = fading_ue_create(open->cell.group[0].open, u, e);
        rc = ue ? fading_ue_angle_delay(ue, t, 0, 0, h + u * entries, e) : e->code;
        fading_ue_free(ue);
    }
    csi_transform_free(t);
    return rc;
}

static int time_codec(league *l, league_block *b, const league_codec *c, league_channels *channels,
                      league_figures *f, err *e)
{
    const codec_info *info = codec_info_of(c->model.encoder);
    cell *settings = cell_over(l, b->channel, LEAGUE_CHOOSE);
    if (!settings)
        return err_set(e, ERR_NOMEM, "out of memory to time a codec");
    csi_dims dims = cell_dims(settings);
    const eval_channel *open = NULL;
    int rc = chain_dims_of_codec(&dims, info, 0, e);
    if (rc == ERR_NONE && !(open = open_channel(l, b->channel, settings, &dims, channels, e)))
        rc = e->code;
    free(settings);
    float complex *h = calloc((size_t)TIMED_CHANNELS * dims.nt * dims.ni, sizeof *h);
    if (rc == ERR_NONE && !h)
        rc = err_set(e, ERR_NOMEM, "out of memory to time a codec");
    if (rc == ERR_NONE)
        rc = draw_channels(open, h, e);
    if (rc == ERR_NONE)
        rc = eval_time_codec(c->model.encoder, c->model.decoder, h, TIMED_CHANNELS, &f->encode_us,
                             &f->decode_us, e);
    free(h);
    return rc;
}

int league_time(league *l, league_block *b, const league_codec *c, league_channels *channels,
                league_figures *figures, err *e)
{
    const codec_info *info = codec_info_of(c->model.encoder);
    char key[LEAGUE_KEY_MAX];
    snprintf(key, sizeof key, "times of %s (%s, %016" PRIx64 ")", c->spec, info->precision,
             info->identity);
    const league_figures *known = league_store_find(&l->store, key);
    league_figures measured = league_no_figures;
    int rc = ERR_NONE;
    if (!known) {
        rc = time_codec(l, b, c, channels, &measured, e);
        if (rc == ERR_NONE)
            rc = league_store_keep(&l->store, key, &measured, e);
        known = &measured;
    }
    figures->encode_us = known->encode_us;
    figures->decode_us = known->decode_us;
    return rc == ERR_NONE ? rc : err_prefix(e, "%s", c->spec);
}
