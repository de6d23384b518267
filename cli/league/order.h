/* order.h: the entrants in the order of a table. */
#ifndef CLI_LEAGUE_ORDER_H
#define CLI_LEAGUE_ORDER_H

#include "league.h"

/* Whether an entrant gives directions in some place, so that it has no NMSE. */
bool league_has_no_nmse(const league *l, size_t entrant);

/* Entrants by their mean over all channels and the cells first .. first + count - 1, the best one
 * first: of NMSE in dB or of SGCS. A cell without a candidate counts as what no report at all
 * gives, 0 dB and an SGCS of 0. Entrants without NMSE stand behind the others in its order, sorted
 * by SGCS. */
void league_order(const league *l, bool by_sgcs, size_t first, size_t count,
                  size_t order[LEAGUE_ENTRANTS_MAX]);

/* The same for one cell of one channel: who has a candidate there; returns how many. */
size_t league_order_cell(const league *l, size_t channel, size_t number,
                         size_t order[LEAGUE_ENTRANTS_MAX]);

#endif
