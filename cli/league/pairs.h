/* pairs.h: the codecs of a block and the uplinks that they go over, each once. */
#ifndef CLI_LEAGUE_PAIRS_H
#define CLI_LEAGUE_PAIRS_H

#include "block.h"

/* The codec of this name, loaded before or now, into *found; NULL, with a word in b->why, where it
 * is no candidate: not there or, `sized` by a budget, not for so few or so many bits. Else what
 * loading fails with, with the codec's name. */
int league_find_codec(league_block *b, const char *spec, bool sized, const league_codec **found,
                      err *e);
void league_codec_free(league_codec *c); /* NULL allowed */

/* Whether a codec sends side bits alone. */
bool league_gives_bits(const league_codec *c);

/* The place of the pair among b->trial, found or made, into *found; SIZE_MAX, with a word in
 * b->why, where the uplink does not take the codec's reports. ERR_INVALID for an uplink that gives
 * something away. */
int league_find_trial(league_block *b, const league_codec *c, const char *spec, size_t *found,
                      err *e);

/* Makes the trial a candidate of cell `number`, once. ERR_NOMEM. */
int league_add_candidate(league_block *b, size_t number, size_t trial, err *e);

#endif
