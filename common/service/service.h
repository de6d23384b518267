/* service.h: what every long-running process of csilink has: one libuv loop, one ZeroMQ context, an
 * orderly stop, and a telemetry publisher.
 *
 * Stopping: SIGTERM (and SIGINT and SIGHUP, unless the process belongs to a parent) asks the
 * program to stop, through `on_stop`; a second signal calls `on_stop` with `now` set. A process
 * that belongs to a parent (--until-eof) stops when its standard input ends, so no orphan outlives
 * a parent that was killed. It ignores signals from the terminal: the parent decides in which order
 * the processes of a run stop. The last of them removes the folder of the run's sockets, which a
 * killed parent cannot. SIGHUP stays ignored where it was (nohup). */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "link/socket.h"
#include "service/access.h"
#include "service/telemetry.h"

typedef struct link_service link_service;

/* Fills a telemetry message, by link_metric(). Called on the loop, five times a second. */
typedef void (*link_fill)(link_service *service, void *user);

typedef struct link_service_options {
    const char *role;      /* "ue-agent", ...: also the log's program name */
    const char *telemetry; /* endpoint to publish on (bound), or NULL */
    bool until_eof;
    void (*on_stop)(void *user, bool now);
    link_fill fill; /* NULL: no telemetry */
    void *user;
    const access_options *access; /* the keys to open; NULL: none */
    unsigned roles;               /* of the program's certificate (link/keys.h) */
} link_service_options;

/* NULL on failure. One per process; the program uses its loop and context for its own sockets. */
link_service *link_service_open(const link_service_options *options, err *e);
uv_loop_t *link_service_loop(link_service *service);
void *link_service_context(link_service *service);
link_keys *link_service_keys(link_service *service); /* NULL: it has none */

/* Opens a socket of the program on its loop, with its keys and, where the options allow it,
 * without. */
link_socket *link_service_socket(link_service *service, link_socket_options options, err *e);

/* Adds a metric to the message being filled; `name` must outlive the message. Metrics beyond
 * WIRE_METRICS_MAX are left out. */
void link_metric(link_service *service, const char *name, double value);

/* The message being filled, for histograms, figures of UEs and samples. */
link_telemetry_form *link_service_form(link_service *service);

/* A subscriber, identified by a number, asks for samples of a UE's CSI (`on`), or no longer; with
 * LINK_EVERY_UE it has gone. It asks by subscribing to "csi/<UE number>" in addition, so nothing is
 * sampled while nobody watches; the samples are part of the ordinary messages. Called on the
 * loop. */
enum { LINK_EVERY_UE = UINT32_MAX };
typedef void (*link_watched)(void *user, int subscriber, uint32_t ue, bool on);
void link_service_on_watched(link_service *service, link_watched watched, void *user);

/* Runs until link_service_stop; then closes the service's own handles. The program closes its
 * sockets before it stops the service. */
void link_service_run(link_service *service);

/* The last signal that asked the program to stop; 0: none. */
int link_service_signal(const link_service *service);
void link_service_stop(link_service *service);

/* Frees after link_service_run has returned (or was never called). Waits for messages that linger
 * in sockets. */
void link_service_free(link_service *service);

#endif
