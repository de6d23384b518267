/* scenario.h: a cell and what changes in it in time, as people write it down:
 *
 *     duration: 40s
 *     model: csilink-net-cr8-indoor     # what groups take that say nothing else
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
 * The keys are those of cell/keys.h; docs/scenarios.md lists them. What is written and what a
 * command line adds end in one struct; printed, it is a scenario file again that repeats the run.
 * The processes of a run read that file. */
#ifndef CELL_SCENARIO_H
#define CELL_SCENARIO_H

#include <stdint.h>
#include <stdio.h>

#include "cell/cell.h"
#include "cell/timeline.h"

enum { SCENARIO_ABOUT_MAX = 2048, SCENARIO_BYTES_MAX = 1 << 18 };

typedef struct scenario {
    char about[SCENARIO_ABOUT_MAX]; /* for people; may be empty */
    cell cell;
    timeline timeline;
    size_t restarts;
    restart restart[RESTARTS_MAX]; /* in order of time */
} scenario;

/* Defaults, and no groups. */
void scenario_init(scenario *s);

/* Reads YAML into *s, which holds the defaults beforehand: what the file does not say stays. At
 * least one group must be there. ERR_FORMAT with file, line, key and what is allowed; whether
 * channels and models exist is not looked at. `file` is for messages. Too large for a
 * stack. What is no path of a file may be the name of a scenario that comes with csilink:
 * "first-look" (base/share.h). */
int scenario_parse(scenario *s, const char *text, size_t size, const char *file, err *e);
int scenario_read(scenario *s, const char *path, err *e);

/* For what only those who run a scenario can judge, such as whether a channel exists: puts file,
 * line and key of the place ("groups/1/channel") before the text in *e, as scenario_read does, and
 * returns its code. The file is read again. */
int scenario_place(const char *path, const char *place, err *e);

/* Writes a file that scenario_parse reads to the same struct. */
void scenario_print(const scenario *s, FILE *out);

#endif
