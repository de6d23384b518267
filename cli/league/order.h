/* order.h: the entrants in the order of a table. */
#ifndef CLI_LEAGUE_ORDER_H
#define CLI_LEAGUE_ORDER_H

#include "league.h"

/* True if an entrant gives directions in some cell, and so has no NMSE there. */
bool league_has_no_nmse(const league *l, size_t entrant);

/* Entrants by their mean over all channels and the cells first .. first + count - 1, the best one
 * first: of NMSE in dB or of SGCS. A cell without a candidate counts as no report at all: 0 dB and
 * an SGCS of 0. In the order by NMSE, entrants without one come last, sorted by SGCS. */
void league_order(const league *l, bool by_sgcs, size_t first, size_t count,
                  size_t order[LEAGUE_ENTRANTS_MAX]);

/* The same for one cell of one channel, for the entrants with a candidate there; returns their
 * number. */
size_t league_order_cell(const league *l, size_t channel, size_t number,
                         size_t order[LEAGUE_ENTRANTS_MAX]);

#endif
