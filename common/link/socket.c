#include "link/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLES = 4 };

/* A peer whose machine or network went without a word is given up after SILENCE_MS, an address that
 * does not answer after CONNECT_MS; each attempt to connect resolves the name anew. */
enum { CONNECT_MS = 2000, HEARTBEAT_MS = 1000, SILENCE_MS = 3000 };

struct link_socket {
    void *zmq;
    link_received received;
    void *user;
    uv_poll_t poll;       /* wakes the loop; says nothing of what waits */
    uv_prepare_t prepare; /* before the loop blocks: does anything wait? */
    uv_check_t check;     /* after it: take what waits */
    uv_idle_t idle;       /* runs while something waits, so that the loop does not block */
    bool unsure; /* something may wait: the descriptor woke us, or a call may have eaten its edge */
    unsigned open_handles;
    unsigned long malformed;
};

static bool has_event(link_socket *s, int event)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(s->zmq, ZMQ_EVENTS, &events, &size) == 0 && (events & event);
}

/* Receives one whole message; false when there is none. */
static bool receive_one(link_socket *s)
{
    zmq_msg_t frames[LINK_FRAMES_MAX], beyond;
    size_t count = 0, extra = 0;
    for (bool more = true; more;) {
        zmq_msg_t *frame = count < LINK_FRAMES_MAX ? &frames[count] : &beyond;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, s->zmq, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(frame);
            break;
        }
        more = zmq_msg_more(frame);
        if (frame != &beyond) {
            count++;
        } else {
            extra++;
            zmq_msg_close(frame);
        }
    }
    if (extra)
        s->malformed++;
    else if (count)
        s->received(s, s->user, frames, count);
    for (size_t i = 0; i < count; i++)
        zmq_msg_close(&frames[i]);
    return count > 0;
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    link_socket *s = handle->data;
    s->unsure = true;
}

static void on_idle(uv_idle_t *handle)
{
    (void)handle;
}

/* Each question to ZeroMQ costs system calls, so it is asked only where the answer may be yes. A
 * "nothing waits" holds until the descriptor wakes us or we touch the socket again. */
static void on_prepare(uv_prepare_t *handle)
{
    link_socket *s = handle->data;
    if (!s->unsure)
        return;
    s->unsure = has_event(s, ZMQ_POLLIN);
    if (s->unsure)
        uv_idle_start(&s->idle, on_idle);
}

/* Receiving until nothing is left is itself the question. What a callback sends on the way is
 * covered by the receive that follows it. */
static void on_check(uv_check_t *handle)
{
    link_socket *s = handle->data;
    uv_idle_stop(&s->idle);
    for (int i = 0; i < LINK_BATCH && s->zmq && s->unsure; i++)
        s->unsure = receive_one(s);
}

static int set_int(void *zmq, int option, int value)
{
    return zmq_setsockopt(zmq, option, &value, sizeof value);
}

static void set_options(void *zmq, int type)
{
    int64_t frame_max = LINK_FRAME_BYTES_MAX;
    set_int(zmq, ZMQ_LINGER, 0);
    set_int(zmq, ZMQ_SNDHWM, LINK_QUEUE);
    set_int(zmq, ZMQ_RCVHWM, LINK_QUEUE);
    set_int(zmq, ZMQ_RECONNECT_IVL, 20);
    set_int(zmq, ZMQ_RECONNECT_IVL_MAX, 500);
    set_int(zmq, ZMQ_CONNECT_TIMEOUT, CONNECT_MS);
    set_int(zmq, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS);
    set_int(zmq, ZMQ_HEARTBEAT_TIMEOUT, SILENCE_MS);
    zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max);
    if (type == ZMQ_DEALER)
        set_int(zmq, ZMQ_IMMEDIATE, 1);
    if (type == ZMQ_ROUTER)
        set_int(zmq, ZMQ_ROUTER_MANDATORY, 1);
    if (type == ZMQ_SUB)
        zmq_setsockopt(zmq, ZMQ_SUBSCRIBE, "", 0);
}

static int start_handles(link_socket *s, uv_loop_t *loop)
{
    uv_os_sock_t fd;
    size_t size = sizeof fd;
    if (zmq_getsockopt(s->zmq, ZMQ_FD, &fd, &size) != 0 || uv_poll_init(loop, &s->poll, fd) != 0)
        return ERR_IO;
    uv_prepare_init(loop, &s->prepare);
    uv_check_init(loop, &s->check);
    uv_idle_init(loop, &s->idle);
    s->poll.data = s->prepare.data = s->check.data = s->idle.data = s;
    s->open_handles = HANDLES;
    s->unsure = true;
    uv_poll_start(&s->poll, UV_READABLE, on_poll);
    uv_prepare_start(&s->prepare, on_prepare);
    uv_check_start(&s->check, on_check);
    return ERR_NONE;
}

link_socket *link_socket_open(uv_loop_t *loop, void *context, const link_socket_options *o, err *e)
{
    link_socket *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory for a socket");
        return NULL;
    }
    s->received = o->received;
    s->user = o->user;
    s->zmq = zmq_socket(context, o->type);
    if (s->zmq)
        set_options(s->zmq, o->type);
    if (!s->zmq ||
        (o->bind ? zmq_bind(s->zmq, o->endpoint) : zmq_connect(s->zmq, o->endpoint)) != 0) {
        err_set(e, ERR_IO, "cannot %s %s: %s (an endpoint is ipc:///path or tcp://host:port)",
                o->bind ? "listen on" : "connect to", o->endpoint, zmq_strerror(errno));
    } else if (!s->received) {
        return s;
    } else if (start_handles(s, loop) == ERR_NONE) {
        return s;
    } else {
        err_set(e, ERR_IO, "cannot watch the socket of %s", o->endpoint);
    }
    if (s->zmq)
        zmq_close(s->zmq);
    free(s);
    return NULL;
}

int link_socket_send(link_socket *s, zmq_msg_t *frames, size_t count)
{
    s->unsure = true;
    for (size_t i = 0; i < count; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        int sent;
        do {
            sent = zmq_msg_send(&frames[i], s->zmq, flags);
        } while (sent < 0 && errno == EINTR);
        if (sent < 0) /* ZeroMQ refuses a message at its first frame or not at all */
            return errno == EAGAIN || errno == EHOSTUNREACH ? ERR_STATE : ERR_IO;
    }
    return ERR_NONE;
}

bool link_socket_writable(link_socket *s)
{
    s->unsure = true;
    return has_event(s, ZMQ_POLLOUT);
}

void link_socket_subscribe(link_socket *s, const char *topic, bool on)
{
    s->unsure = true;
    zmq_setsockopt(s->zmq, on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, topic, strlen(topic));
}

unsigned long link_socket_malformed(const link_socket *s)
{
    return s ? s->malformed : 0;
}

static void on_closed(uv_handle_t *handle)
{
    link_socket *s = handle->data;
    if (--s->open_handles == 0)
        free(s);
}

void link_socket_close(link_socket *s, int linger_ms)
{
    if (!s)
        return;
    set_int(s->zmq, ZMQ_LINGER, linger_ms);
    if (!s->received) {
        zmq_close(s->zmq);
        free(s);
        return;
    }
    uv_poll_stop(&s->poll);
    uv_close((uv_handle_t *)&s->poll, on_closed);
    uv_close((uv_handle_t *)&s->prepare, on_closed);
    uv_close((uv_handle_t *)&s->check, on_closed);
    uv_close((uv_handle_t *)&s->idle, on_closed);
    zmq_close(s->zmq);
    s->zmq = NULL;
}
