#include "monitor/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "monitor/json.h"
#include "monitor/metrics.h"
#include "monitor/reply.h"

static const reply_extra nothing = {0};

static enum MHD_Result complain(route_request *r, unsigned status, const char *reason,
                                reply_extra extra)
{
    r->site->refused++;
    return reply_error(r->connection, status, reason, extra);
}

enum MHD_Result route_refuse(route_request *r)
{
    return complain(r, r->fault.status, r->fault.reason, (reply_extra){"Connection", "close"});
}

static enum MHD_Result send_json(route_request *r, char *text)
{
    return reply_text(r->connection, MHD_HTTP_OK, reply_json, text, nothing);
}

static enum MHD_Result send_metrics(route_request *r)
{
    const route_site *s = r->site;
    metrics_own own = {.messages = collector_messages(s->collector),
                       .malformed = collector_malformed(s->collector),
                       .requests = s->requests,
                       .refused = s->refused,
                       .connections = clients_count(s->clients),
                       .ended = clients_ended(s->clients),
                       .streams = clients_streams(s->clients)};
    return reply_text(r->connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                      metrics_text(collector_model(s->collector), &own, clock_ns()), nothing);
}

static enum MHD_Result send_ues(route_request *r)
{
    const char *sort = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "sort");
    return send_json(r, json_ues(collector_model(r->site->collector),
                                 request_number(r->connection, "from", 0),
                                 request_number(r->connection, "count", 25), sort ? sort : "ue"));
}

static enum MHD_Result send_picture(route_request *r)
{
    size_t ue = request_number(r->connection, "ue", WIRE_UE_MAX);
    if (ue >= WIRE_UE_MAX)
        return complain(r, MHD_HTTP_BAD_REQUEST, "ue takes a number from 0 to 999999", nothing);
    const collector_picture *p = collector_watch(r->site->collector, (uint32_t)ue);
    if (!p)
        return complain(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                        "four other UEs are being watched; this one is free to watch in two "
                        "seconds",
                        nothing);
    return send_json(r, json_picture(p));
}

/* channel-sim has answered, or has not in time. */
static void on_done(void *user, const wire_control_reply *in_force, const char *error)
{
    route_request *r = user;
    r->answer = json_answer(&r->change, in_force, error);
    r->status = !in_force  ? MHD_HTTP_SERVICE_UNAVAILABLE
                : error[0] ? MHD_HTTP_BAD_REQUEST
                           : MHD_HTTP_OK;
    r->waits = false;
    MHD_resume_connection(r->connection);
    r->site->resumed(r->site->user);
}

static enum MHD_Result ask_control(route_request *r)
{
    control *c = r->site->control;
    if (!c)
        return complain(r, MHD_HTTP_SERVICE_UNAVAILABLE,
                        "this monitor was started without a control endpoint", nothing);
    r->waits = true;
    MHD_suspend_connection(r->connection);
    if (control_submit(c, &r->change, on_done, r) != ERR_NONE)
        on_done(r, NULL, "too many changes wait");
    return MHD_YES;
}

static enum MHD_Result send_answer(route_request *r)
{
    char *text = r->answer;
    r->answer = NULL;
    if (r->status != MHD_HTTP_OK)
        r->site->refused++;
    return reply_text(r->connection, r->status, reply_json, text, nothing);
}

static enum MHD_Result post_control(route_request *r)
{
    const route_site *s = r->site;
    struct MHD_Connection *c = r->connection;
    err e = {0};
    const char *why = guard_change(request_header(c, "Host"), request_header(c, "Origin"),
                                   request_header(c, "Sec-Fetch-Site"),
                                   request_header(c, "Content-Type"), &s->names);
    if (why)
        return complain(r, MHD_HTTP_FORBIDDEN, why, nothing);
    if (s->token && !token_is_shown(s->token, request_header(c, "Authorization")))
        return complain(r, MHD_HTTP_UNAUTHORIZED,
                        "a change needs the monitor's token; the monitor's log has a link with it",
                        (reply_extra){"WWW-Authenticate", "Bearer realm=\"csilink\""});
    if (r->too_long)
        return complain(r, MHD_HTTP_CONTENT_TOO_LARGE, "a change must be shorter than that",
                        nothing);
    if (json_change(r->body, r->size, &r->change, &e) != ERR_NONE)
        return complain(r, MHD_HTTP_BAD_REQUEST, e.text, nothing);
    return ask_control(r);
}

/* The client of a stream: behind a proxy on this machine, the last address in X-Forwarded-For. The
 * proxy adds that one, to an existing line or as a new line; anyone could have written those before
 * it. */
static client_address whose_stream(const route_request *r)
{
    client_address from = *client_from(r->who), forwarded;
    const char *list = request_last_header(r->connection, "X-Forwarded-For");
    if (!r->site->names.external || !client_address_is_loopback(&from) || !list)
        return from;
    const char *comma = strrchr(list, ',');
    const char *last = comma ? comma + 1 : list;
    last += strspn(last, " \t");
    return client_address_read(last, strcspn(last, " \t"), &forwarded) ? forwarded : from;
}

static enum MHD_Result send_stream(route_request *r)
{
    route_site *s = r->site;
    if (!clients_stream(s->clients, r->who, whose_stream(r)))
        return complain(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the maximum number of pages is open",
                        (reply_extra){"Retry-After", "5"});
    return stream_begin(s->streams, r->connection, r->who);
}

static enum MHD_Result get(route_request *r, const char *path, bool head)
{
    const asset *a = asset_find(path);
    if (a)
        return reply_asset(r->connection, a);
    if (strcmp(path, "/metrics") == 0)
        return send_metrics(r);
    if (strcmp(path, "/ues") == 0)
        return send_ues(r);
    if (strcmp(path, "/csi") == 0)
        return send_picture(r);
    if (strcmp(path, "/control") == 0)
        return ask_control(r);
    if (head) /* a stream without its events */
        return reply_text(r->connection, MHD_HTTP_OK, "text/event-stream", calloc(1, 1), nothing);
    return send_stream(r);
}

static bool exists(const char *path)
{
    static const char *const others[] = {"/metrics", "/ues", "/csi", "/control", "/events"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(path, others[i]) == 0)
            return true;
    return asset_find(path) != NULL;
}

enum MHD_Result route_answer(route_request *r, const char *path, const char *method)
{
    if (r->answer)
        return send_answer(r);
    route_site *s = r->site;
    bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    bool reads = head || strcmp(method, MHD_HTTP_METHOD_GET) == 0;
    bool steers = strcmp(path, "/control") == 0;
    s->requests++;
    /* Prometheus comes under any name. */
    const char *why = reads && strcmp(path, "/metrics") == 0
                          ? NULL
                          : guard_host(request_header(r->connection, "Host"), &s->names);
    if (why)
        return complain(r, MHD_HTTP_FORBIDDEN, why, nothing);
    if (!exists(path))
        return complain(r, MHD_HTTP_NOT_FOUND, "no such page", nothing);
    if (reads)
        return get(r, path, head);
    if (steers && strcmp(method, MHD_HTTP_METHOD_POST) == 0)
        return post_control(r);
    return complain(r, MHD_HTTP_METHOD_NOT_ALLOWED,
                    steers ? "only GET, HEAD and POST are allowed here"
                           : "only GET and HEAD are allowed here",
                    (reply_extra){"Allow", steers ? "GET, HEAD, POST" : "GET, HEAD"});
}

char *route_state(const route_site *s)
{
    const json_access access = {.insecure = s->open, .token = s->token != NULL};
    return json_state(collector_model(s->collector), &access, clock_ns());
}
