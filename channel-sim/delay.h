/* delay.h: reports that wait for their time: a queue ordered by release time on the loop. How many
 * there may be is backlog.h's business. */
#ifndef CHANNEL_SIM_DELAY_H
#define CHANNEL_SIM_DELAY_H

#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "passage.h"

typedef struct delay_queue delay_queue;

/* `release` is called on the loop with each passage once its time has come, in the order of release
 * times, equal ones in that of their arrival; it takes ownership. NULL on failure. */
delay_queue *delay_create(uv_loop_t *loop, void (*release)(void *user, passage *p), void *user,
                          err *e);

/* Takes ownership. ERR_NOMEM, and the passage stays the caller's, when memory ran out. */
int delay_add(delay_queue *q, passage *p);
size_t delay_waiting(const delay_queue *q);

/* Releases everything that waits, at once. */
void delay_flush(delay_queue *q);

/* Closes an empty queue: call delay_flush first. Not from within `release`. */
void delay_close(delay_queue *q);

#endif
