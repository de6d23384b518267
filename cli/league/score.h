/* score.h: the figures by which candidates and entrants are compared. */
#ifndef CLI_LEAGUE_SCORE_H
#define CLI_LEAGUE_SCORE_H

#include <stdbool.h>

#include "chain/eval.h"
#include "store.h"

/* NMSE in dB of all reports, failed ones included; NaN for a codec that gives directions. */
double league_nmse_db(const league_figures *f);

/* SGCS of all reports: a failed one counts as 0, since its UE has no earlier CSI to use. */
double league_sgcs(const league_figures *f);

/* True if `a` is better than `b`: by NMSE or, where `by_sgcs` or one of them has no NMSE, by SGCS.
 * A missing figure is worse than any other. */
bool league_is_better(const league_figures *a, const league_figures *b, bool by_sgcs);

/* The figures of a row of an evaluation with `samples` reports; the times are missing. */
league_figures league_figures_of(const chain_eval_row *row, size_t samples);

#endif
