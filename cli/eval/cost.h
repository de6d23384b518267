/* cost.h: what an encoder costs the UE. */
#ifndef CLI_EVAL_COST_H
#define CLI_EVAL_COST_H

#include "case.h"

/* Times every encoder, one after the other, this thread alone: the least of several means. */
int eval_time_encoders(eval_set *set, err *e);

#endif
