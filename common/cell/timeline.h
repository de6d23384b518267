/* timeline.h: what changes while a scenario runs, and when.
 *
 * A change of a setting is a function of time alone: a report's SNR follows from when the report
 * was due, not from when it happened to arrive. So a scenario gives the same noise each time it is
 * run, whatever the machine's load, also behind a channel-sim that was killed and started anew.
 *
 * Who a change is for: all UEs, a group, or one UE. Of the changes that reach a UE, the latest
 * holds; of two at one time, the one that stands later in the list. */
#ifndef CELL_TIMELINE_H
#define CELL_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "cell/impairments.h"

enum { TIMELINE_MAX = 256, RESTARTS_MAX = 64 };

typedef enum target_kind { TARGET_ALL, TARGET_GROUP, TARGET_UE } target_kind;

typedef struct target {
    target_kind kind;
    uint32_t index; /* of the group, or the UE's number */
} target;

/* For whom a value is asked: all; group `group`; or UE `ue`, which is of group `group`. */
enum { NO_GROUP = UINT32_MAX };
typedef struct asked_for {
    target_kind kind;
    uint32_t group, ue;
} asked_for;

/* Does what is set for `t` hold for `who`? */
bool target_covers(target t, asked_for who);

typedef struct timeline_change {
    target who;
    setting_name name;
    course course; /* start_s: when */
} timeline_change;

typedef struct timeline {
    size_t count;
    timeline_change change[TIMELINE_MAX];
} timeline;

/* Keeps the list in order of time; equal times keep the order in which they were added.
 * ERR_INVALID when TIMELINE_MAX are there. */
int timeline_add(timeline *t, const timeline_change *change, err *e);

/* The change that holds for `who` at t_s; NULL when none has come yet. */
const timeline_change *timeline_last(const timeline *t, setting_name name, asked_for who,
                                     double t_s);

/* A process that is killed and, `down_s` later, started anew. */
typedef enum restart_process { RESTART_BS_SERVER, RESTART_CHANNEL_SIM } restart_process;
extern const char *const restart_process_names[2]; /* "bs-server", "channel-sim" */

typedef struct restart {
    double at_s, down_s;
    restart_process process;
} restart;

#endif
