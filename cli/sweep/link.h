/* link.h: points measured over the link. */
#ifndef CLI_SWEEP_LINK_H
#define CLI_SWEEP_LINK_H

#include "points.h"

/* Measures all points that are not done, and stores each at once. */
int sweep_link(sweep *s, err *e);

#endif
