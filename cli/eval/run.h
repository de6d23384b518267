/* run.h: evaluates cases, one on each core at a time. */
#ifndef CLI_EVAL_RUN_H
#define CLI_EVAL_RUN_H

#include "case.h"

/* Evaluates the cases; each gives the same numbers as if evaluated alone. Returns the first
 * failure, with its model and channel if there are several. */
int eval_run(eval_set *set, err *e);

/* The same for these cases, on at most so many threads (0: one on each core). Calls `on_done`,
 * unless NULL, for each finished case, one at a time; its failure ends the work. *e has the first
 * failure, without model and channel. */
int eval_run_cases(eval_case *const *cases, size_t count, size_t threads,
                   int (*on_done)(void *user, eval_case *c, err *e), void *user, err *e);

#endif
