/* plan.h: turns options into points, and checks that all their models and channels exist. */
#ifndef CLI_SWEEP_PLAN_H
#define CLI_SWEEP_PLAN_H

#include "points.h"

/* Loads every model and opens every channel; fails with the names of all missing models. Call
 * sweep_free even after a failure. */
int sweep_plan(sweep *s, const sweep_options *options, err *e);
void sweep_free(sweep *s);

#endif
