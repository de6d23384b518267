/* The contents of a block: codecs, loaded once, and their combinations with uplinks. */
#include "pairs.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note_why(league_block *b, const err *e)
{
    if (b->why.code == ERR_NONE)
        b->why = *e;
}

static int load_codec(league_codec *c, const char *spec, err *e)
{
    snprintf(c->spec, sizeof c->spec, "%s", spec);
    snprintf(c->model.name, sizeof c->model.name, "%s", spec);
    snprintf(c->model.label, sizeof c->model.label, "%s", spec);
    if (!(c->model.encoder = codec_load(CODEC_ENCODER, spec, e)) ||
        !(c->model.decoder = codec_load(CODEC_DECODER, spec, e)))
        return e->code;
    return codec_check_match(c->model.encoder, c->model.decoder, e);
}

void league_codec_free(league_codec *c)
{
    if (!c)
        return;
    codec_unload(c->model.encoder);
    codec_unload(c->model.decoder);
    free(c);
}

int league_find_codec(league_block *b, const char *spec, bool sized, const league_codec **found,
                      err *e)
{
    err own = {0};
    *found = NULL;
    for (size_t i = 0; i < b->codecs; i++)
        if (strcmp(b->codec[i]->spec, spec) == 0) {
            *found = b->codec[i];
            return ERR_NONE;
        }
    if (!codec_exists(CODEC_ENCODER, spec) || !codec_exists(CODEC_DECODER, spec)) {
        err_set(&own, ERR_IO, "there is no codec '%.100s'", spec);
        note_why(b, &own);
        return ERR_NONE;
    }
    if (b->codecs == b->codec_room) {
        size_t room = b->codec_room ? 2 * b->codec_room : 16;
        league_codec **more = realloc(b->codec, room * sizeof(league_codec *));
        if (!more)
            return err_set(e, ERR_NOMEM, "out of memory for a league's codecs");
        b->codec = more;
        b->codec_room = room;
    }
    league_codec *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, ERR_NOMEM, "out of memory for a league's codecs");
    int rc = load_codec(c, spec, &own);
    if (rc == ERR_NONE) {
        *found = b->codec[b->codecs++] = c;
        return ERR_NONE;
    }
    league_codec_free(c);
    if (rc == ERR_INVALID && sized) {
        note_why(b, &own);
        return ERR_NONE;
    }
    return err_set(e, own.code, "%.100s: %s", spec, own.text);
}

bool league_gives_bits(const league_codec *c)
{
    return codec_info_of(c->model.encoder)->shape.values_max == 0;
}

int league_find_trial(league_block *b, const league_codec *c, const char *spec, size_t *found,
                      err *e)
{
    league_trial made = {.codec = c};
    err own = {0};
    *found = SIZE_MAX;
    if (strlen(spec) >= sizeof made.sending.uplink)
        return err_set(e, ERR_INVALID, "uplink '%.64s...' has more than %d characters", spec,
                       UPLINK_SPEC_MAX - 1);
    for (size_t i = 0; i < b->trials; i++)
        if (b->trial[i].codec == c && strcmp(b->trial[i].sending.uplink, spec) == 0) {
            *found = i;
            return ERR_NONE;
        }
    if (chain_cost_of(codec_info_of(c->model.encoder), spec, &made.cost, &own) != ERR_NONE) {
        note_why(b, &own);
        return own.code == ERR_NOMEM ? err_set(e, own.code, "%s", own.text) : ERR_NONE;
    }
    if (made.cost.unfair)
        return err_set(e, ERR_INVALID,
                       "uplink %s: a league takes no uplink with unfair figures (%s)", spec,
                       made.cost.unfair);
    if (b->trials == b->trial_room) {
        size_t room = b->trial_room ? 2 * b->trial_room : 32;
        league_trial *more = realloc(b->trial, room * sizeof *more);
        if (!more)
            return err_set(e, ERR_NOMEM, "out of memory for a league's candidates");
        b->trial = more;
        b->trial_room = room;
    }
    strcpy(made.sending.uplink, spec);
    *found = b->trials;
    b->trial[b->trials++] = made;
    return ERR_NONE;
}

int league_add_candidate(league_block *b, size_t number, size_t trial, err *e)
{
    league_candidates *c = &b->cell[number];
    for (size_t i = 0; i < c->count; i++)
        if (c->trial[i] == trial)
            return ERR_NONE;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 16, *more = realloc(c->trial, room * sizeof *more);
        if (!more)
            return err_set(e, ERR_NOMEM, "out of memory for a league's candidates");
        c->trial = more;
        c->room = room;
    }
    c->trial[c->count++] = trial;
    return ERR_NONE;
}
