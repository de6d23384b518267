#include "monitor/http.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "monitor/assets.h"
#include "monitor/guard.h"
#include "monitor/json.h"
#include "monitor/metrics.h"
#include "monitor/stream.h"

enum { IDLE_TIMEOUT_S = 15, CONNECTION_MEMORY = 32768 };

static const char type_json[] = "application/json";

/* One request while MHD hands it over. */
typedef struct request {
    http *http;
    struct MHD_Connection *connection;
    char body[HTTP_BODY_MAX];
    size_t size;
    bool too_long;
    control_change change;
    bool waits;      /* for channel-sim: the connection is suspended */
    char *answer;    /* what it said, JSON */
    unsigned status; /* HTTP's, that goes with it */
} request;

struct http {
    struct MHD_Daemon *daemon;
    collector *collector;
    control *control;
    stream_hub *streams;
    uv_poll_t poll;
    uv_timer_t timer;
    char own_name[256];
    uint64_t requests, refused;
};

static void on_timer(uv_timer_t *timer);

/* Lets MHD do what there is to do, and come back when it next wants to (time-outs). */
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

static const char *header(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* The page takes nothing from elsewhere and is shown in no frame. */
static void add_headers(struct MHD_Response *r, const char *type)
{
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(r, "Content-Security-Policy",
                            "default-src 'none'; script-src 'self'; style-src 'self'; "
                            "img-src 'self'; connect-src 'self'; base-uri 'none'; "
                            "form-action 'none'; frame-ancestors 'none'");
}

/* Sends `text`, which becomes MHD's to free. */
static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, const char *type,
                             char *text)
{
    if (!text)
        return MHD_NO;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    add_headers(r, type);
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result complain(http *h, struct MHD_Connection *c, unsigned status,
                                const char *reason)
{
    h->refused++;
    return reply(c, status, type_json, json_answer(&(control_change){0}, NULL, reason));
}

static enum MHD_Result send_asset(struct MHD_Connection *c, const asset *a)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        (size_t)(a->end - a->data), (void *)(uintptr_t)a->data, MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    add_headers(r, a->type);
    enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return result;
}

/* A number of the query; `otherwise` where it is absent or none. */
static size_t query_number(struct MHD_Connection *c, const char *name, size_t otherwise)
{
    const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
    uint64_t number;
    return text && text_whole(text, 0, 999999999, &number) ? (size_t)number : otherwise;
}

static enum MHD_Result send_metrics(http *h, struct MHD_Connection *c)
{
    metrics_own own = {.messages = collector_messages(h->collector),
                       .malformed = collector_malformed(h->collector),
                       .requests = h->requests,
                       .refused = h->refused,
                       .streams = stream_count(h->streams)};
    return reply(c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                 metrics_text(collector_model(h->collector), &own, clock_ns()));
}

static enum MHD_Result send_ues(http *h, struct MHD_Connection *c)
{
    const char *sort = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "sort");
    return reply(c, MHD_HTTP_OK, type_json,
                 json_ues(collector_model(h->collector), query_number(c, "from", 0),
                          query_number(c, "count", 25), sort ? sort : "ue"));
}

static enum MHD_Result send_picture(http *h, struct MHD_Connection *c)
{
    size_t ue = query_number(c, "ue", WIRE_UE_MAX);
    if (ue >= WIRE_UE_MAX)
        return complain(h, c, MHD_HTTP_BAD_REQUEST, "ue takes a number from 0 to 999999");
    const collector_picture *p = collector_watch(h->collector, (uint32_t)ue);
    if (!p)
        return complain(h, c, MHD_HTTP_SERVICE_UNAVAILABLE,
                        "as many other UEs as can be are looked at");
    return reply(c, MHD_HTTP_OK, type_json, json_picture(p));
}

/* channel-sim has answered, or has not in time. */
static void on_done(void *user, const wire_control_reply *in_force, const char *error)
{
    request *r = user;
    r->answer = json_answer(&r->change, in_force, error);
    r->status = !in_force  ? MHD_HTTP_SERVICE_UNAVAILABLE
                : error[0] ? MHD_HTTP_BAD_REQUEST
                           : MHD_HTTP_OK;
    r->waits = false;
    MHD_resume_connection(r->connection);
    uv_timer_start(&r->http->timer, on_timer, 0, 0);
}

static enum MHD_Result ask_control(request *r)
{
    http *h = r->http;
    if (!h->control)
        return complain(h, r->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                        "this monitor was started without a control endpoint");
    r->waits = true;
    MHD_suspend_connection(r->connection);
    if (control_submit(h->control, &r->change, on_done, r) == ERR_NONE)
        return MHD_YES;
    on_done(r, NULL, "too many changes wait");
    return MHD_YES;
}

static enum MHD_Result send_answer(request *r)
{
    char *text = r->answer;
    r->answer = NULL;
    if (r->status != MHD_HTTP_OK)
        r->http->refused++;
    return reply(r->connection, r->status, type_json, text);
}

static enum MHD_Result post_control(request *r, const char *host)
{
    struct MHD_Connection *c = r->connection;
    err e = {0};
    const char *why = guard_change(host, header(c, "Origin"), header(c, "Sec-Fetch-Site"),
                                   header(c, "Content-Type"));
    if (why)
        return complain(r->http, c, MHD_HTTP_FORBIDDEN, why);
    if (r->too_long)
        return complain(r->http, c, MHD_HTTP_CONTENT_TOO_LARGE, "a change is shorter than that");
    if (json_change(r->body, r->size, &r->change, &e) != ERR_NONE)
        return complain(r->http, c, MHD_HTTP_BAD_REQUEST, e.text);
    return ask_control(r);
}

static enum MHD_Result get(request *r, const char *url)
{
    http *h = r->http;
    struct MHD_Connection *c = r->connection;
    const asset *a = asset_find(url);
    if (a)
        return send_asset(c, a);
    if (strcmp(url, "/ues") == 0)
        return send_ues(h, c);
    if (strcmp(url, "/csi") == 0)
        return send_picture(h, c);
    if (strcmp(url, "/control") == 0)
        return ask_control(r);
    if (strcmp(url, "/events") != 0)
        return complain(h, c, MHD_HTTP_NOT_FOUND, "there is no such page");
    if (stream_begin(h->streams, c) == MHD_YES)
        return MHD_YES;
    return complain(h, c, MHD_HTTP_SERVICE_UNAVAILABLE, "as many pages as can be are open");
}

static enum MHD_Result route(request *r, const char *url, const char *method)
{
    http *h = r->http;
    const char *host = header(r->connection, "Host"), *why;
    bool is_get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;
    h->requests++;
    if (is_get && strcmp(url, "/metrics") == 0) /* Prometheus comes under any name */
        return send_metrics(h, r->connection);
    if ((why = guard_host(host, h->own_name)))
        return complain(h, r->connection, MHD_HTTP_FORBIDDEN, why);
    if (is_get)
        return get(r, url);
    if (strcmp(method, MHD_HTTP_METHOD_POST) == 0 && strcmp(url, "/control") == 0)
        return post_control(r, host);
    return complain(h, r->connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET, or POST /control");
}

/* Called at a request's headers, for each part of its body, at its end, and once more when
 * channel-sim has answered. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    (void)version;
    request *r = *state;
    if (!r) {
        *state = r = calloc(1, sizeof *r);
        if (!r)
            return MHD_NO;
        r->http = cls;
        r->connection = connection;
        return MHD_YES;
    }
    if (*size > 0) {
        r->too_long = r->too_long || *size > HTTP_BODY_MAX - r->size;
        if (!r->too_long) {
            memcpy(r->body + r->size, data, *size);
            r->size += *size;
        }
        *size = 0;
        return MHD_YES;
    }
    if (r->waits)
        return MHD_YES;
    return r->answer ? send_answer(r) : route(r, url, method);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls, (void)connection, (void)code;
    request *r = *state;
    if (r)
        free(r->answer);
    free(r);
    *state = NULL;
}

static int parse_address(const char *address, uint16_t port, struct sockaddr_storage *out, err *e)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
    } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
    } else {
        return err_set(e, ERR_INVALID, "'%.80s' is no address, like 127.0.0.1 or ::1", address);
    }
    return ERR_NONE;
}

static int start_daemon(http *h, const char *address, uint16_t port, err *e)
{
    struct sockaddr_storage where;
    if (parse_address(address, port, &where, e) != ERR_NONE)
        return e ? e->code : ERR_INVALID;
    unsigned v6 = where.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0;
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | v6, port, NULL, NULL, on_request, h,
        MHD_OPTION_SOCK_ADDR, &where, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED, on_completed, h, MHD_OPTION_END);
    if (!h->daemon)
        return err_set(e, ERR_IO, "cannot listen on %.80s port %u: is it in use?", address, port);
    return ERR_NONE;
}

static int watch_daemon(http *h, uv_loop_t *loop, err *e)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info || uv_poll_init(loop, &h->poll, info->epoll_fd) != 0)
        return err_set(e, ERR_IO, "cannot watch the HTTP server");
    uv_timer_init(loop, &h->timer);
    h->poll.data = h->timer.data = h;
    uv_poll_start(&h->poll, UV_READABLE, on_readable);
    return ERR_NONE;
}

http *http_open(uv_loop_t *loop, const char *address, uint16_t port, collector *from,
                control *changes, err *e)
{
    http *h = calloc(1, sizeof *h);
    if (!h || !(h->streams = stream_hub_create(HTTP_STREAMS_MAX))) {
        free(h);
        err_set(e, ERR_NOMEM, "out of memory for the HTTP server");
        return NULL;
    }
    h->collector = from;
    h->control = changes;
    if (gethostname(h->own_name, sizeof h->own_name - 1) != 0)
        h->own_name[0] = '\0';
    if (start_daemon(h, address, port, e) == ERR_NONE && watch_daemon(h, loop, e) == ERR_NONE)
        return h;
    if (h->daemon)
        MHD_stop_daemon(h->daemon);
    http_free(h);
    return NULL;
}

uint16_t http_port(const http *h)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void http_tick(http *h)
{
    if (stream_count(h->streams) == 0)
        return;
    char *text = json_state(collector_model(h->collector), clock_ns());
    if (text)
        stream_send(h->streams, text);
    free(text);
    run(h);
}

void http_close(http *h)
{
    stream_end_all(h->streams);
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
    stream_hub_free(h->streams);
    free(h);
}
