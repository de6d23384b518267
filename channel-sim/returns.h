/* returns.h: queues answers on the way back to agents.
 *
 * ZeroMQ's queue for a peer is short (RETURNS_QUEUE), because ZeroMQ counts messages and not bytes.
 * Further answers wait here, counted in bytes, until the peer has read more. A peer that does not
 * read can hold its share of the memory (link/peers.h); answers beyond that are dropped. */
#ifndef CHANNEL_SIM_RETURNS_H
#define CHANNEL_SIM_RETURNS_H

#include <stddef.h>

#include "base/error.h"
#include "link/socket.h"

enum { RETURNS_QUEUE = 64 };

typedef struct returns returns;

/* `bytes_max`: limit for all waiting answers. NULL on failure. */
returns *returns_create(uv_loop_t *loop, link_socket *agents, size_t bytes_max, err *e);

/* Sends or queues identity and answer. ERR_STATE: the peer is not connected, or its share is full;
 * the caller then keeps both. */
int returns_send(returns *r, zmq_msg_t frames[2]);

/* Waiting answers, and answers dropped because their peers did not read or have disconnected. */
size_t returns_waiting(const returns *r);
unsigned long returns_dropped(const returns *r);

/* Drops waiting answers; the next iteration of the loop frees the memory. NULL allowed. */
void returns_close(returns *r);

#endif
