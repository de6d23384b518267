/* monitor.h: `csilink monitor`: the telemetry of a link as Prometheus metrics and as a live page,
 * with control of the simulated uplink. One thread: telemetry, control and HTTP share a loop. */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "monitor/guard.h"
#include "monitor/listen.h"
#include "service/access.h"

typedef struct monitor_options {
    listen_address where;         /* to serve */
    const char *token;            /* file of the token for changes (token.h); NULL: no token */
    const guard_origin *external; /* where a proxy shows the page; NULL: there is none */
    bool insecure;                /* lets others change the link without a token */
    const char *control; /* channel-sim's control endpoint; NULL: the link cannot be changed */
    const char *const *telemetry; /* endpoints of the link's processes */
    size_t telemetry_count;
    const access_options *access; /* keys for the link's processes */
    bool until_eof;               /* stop when standard input ends */
} monitor_options;

/* Serves until it is stopped (SIGINT, SIGTERM, the end of standard input). ERR_INVALID if other
 * machines can reach the address and there is neither a token nor `insecure`. */
int monitor_run(const monitor_options *options, err *e);

#endif
