/* clock.h: the time base of every stamp in csilink. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds: comparable between processes of one host, never between hosts. */
uint64_t clock_ns(void);

#endif
