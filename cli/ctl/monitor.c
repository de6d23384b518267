/* csilink monitor: the command line, with the addresses of the link and of the page; monitor/ does
 * the rest. */
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

/* Finds the endpoints of a run, or takes those of the command line, for a link that is not a
 * recorded run. */
static int find(const char *run, const char *telemetry, const char *control, endpoints *out, err *e)
{
    if (!telemetry)
        return endpoints_find(run, out, e);
    snprintf(out->control, sizeof out->control, "%.*s", ENDPOINT_MAX - 1, control ? control : "");
    return read_list(telemetry, out, e);
}

static int check_listen(const option_spec *spec, const char *source, const char *text, err *e)
{
    listen_address address;
    (void)spec;
    return listen_read(text, &address, e) == ERR_NONE ? ERR_NONE : err_prefix(e, "%s", source);
}

static int check_origin(const option_spec *spec, const char *source, const char *text, err *e)
{
    guard_origin origin;
    (void)spec;
    return guard_origin_read(text, &origin, e) == ERR_NONE ? ERR_NONE : err_prefix(e, "%s", source);
}

/* The port may be in --listen or in --port. */
static int read_address(const option_command *command, const char *listen, uint64_t port,
                        listen_address *out)
{
    err e = {0};
    if (listen_read(listen, out, &e) != ERR_NONE)
        return option_complain(command, "--listen: %s", e.text);
    if (!out->has_port)
        out->port = port == UINT64_MAX ? DEFAULT_MONITOR_PORT : (uint16_t)port;
    if (port != UINT64_MAX && port != out->port)
        return option_complain(command, "--listen %.80s and --port %u name different ports", listen,
                               (unsigned)port);
    return 0;
}

static int report_health(const listen_address *address)
{
    err e = {0};
    if (monitor_health(address, &e) == ERR_NONE) {
        printf("monitor serves\n");
        return 0;
    }
    log_error("%s", e.text);
    return 1;
}

int command_monitor(int argc, char **argv)
{
    const char *run = "runs/latest", *telemetry = NULL, *control = NULL;
    const char *listen = DEFAULT_MONITOR_ADDRESS, *token = NULL, *external = NULL;
    uint64_t port = UINT64_MAX; /* not given */
    bool until_eof = false, health = false, insecure = false;
    access_options access = {0};
    const option_spec specs[] = {
        OPTION_STRING("run", &run, "FOLDER", "the run to watch"),
        {.name = "telemetry",
         .kind = OPTION_KIND_STRING,
         .value = &telemetry,
         .argument = "ENDPOINT[,ENDPOINT...]",
         .help = "telemetry of a link's processes, instead of a run",
         .check = check_list},
        OPTION_CONNECT("control", &control, "control address of its channel-sim; none: watch only"),
        ACCESS_OPTIONS(&access),
        {.name = "listen",
         .kind = OPTION_KIND_STRING,
         .value = &listen,
         .argument = "ADDRESS[:PORT]",
         .help = "where to serve: an address or a name, [IPv6]:PORT; :PORT for all addresses",
         .check = check_listen,
         .initial = DEFAULT_MONITOR_ADDRESS},
        OPTION_UINT("port", &port, 0, 65535, "PORT",
                    "0: any free port, printed on standard error [5620]"),
        OPTION_STRING("token", &token, "FILE",
                      "changes need the token in this file; the monitor makes the file if it is "
                      "missing"),
        OPTION_FLAG(
            "insecure", &insecure,
            "serve other machines without a token: everybody who reaches the page can change the "
            "link"),
        {.name = "public-origin",
         .kind = OPTION_KIND_STRING,
         .value = &external,
         .argument = "URL",
         .help = "address at which a proxy of this machine serves the page, such as "
                 "https://sim.example",
         .check = check_origin},
        OPTION_FLAG("until-eof", &until_eof, "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &health, "check whether the monitor at that address is serving"),
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
    listen_address address;
    guard_origin origin;
    status = read_address(&command, listen, port, &address);
    if (status != 0)
        return status;
    if (external)
        guard_origin_read(external, &origin, NULL); /* checked above */
    if (health)
        return report_health(&address);
    static endpoints where; /* large for a stack */
    static const char *list[ENDPOINTS_MAX];
    status = find(run, telemetry, control, &where, &e);
    for (size_t i = 0; i < where.telemetry_count; i++)
        list[i] = where.telemetry[i];
    monitor_options o = {.where = address,
                         .token = token,
                         .external = external ? &origin : NULL,
                         .insecure = insecure,
                         .control = where.control[0] ? where.control : NULL,
                         .telemetry = list,
                         .telemetry_count = where.telemetry_count,
                         .until_eof = until_eof,
                         .access = &access};
    bool found = status == ERR_NONE;
    if (!access.keys && where.keys[0])
        access.keys = where.keys;
    if (found)
        status = monitor_run(&o, &e);
    if (status == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return found && status == ERR_INVALID ? OPTION_EXIT_USAGE : 1;
}
