/* run.h: cases evaluated, one on each core at a time. */
#ifndef CLI_EVAL_RUN_H
#define CLI_EVAL_RUN_H

#include "case.h"

/* Evaluates the cases; every number is what the case alone gives. The first failure, with its model
 * and channel where there are several. */
int eval_run(eval_set *set, err *e);

/* The same for these cases, on at most so many threads (0: one on each core). `on_done`, where not
 * NULL, is called for each when it is done, one at a time; what it fails with ends the work. The
 * first failure is in *e, as the case has it. */
int eval_run_cases(eval_case *const *cases, size_t count, size_t threads,
                   int (*on_done)(void *user, eval_case *c, err *e), void *user, err *e);

#endif
