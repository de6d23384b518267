/* controller.h: the control address of channel-sim: takes requests, carries them out, answers each.
 *
 * A ROUTER and not a REP, which waits for its own answer before it takes another request: what one
 * peer sends must not keep the others waiting. A request comes as a REQ socket sends it: an empty
 * frame, then the request. A message of another form is answered with an error. */
#ifndef CHANNEL_SIM_CONTROLLER_H
#define CHANNEL_SIM_CONTROLLER_H

#include "base/error.h"
#include "service/service.h"
#include "settings.h"

/* What ZeroMQ holds for controllers: at most 64 x 17 requests of 4 KiB, and of each peer that does
 * not read its replies 16 of up to 200 KiB. */
enum { CONTROL_QUEUE = 16, CONTROL_REQUEST_MAX = 4096, CONTROL_PEERS_MAX = 64 };

typedef struct controller controller;

typedef struct controller_options {
    const char *endpoint;
    settings *settings;
    uint64_t start_ns;  /* live ramps count from here */
    const char *events; /* file to which changes are appended (record/events.h), or NULL */
} controller_options;

/* NULL on failure. A record that cannot be written is logged and stops nothing. */
controller *controller_open(link_service *service, const controller_options *options, err *e);

/* Closes; memory goes back once the loop has turned. NULL allowed. */
void controller_close(controller *c, int linger_ms);

#endif
