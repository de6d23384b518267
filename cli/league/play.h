/* play.h: a league from its list to its results. */
#ifndef CLI_LEAGUE_PLAY_H
#define CLI_LEAGUE_PLAY_H

#include "league.h"

/* Opens every channel and uplink and loads every codec once, so that a mistake shows before
 * anything is measured. ERR_INVALID with the entrant's name where none of its codecs can be used
 * over any channel. */
int league_check(const league *l, err *e);

/* Measures what the store does not hold, and fills the results. */
int league_play(league *l, err *e);

#endif
