/* controller.h: the control address of channel-sim: executes each request and answers it.
 *
 * It is a ROUTER, not a REP: a REP takes no other request before its answer, so one peer could
 * block the others. A request has the form that a REQ socket sends: an empty frame, then the
 * request. Any other message gets an error as its answer. */
#ifndef CHANNEL_SIM_CONTROLLER_H
#define CHANNEL_SIM_CONTROLLER_H

#include "base/error.h"
#include "service/service.h"
#include "settings.h"

/* ZeroMQ holds at most 64 x 17 requests of 4 KiB and, for each peer that does not read its replies,
 * 16 replies of up to 200 KiB. */
enum { CONTROL_QUEUE = 16, CONTROL_REQUEST_MAX = 4096, CONTROL_PEERS_MAX = 64 };

typedef struct controller controller;

typedef struct controller_options {
    const char *endpoint;
    settings *settings;
    uint64_t start_ns;  /* live ramps count from here */
    const char *events; /* file to which changes are appended (record/events.h), or NULL */
} controller_options;

/* NULL on failure. If the record cannot be written, the controller logs that and continues. */
controller *controller_open(link_service *service, const controller_options *options, err *e);

/* Closes; the next iteration of the loop frees the memory. NULL allowed. */
void controller_close(controller *c, int linger_ms);

#endif
