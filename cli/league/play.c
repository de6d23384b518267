/* A league from its list to its results, block by block. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "block.h"
#include "cell/chain.h"
#include "measure.h"
#include "play.h"
#include "score.h"

/* Opens and closes a channel with the settings of the league, so that a wrong name is reported
 * before anything is measured. */
static int check_channel(const league *l, const league_channel *c, err *e)
{
    csi_dims dims = cell_dims(&l->cell);
    dims.tp = dims.tp > dims.nt ? dims.tp : dims.nt;
    fading_config settings = cell_fading(&l->cell, &l->cell.all, &dims);
    if (c->carrier_hz > 0)
        settings.carrier_hz = c->carrier_hz;
    fading *open = fading_open(c->channel, &settings, e);
    int rc = open ? ERR_NONE : e->code;
    fading_close(open);
    return rc;
}

/* Counts an entrant's candidates over each channel. *why: the reason for the first channel without
 * any. */
static int count_candidates(const league *l, size_t entrant, size_t count[LEAGUE_NUMBERS_MAX],
                            err *why, err *e)
{
    int rc = ERR_NONE;
    for (size_t c = 0; rc == ERR_NONE && c < l->list.channels; c++) {
        league_block b;
        rc = league_block_make(&b, l, c, entrant, e);
        count[c] = 0;
        for (size_t k = 0; rc == ERR_NONE && k < l->cells; k++)
            count[c] += b.cell[k].count;
        if (count[c] == 0 && why->code == ERR_NONE)
            *why = b.why;
        league_block_free(&b);
    }
    return rc;
}

/* Sets *plays if the entrant has a candidate over some channel, and moves an optional one without
 * any to those left out. */
static int check_entrant(league *l, size_t entrant, bool *plays, err *e)
{
    const char *name = l->list.entrant[entrant]->name;
    size_t count[LEAGUE_NUMBERS_MAX] = {0}, all = 0;
    err why = {0};
    int rc = count_candidates(l, entrant, count, &why, e);
    const char *reason = why.code ? why.text : "none of its reports fits a budget";
    for (size_t c = 0; c < l->list.channels; c++)
        all += count[c];
    if (rc != ERR_NONE)
        return rc;
    *plays = all > 0;
    if (all == 0 && l->list.entrant[entrant]->optional) {
        league_left_out *left = &l->left[l->left_out++];
        left->entrant = l->list.entrant[entrant];
        snprintf(left->why, sizeof left->why, "%s", reason);
        log_info("%s is left out: %s", name, reason);
        return ERR_NONE;
    }
    if (all == 0)
        return err_set(e, ERR_INVALID,
                       "entrant %s takes part nowhere: %s; use --entrant to leave "
                       "it out",
                       name, reason);
    for (size_t c = 0; c < l->list.channels; c++)
        if (count[c] == 0)
            log_info("%s does not take part over %s: %s", name, l->list.channel[c].channel, reason);
    return ERR_NONE;
}

int league_check(league *l, err *e)
{
    int rc = ERR_NONE;
    size_t playing = 0;
    for (size_t c = 0; rc == ERR_NONE && c < l->list.channels; c++)
        rc = check_channel(l, &l->list.channel[c], e);
    for (size_t n = 0; rc == ERR_NONE && n < l->list.entrants; n++) {
        bool plays = false;
        rc = check_entrant(l, n, &plays, e);
        if (plays)
            l->list.entrant[playing++] = l->list.entrant[n];
    }
    if (rc != ERR_NONE)
        return rc;
    l->list.entrants = playing;
    if (playing == 0)
        return err_set(e, ERR_INVALID, "nobody plays: all entrants are optional, and %s: %s",
                       l->left[0].entrant->name, l->left[0].why);
    return ERR_NONE;
}

/* Marks as wanted every candidate of the cells that have more than `few` of them. */
static void want(league_block *b, size_t few)
{
    for (size_t i = 0; i < b->trials; i++)
        memset(b->trial[i].wanted, 0, sizeof b->trial[i].wanted);
    for (size_t k = 0; k < b->league->cells; k++) {
        const league_candidates *c = &b->cell[k];
        for (size_t i = 0; c->count > few && i < c->count; i++)
            b->trial[c->trial[i]].wanted[league_budget_of(&b->league->list, k).snr] = true;
    }
}

/* Keeps the best `few` candidates of each cell, by a stage that measured all of them. Among
 * equals it keeps the first in the list. */
static void keep_best(league_block *b, league_stage stage, size_t few)
{
    for (size_t k = 0; k < b->league->cells; k++) {
        league_candidates *c = &b->cell[k];
        size_t column = league_budget_of(&b->league->list, k).snr;
        bool by_sgcs = false;
        if (c->count <= few)
            continue;
        for (size_t i = 0; i < c->count; i++)
            by_sgcs |= isnan(league_nmse_db(&b->trial[c->trial[i]].row[stage][column]));
        for (size_t place = 0; place < few; place++) {
            size_t best = place;
            for (size_t i = place + 1; i < c->count; i++)
                if (league_is_better(&b->trial[c->trial[i]].row[stage][column],
                                     &b->trial[c->trial[best]].row[stage][column], by_sgcs))
                    best = i;
            size_t chosen = c->trial[best];
            memmove(&c->trial[place + 1], &c->trial[place], (best - place) * sizeof chosen);
            c->trial[place] = chosen;
        }
        c->count = few;
    }
}

static int fill_results(league *l, league_block *b, const size_t *among, league_channels *channels,
                        err *e)
{
    int rc = ERR_NONE;
    for (size_t k = 0; rc == ERR_NONE && k < l->cells; k++) {
        league_result *r = league_result_at(l, b->channel, b->entrant, k);
        *r = (league_result){.among = among[k]};
        if (among[k] == 0)
            continue;
        const league_trial *t = &b->trial[b->cell[k].trial[0]];
        const codec_info *info = codec_info_of(t->codec->model.encoder);
        strcpy(r->codec, t->codec->spec);
        strcpy(r->uplink, t->sending.uplink);
        strcpy(r->precision, info->precision);
        r->parameters = info->parameters;
        r->macs = info->macs;
        r->weight_bytes = info->weight_bytes;
        r->figures = t->row[LEAGUE_REPORT][league_budget_of(&l->list, k).snr];
        rc = league_time(l, b, t->codec, channels, &r->figures, e);
    }
    return rc;
}

static int play_block(league *l, size_t channel, size_t entrant, league_channels *channels, err *e)
{
    league_block b;
    size_t *among = calloc(l->cells, sizeof *among);
    int rc = league_block_make(&b, l, channel, entrant, e);
    if (rc == ERR_NONE && !among)
        rc = err_set(e, ERR_NOMEM, "out of memory for a league's cells");
    for (size_t k = 0; rc == ERR_NONE && k < l->cells; k++)
        among[k] = b.cell[k].count;
    static const size_t few[LEAGUE_STAGES] = {LEAGUE_FINALISTS, 1, 0};
    for (league_stage s = LEAGUE_SCOUT; rc == ERR_NONE && s < LEAGUE_STAGES; s++) {
        want(&b, few[s]);
        rc = league_measure(l, &b, s, channels, e);
        if (rc == ERR_NONE && s < LEAGUE_REPORT)
            keep_best(&b, s, few[s]);
    }
    if (rc == ERR_NONE)
        rc = fill_results(l, &b, among, channels, e);
    free(among);
    league_block_free(&b);
    return rc;
}

int league_play(league *l, err *e)
{
    size_t done = 0, blocks = l->list.channels * l->list.entrants;
    int rc = ERR_NONE;
    for (size_t c = 0; rc == ERR_NONE && c < l->list.channels; c++) {
        league_channels channels = {0};
        for (size_t n = 0; rc == ERR_NONE && n < l->list.entrants; n++) {
            fprintf(stderr, "%zu of %zu: %s over %s\n", ++done, blocks, l->list.entrant[n]->name,
                    l->list.channel[c].channel);
            rc = play_block(l, c, n, &channels, e);
        }
        league_channels_close(&channels);
        if (rc != ERR_NONE)
            rc = err_prefix(e, "%s", l->list.channel[c].channel);
    }
    return rc;
}
