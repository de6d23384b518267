/* health.h: `csilink monitor --health`: does a monitor answer at its address? */
#ifndef MONITOR_HEALTH_H
#define MONITOR_HEALTH_H

#include <stdint.h>

#include "base/error.h"

enum { MONITOR_HEALTH_MS = 2000 };

/* Asks for /metrics where a monitor listens (an address that stands for all becomes loopback).
 * ERR_IO: nobody answers in time; ERR_MISMATCH: who answers is no monitor. */
int monitor_health(const char *listen, uint16_t port, err *e);

#endif
