/* known.h: the points of an evaluation's separation limit: those of a file and its own. */
#ifndef CLI_EVAL_KNOWN_H
#define CLI_EVAL_KNOWN_H

#include "case.h"

/* Reads the points of --limit, before anything is evaluated. Fails like limit_read, with the
 * option's name. */
int eval_limit_from_file(limit *l, const eval_options *options, err *e);

/* Adds the cases' own rows without uplink noise, then reduces set->limit. ERR_NOMEM. */
int eval_limit_from_rows(eval_set *set, err *e);

/* The limit at a row's SNR and channel uses, in dB; NaN if unknown. */
double eval_row_limit_db(const eval_set *set, const eval_case *c, const chain_eval_row *row);

#endif
