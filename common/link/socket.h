/* socket.h: a ZeroMQ socket on a libuv loop.
 *
 * ZMQ_FD is edge-triggered and may stay silent while messages wait. So this asks ZMQ_EVENTS before
 * the loop would block and after it wakes: no message is stranded, even when a send has consumed
 * the edge. At most LINK_BATCH messages are read per loop iteration, so a flood does not starve
 * timers.
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
    LINK_FRAMES_MAX = 8,            /* per message: identities, then the payload */
    LINK_FRAME_BYTES_MAX = 1 << 20, /* a longer message ends the connection that sent it */
    LINK_BATCH = 64,
    LINK_QUEUE = 20000, /* messages that wait per peer before a send fails, unless a socket sets its
                           own: enough for every UE of the largest agent */
    LINK_NO_CONNECTION = -1,
};

typedef struct link_socket link_socket;

/* One message: `count` frames, valid during the call. Move a frame out with zmq_msg_move to keep
 * it. A message of more than LINK_FRAMES_MAX frames is dropped and counted; if `overlong` is set,
 * it gets the first LINK_FRAMES_MAX frames, so that it can answer the sender. */
typedef void (*link_received)(link_socket *socket, void *user, zmq_msg_t *frames, size_t count);

/* A connection has ended, for any reason. `connection` is the result of link_socket_connection for
 * its messages; some of them may still arrive. */
typedef void (*link_ended)(link_socket *socket, void *user, int connection);

typedef struct link_socket_options {
    int type;               /* ZMQ_DEALER, ZMQ_ROUTER, ZMQ_REP, ZMQ_PUB, ZMQ_XPUB, ZMQ_SUB */
    const char *endpoint;   /* "ipc:///path", "tcp://host:port" */
    bool bind;              /* else connect */
    link_received received; /* NULL for a socket that only sends */
    link_received overlong; /* or NULL */
    void *user;
    link_keys *keys;    /* of the peers that it admits or expects; NULL: no keys */
    link_domain admits; /* of a socket that listens, with keys */
    bool insecure;      /* it may listen without keys where other machines can reach it */
    /* Limits on what ZeroMQ itself stores: per peer (receive_queue + 1) times message_max bytes
     * received, and send_queue messages to send. 0: LINK_QUEUE messages, LINK_FRAME_BYTES_MAX
     * bytes. A frame of more than message_max ends the connection that sent it. */
    int send_queue, receive_queue;
    size_t message_max;
    int connections_max; /* of a socket that binds: beyond it, one is ended; 0: no limit */
    link_ended ended;    /* NULL: not needed */
} link_socket_options;

/* NULL on failure (a malformed endpoint, an address in use: the message names it). A connecting
 * socket may start before its peer. Only completed connections take messages: sending fails at
 * once, rather than queue a message for a peer that may never come.
 *
 * With keys every connection is encrypted and both ends prove who they are (CURVE). A listening
 * socket admits the peers of its domain (open link/zap.h first). When the keys change, peers that
 * are no longer admitted are cut off, and messages that still arrive from them are dropped and
 * counted. A connecting socket identifies its peer by the certificate that the endpoint names; when
 * that certificate changes or is removed, the connection ends. The keys must outlive the socket. */
link_socket *link_socket_open(uv_loop_t *loop, void *context, const link_socket_options *options,
                              err *e);

/* Sends the frames as one message without blocking. 0: ZeroMQ owns the frames. Otherwise the caller
 * still owns them. ERR_STATE: no peer, or its queue is full; ERR_NOMEM: the queue of a ROUTER's
 * peer is full; ERR_IO: any other failure. */
int link_socket_send(link_socket *socket, zmq_msg_t *frames, size_t count);

/* Whether a peer could take a message now. */
bool link_socket_writable(link_socket *socket);

/* A SUB socket receives everything from the start. A further topic, or its end, tells the
 * publishers (XPUB) what else this subscriber watches. */
void link_socket_subscribe(link_socket *socket, const char *topic, bool on);

/* The connection of the socket that a frame came from; LINK_NO_CONNECTION where ZeroMQ cannot say.
 * After a connection ends, another may get its number. */
int link_socket_connection(const zmq_msg_t *frame);

/* A peer has shown over this connection that it is admitted: above connections_max, one of the
 * others is ended. */
void link_socket_trust(link_socket *socket, int connection);

/* Connections ended because of connections_max since the socket was opened; 0 for NULL. */
unsigned long link_socket_turned_away(const link_socket *socket);

/* Messages that broke the rules (too many frames) since the socket was opened; 0 for NULL. */
unsigned long link_socket_malformed(const link_socket *socket);

/* Sets the options of its endpoint on a socket that is not on a loop (a REQ or SUB of a command),
 * and connects it. `keys` as above. ERR_IO, ERR_INVALID, ERR_STATE. */
int link_connect(void *zmq, const char *endpoint, const link_keys *keys, err *e);

/* Closes, and removes the file of an ipc socket that was bound; memory is freed after the next loop
 * iteration. Unsent messages get up to linger_ms. */
void link_socket_close(link_socket *socket, int linger_ms);

#endif
