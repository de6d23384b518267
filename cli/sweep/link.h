/* link.h: points measured over the link. */
#ifndef CLI_SWEEP_LINK_H
#define CLI_SWEEP_LINK_H

#include "points.h"

/* Measures what is not done and keeps each point at once. */
int sweep_link(sweep *s, err *e);

#endif
