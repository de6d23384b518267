/* pairs.h: the codecs of a block and the uplinks that they go over, each once. */
#ifndef CLI_LEAGUE_PAIRS_H
#define CLI_LEAGUE_PAIRS_H

#include "block.h"

/* Finds or loads the codec of this name. *found is NULL, with the reason in b->why, if it is not a
 * candidate: it does not exist or, `sized` by a budget, does not support so few or so many bits.
 * Other loading errors are returned with the codec's name. */
int league_find_codec(league_block *b, const char *spec, bool sized, const league_codec **found,
                      err *e);
void league_codec_free(league_codec *c); /* NULL allowed */

/* True if a codec sends only side bits. */
bool league_gives_bits(const league_codec *c);

/* Sets *found to the pair's index in b->trial, adding the pair if it is new; SIZE_MAX, with the
 * reason in b->why, if the uplink does not fit the codec's reports. ERR_INVALID for an unfair
 * uplink. */
int league_find_trial(league_block *b, const league_codec *c, const char *spec, size_t *found,
                      err *e);

/* Makes the trial a candidate of cell `number`, once. ERR_NOMEM. */
int league_add_candidate(league_block *b, size_t number, size_t trial, err *e);

#endif
