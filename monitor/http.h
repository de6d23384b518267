/* http.h: the monitor's HTTP server (libmicrohttpd) on the libuv loop: routes, limits, streams.
 *
 *   GET /            the page, and its parts
 *   GET /events      the link's state as server-sent events, MODEL_TICK_MS apart
 *   GET /ues?from=0&count=25&sort=ue    figures of some UEs
 *   GET /csi?ue=3    |H| true and reconstructed of a UE, newest sample
 *   GET /metrics     Prometheus text format
 *   GET /control     settings in force
 *   POST /control    changes settings, answers with those in force
 *
 * All but /metrics ask who asks (guard.h). */
#ifndef MONITOR_HTTP_H
#define MONITOR_HTTP_H

#include <uv.h>

#include "monitor/collector.h"
#include "monitor/control.h"

enum { HTTP_CONNECTIONS_MAX = 128, HTTP_STREAMS_MAX = 32, HTTP_BODY_MAX = 4096 };

typedef struct http http;

/* `changes` may be NULL: then the link cannot be changed. NULL on failure (an address that is none
 * or in use). */
http *http_open(uv_loop_t *loop, const char *address, uint16_t port, collector *from,
                control *changes, err *e);
uint16_t http_port(const http *h);

/* Sends the state to every stream. */
void http_tick(http *h);

/* Ends the connections and closes the handles; call control_close before. */
void http_close(http *h);
void http_free(http *h);

#endif
