/* plan.h: from a scenario with the options over it to a run: groups, models, agents, and whether
 * all of it can be, so that what children would refuse is refused here. */
#ifndef CLI_RUN_PLAN_H
#define CLI_RUN_PLAN_H

#include "cell/options.h"
#include "config.h"

/* Settles *c, as run_options_parse left it. `given`: which options were given. -1, or the exit
 * status after a complaint. */
int run_plan(run_config *c, const cell_options *given);

#endif
