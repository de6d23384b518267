/* settings.h: what the simulated uplink does to each UE's reports: what it was started with, what a
 * scenario's timeline says, and what controllers change live.
 *
 * The last write holds: setting for all ends what was set for groups and single UEs under that
 * name, setting for a group what was set for UEs of it. A timeline's change is such a write, too,
 * for the reports that are due from then on; so a live change holds until the timeline's next one.
 * A ramp is a value that moves; a set ends it.
 *
 * Two clocks: `due_s` is a report's time in its schedule, which the timeline follows; `now_s` is
 * this process's own clock, which live ramps follow. */
#ifndef CHANNEL_SIM_SETTINGS_H
#define CHANNEL_SIM_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cell/scenario.h"
#include "wire/control.h"

typedef struct settings settings;

/* `initial` holds for all UEs. `plan` gives groups, their own settings and the timeline, and
 * must outlive the settings; NULL for none. `ues`: the cell's UEs are those below it; 0: unknown, a
 * change for any UE is taken. NULL when memory ran out. */
settings *settings_create(const impairments *initial, const scenario *plan, uint32_t ues);
void settings_free(settings *s);

/* In force for a report. */
impairments settings_of(const settings *s, uint32_t ue, double due_s, double now_s);

/* Tells how far the schedule has come: the largest due_s there was. */
void settings_advance(settings *s, double due_s);

/* The largest due_s there was; NaN before the first report. */
double settings_time(const settings *s);

/* In force for all UEs that nothing of their own was set for. */
impairments settings_of_all(const settings *s, double now_s);

/* Settings of single UEs: some 14 MB of them. */
enum { SETTINGS_OF_SINGLE_UES_MAX = 200000 };

/* Carries out one request; an error names what would be right, and nothing has changed. */
int settings_apply(settings *s, const wire_change *change, double now_s, err *e);

/* Answers with the values in force (and `error`, "" for none), into a fresh frame: those of all UEs
 * and of groups, then those of single UEs from `from_ue` on, WIRE_PAGE_MAX of them or a few more:
 * where others are left, the reply's next_ue says from where to ask on. ERR_NOMEM only. */
int settings_reply(const settings *s, const char *error, uint32_t from_ue, double now_s,
                   zmq_msg_t *frame);

#endif
