/* names.h: resolves the host names in telemetry endpoints. A name can have several addresses (the
 * containers of a scaled service), and other ones after a restart, so each is resolved every
 * NAMES_MS, off the loop. */
#ifndef MONITOR_NAMES_H
#define MONITOR_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"

enum { NAMES_MAX = 128, NAMES_ADDRESSES_MAX = 128, NAMES_ENDPOINT_MAX = 32, NAMES_MS = 1000 };

/* An endpoint with a numeric address: "tcp://10.89.0.7:5611". */
typedef struct names_endpoint {
    char text[NAMES_ENDPOINT_MAX];
} names_endpoint;

/* Gives all addresses that the name has now, in ascending order. Not called for a name that cannot
 * be resolved. */
typedef void (*names_found)(void *user, size_t which, const names_endpoint *found, size_t count);

typedef struct names names;

/* NULL when memory ran out. */
names *names_open(uv_loop_t *loop, names_found found, void *user, err *e);
void names_close(names *n); /* its handles; then the loop runs to its end */
void names_free(names *n);

/* Adds "tcp://host:port" as number `which`. False if it has no host name. */
bool names_add(names *n, size_t which, const char *endpoint);

#endif
