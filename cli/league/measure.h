/* measure.h: measures the candidates of a block. */
#ifndef CLI_LEAGUE_MEASURE_H
#define CLI_LEAGUE_MEASURE_H

#include "block.h"

/* The open channels of one entry of the list; zero-initialise. */
enum { LEAGUE_OPEN_MAX = 8 };
typedef struct league_channels {
    size_t count;
    eval_channel *open[LEAGUE_OPEN_MAX];
    uint64_t seed[LEAGUE_OPEN_MAX];
} league_channels;

void league_channels_close(league_channels *c);

/* Measures the figures that the trials want at a stage and the store does not have, on `jobs`
 * threads, and stores each trial as soon as it is done. Afterwards all wanted figures are done. */
int league_measure(league *l, league_block *b, league_stage stage, league_channels *channels,
                   err *e);

/* Sets figures->encode_us and decode_us, the times of a codec on this machine. Takes them from the
 * store or, if it lacks them, measures them over some channels of the stage `choose` and stores
 * them. */
int league_time(league *l, league_block *b, const league_codec *c, league_channels *channels,
                league_figures *figures, err *e);

#endif
