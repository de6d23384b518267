/* control.h: a controller's request to channel-sim, and the reply (REQ/REP). */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "wire/limits.h"

enum {
    WIRE_NAME_MAX = 64,   /* bytes of the name of a setting or group, including the NUL */
    WIRE_BY_MAX = 32,     /* of a controller's name */
    WIRE_PAGE_MAX = 2000, /* settings of single UEs in one reply, and the rest of the last UE's */
};

/* A new value of one setting, for one UE, for a group, or (neither) for all. A change for all
 * clears the values of groups and single UEs. */
typedef struct wire_change {
    char name[WIRE_NAME_MAX]; /* "snr", "loss", "delay", "jitter" */
    double value;             /* dB, fraction, seconds */
    bool for_one_ue;
    uint32_t ue;
    char group[WIRE_NAME_MAX]; /* ""; else the group's name, for a change that is not for one UE */
    bool ramped;               /* the value moves to `value` linearly, in its unit */
    double over_s;             /* how long a ramp takes */
    bool from_given;           /* a ramp starts at `from`, otherwise at the value in force */
    double from;
} wire_change;

typedef struct wire_control_request {
    bool changes; /* otherwise it only asks for what is in force */
    wire_change change;
    char by[WIRE_BY_MAX]; /* who asks, for the record: "ctl", "page", "keys" */
    uint32_t from_ue;     /* lists settings of single UEs from this one on */
} wire_control_request;

typedef struct wire_setting {
    const char *name, *unit;
    double value, min, max;
    bool for_one_ue;
    uint32_t ue;
    const char *group;           /* "" for a setting that is not a group's */
    double ramp_to, ramp_left_s; /* the end of a ramp, and the time left; 0 s: no ramp */
} wire_setting;

typedef struct wire_group {
    const char *name;
    uint32_t first_ue, ues;
} wire_group;

typedef struct wire_control_reply {
    const char *error; /* "": success */
    size_t settings;   /* in force: for all UEs, then for groups that differ, then for single UEs */
    wire_setting *setting;
    size_t groups; /* those that a request may name */
    wire_group *group;
    double time_s;    /* of the schedule: the latest due_s of a report */
    uint32_t next_ue; /* from_ue of the request for the single UEs that did not fit; 0: none */
    void *owned;      /* set by wire_control_reply_unpack */
} wire_control_reply;

/* Pack into a new frame, which the caller sends or closes; fail only with ERR_NOMEM. */
int wire_control_request_pack(const wire_control_request *request, zmq_msg_t *frame);
int wire_control_reply_pack(const wire_control_reply *reply, zmq_msg_t *frame);

/* Read a frame, which the caller keeps. ERR_FORMAT for another message or version, and for a name
 * that does not fit. channel-sim checks what names and values mean. */
int wire_control_request_unpack(const zmq_msg_t *frame, wire_control_request *request, err *e);

/* On success the reply owns its texts and arrays; release them with wire_control_reply_clear, also
 * on a zeroed reply. No text is NULL. ERR_FORMAT as above; ERR_NOMEM. */
int wire_control_reply_unpack(const zmq_msg_t *frame, wire_control_reply *reply, err *e);
void wire_control_reply_clear(wire_control_reply *reply);

/* Adds the settings of single UEs in `page`, the reply to a request for reply->next_ue, to an
 * unpacked reply, and empties the page. ERR_NOMEM changes neither. ERR_FORMAT where the page leads
 * back, so that a misbehaving peer cannot keep a reader busy for ever. */
int wire_control_reply_append(wire_control_reply *reply, wire_control_reply *page, err *e);

#endif
