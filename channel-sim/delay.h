/* delay.h: a queue of delayed reports, ordered by release time, on the loop. backlog.h limits their
 * number. */
#ifndef CHANNEL_SIM_DELAY_H
#define CHANNEL_SIM_DELAY_H

#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "passage.h"

typedef struct delay_queue delay_queue;

/* Calls `release` on the loop with each passage when its time has come, in the order of release
 * times, and of arrival for equal times. `release` takes ownership. NULL on failure. */
delay_queue *delay_create(uv_loop_t *loop, void (*release)(void *user, passage *p), void *user,
                          err *e);

/* Takes ownership. ERR_NOMEM: the caller keeps the passage. */
int delay_add(delay_queue *q, passage *p);
size_t delay_waiting(const delay_queue *q);

/* Releases all waiting passages at once. */
void delay_flush(delay_queue *q);

/* Closes an empty queue: call delay_flush first. Not from within `release`. */
void delay_close(delay_queue *q);

#endif
