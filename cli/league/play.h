/* play.h: a league from its list to its results. */
#ifndef CLI_LEAGUE_PLAY_H
#define CLI_LEAGUE_PLAY_H

#include "league.h"

/* Opens every channel and uplink and loads every codec once, so that a mistake shows before
 * anything is measured. Moves an optional entrant without a usable codec from the list to those
 * left out. ERR_INVALID, with the name, for any other entrant without one, and if no entrant
 * remains. */
int league_check(league *l, err *e);

/* Measures what the store does not hold, and fills the results. */
int league_play(league *l, err *e);

#endif
