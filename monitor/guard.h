/* guard.h: who may ask the monitor for what. A page of another site that is open in the same
 * browser must neither steer the link (cross-site requests) nor read it under a name of its own
 * that it lets point here (DNS rebinding). */
#ifndef MONITOR_GUARD_H
#define MONITOR_GUARD_H

/* The Host header must be an address as such, "localhost", or `own_name`, each with or without a
 * port: a name that somebody else controls is refused. NULL: good; else why not. */
const char *guard_host(const char *host, const char *own_name);

/* What a request that changes something must have besides: a JSON content type, which no form can
 * send, and, as browsers tell them, an Origin that is "http://" + Host and a Sec-Fetch-Site of
 * "same-origin". Either may be NULL (a request that no page made). NULL: good; else why not. */
const char *guard_change(const char *host, const char *origin, const char *fetch_site,
                         const char *content_type);

#endif
