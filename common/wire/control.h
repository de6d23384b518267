/* control.h: what a controller asks of channel-sim, and the reply (REQ/REP). */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "wire/limits.h"

enum {
    WIRE_NAME_MAX = 64,   /* bytes of a setting's or group's name, the closing NUL included */
    WIRE_BY_MAX = 32,     /* of a controller's own name */
    WIRE_PAGE_MAX = 2000, /* settings of single UEs in one reply, and those of the last UE beyond */
};

/* A new value of one setting, for one UE, for a group, or (neither) for all. A change for all ends
 * what was set for groups and single UEs. */
typedef struct wire_change {
    char name[WIRE_NAME_MAX]; /* "snr", "loss", "delay", "jitter" */
    double value;             /* dB, fraction, seconds */
    bool for_one_ue;
    uint32_t ue;
    char group[WIRE_NAME_MAX]; /* ""; else the group's name, where it is not for one UE */
    bool ramped;               /* the value moves to `value`, in equal steps of its unit */
    double over_s;             /* how long a ramp takes */
    bool from_given;           /* a ramp starts at `from`, else at the value in force */
    double from;
} wire_change;

typedef struct wire_control_request {
    bool changes; /* else it only asks for what is in force */
    wire_change change;
    char by[WIRE_BY_MAX]; /* who asks, for the record: "ctl", "page", "keys" */
    uint32_t from_ue;     /* settings of single UEs are listed from this one on */
} wire_control_request;

typedef struct wire_setting {
    const char *name, *unit;
    double value, min, max;
    bool for_one_ue;
    uint32_t ue;
    const char *group;           /* "" where it is not for a group */
    double ramp_to, ramp_left_s; /* where a ramp goes, and in how long; 0 s: no ramp */
} wire_setting;

typedef struct wire_group {
    const char *name;
    uint32_t first_ue, ues;
} wire_group;

typedef struct wire_control_reply {
    const char *error; /* "": done */
    size_t settings;   /* in force: of all UEs, then of groups that differ, then of single UEs */
    wire_setting *setting;
    size_t groups; /* those that a request may name */
    wire_group *group;
    double time_s;    /* of the schedule: the latest due_s of a report */
    uint32_t next_ue; /* from_ue of a request for the single UEs that had no room; 0: that is all */
    void *owned;      /* set by wire_control_reply_unpack */
} wire_control_reply;

/* Pack into a fresh frame, which the caller sends or closes; ERR_NOMEM only. */
int wire_control_request_pack(const wire_control_request *request, zmq_msg_t *frame);
int wire_control_reply_pack(const wire_control_reply *reply, zmq_msg_t *frame);

/* Read a frame, which stays the caller's. ERR_FORMAT for another message or version, and for a name
 * that does not fit. What a name or value means is channel-sim's to check. */
int wire_control_request_unpack(const zmq_msg_t *frame, wire_control_request *request, err *e);

/* On success the reply owns its texts and arrays; release them with wire_control_reply_clear, also
 * on a zeroed reply. No text is NULL. ERR_FORMAT as above; ERR_NOMEM. */
int wire_control_reply_unpack(const zmq_msg_t *frame, wire_control_reply *reply, err *e);
void wire_control_reply_clear(wire_control_reply *reply);

/* Adds the settings of single UEs in `page`, the reply to a request for reply->next_ue, to a reply
 * that was unpacked, too, and empties the page. ERR_NOMEM leaves both as they are. ERR_FORMAT where
 * the page leads back, so that a peer that misbehaves does not keep a reader for ever. */
int wire_control_reply_append(wire_control_reply *reply, wire_control_reply *page, err *e);

#endif
