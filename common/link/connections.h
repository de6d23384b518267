/* connections.h: the connections of one ZeroMQ socket: when one ends, and how many there may be.
 * What link/socket.c needs of ZeroMQ's socket monitor; nobody else includes it.
 *
 * All calls, and the callback, belong to the loop's thread. */
#ifndef LINK_CONNECTIONS_H
#define LINK_CONNECTIONS_H

#include <uv.h>

#include "base/error.h"

typedef struct link_connections link_connections;

typedef struct link_connections_options {
    void *zmq; /* the socket, neither bound nor connected yet */
    int most;  /* accepted connections that may be open at a time; 0: no limit */
    void (*ended)(void *user, int connection); /* or NULL */
    void (*refused)(void *user);               /* the peer has refused our certificate; or NULL */
    void *user;
} link_connections_options;

/* NULL on failure. */
link_connections *link_connections_open(uv_loop_t *loop, void *context,
                                        const link_connections_options *options, err *e);

/* A peer has shown over this connection that it belongs here. */
void link_connections_trust(link_connections *c, int connection);

/* Connections that were ended because there were more than `most`: of those that are not trusted
 * the one that came first, so that whoever opens many and says nothing keeps nobody out; where all
 * are trusted, the one that came last. */
unsigned long link_connections_turned_away(const link_connections *c);

/* Before the socket is closed; memory goes back once the loop has turned. NULL allowed. */
void link_connections_close(link_connections *c);

#endif
