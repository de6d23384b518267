/* clock.h: the time base of every stamp in csilink. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds: comparable between processes of one host, never between hosts
 * (base/clock_offset.h). */
uint64_t clock_ns(void);

/* Identifies that clock. Every process that reads the same CLOCK_MONOTONIC gets the same number, in
 * containers of one host too; another host, a reboot and a separate time namespace give another
 * number. Never 0. Where the system offers no identity, the number is unique to this process. */
uint64_t clock_identity(void);

#endif
