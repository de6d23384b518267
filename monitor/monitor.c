#include "monitor/monitor.h"

#include <stdio.h>

#include "base/log.h"
#include "monitor/collector.h"
#include "monitor/control.h"
#include "monitor/http.h"
#include "monitor/token.h"
#include "service/service.h"

typedef struct monitor {
    link_service *service;
    collector *collector;
    control *control;
    token token;
    http *http;
    bool stopping;
} monitor;

static void on_tick(void *user)
{
    monitor *m = user;
    if (m->http)
        http_tick(m->http);
}

/* Changes that wait are answered before the server that they came through goes. */
static void stop(monitor *m)
{
    if (m->stopping)
        return;
    m->stopping = true;
    if (m->control)
        control_close(m->control);
    if (m->http)
        http_close(m->http);
    if (m->collector)
        collector_close(m->collector);
    link_service_stop(m->service);
}

static void on_stop(void *user, bool now)
{
    (void)now;
    stop(user);
}

static int open_parts(monitor *m, const monitor_options *o, err *e)
{
    uv_loop_t *loop = link_service_loop(m->service);
    m->collector = collector_open(m->service, o->telemetry, o->telemetry_count, on_tick, m, e);
    if (m->collector && o->control)
        m->control = control_open(m->service, o->control, e);
    const http_options options = {.where = o->where,
                                  .external = o->external,
                                  .token = o->token ? &m->token : NULL,
                                  .insecure = o->insecure};
    err why = {.code = ERR_IO};
    if (m->collector && (m->control || !o->control))
        m->http = http_open(loop, &options, m->collector, m->control, &why);
    if (why.text[0])
        *e = why;
    return m->http ? ERR_NONE : why.code;
}

/* Where the page is. Behind '#' a browser keeps the token to itself: it is in no request line, and
 * so in no log of a proxy. */
static void report(const monitor *m, const monitor_options *o)
{
    listen_address where = o->where;
    char place[LISTEN_URL_MAX], link[LISTEN_URL_MAX + 16];
    where.port = http_port(m->http);
    listen_url(&where, "localhost", place);
    snprintf(link, sizeof link, "http://%s", place);
    log_info("%s/ shows %zu processes", link, o->telemetry_count);
    if (o->external)
        log_info("requests for %s are also answered", o->external->text);
    if (o->token)
        log_info("changes need the token: %s/#token=%s", o->external ? o->external->text : link,
                 m->token.text);
    if (http_is_open(m->http))
        log_warning("--insecure: anyone who reaches this page can change the link");
}

int monitor_run(const monitor_options *o, err *e)
{
    monitor m = {0};
    m.service = link_service_open(
        &(link_service_options){.role = "monitor",
                                .until_eof = o->until_eof,
                                .on_stop = on_stop,
                                .user = &m,
                                .access = o->access,
                                .roles = 1u << LINK_CONTROLLER | 1u << LINK_WATCHER},
        e);
    if (!m.service)
        return ERR_IO;
    int status = o->token ? token_open(o->token, &m.token, e) : ERR_NONE;
    if (status == ERR_NONE)
        status = open_parts(&m, o, e);
    if (status == ERR_NONE)
        report(&m, o);
    else
        stop(&m);
    link_service_run(m.service);
    http_free(m.http);
    control_free(m.control);
    collector_free(m.collector);
    link_service_free(m.service);
    return status;
}
