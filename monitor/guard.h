/* guard.h: who may ask the monitor for what. A page of another site that is open in the same
 * browser must neither steer the link (cross-site requests) nor read it under a name of its own
 * that it lets point here (DNS rebinding). */
#ifndef MONITOR_GUARD_H
#define MONITOR_GUARD_H

#include "base/error.h"

/* Where users find the page when a proxy stands before the monitor. */
enum { GUARD_HOST_MAX = 256 };
typedef struct guard_origin {
    char text[GUARD_HOST_MAX + 16]; /* as browsers write it: "https://sim.example:8443" */
    char host[GUARD_HOST_MAX];      /* "sim.example" */
} guard_origin;

/* Reads "https://sim.example", with a port or not; a port that is the scheme's own is left out, as
 * browsers do. ERR_INVALID for an URL that has a path, a user or another scheme. */
int guard_origin_read(const char *url, guard_origin *out, err *e);

/* The names that the monitor answers to. */
typedef struct guard_names {
    const char *own;              /* of this machine; NULL: unknown */
    const guard_origin *external; /* the proxy's; NULL: there is none */
} guard_names;

/* The Host header must be an address as such, "localhost", or one of `names`, each with or without
 * a port: a name that somebody else controls is refused. NULL: good; else why not. */
const char *guard_host(const char *host, const guard_names *names);

/* What a request that changes something must have besides: a JSON content type, which no form can
 * send, and, where a browser sent it, proof that the page is the monitor's own. That is a
 * Sec-Fetch-Site of "same-origin", which no script can set; in browsers that leave it out (over
 * plain HTTP), an Origin that is "http://" + Host or the external one. A request without either
 * came from no page. NULL: good; else why not. */
const char *guard_change(const char *host, const char *origin, const char *fetch_site,
                         const char *content_type, const guard_names *names);

#endif
