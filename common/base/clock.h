/* clock.h: the time base of every stamp in csilink. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds: comparable between processes of one host, never between hosts
 * (base/clock_offset.h). */
uint64_t clock_ns(void);

/* Whose clock that is: the same number in every process that reads the same CLOCK_MONOTONIC, in
 * containers of one host as well, another one on another host, after a reboot, and in a time
 * namespace of its own. Never 0. Where the system does not tell, a number of this process alone. */
uint64_t clock_identity(void);

#endif
