/* guard.h: checks whether a request is allowed. A page of another site in the same browser must
 * neither control the link (cross-site requests) nor read it under its own name that it points to
 * this address (DNS rebinding). */
#ifndef MONITOR_GUARD_H
#define MONITOR_GUARD_H

#include "base/error.h"

/* The address of the page when a proxy is in front of the monitor. */
enum { GUARD_HOST_MAX = 256 };
typedef struct guard_origin {
    char text[GUARD_HOST_MAX + 16]; /* as browsers write it: "https://sim.example:8443" */
    char host[GUARD_HOST_MAX];      /* "sim.example" */
} guard_origin;

/* Reads "https://sim.example", with or without a port; drops the scheme's default port, as browsers
 * do. ERR_INVALID for a URL with a path, a user or another scheme. */
int guard_origin_read(const char *url, guard_origin *out, err *e);

/* The names that the monitor answers to. */
typedef struct guard_names {
    const char *own;              /* of this machine; NULL: unknown */
    const guard_origin *external; /* the proxy's; NULL: there is none */
} guard_names;

/* The Host header must be a numeric address, "localhost", or one of `names`, each with or without a
 * port; this refuses names that others control. Returns NULL if allowed, else the reason. */
const char *guard_host(const char *host, const guard_names *names);

/* Further checks for a request that changes something. It must have a JSON content type, which no
 * form can send, and, from a browser, proof that the page is the monitor's: a Sec-Fetch-Site of
 * "same-origin", which no script can set, or, where browsers omit it (over plain HTTP), an Origin
 * of "http://" + Host or the external one. A request with neither header came from no page. Returns
 * NULL if allowed, else the reason. */
const char *guard_change(const char *host, const char *origin, const char *fetch_site,
                         const char *content_type, const guard_names *names);

#endif
