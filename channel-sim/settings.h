/* settings.h: the impairments of each UE's uplink: initial values, a scenario's timeline, and live
 * changes by controllers.
 *
 * The last write holds: setting a value for all UEs clears that setting of groups and single UEs,
 * and setting it for a group clears it for the group's UEs. A timeline's change is also a write,
 * for the reports due from then on; so a live change holds until the timeline's next one. A ramp is
 * a value that moves; a set ends it.
 *
 * There are two clocks: the timeline follows `due_s`, a report's time in its schedule; live ramps
 * follow `now_s`, this process's clock. */
#ifndef CHANNEL_SIM_SETTINGS_H
#define CHANNEL_SIM_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cell/scenario.h"
#include "wire/control.h"

typedef struct settings settings;

/* `initial` applies to all UEs. `plan` gives groups, their settings and the timeline, and must
 * outlive the settings; NULL for none. `ues`: the cell has the UEs below it; 0: unknown, and a
 * change for any UE is accepted. NULL when memory runs out. */
settings *settings_create(const impairments *initial, const scenario *plan, uint32_t ues);
void settings_free(settings *s);

/* The impairments in force for a report. */
impairments settings_of(const settings *s, uint32_t ue, double due_s, double now_s);

/* Notes how far the schedule has come: keeps the largest due_s. */
void settings_advance(settings *s, double due_s);

/* The largest due_s so far; NaN before the first report. */
double settings_time(const settings *s);

/* The impairments in force for all UEs without their own settings. */
impairments settings_of_all(const settings *s, double now_s);

/* Limit for settings of single UEs, which then take some 14 MB. */
enum { SETTINGS_OF_SINGLE_UES_MAX = 200000 };

/* Executes one request. An error changes nothing; its text says what is allowed. */
int settings_apply(settings *s, const wire_change *change, double now_s, err *e);

/* Writes the values in force (and `error`, "" for none) to a new frame: those for all UEs and for
 * groups, then those of single UEs from `from_ue` on, WIRE_PAGE_MAX of them or a few more. If
 * others are left, the reply's next_ue is the from_ue of the next request. ERR_NOMEM only. */
int settings_reply(const settings *s, const char *error, uint32_t from_ue, double now_s,
                   zmq_msg_t *frame);

#endif
