/* alarm.h: wakes a loop at a time of CLOCK_MONOTONIC, as precisely as the kernel allows.
 * libuv's own timers count in milliseconds, too coarse for a schedule of reports. */
#ifndef SERVICE_ALARM_H
#define SERVICE_ALARM_H

#include <stdint.h>
#include <uv.h>

#include "base/error.h"

typedef struct link_alarm link_alarm;

/* Not set yet. Calls `ring` on the loop, once for each time that was set, never early; an alarm
 * that is due while another callback runs rings after it. NULL on failure. */
link_alarm *link_alarm_open(uv_loop_t *loop, void (*ring)(void *user), void *user, err *e);

/* Sets the time and replaces any earlier one; a time in the past rings at once, 0 never. */
void link_alarm_set(link_alarm *a, uint64_t at_ns);

/* Stops it. Memory is freed after the next loop iteration. NULL allowed. */
void link_alarm_close(link_alarm *a);

#endif
