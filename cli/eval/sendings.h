/* sendings.h: the ways of sending that the options choose. */
#ifndef CLI_EVAL_SENDINGS_H
#define CLI_EVAL_SENDINGS_H

#include "case.h"

/* Fills set->sending from --uplink or, without it, --codeword. ERR_INVALID for an invalid or
 * duplicate name, and for both options together. */
int eval_read_sendings(eval_set *set, const eval_options *options, err *e);

#endif
