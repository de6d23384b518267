/* csilink monitor: where the link is and where to serve; the rest is in monitor/. */
#include "monitor/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"
#include "cli/ui/endpoints.h"
#include "link/endpoint.h"
#include "monitor/health.h"
#include "service/access.h"
#include "ui/option.h"

/* "ENDPOINT,ENDPOINT,..." */
static int read_list(const char *list, endpoints *out, err *e)
{
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ",");
        if (out->telemetry_count == ENDPOINTS_MAX)
            return err_set(e, ERR_INVALID, "more than %d endpoints", ENDPOINTS_MAX);
        if (n == 0 || n >= ENDPOINT_MAX)
            return err_set(e, ERR_INVALID, "an endpoint is ipc:///path or tcp://host:port");
        char *to = out->telemetry[out->telemetry_count++];
        link_endpoint checked;
        snprintf(to, ENDPOINT_MAX, "%.*s", (int)n, at);
        int rc = link_endpoint_parse(to, false, &checked, e);
        if (rc != ERR_NONE)
            return rc;
        at += n;
        if (*at == ',')
            at++;
    }
    return ERR_NONE;
}

static int check_list(const option_spec *spec, const char *source, const char *text, err *e)
{
    static endpoints read; /* large for a stack */
    (void)spec;
    read.telemetry_count = 0;
    return read_list(text, &read, e) == ERR_NONE ? ERR_NONE : err_prefix(e, "%s", source);
}

/* Endpoints on the command line stand for a link that is no recorded run. */
static int find(const char *run, const char *telemetry, const char *control, endpoints *out, err *e)
{
    if (!telemetry)
        return endpoints_find(run, out, e);
    snprintf(out->control, sizeof out->control, "%.*s", ENDPOINT_MAX - 1, control ? control : "");
    return read_list(telemetry, out, e);
}

int command_monitor(int argc, char **argv)
{
    const char *run = "runs/latest", *telemetry = NULL, *control = NULL;
    const char *listen = DEFAULT_MONITOR_ADDRESS;
    uint64_t port = DEFAULT_MONITOR_PORT;
    bool until_eof = false, health = false;
    access_options access = {0};
    const option_spec specs[] = {
        OPTION_STRING("run", &run, "FOLDER", "the run to watch"),
        {.name = "telemetry",
         .kind = OPTION_KIND_STRING,
         .value = &telemetry,
         .argument = "ENDPOINT[,ENDPOINT...]",
         .help = "telemetry of a link's processes, instead of a run",
         .check = check_list},
        OPTION_CONNECT("control", &control, "of its channel-sim; none: watch only"),
        ACCESS_OPTIONS(&access),
        OPTION_STRING("listen", &listen, "ADDRESS",
                      "where to serve; anyone who gets there can"
                      " steer the link"),
        OPTION_UINT("port", &port, 0, 65535, "PORT", "0: any that is free, told on standard error"),
        OPTION_FLAG("until-eof", &until_eof, "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &health, "ask the monitor at that address whether it serves"),
    };
    const option_command command = {
        .name = "csilink monitor",
        .summary = "shows a running link as a live page, and as metrics for Prometheus",
        .example = "  csilink monitor\n  csilink monitor --run runs/20260801T120000Z --port 8080\n"
                   "  csilink monitor --telemetry tcp://bs:5612,tcp://sim:5613,tcp://ue:5611 "
                   "--control tcp://sim:5603",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (control && !telemetry)
        return option_complain(&command, "--control goes with --telemetry");
    status = access_check(&command, &access, NULL, 0);
    if (status >= 0)
        return status;
    err e = {0};
    if (health && monitor_health(listen, (uint16_t)port, &e) == ERR_NONE) {
        printf("monitor serves\n");
        return 0;
    } else if (health) {
        log_error("%s", e.text);
        return 1;
    }
    static endpoints where; /* large for a stack */
    static const char *list[ENDPOINTS_MAX];
    status = find(run, telemetry, control, &where, &e);
    for (size_t i = 0; i < where.telemetry_count; i++)
        list[i] = where.telemetry[i];
    monitor_options o = {.listen = listen,
                         .port = (uint16_t)port,
                         .control = where.control[0] ? where.control : NULL,
                         .telemetry = list,
                         .telemetry_count = where.telemetry_count,
                         .until_eof = until_eof,
                         .access = &access};
    if (!access.keys && where.keys[0])
        access.keys = where.keys;
    if (status == ERR_NONE)
        status = monitor_run(&o, &e);
    if (status == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}
