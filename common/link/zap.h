/* zap.h: admits peers: the ZAP handler of a process (rfc.zeromq.org/spec/27).
 *
 * ZeroMQ asks it about every connection to a listening socket with keys, once the peer has proved
 * to have its key. A peer of another role, or of none, is rejected before any of its messages are
 * read. The handler also reads the folder of keys again, several times a second, so a change is in
 * force within a second. */
#ifndef LINK_ZAP_H
#define LINK_ZAP_H

#include <uv.h>
#include <zmq.h>

#include "link/keys.h"

enum { LINK_REFRESH_MS = 400 };

typedef struct link_zap link_zap;

/* Open it before any socket of the context listens: without a handler, a socket admits every peer.
 * Runs on the loop. The keys must outlive it. NULL on failure. */
link_zap *link_zap_open(uv_loop_t *loop, void *context, link_keys *keys, err *e);

/* Call after the context's sockets are closed. Memory is freed after the next loop iteration. NULL
 * allowed. */
void link_zap_close(link_zap *zap);

/* Rejected connections; 0 for NULL. */
unsigned long link_zap_refused(const link_zap *zap);

/* The answer to a request: its frames as in ZAP, from the version on. */
typedef struct link_zap_verdict {
    bool admitted;
    const char *status, *reason; /* "200", "OK"; "400", ... */
    char user[LINK_KEY_MAX];     /* the peer's key; "" where it is not admitted */
    const link_certificate *who; /* until the next refresh; NULL where it is not admitted */
} link_zap_verdict;
link_zap_verdict link_zap_judge(const link_keys *keys, zmq_msg_t *frames, size_t count);

#endif
