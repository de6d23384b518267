/* http.h: the monitor's HTTP server (libmicrohttpd) on the libuv loop. route.h has the answers,
 * clients.h the limits. */
#ifndef MONITOR_HTTP_H
#define MONITOR_HTTP_H

#include <uv.h>

#include "monitor/collector.h"
#include "monitor/control.h"
#include "monitor/guard.h"
#include "monitor/listen.h"
#include "monitor/token.h"

typedef struct http_options {
    listen_address where;
    const guard_origin *external; /* where a proxy shows the page; NULL: there is none */
    const token *token;           /* required for changes; NULL: none */
    bool insecure;                /* accepts changes without a token from anywhere */
} http_options;

typedef struct http http;

/* If `changes` is NULL, the link cannot be changed. NULL on failure: an address that cannot be used
 * or, ERR_INVALID, one that other machines can reach without a token for changes. What `options`
 * point to must outlive the server. */
http *http_open(uv_loop_t *loop, const http_options *options, collector *from, control *changes,
                err *e);
uint16_t http_port(const http *h);

/* True if anyone who can reach the monitor from another machine can change the link. */
bool http_is_open(const http *h);

/* Sends the state to every stream, and ends connections past their deadline. Call it every
 * MODEL_TICK_MS. */
void http_tick(http *h);

/* Ends the connections and closes the handles; call control_close before. */
void http_close(http *h);
void http_free(http *h);

#endif
