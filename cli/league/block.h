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
    bool wanted[LEAGUE_COLUMNS_MAX]; /* by the current stage */
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

/* The uplink for a codec's values at equal bits; %s is the format. The digital uplink counts every
 * bit of a report. A decoder with one path suffices, since there are no errors without noise. */
#define LEAGUE_FORMAT_UPLINK "digital:%s,list=1"

/* Makes the block. A codec that does not exist or supports no report of so few bits is not a
 * candidate, nor is a pair whose report does not fit the uplink. ERR_INVALID for an unfair uplink;
 * other errors have the entrant's name. Call league_block_free even after a failure. */
int league_block_make(league_block *b, const league *l, size_t channel, size_t entrant, err *e);
void league_block_free(league_block *b);

#endif
