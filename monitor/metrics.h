/* metrics.h: the model in Prometheus' text format, version 0.0.4. */
#ifndef MONITOR_METRICS_H
#define MONITOR_METRICS_H

#include "monitor/model.h"

/* The monitor's counts of its own work. */
typedef struct metrics_own {
    uint64_t messages, malformed; /* telemetry */
    uint64_t requests, refused;   /* HTTP */
    uint64_t ended;               /* HTTP connections ended because they were slow or made room */
    size_t connections, streams;  /* now; a stream is an open page */
} metrics_own;

/* The whole text; the caller frees it. A process is up if its last message came at most
 * METRICS_UP_MS before `now_ns`. NULL when memory runs out. */
enum { METRICS_UP_MS = 2000 };
char *metrics_text(const model *m, const metrics_own *own, uint64_t now_ns);

#endif
