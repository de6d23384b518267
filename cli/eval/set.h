/* set.h: loads and opens the cases that the options choose. */
#ifndef CLI_EVAL_SET_H
#define CLI_EVAL_SET_H

#include "case.h"

/* Loads every model and opens every channel that the options name, so that errors appear before
 * anything is evaluated. `snrs`: the SNRs of each case. Call eval_set_free even after a failure. */
int eval_set_make(eval_set *set, const eval_options *options, const chain_eval_config *snrs,
                  err *e);
void eval_set_free(eval_set *set);

#endif
