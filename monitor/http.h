/* http.h: the monitor's HTTP server (libmicrohttpd) on the libuv loop. What it answers is in
 * route.h, who is served for how long in clients.h. */
#ifndef MONITOR_HTTP_H
#define MONITOR_HTTP_H

#include <uv.h>

#include "monitor/collector.h"
#include "monitor/control.h"
#include "monitor/guard.h"
#include "monitor/listen.h"
#include "monitor/token.h"

typedef struct http_options {
    listen_place where;
    const guard_origin *external; /* where a proxy shows the page; NULL: there is none */
    const token *token;           /* that changes need; NULL: none */
    bool insecure;                /* changes without a token from anywhere */
} http_options;

typedef struct http http;

/* `changes` may be NULL: then the link cannot be changed. NULL on failure: an address that is not
 * to be had, or, ERR_INVALID, one that others reach without a token for changes. What `options`
 * point to must outlive the server. */
http *http_open(uv_loop_t *loop, const http_options *options, collector *from, control *changes,
                err *e);
uint16_t http_port(const http *h);

/* Can anyone who reaches the monitor, from another machine, change the link? */
bool http_is_open(const http *h);

/* Sends the state to every stream, and ends connections whose time is over. Every MODEL_TICK_MS. */
void http_tick(http *h);

/* Ends the connections and closes the handles; call control_close before. */
void http_close(http *h);
void http_free(http *h);

#endif
