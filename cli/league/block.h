/* block.h: one entrant over one channel: its codecs, loaded, and its candidates in every cell. */
#ifndef CLI_LEAGUE_BLOCK_H
#define CLI_LEAGUE_BLOCK_H

#include "league.h"

enum { LEAGUE_COLUMNS_MAX = 1 + LEAGUE_NUMBERS_MAX }; /* without noise, and each SNR */

typedef struct league_codec {
    char spec[CODEC_SPEC_MAX];
    eval_model model;
} league_codec;

/* A codec over an uplink. */
typedef struct league_trial {
    const league_codec *codec;
    eval_sending sending;
    chain_cost cost;
    bool wanted[LEAGUE_COLUMNS_MAX]; /* by the stage in hand */
    bool done[LEAGUE_STAGES][LEAGUE_COLUMNS_MAX];
    league_figures row[LEAGUE_STAGES][LEAGUE_COLUMNS_MAX]; /* valid if done */
} league_trial;

/* The candidates of one cell; those that no stage has dropped come first. */
typedef struct league_candidates {
    size_t count, room;
    size_t *trial; /* [count], indices of the block's trials */
} league_candidates;

typedef struct league_block {
    const league *league;
    size_t channel, entrant;
    league_codec **codec;
    size_t codecs, codec_room;
    league_trial *trial;
    size_t trials, trial_room;
    league_candidates *cell; /* [league->cells] */
    err why;                 /* why the first unusable codec or pair is unusable */
} league_block;

/* How a codec's values travel at equal bits: a format of the digital uplink, whose bits are counted
 * to the last one of the range, with a decoder of one path, since nothing is wrong without noise.
 * %s is the format. */
#define LEAGUE_FORMAT_UPLINK "digital:%s,list=1"

/* A codec that is not there, or takes no report of so few bits, and a pair of which a report has no
 * room in the uplink are no candidates. ERR_INVALID for an uplink that gives something away; else
 * what a codec fails with, with the entrant's name. league_block_free also after a failure. */
int league_block_make(league_block *b, const league *l, size_t channel, size_t entrant, err *e);
void league_block_free(league_block *b);

#endif
