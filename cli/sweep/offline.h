/* offline.h: points measured without processes. */
#ifndef CLI_SWEEP_OFFLINE_H
#define CLI_SWEEP_OFFLINE_H

#include "points.h"

/* Measures all points that are not done, and stores each at once. */
int sweep_offline(sweep *s, err *e);

#endif
