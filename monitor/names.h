/* names.h: what stands behind the names in telemetry endpoints. A name may have several addresses
 * (the containers of a scaled service), and others after a restart, so each is resolved again and
 * again, beside the loop. */
#ifndef MONITOR_NAMES_H
#define MONITOR_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"

enum { NAMES_MAX = 128, NAMES_ADDRESSES_MAX = 128, NAMES_ENDPOINT_MAX = 32, NAMES_MS = 1000 };

/* An endpoint with an address as such: "tcp://10.89.0.7:5611". */
typedef struct names_endpoint {
    char text[NAMES_ENDPOINT_MAX];
} names_endpoint;

/* All addresses that the name has now, ascending. A name that cannot be resolved is not told. */
typedef void (*names_found)(void *user, size_t which, const names_endpoint *found, size_t count);

typedef struct names names;

/* NULL when memory ran out. */
names *names_open(uv_loop_t *loop, names_found found, void *user, err *e);
void names_close(names *n); /* its handles; then the loop runs to its end */
void names_free(names *n);

/* Takes "tcp://host:port" to be resolved, known as `which`. False: it has no name in it. */
bool names_add(names *n, size_t which, const char *endpoint);

#endif
