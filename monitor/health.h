/* health.h: `csilink monitor --health`: does a monitor answer at its address? */
#ifndef MONITOR_HEALTH_H
#define MONITOR_HEALTH_H

#include "base/error.h"
#include "monitor/listen.h"

enum { MONITOR_HEALTH_MS = 2000 };

/* Asks for /metrics where a monitor listens: for all addresses on loopback, for a name at each of
 * its addresses until one answers. ERR_IO: nobody answers in time; ERR_MISMATCH: who answers is no
 * monitor. */
int monitor_health(const listen_place *where, err *e);

#endif
