/* plan.h: turns a scenario and the options into a run: groups, models, agents. It checks everything
 * that the child processes would refuse, so that the error comes before any of them starts. */
#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

#include "cell/options.h"
#include "config.h"

/* Completes *c after run_options_parse. `given`: which options were given. Returns -1 to continue,
 * or the exit status after an error message. */
int run_plan(run_config *c, const cell_options *given);

#endif
