/* timeline.h: what changes while a scenario runs, and when.
 *
 * A change of a setting depends only on time: a report's SNR follows from the time it was due, not
 * from the time it arrived. So a scenario gives the same noise each time it is run, whatever the
 * machine's load, even after channel-sim was killed and restarted.
 *
 * A change applies to all UEs, a group, or one UE. Of the changes that apply to a UE, the latest
 * holds; of two at the same time, the one later in the list. */
#ifndef CELL_TIMELINE_H
#define CELL_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "cell/impairments.h"

enum { TIMELINE_MAX = 256, RESTARTS_MAX = 64 };

typedef enum target_kind { TARGET_ALL, TARGET_GROUP, TARGET_UE } target_kind;

typedef struct target {
    target_kind kind;
    uint32_t index; /* of the group, or of the UE */
} target;

/* Who asks for a value: all; group `group`; or UE `ue`, which is in group `group`. */
enum { NO_GROUP = UINT32_MAX };
typedef struct asked_for {
    target_kind kind;
    uint32_t group, ue;
} asked_for;

/* Whether a change for `t` applies to `who`. */
bool target_covers(target t, asked_for who);

typedef struct timeline_change {
    target who;
    setting_name name;
    course course; /* start_s: the time of the change */
} timeline_change;

typedef struct timeline {
    size_t count;
    timeline_change change[TIMELINE_MAX];
} timeline;

/* Keeps the list in order of time; changes at equal times keep the order in which they were added.
 * ERR_INVALID when the list is full, TIMELINE_MAX. */
int timeline_add(timeline *t, const timeline_change *change, err *e);

/* The change in force for `who` at t_s; NULL before the first. */
const timeline_change *timeline_last(const timeline *t, setting_name name, asked_for who,
                                     double t_s);

/* A process that is killed and restarted `down_s` later. */
typedef enum restart_process { RESTART_BS_SERVER, RESTART_CHANNEL_SIM } restart_process;
extern const char *const restart_process_names[2]; /* "bs-server", "channel-sim" */

typedef struct restart {
    double at_s, down_s;
    restart_process process;
} restart;

#endif
