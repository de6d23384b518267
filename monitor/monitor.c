#include "monitor/monitor.h"

#include <string.h>

#include "base/log.h"
#include "monitor/collector.h"
#include "monitor/control.h"
#include "monitor/http.h"
#include "service/service.h"

typedef struct monitor {
    link_service *service;
    collector *collector;
    control *control;
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
    if (m->collector && (m->control || !o->control))
        m->http = http_open(loop, o->listen, o->port, m->collector, m->control, e);
    return m->http ? ERR_NONE : ERR_IO;
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
    int status = open_parts(&m, o, e);
    if (status == ERR_NONE) {
        bool v6 = strchr(o->listen, ':') != NULL;
        log_info("http://%s%s%s:%u/ shows %zu processes", v6 ? "[" : "", o->listen, v6 ? "]" : "",
                 http_port(m.http), o->telemetry_count);
    } else {
        stop(&m);
    }
    link_service_run(m.service);
    http_free(m.http);
    control_free(m.control);
    collector_free(m.collector);
    link_service_free(m.service);
    return status;
}
