#include "monitor/http.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "monitor/route.h"
#include "monitor/stream.h"

enum {
    CONNECTION_MEMORY = 32768, /* of MHD: the longest request's headers */
    SEND_BUFFER = 16384,       /* of the kernel: what a slow reader holds */
};

struct http {
    struct MHD_Daemon *daemon;
    listener *listener;
    clients *clients;
    client *coming; /* while MHD takes its connection in */
    route_site site;
    uv_poll_t poll;
    uv_timer_t timer;
    char own_name[256];
    log_limit full;
};

static void on_timer(uv_timer_t *timer);

/* Lets MHD do what there is to do, and come back when it next wants to. */
static void run(http *h)
{
    MHD_UNSIGNED_LONG_LONG ms;
    MHD_run(h->daemon);
    if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
        uv_timer_start(&h->timer, on_timer, ms, 0);
    else
        uv_timer_stop(&h->timer);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    run(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_resumed(void *user)
{
    http *h = user;
    uv_timer_start(&h->timer, on_timer, 0, 0);
}

/* MHD's connection is ended below it: MHD then finds that its client has gone. Nothing of an answer
 * is under way where a request is not whole, so a line of ours cannot get into one. */
static void end_connection(void *user, int fd, client_phase phase, client_end why)
{
    (void)user;
    static const char late[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                               "Content-Length: 0\r\n\r\n";
    if (why == CLIENT_IS_SLOW && (phase == CLIENT_NEW || phase == CLIENT_ASKS))
        send(fd, late, sizeof late - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_RDWR);
}

static void refuse_client(int fd)
{
    static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                               "Retry-After: 5\r\nContent-Length: 0\r\n\r\n";
    send(fd, full, sizeof full - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(fd);
}

/* MHD does not accept connections itself: at its own limit it takes the listening socket out of the
 * set that it waits on, and puts it back when it next runs. Where all connections end in one run,
 * nothing wakes it again and the server is dead. */
static void on_accepted(void *user, int fd, const struct sockaddr *from, socklen_t size)
{
    http *h = user;
    int buffer = SEND_BUFFER;
    h->coming = clients_come(h->clients, fd, client_address_of(from), clock_ns());
    if (!h->coming) {
        log_limited(&h->full, LOG_WARNING, "an HTTP connection is turned away: %zu are open",
                    clients_count(h->clients));
        refuse_client(fd);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    MHD_add_connection(h->daemon, fd, from, size);
    if (h->coming) /* MHD has refused it, and closed it */
        clients_gone(h->clients, h->coming);
    h->coming = NULL;
    run(h); /* also closes the connection that made room */
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)connection;
    http *h = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *state = h->coming;
        h->coming = NULL;
    } else if (*state) {
        clients_gone(h->clients, *state);
        *state = NULL;
    }
}

/* A request's first line has come. What this returns is the request's state from then on. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *connection)
{
    http *h = cls;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    route_request *r = info && info->socket_context ? calloc(1, sizeof *r) : NULL;
    if (!r)
        return NULL;
    r->site = &h->site;
    r->connection = connection;
    r->who = info->socket_context;
    r->fault = request_check_target(uri);
    clients_ask(h->clients, r->who, clock_ns());
    return r;
}

/* Called at a request's headers, for each part of its body, at its end, and once more when
 * channel-sim has answered. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    (void)version;
    http *h = cls;
    route_request *r = *state;
    if (!r)
        return MHD_NO; /* out of memory */
    if (!r->has_headers) {
        r->has_headers = true;
        if (!r->fault.status)
            r->fault = request_check_headers(connection);
        if (!r->fault.status)
            return MHD_YES;
        clients_answer(h->clients, r->who, clock_ns());
        return route_refuse(r);
    }
    if (*size > 0) {
        r->too_long = r->too_long || *size > REQUEST_BODY_MAX - r->size;
        if (!r->too_long) {
            memcpy(r->body + r->size, data, *size);
            r->size += *size;
        }
        *size = 0;
        return MHD_YES;
    }
    if (r->waits)
        return MHD_YES;
    clients_answer(h->clients, r->who, clock_ns());
    return route_answer(r, url, method);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    http *h = cls;
    route_request *r = *state;
    if (!r)
        return;
    clients_idle(h->clients, r->who, clock_ns());
    free(r->answer);
    free(r);
    *state = NULL;
}

static int start_daemon(http *h, err *e)
{
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
        on_request, h, MHD_OPTION_CONNECTION_LIMIT, (unsigned)(2 * CLIENTS_MAX),
        MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, h, MHD_OPTION_END);
    return h->daemon ? ERR_NONE : err_set(e, ERR_NOMEM, "cannot start the HTTP server");
}

static int start_listening(http *h, uv_loop_t *loop, const http_options *o, bool steers, err *e)
{
    h->listener = listener_open(loop, &o->where, on_accepted, h, e);
    if (!h->listener)
        return ERR_IO;
    bool open = steers && !o->token && listener_is_open(h->listener);
    h->site.open = open && o->insecure;
    if (!open || o->insecure)
        return ERR_NONE;
    listener_close(h->listener);
    return err_set(e, ERR_INVALID,
                   "anyone who reaches %s could change the link: --token FILE asks them for a "
                   "token, --insecure lets them",
                   o->where.host[0] ? o->where.host : "this machine");
}

http *http_open(uv_loop_t *loop, const http_options *o, collector *from, control *changes, err *e)
{
    http *h = calloc(1, sizeof *h);
    if (h)
        h->clients = clients_create(o->external != NULL, end_connection, h);
    stream_hub *streams = h && h->clients ? stream_hub_create(h->clients) : NULL;
    if (!streams) {
        http_free(h);
        err_set(e, ERR_NOMEM, "out of memory for the HTTP server");
        return NULL;
    }
    if (gethostname(h->own_name, sizeof h->own_name - 1) != 0)
        h->own_name[0] = '\0';
    h->site = (route_site){.collector = from,
                           .control = changes,
                           .streams = streams,
                           .clients = h->clients,
                           .names = {h->own_name, o->external},
                           .token = o->token,
                           .resumed = on_resumed,
                           .user = h};
    if (start_daemon(h, e) != ERR_NONE || start_listening(h, loop, o, changes != NULL, e)) {
        if (h->daemon)
            MHD_stop_daemon(h->daemon);
        uv_run(loop, UV_RUN_NOWAIT); /* the listener's handles are in the memory freed below */
        http_free(h);
        return NULL;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    uv_poll_init(loop, &h->poll, info->epoll_fd);
    uv_timer_init(loop, &h->timer);
    h->poll.data = h->timer.data = h;
    uv_poll_start(&h->poll, UV_READABLE, on_readable);
    return h;
}

uint16_t http_port(const http *h)
{
    return listener_port(h->listener);
}

bool http_is_open(const http *h)
{
    return h->site.open;
}

void http_tick(http *h)
{
    clients_sweep(h->clients, clock_ns());
    if (clients_streams(h->clients) > 0) {
        char *text = route_state(&h->site);
        if (text)
            stream_send(h->site.streams, text);
        free(text);
    }
    run(h);
}

void http_close(http *h)
{
    listener_close(h->listener);
    stream_end_all(h->site.streams);
    MHD_run(h->daemon);
    uv_close((uv_handle_t *)&h->poll, NULL);
    uv_close((uv_handle_t *)&h->timer, NULL);
    MHD_stop_daemon(h->daemon);
    h->daemon = NULL;
}

void http_free(http *h)
{
    if (!h)
        return;
    listener_free(h->listener);
    stream_hub_free(h->site.streams);
    clients_free(h->clients);
    free(h);
}
