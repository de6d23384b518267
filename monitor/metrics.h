/* metrics.h: the model in Prometheus' text format, version 0.0.4. */
#ifndef MONITOR_METRICS_H
#define MONITOR_METRICS_H

#include "monitor/model.h"

/* What the monitor counts of itself. */
typedef struct metrics_own {
    uint64_t messages, malformed; /* telemetry */
    uint64_t requests, refused;   /* HTTP */
    uint64_t ended;               /* HTTP connections that were slow or made room */
    size_t connections, streams;  /* now; a stream is a page that is open */
} metrics_own;

/* The whole text; the caller frees it. `now_ns` decides which processes are up: those heard of in
 * the last METRICS_UP_MS. NULL when memory ran out. */
enum { METRICS_UP_MS = 2000 };
char *metrics_text(const model *m, const metrics_own *own, uint64_t now_ns);

#endif
