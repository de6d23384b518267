/* route.h: the monitor's answers to requests.
 *
 *   GET /            the page, and its parts
 *   GET /events      the link's state as server-sent events, MODEL_TICK_MS apart
 *   GET /ues?from=0&count=25&sort=ue    figures of some UEs
 *   GET /csi?ue=3    |H| true and reconstructed of a UE, newest sample
 *   GET /metrics     Prometheus text format
 *   GET /control     settings in force
 *   POST /control    changes settings, answers with those in force
 *
 * HEAD gives GET's answer without the body. All but /metrics check the sender (guard.h). */
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

/* What the monitor serves, and its conditions. */
typedef struct route_site {
    collector *collector;
    control *control; /* NULL: the link cannot be changed */
    stream_hub *streams;
    clients *clients;
    guard_names names;
    const token *token; /* required for a change; NULL: none */
    bool open;          /* anyone who reaches the monitor may change the link */
    uint64_t requests, refused;
    void (*resumed)(void *user); /* an answer has arrived: run MHD */
    void *user;
} route_site;

/* One request while MHD delivers it. */
typedef struct route_request {
    route_site *site;
    struct MHD_Connection *connection;
    client *who;
    request_fault fault;
    bool has_headers; /* the headers have been checked */
    char body[REQUEST_BODY_MAX];
    size_t size;
    bool too_long;
    control_change change;
    bool waits;      /* for channel-sim: the connection is suspended */
    char *answer;    /* its answer, JSON */
    unsigned status; /* the HTTP status of the answer */
} route_request;

/* Answers a complete request. If channel-sim must be asked first, returns MHD_YES with r->waits
 * set; call it again after the connection is resumed. */
enum MHD_Result route_answer(route_request *r, const char *path, const char *method);

/* Refuses a malformed request and closes the connection. */
enum MHD_Result route_refuse(route_request *r);

/* The link's state for the streams; the caller frees it. */
char *route_state(const route_site *s);

#endif
