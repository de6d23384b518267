/* endpoints.h: the addresses of a run's processes, from its link.json. */
#ifndef CLI_UI_ENDPOINTS_H
#define CLI_UI_ENDPOINTS_H

#include <stddef.h>

#include "base/error.h"

enum { ENDPOINT_MAX = 512, ENDPOINTS_MAX = 128 };

typedef struct endpoints {
    char control[ENDPOINT_MAX];
    char telemetry[ENDPOINTS_MAX][ENDPOINT_MAX];
    size_t telemetry_count;
    char keys[ENDPOINT_MAX]; /* folder of the run's keys; "": none */
} endpoints;

/* `run` is the run's folder. ERR_IO: it has no record of a run; ERR_FORMAT: the record has no valid
 * addresses. */
int endpoints_find(const char *run, endpoints *out, err *e);

#endif
