#include "link/socket.h"

#include "link/connections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "link/admission.h"
#include "link/context.h"
#include "link/endpoint.h"
#include "link/retry.h"

enum { HANDLES = 4 };

/* A peer that disappears with its machine or network is given up after SILENCE_MS, an address that
 * does not answer after CONNECT_MS; each attempt to connect resolves the name again. */
enum { CONNECT_MS = 2000, KEEPALIVE_S = 1, KEEPALIVE_PROBES = 3, SILENCE_MS = 3000 };

/* A connection that sends nothing keeps its descriptor at most this long: thousands of them must
 * not lock out those that talk. */
enum { HANDSHAKE_MS = 3000 };

struct link_socket {
    char *file; /* of a bound ipc socket, or NULL */
    ino_t inode;
    void *zmq;
    int type;
    link_endpoint endpoint;
    link_keys *keys; /* NULL: none */
    link_keys_listener listener;
    link_admission *admission; /* of a listening socket with keys */
    log_limit refusals;
    link_retry *retry;             /* of a connecting socket with keys, on a loop */
    char server_key[LINK_KEY_MAX]; /* of a connecting socket: its peer's key; "": not connected */
    link_received received, overlong;
    void *user;
    uv_poll_t poll;       /* wakes the loop; does not say what waits */
    uv_prepare_t prepare; /* before the loop blocks: checks whether anything waits */
    uv_check_t check;     /* after the loop wakes: reads what waits */
    uv_idle_t idle;       /* runs while something waits, so that the loop does not block */
    bool unsure; /* something may wait: the descriptor woke us, or a call may have used its edge */
    unsigned open_handles;
    unsigned long malformed;
    link_connections *connections; /* NULL: not needed */
    link_ended ended;
};

static bool has_event(link_socket *s, int event)
{
    int events = 0;
    size_t size = sizeof events;
    return zmq_getsockopt(s->zmq, ZMQ_EVENTS, &events, &size) == 0 && (events & event);
}

/* A REP socket must answer before it takes the next request; nobody receives this answer. */
static void drop_revoked(link_socket *s)
{
    link_keys_count_dropped(s->keys);
    if (s->type == ZMQ_REP)
        zmq_send(s->zmq, "", 0, ZMQ_DONTWAIT);
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
    link_received hand_to = extra ? s->overlong : s->received;
    s->malformed += extra > 0;
    if (count && s->admission && !link_admission_admit(s->admission, &frames[count - 1]))
        drop_revoked(s);
    else if (count && hand_to)
        hand_to(s, s->user, frames, count);
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

/* Each query to ZeroMQ costs system calls, so it is made only where the answer may be yes. After
 * "nothing waits", nothing waits until the descriptor wakes us or we use the socket again. */
static void on_prepare(uv_prepare_t *handle)
{
    link_socket *s = handle->data;
    if (!s->unsure)
        return;
    s->unsure = has_event(s, ZMQ_POLLIN);
    if (s->unsure)
        uv_idle_start(&s->idle, on_idle);
}

/* Receiving until nothing is left answers the question, too. The next receive covers what a
 * callback sends meanwhile. */
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

static void set_bounds(void *zmq, const link_socket_options *o)
{
    int64_t frame_max = o->message_max ? (int64_t)o->message_max : LINK_FRAME_BYTES_MAX;
    set_int(zmq, ZMQ_SNDHWM, o->send_queue ? o->send_queue : LINK_QUEUE);
    set_int(zmq, ZMQ_RCVHWM, o->receive_queue ? o->receive_queue : LINK_QUEUE);
    zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max);
}

static void set_options(void *zmq, int type)
{
    set_int(zmq, ZMQ_LINGER, 0);
    set_int(zmq, ZMQ_RECONNECT_IVL, 20);
    set_int(zmq, ZMQ_RECONNECT_IVL_MAX, 500);
    set_int(zmq, ZMQ_CONNECT_TIMEOUT, CONNECT_MS);
    set_int(zmq, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    /* Uses TCP's own keep-alive. ZeroMQ's heartbeats abort the process where a peer disappears
     * while its queue here is full and the timer fires before that was read: "Assertion failed:
     * !_io_error". */
    set_int(zmq, ZMQ_TCP_KEEPALIVE, 1);
    set_int(zmq, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_S);
    set_int(zmq, ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_S);
    set_int(zmq, ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_PROBES);
    set_int(zmq, ZMQ_TCP_MAXRT, SILENCE_MS);
    if (type == ZMQ_DEALER)
        set_int(zmq, ZMQ_IMMEDIATE, 1);
    if (type == ZMQ_ROUTER)
        set_int(zmq, ZMQ_ROUTER_MANDATORY, 1);
    if (type == ZMQ_XPUB) /* reports every subscriber, not only the first and the last */
        set_int(zmq, ZMQ_XPUB_VERBOSER, 1);
    if (type == ZMQ_SUB)
        zmq_setsockopt(zmq, ZMQ_SUBSCRIBE, "", 0);
}

static void on_connection_ended(void *user, int connection)
{
    link_socket *s = user;
    s->ended(s, s->user, connection);
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

/* libzmq does not remove the file of an ipc socket. The inode tells which file is ours: another
 * process may have bound the same name by the time we close. */
static void note_file(link_socket *s, bool bound)
{
    static const char ipc[] = "ipc://";
    struct stat file;
    if (!bound || strncmp(s->endpoint.address, ipc, sizeof ipc - 1) != 0 ||
        stat(s->endpoint.address + sizeof ipc - 1, &file) != 0 || !S_ISSOCK(file.st_mode))
        return;
    s->file = strdup(s->endpoint.address + sizeof ipc - 1);
    s->inode = file.st_ino;
}

static void remove_file(link_socket *s)
{
    struct stat file;
    if (s->file && stat(s->file, &file) == 0 && file.st_ino == s->inode)
        unlink(s->file);
    free(s->file);
    s->file = NULL;
}

/* --- addresses and keys -------------------------------------------------------------------------
 */

/* IPv6 is on only for IPv6 addresses: otherwise a name would be looked up as IPv6 first. */
static void set_address_options(void *zmq, void *context, const link_endpoint *at, bool bind)
{
    uint64_t threads = at->named && !bind ? LINK_IO_NAMES : LINK_IO_ALL;
    set_int(zmq, ZMQ_IPV6, at->v6);
    if (context && zmq_ctx_get(context, ZMQ_IO_THREADS) >= LINK_IO_THREADS)
        zmq_setsockopt(zmq, ZMQ_AFFINITY, &threads, sizeof threads);
}

static int set_key(void *zmq, int option, const char *key)
{
    return zmq_setsockopt(zmq, option, key, LINK_KEY_MAX); /* in Z85, including its NUL */
}

/* Makes a connecting socket a CURVE client of the peer with this key. */
static int set_client(void *zmq, const link_certificate *own, const char *server_key, err *e)
{
    if (set_key(zmq, ZMQ_CURVE_SERVERKEY, server_key) == 0 &&
        set_key(zmq, ZMQ_CURVE_PUBLICKEY, own->public_key) == 0 &&
        set_key(zmq, ZMQ_CURVE_SECRETKEY, own->secret_key) == 0)
        return ERR_NONE;
    return err_set(e, ERR_UNSUPPORTED, "this ZeroMQ does not support keys: %s",
                   zmq_strerror(errno));
}

static int set_server(link_socket *s, link_domain domain, err *e)
{
    const char *name = link_domain_name(domain);
    s->admission = link_admission_create(s->keys, domain);
    if (!s->admission)
        return err_set(e, ERR_NOMEM, "out of memory for a socket");
    if (s->type == ZMQ_XPUB) /* reports every subscriber, so that each can be cut off */
        set_int(s->zmq, ZMQ_XPUB_VERBOSE, 1);
    if (set_int(s->zmq, ZMQ_CURVE_SERVER, 1) == 0 &&
        set_key(s->zmq, ZMQ_CURVE_SECRETKEY, link_keys_own(s->keys)->secret_key) == 0 &&
        zmq_setsockopt(s->zmq, ZMQ_ZAP_DOMAIN, name, strlen(name)) == 0)
        return ERR_NONE;
    return err_set(e, ERR_UNSUPPORTED, "this ZeroMQ does not support keys: %s",
                   zmq_strerror(errno));
}

/* Ends the connection when the peer's certificate has changed or is gone. */
static void follow_server(link_socket *s)
{
    char key[LINK_KEY_MAX] = "";
    err e = {0};
    if (link_keys_server(s->keys, s->endpoint.server, key, &e) != ERR_NONE)
        log_warning("%s is left: %s", s->endpoint.address, e.text);
    if (strcmp(key, s->server_key) == 0)
        return;
    s->unsure = true;
    if (s->server_key[0])
        zmq_disconnect(s->zmq, s->endpoint.address);
    strcpy(s->server_key, key);
    if (key[0] && (set_client(s->zmq, link_keys_own(s->keys), key, &e) != ERR_NONE ||
                   zmq_connect(s->zmq, s->endpoint.address) != 0))
        log_error("cannot connect to %s again: %s", s->endpoint.address,
                  e.text[0] ? e.text : zmq_strerror(errno));
}

/* The peer has rejected this certificate, but may have admitted it since. */
static void connect_again(void *user)
{
    link_socket *s = user;
    if (!s->server_key[0])
        return;
    s->unsure = true;
    log_limited(&s->refusals, LOG_WARNING, "%s does not admit the certificate %s; trying again",
                s->endpoint.address, link_keys_own(s->keys)->name);
    zmq_disconnect(s->zmq, s->endpoint.address);
    if (zmq_connect(s->zmq, s->endpoint.address) != 0)
        log_error("cannot connect to %s again: %s", s->endpoint.address, zmq_strerror(errno));
}

static void on_keys_changed(void *user)
{
    link_socket *s = user;
    if (!s->admission) {
        follow_server(s);
        return;
    }
    unsigned cut = link_admission_cut(s->admission);
    if (cut)
        log_info("%u connection%s to %s cut off: no longer admitted", cut, cut == 1 ? "" : "s",
                 s->endpoint.address);
}

static int read_endpoint(link_socket *s, const link_socket_options *o, err *e)
{
    if (strncmp(o->endpoint, "inproc://", strlen("inproc://")) == 0) {
        snprintf(s->endpoint.address, sizeof s->endpoint.address, "%s", o->endpoint);
        return ERR_NONE;
    }
    int rc = link_endpoint_parse(o->endpoint, o->bind, &s->endpoint, e);
    if (rc == ERR_NONE && o->bind && s->endpoint.open && !o->keys && !o->insecure)
        rc = err_set(e, ERR_INVALID,
                     "%s is open to other machines: it needs keys, or the flag insecure",
                     o->endpoint);
    return rc;
}

static int bind_or_connect(link_socket *s, const link_socket_options *o, err *e)
{
    int rc = ERR_NONE;
    if (s->keys && o->bind)
        rc = set_server(s, o->admits, e);
    else if (s->keys &&
             (rc = link_keys_server(s->keys, s->endpoint.server, s->server_key, e)) == ERR_NONE)
        rc = set_client(s->zmq, link_keys_own(s->keys), s->server_key, e);
    if (rc != ERR_NONE)
        return rc;
    const char *address = s->endpoint.address;
    if ((o->bind ? zmq_bind(s->zmq, address) : zmq_connect(s->zmq, address)) == 0)
        return ERR_NONE;
    return err_set(e, ERR_IO, "cannot %s %s: %s (an endpoint is ipc:///path or tcp://host:port)",
                   o->bind ? "listen on" : "connect to", o->endpoint, zmq_strerror(errno));
}

static void on_refused(void *user)
{
    link_retry_later(((link_socket *)user)->retry);
}

/* Watches connections from before the first can arrive. */
static int watch_connections(link_socket *s, uv_loop_t *loop, void *context,
                             const link_socket_options *o, err *e)
{
    bool retries = s->keys && s->received && !o->bind;
    if (!o->ended && o->connections_max == 0 && !retries)
        return ERR_NONE;
    if (retries && !(s->retry = link_retry_open(loop, connect_again, s, e)))
        return ERR_NOMEM;
    s->ended = o->ended;
    link_connections_options watching = {.zmq = s->zmq,
                                         .most = o->connections_max,
                                         .ended = o->ended ? on_connection_ended : NULL,
                                         .refused = retries ? on_refused : NULL,
                                         .user = s};
    s->connections = link_connections_open(loop, context, &watching, e);
    return s->connections ? ERR_NONE : ERR_IO;
}

static int open_zmq(link_socket *s, uv_loop_t *loop, void *context, const link_socket_options *o,
                    err *e)
{
    int rc = read_endpoint(s, o, e);
    if (rc != ERR_NONE)
        return rc;
    s->zmq = zmq_socket(context, o->type);
    if (!s->zmq)
        return err_set(e, ERR_IO, "cannot open a socket for %s: %s", o->endpoint,
                       zmq_strerror(errno));
    set_options(s->zmq, o->type);
    set_bounds(s->zmq, o);
    set_address_options(s->zmq, context, &s->endpoint, o->bind);
    rc = watch_connections(s, loop, context, o, e); /* first: a rejection may come at once */
    if (rc != ERR_NONE)
        return rc;
    return bind_or_connect(s, o, e);
}

static void free_socket(link_socket *s)
{
    link_admission_free(s->admission);
    free(s);
}

link_socket *link_socket_open(uv_loop_t *loop, void *context, const link_socket_options *o, err *e)
{
    link_socket *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory for a socket");
        return NULL;
    }
    s->type = o->type;
    s->received = o->received;
    s->overlong = o->overlong;
    s->user = o->user;
    s->keys = o->keys;
    s->listener = (link_keys_listener){.changed = on_keys_changed, .user = s};
    int rc = open_zmq(s, loop, context, o, e);
    if (rc == ERR_NONE && s->received && start_handles(s, loop) != ERR_NONE)
        rc = err_set(e, ERR_IO, "cannot watch the socket of %s", o->endpoint);
    if (rc == ERR_NONE) {
        link_keys_listen(s->keys, &s->listener);
        note_file(s, o->bind);
        return s;
    }
    link_connections_close(s->connections);
    link_retry_close(s->retry);
    if (s->zmq)
        zmq_close(s->zmq);
    free_socket(s);
    return NULL;
}

int link_connect(void *zmq, const char *endpoint, const link_keys *keys, err *e)
{
    link_endpoint at;
    char key[LINK_KEY_MAX];
    int rc = link_endpoint_parse(endpoint, false, &at, e);
    if (rc == ERR_NONE && keys && (rc = link_keys_server(keys, at.server, key, e)) == ERR_NONE)
        rc = set_client(zmq, link_keys_own(keys), key, e);
    if (rc != ERR_NONE)
        return rc;
    set_address_options(zmq, NULL, &at, false);
    return zmq_connect(zmq, at.address) == 0
               ? ERR_NONE
               : err_set(e, ERR_IO, "cannot connect to %s: %s", endpoint, zmq_strerror(errno));
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
        if (sent < 0) /* ZeroMQ rejects a message at its first frame or not at all */
            return errno == EHOSTUNREACH   ? ERR_STATE
                   : errno != EAGAIN       ? ERR_IO
                   : s->type == ZMQ_ROUTER ? ERR_NOMEM
                                           : ERR_STATE;
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

int link_socket_connection(const zmq_msg_t *frame)
{
    return zmq_msg_get(frame, ZMQ_SRCFD);
}

void link_socket_trust(link_socket *s, int connection)
{
    if (s->connections)
        link_connections_trust(s->connections, connection);
}

unsigned long link_socket_turned_away(const link_socket *s)
{
    return s && s->connections ? link_connections_turned_away(s->connections) : 0;
}

static void on_closed(uv_handle_t *handle)
{
    link_socket *s = handle->data;
    if (--s->open_handles == 0)
        free_socket(s);
}

void link_socket_close(link_socket *s, int linger_ms)
{
    if (!s)
        return;
    link_connections_close(s->connections);
    link_keys_unlisten(s->keys, &s->listener);
    link_retry_close(s->retry);
    s->retry = NULL;
    remove_file(s);
    set_int(s->zmq, ZMQ_LINGER, linger_ms);
    if (!s->received) {
        zmq_close(s->zmq);
        free_socket(s);
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
