/* scenario.h: a cell and its changes over time, as a user writes them:
 *
 *     duration: 40s
 *     model: csilink-net-cr8-indoor     # the default of the groups
 *     snr: 10
 *     groups:
 *       - {name: near, count: 4, channel: cost2100-indoor, snr: 20}
 *       - {name: far, count: 4, channel: cost2100-outdoor, cr: 4, speed: 50}
 *     timeline:
 *       - {at: 10s, set: {snr: 0}}                                  # all UEs
 *       - {at: 20s, group: far, ramp: {snr: [-5, 40], over: 20s}}   # a group
 *       - {at: 25s, ue: 3, set: {loss: 0.5}}                        # one UE
 *       - {at: 30s, restart: bs-server, down: 500ms}
 *
 * The keys are those of cell/keys.h; docs/scenarios.md lists them. The file and the options of the
 * command line end in one struct; printed, it is again a scenario file, which repeats the run. The
 * processes of a run read that file. */
#ifndef CELL_SCENARIO_H
#define CELL_SCENARIO_H

#include <stdint.h>
#include <stdio.h>

#include "cell/cell.h"
#include "cell/timeline.h"

enum { SCENARIO_ABOUT_MAX = 2048, SCENARIO_BYTES_MAX = 1 << 18 };

typedef struct scenario {
    char about[SCENARIO_ABOUT_MAX]; /* for the user; may be empty */
    cell cell;
    timeline timeline;
    size_t restarts;
    restart restart[RESTARTS_MAX]; /* in order of time */
} scenario;

/* Sets defaults, without groups. */
void scenario_init(scenario *s);

/* Reads YAML into *s, which holds the defaults beforehand: keys that are not in the file keep them.
 * The file must have at least one group. ERR_FORMAT with file, line, key and what is allowed. Does
 * not check whether channels and models exist. `file` is for messages. *s is too large for a stack.
 * scenario_read also accepts the name of a scenario that comes with csilink, "first-look", where
 * there is no such file (base/share.h). */
int scenario_parse(scenario *s, const char *text, size_t size, const char *file, err *e);
int scenario_read(scenario *s, const char *path, err *e);

/* Locates an error that only the caller can detect, such as an unknown channel: puts file, line and
 * key ("groups/1/channel") before the text in *e, as scenario_read does, and returns its code.
 * Reads the file again. */
int scenario_locate(const char *path, const char *key, err *e);

/* Writes a file that scenario_parse reads back into the same struct. */
void scenario_print(const scenario *s, FILE *out);

#endif
