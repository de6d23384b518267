/* health.h: `csilink monitor --health`, which checks that a monitor answers at its address. */
#ifndef MONITOR_HEALTH_H
#define MONITOR_HEALTH_H

#include "base/error.h"
#include "monitor/listen.h"

enum { MONITOR_HEALTH_MS = 2000 };

/* Requests /metrics from the monitor's address: on loopback if it listens on all addresses, and for
 * a name at each of its addresses until one answers. ERR_IO: no answer in time; ERR_MISMATCH: the
 * answer is not from a monitor. */
int monitor_health(const listen_address *where, err *e);

#endif
