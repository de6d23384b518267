/* known.h: what an evaluation knows for its separation limit: a file's points and its own. */
#ifndef CLI_EVAL_KNOWN_H
#define CLI_EVAL_KNOWN_H

#include "case.h"

/* The points of --limit, so that a file that is wrong shows before anything is evaluated. Fails as
 * limit_read does, with the option's name. */
int eval_limit_from_file(limit *l, const eval_options *options, err *e);

/* Adds the cases' own rows without uplink noise, and settles set->limit. ERR_NOMEM. */
int eval_limit_from_rows(eval_set *set, err *e);

/* The limit at a row's SNR and channel uses, in dB; NaN where it is not known. */
double eval_row_limit_db(const eval_set *set, const eval_case *c, const chain_eval_row *row);

#endif
