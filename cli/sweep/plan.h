/* plan.h: from options to points, and whether all that they need is there. */
#ifndef CLI_SWEEP_PLAN_H
#define CLI_SWEEP_PLAN_H

#include "points.h"

/* Loads every model and opens every channel; a model that is not there fails here, with the names
 * of all that are missing. sweep_free also after a failure. */
int sweep_plan(sweep *s, const sweep_options *options, err *e);
void sweep_free(sweep *s);

#endif
