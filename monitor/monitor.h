/* monitor.h: `csilink monitor`: the telemetry of a link as Prometheus metrics and as a live page,
 * with control of the simulated uplink. One thread: telemetry, control and HTTP share a loop. */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "service/access.h"

typedef struct monitor_options {
    const char *listen;  /* address to serve on, IPv4 or IPv6: "127.0.0.1" */
    uint16_t port;       /* 0: any that is free */
    const char *control; /* channel-sim's control endpoint; NULL: the link cannot be changed */
    const char *const *telemetry; /* endpoints of the link's processes */
    size_t telemetry_count;
    const access_options *access; /* with which keys it asks the link's processes */
    bool until_eof;               /* stop when standard input ends */
} monitor_options;

/* Serves until it is stopped (SIGINT, SIGTERM, the end of standard input). */
int monitor_run(const monitor_options *options, err *e);

#endif
