/* control.h: sends changes to channel-sim, one request after another, without blocking the loop.
 * Without an answer in CONTROL_TIMEOUT_MS, the request fails with an error. */
#ifndef MONITOR_CONTROL_H
#define MONITOR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "service/service.h"
#include "wire/control.h"

enum {
    CONTROL_TIMEOUT_MS = 1500,
    CONTROL_SETTINGS_MAX = 4,
    CONTROL_WAITING_MAX = 64,
};

typedef struct control_change {
    struct {
        const char *name; /* static: "snr", "loss", "delay", "jitter" */
        double value;     /* dB, fraction, seconds */
    } set[CONTROL_SETTINGS_MAX];
    size_t count; /* 0: only reads the values in force */
    bool for_one_ue;
    uint32_t ue;
    char group[WIRE_NAME_MAX]; /* otherwise for this group; "": for all UEs */
} control_change;

/* Called once for each change with the values in force after it (NULL without an answer) and the
 * error, "" for none. Valid during the call. */
typedef void (*control_done)(void *user, const wire_control_reply *in_force, const char *error);

typedef struct control control;

control *control_open(link_service *service, const char *endpoint, err *e);

/* Ends waiting changes with an error, and closes the handles. */
void control_close(control *c);
void control_free(control *c);

/* ERR_STATE when too many changes wait; `done` is then not called. Several settings are changed one
 * by one, up to the first that is refused. */
int control_submit(control *c, const control_change *change, control_done done, void *user);

#endif
