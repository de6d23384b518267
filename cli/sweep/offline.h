/* offline.h: points measured without processes. */
#ifndef CLI_SWEEP_OFFLINE_H
#define CLI_SWEEP_OFFLINE_H

#include "points.h"

/* Measures what is not done and keeps each point at once. */
int sweep_offline(sweep *s, err *e);

#endif
