/* sendings.h: the ways of sending that the options ask for. */
#ifndef CLI_EVAL_SENDINGS_H
#define CLI_EVAL_SENDINGS_H

#include "case.h"

/* Fills set->sending from --uplink or, where that is not given, --codeword. ERR_INVALID for a name
 * that is wrong or there twice, and for both options together. */
int eval_read_sendings(eval_set *set, const eval_options *options, err *e);

#endif
