/* play.h: a league from its list to its results. */
#ifndef CLI_LEAGUE_PLAY_H
#define CLI_LEAGUE_PLAY_H

#include "league.h"

/* Opens every channel and uplink and loads every codec once, so that a mistake shows before
 * anything is measured. An optional entrant none of whose codecs can be used over any channel goes
 * from the list to those that are left out; ERR_INVALID, with its name, for any other, and where
 * nobody is left to play. */
int league_check(league *l, err *e);

/* Measures what the store does not hold, and fills the results. */
int league_play(league *l, err *e);

#endif
