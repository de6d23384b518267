#include "link/retry.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

enum {
    HANDLES = 2,
    REFUSED = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
              ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

struct link_retry {
    void *zmq, *events; /* the socket, and what ZeroMQ tells of it */
    void (*again)(void *user);
    void *user;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
};

static void on_timer(uv_timer_t *timer)
{
    link_retry *r = timer->data;
    r->again(r->user);
}

/* Takes everything that waits, as the descriptor tells of new events alone. Only events of a
 * refusal are asked for, so that what they say does not matter. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    link_retry *r = poll->data;
    bool any = false;
    char part[256];
    while (zmq_recv(r->events, part, sizeof part, ZMQ_DONTWAIT) >= 0)
        any = true;
    if (any)
        uv_timer_start(&r->timer, on_timer, LINK_RETRY_MS, 0);
}

static int watch(link_retry *r, void *context)
{
    char name[64];
    snprintf(name, sizeof name, "inproc://refusals-of-%p", r->zmq);
    r->events = zmq_socket(context, ZMQ_PAIR);
    return r->events && zmq_socket_monitor(r->zmq, name, REFUSED) == 0 &&
                   zmq_connect(r->events, name) == 0
               ? ERR_NONE
               : ERR_IO;
}

link_retry *link_retry_open(uv_loop_t *loop, void *context, void *zmq, void (*again)(void *user),
                            void *user, err *e)
{
    link_retry *r = calloc(1, sizeof *r);
    uv_os_sock_t fd;
    size_t size = sizeof fd;
    if (!r) {
        err_set(e, ERR_NOMEM, "out of memory for a socket");
        return NULL;
    }
    *r = (link_retry){.zmq = zmq, .again = again, .user = user};
    if (watch(r, context) != ERR_NONE || zmq_getsockopt(r->events, ZMQ_FD, &fd, &size) != 0 ||
        uv_poll_init(loop, &r->poll, fd) != 0) {
        err_set(e, ERR_IO, "cannot watch a connection: %s", zmq_strerror(zmq_errno()));
        if (r->events)
            zmq_close(r->events);
        free(r);
        return NULL;
    }
    uv_timer_init(loop, &r->timer);
    r->poll.data = r->timer.data = r;
    r->open_handles = HANDLES;
    uv_poll_start(&r->poll, UV_READABLE, on_poll);
    on_poll(&r->poll, 0, 0); /* what came before the descriptor was watched */
    return r;
}

static void on_closed(uv_handle_t *handle)
{
    link_retry *r = handle->data;
    if (--r->open_handles == 0)
        free(r);
}

void link_retry_close(link_retry *r)
{
    if (!r)
        return;
    uv_poll_stop(&r->poll);
    uv_close((uv_handle_t *)&r->poll, on_closed);
    uv_close((uv_handle_t *)&r->timer, on_closed);
    zmq_socket_monitor(r->zmq, NULL, 0);
    zmq_close(r->events);
}
