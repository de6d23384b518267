/* connections.h: the connections of one ZeroMQ socket: when one ends, and how many there may be.
 * Only link/socket.c includes it, for ZeroMQ's socket monitor.
 *
 * All calls, and the callback, belong to the loop's thread. */
#ifndef LINK_CONNECTIONS_H
#define LINK_CONNECTIONS_H

#include <uv.h>

#include "base/error.h"

typedef struct link_connections link_connections;

typedef struct link_connections_options {
    void *zmq; /* the socket, neither bound nor connected yet */
    int most;  /* accepted connections that may be open at the same time; 0: no limit */
    void (*ended)(void *user, int connection); /* or NULL */
    void (*refused)(void *user);               /* the peer has refused our certificate; or NULL */
    void *user;
} link_connections_options;

/* NULL on failure. */
link_connections *link_connections_open(uv_loop_t *loop, void *context,
                                        const link_connections_options *options, err *e);

/* A peer has shown over this connection that it is admitted. */
void link_connections_trust(link_connections *c, int connection);

/* Connections that were ended because there were more than `most`: the oldest of those that are not
 * trusted, so that a peer that opens many and sends nothing keeps nobody out; where all are
 * trusted, the newest. */
unsigned long link_connections_turned_away(const link_connections *c);

/* Call before closing the socket; memory is freed after the next loop iteration. NULL allowed. */
void link_connections_close(link_connections *c);

#endif
