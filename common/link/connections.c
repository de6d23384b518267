#include "link/connections.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

enum {
    REFUSED = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
              ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
};

typedef struct accepted {
    int connection;
    bool trusted;
} accepted;

struct link_connections {
    link_connections_options options;
    void *monitor; /* a PAIR socket that ZeroMQ's own thread writes to */
    uv_poll_t poll;
    accepted *open; /* [most + 1], oldest first; NULL without a limit */
    int count;
    unsigned long turned_away;
};

/* An event: its number (16 bits) and value (32 bits) in one frame, the address in another. */
static bool next_event(link_connections *c, unsigned *event, int *value)
{
    zmq_msg_t frame;
    uint16_t number = 0;
    uint32_t number_value = 0;
    zmq_msg_init(&frame);
    bool came = zmq_msg_recv(&frame, c->monitor, ZMQ_DONTWAIT) >= 0;
    if (came && zmq_msg_size(&frame) == sizeof number + sizeof number_value) {
        const char *bytes = zmq_msg_data(&frame);
        memcpy(&number, bytes, sizeof number);
        memcpy(&number_value, bytes + sizeof number, sizeof number_value);
    }
    while (came && zmq_msg_more(&frame) && zmq_msg_recv(&frame, c->monitor, ZMQ_DONTWAIT) >= 0)
        ;
    zmq_msg_close(&frame);
    *event = number;
    *value = (int)number_value;
    return came;
}

static int find(const link_connections *c, int connection)
{
    for (int i = 0; i < c->count; i++)
        if (c->open[i].connection == connection)
            return i;
    return -1;
}

static void forget(link_connections *c, int at)
{
    c->count--;
    memmove(&c->open[at], &c->open[at + 1], (size_t)(c->count - at) * sizeof *c->open);
}

/* Shutting down the descriptor makes ZeroMQ see the connection end. If it has ended by itself and
 * the number belongs to another connection now, that connection's peer reconnects. */
static void end_excess(link_connections *c)
{
    int at = 0;
    while (at < c->count - 1 && c->open[at].trusted)
        at++;
    c->turned_away++;
    shutdown(c->open[at].connection, SHUT_RDWR);
    forget(c, at);
}

static void on_accepted(link_connections *c, int connection)
{
    int old = c->open ? find(c, connection) : -1;
    if (!c->open)
        return;
    if (old >= 0)
        forget(c, old);
    c->open[c->count++] = (accepted){connection, false};
    if (c->count > c->options.most)
        end_excess(c);
}

static void on_ended(link_connections *c, int connection)
{
    int at = c->open ? find(c, connection) : -1;
    if (at >= 0)
        forget(c, at);
    if (c->options.ended)
        c->options.ended(c->options.user, connection);
}

/* Reads until there is no event left: that arms the descriptor again. */
static void read_events(link_connections *c)
{
    unsigned event;
    int value;
    while (c->monitor && next_event(c, &event, &value)) {
        if (event == ZMQ_EVENT_ACCEPTED)
            on_accepted(c, value);
        else if (event == ZMQ_EVENT_DISCONNECTED)
            on_ended(c, value);
        else if ((event & REFUSED) && c->options.refused)
            c->options.refused(c->options.user);
    }
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    read_events(handle->data);
}

static int start_handles(link_connections *c, uv_loop_t *loop)
{
    uv_os_sock_t fd;
    size_t size = sizeof fd;
    if (zmq_getsockopt(c->monitor, ZMQ_FD, &fd, &size) != 0 ||
        uv_poll_init(loop, &c->poll, fd) != 0)
        return ERR_IO;
    c->poll.data = c;
    uv_poll_start(&c->poll, UV_READABLE, on_poll);
    return ERR_NONE;
}

/* Without a limit on its queue: ZeroMQ's thread would wait for room in it while holding a lock that
 * closing the socket needs. An event takes some 100 bytes, and the loop reads them all. */
static int open_monitor(link_connections *c, uv_loop_t *loop, void *context)
{
    char address[64];
    int unlimited = 0;
    snprintf(address, sizeof address, "inproc://connections-%p", (void *)c);
    int events = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | (c->options.refused ? REFUSED : 0);
    if (zmq_socket_monitor(c->options.zmq, address, events))
        return ERR_IO;
    c->monitor = zmq_socket(context, ZMQ_PAIR);
    if (!c->monitor)
        return ERR_IO;
    zmq_setsockopt(c->monitor, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    if (zmq_connect(c->monitor, address) == 0 && start_handles(c, loop) == ERR_NONE) {
        read_events(c); /* there are none yet, and ZeroMQ only wakes a reader that found none */
        return ERR_NONE;
    }
    zmq_close(c->monitor);
    return ERR_IO;
}

link_connections *link_connections_open(uv_loop_t *loop, void *context,
                                        const link_connections_options *options, err *e)
{
    link_connections *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory for a socket's connections");
        return NULL;
    }
    c->options = *options;
    if (options->most > 0 && !(c->open = calloc((size_t)options->most + 1, sizeof *c->open))) {
        free(c);
        err_set(e, ERR_NOMEM, "out of memory for %d connections", options->most);
        return NULL;
    }
    if (open_monitor(c, loop, context) == ERR_NONE)
        return c;
    err_set(e, ERR_IO, "cannot watch a socket's connections: %s", zmq_strerror(errno));
    zmq_socket_monitor(options->zmq, NULL, 0);
    free(c->open);
    free(c);
    return NULL;
}

void link_connections_trust(link_connections *c, int connection)
{
    int at = c->open ? find(c, connection) : -1;
    if (at >= 0)
        c->open[at].trusted = true;
}

unsigned long link_connections_turned_away(const link_connections *c)
{
    return c->turned_away;
}

static void on_closed(uv_handle_t *handle)
{
    link_connections *c = handle->data;
    free(c->open);
    free(c);
}

void link_connections_close(link_connections *c)
{
    if (!c)
        return;
    zmq_socket_monitor(c->options.zmq, NULL, 0);
    uv_poll_stop(&c->poll);
    uv_close((uv_handle_t *)&c->poll, on_closed);
    zmq_close(c->monitor);
    c->monitor = NULL;
}
