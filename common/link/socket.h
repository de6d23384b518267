/* socket.h: a ZeroMQ socket on a libuv loop.
 *
 * ZMQ_FD is edge-triggered and may stay silent while messages wait, so readiness is asked of
 * ZMQ_EVENTS before the loop would block and after it wakes: a message can never be stranded, also
 * when a send has consumed the edge. At most LINK_BATCH messages are taken per turn of the loop, so
 * that a flood does not starve timers.
 *
 * All calls, and the callback, belong to the loop's thread. */
#ifndef LINK_SOCKET_H
#define LINK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
#include <zmq.h>

#include "base/error.h"
#include "link/keys.h"

enum {
    LINK_FRAMES_MAX = 8,            /* of one message: identities, then the payload */
    LINK_FRAME_BYTES_MAX = 1 << 20, /* a longer message ends the connection that sent it */
    LINK_BATCH = 64,
    LINK_QUEUE = 20000, /* messages that wait per peer before a send fails, where a socket does not
                           say otherwise: room for every UE of the largest agent */
    LINK_NO_CONNECTION = -1,
};

typedef struct link_socket link_socket;

/* One message: `count` frames, valid during the call. Move a frame out with zmq_msg_move to keep
 * it. A message of more than LINK_FRAMES_MAX frames is dropped and counted; `overlong`, where there
 * is one, gets its first LINK_FRAMES_MAX frames, so that its sender can be answered. */
typedef void (*link_received)(link_socket *socket, void *user, zmq_msg_t *frames, size_t count);

/* A connection has ended, whatever the reason. `connection` is what link_socket_connection gave for
 * its messages; messages of it may still come. */
typedef void (*link_ended)(link_socket *socket, void *user, int connection);

typedef struct link_socket_options {
    int type;               /* ZMQ_DEALER, ZMQ_ROUTER, ZMQ_REP, ZMQ_PUB, ZMQ_XPUB, ZMQ_SUB */
    const char *endpoint;   /* "ipc:///path", "tcp://host:port" */
    bool bind;              /* else connect */
    link_received received; /* NULL for a socket that only sends */
    link_received overlong; /* or NULL */
    void *user;
    link_keys *keys;    /* whom it admits, or by whose key it knows its peer; NULL: no keys */
    link_domain admits; /* of a socket that listens, with keys */
    bool insecure;      /* it may listen without keys where others than this machine get in */
    /* Bounds, so that what ZeroMQ itself holds is bounded: per peer (receive_queue + 1) times
     * message_max bytes on the way in, and send_queue messages on the way out. 0: LINK_QUEUE
     * messages, LINK_FRAME_BYTES_MAX bytes. A frame of more than message_max ends the connection
     * that sent it. */
    int send_queue, receive_queue;
    size_t message_max;
    int connections_max; /* of a socket that binds: of more, one is ended; 0: no limit */
    link_ended ended;    /* NULL: nobody asks */
} link_socket_options;

/* NULL on failure (a malformed endpoint, an address in use: the message names it). A connecting
 * socket may come before its peer. Only completed connections take messages: what cannot be sent
 * now is refused, not queued for a peer that may never come.
 *
 * With keys every connection is encrypted and both ends prove who they are (CURVE). A listening
 * socket admits those of its domain (link/zap.h must be open before); when the keys change, peers
 * that are not admitted any more are cut off, and what still comes from them is dropped and
 * counted. A connecting socket knows its peer by the certificate that the endpoint names; when that
 * changes or goes, so does the connection. The keys must outlive the socket. */
link_socket *link_socket_open(uv_loop_t *loop, void *context, const link_socket_options *options,
                              err *e);

/* Sends the frames as one message without blocking. 0: they are on their way and no longer the
 * caller's. ERR_STATE: no peer, or its queue is full; ERR_NOMEM: a ROUTER's peer is there and its
 * queue is full; ERR_IO: any other failure. Then the frames are still the caller's. */
int link_socket_send(link_socket *socket, zmq_msg_t *frames, size_t count);

/* Is there a peer that would take a message now? */
bool link_socket_writable(link_socket *socket);

/* A SUB socket takes everything from the start; a further topic, or its end, tells the publishers
 * (XPUB) what this subscriber looks at besides. */
void link_socket_subscribe(link_socket *socket, const char *topic, bool on);

/* Which of the socket's connections a frame came from; LINK_NO_CONNECTION where ZeroMQ cannot say.
 * The number of one that ended is given to another. */
int link_socket_connection(const zmq_msg_t *frame);

/* A peer has shown over this connection that it belongs here: where there are more than
 * connections_max, one of the others goes. */
void link_socket_trust(link_socket *socket, int connection);

/* Connections beyond connections_max since the socket was opened; 0 of NULL. */
unsigned long link_socket_turned_away(const link_socket *socket);

/* Messages that broke the rules (too many frames) since the socket was opened; 0 of NULL.
 */
unsigned long link_socket_malformed(const link_socket *socket);

/* Gives a socket that is not on a loop (a REQ or SUB of a command) its endpoint's options and
 * connects it. `keys` as above. ERR_IO, ERR_INVALID, ERR_STATE. */
int link_connect(void *zmq, const char *endpoint, const link_keys *keys, err *e);

/* Closes, and removes the file of an ipc socket that was bound; memory goes back once the loop has
 * turned. Unsent messages get up to linger_ms. */
void link_socket_close(link_socket *socket, int linger_ms);

#endif
