/* route.h: what a request of the monitor is answered with.
 *
 *   GET /            the page, and its parts
 *   GET /events      the link's state as server-sent events, MODEL_TICK_MS apart
 *   GET /ues?from=0&count=25&sort=ue    figures of some UEs
 *   GET /csi?ue=3    |H| true and reconstructed of a UE, newest sample
 *   GET /metrics     Prometheus text format
 *   GET /control     settings in force
 *   POST /control    changes settings, answers with those in force
 *
 * HEAD stands for GET, without the body. All but /metrics ask who asks (guard.h). */
#ifndef MONITOR_ROUTE_H
#define MONITOR_ROUTE_H

#include <microhttpd.h>

#include "monitor/clients.h"
#include "monitor/collector.h"
#include "monitor/control.h"
#include "monitor/guard.h"
#include "monitor/request.h"
#include "monitor/stream.h"
#include "monitor/token.h"

/* What is served, and to whom. */
typedef struct route_site {
    collector *collector;
    control *control; /* NULL: the link cannot be changed */
    stream_hub *streams;
    clients *clients;
    guard_names names;
    const token *token; /* that a change must show; NULL: none */
    bool open;          /* anyone who reaches the monitor may change the link */
    uint64_t requests, refused;
    void (*resumed)(void *user); /* MHD has to run: an answer has come */
    void *user;
} route_site;

/* One request while MHD hands it over. */
typedef struct route_request {
    route_site *site;
    struct MHD_Connection *connection;
    client *who;
    request_fault fault;
    bool has_headers; /* they have been looked at */
    char body[REQUEST_BODY_MAX];
    size_t size;
    bool too_long;
    control_change change;
    bool waits;      /* for channel-sim: the connection is suspended */
    char *answer;    /* what it said, JSON */
    unsigned status; /* HTTP's, that goes with it */
} route_request;

/* Answers a whole request; MHD_YES with r->waits set where channel-sim is asked first: then call
 * again when the connection has been resumed. */
enum MHD_Result route_answer(route_request *r, const char *path, const char *method);

/* Refuses one that is malformed; the connection is closed. */
enum MHD_Result route_refuse(route_request *r);

/* The link's state for the streams; the caller frees it. */
char *route_state(const route_site *s);

#endif
