/* returns.h: answers on their way back to agents.
 *
 * ZeroMQ queues few of them for a peer (RETURNS_QUEUE), because it counts messages and not bytes.
 * What it does not take waits here, counted in bytes, until the peer has read more; a peer that
 * does not read may hold as much as is free (link/peers.h), and what is beyond is dropped. */
#ifndef CHANNEL_SIM_RETURNS_H
#define CHANNEL_SIM_RETURNS_H

#include <stddef.h>

#include "base/error.h"
#include "link/socket.h"

enum { RETURNS_QUEUE = 64 };

typedef struct returns returns;

/* `bytes_max`: of all that waits. NULL on failure. */
returns *returns_create(uv_loop_t *loop, link_socket *agents, size_t bytes_max, err *e);

/* Sends identity and answer, or lets them wait. ERR_STATE: the peer is not there, or its share is
 * full; then both stay the caller's. */
int returns_send(returns *r, zmq_msg_t frames[2]);

/* Answers that wait, and those that were dropped since: their peers did not read or have gone. */
size_t returns_waiting(const returns *r);
unsigned long returns_dropped(const returns *r);

/* Drops what waits; memory goes back once the loop has turned. NULL allowed. */
void returns_close(returns *r);

#endif
