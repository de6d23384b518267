/* scenario.h: a cell, what its uplink does, and what changes in time, as people write it down:
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
 * docs/scenarios.md lists every key. What is written and what a command line adds end in one
 * struct; printed, it is a scenario file again that repeats the run. */
#ifndef CELL_SCENARIO_H
#define CELL_SCENARIO_H

#include <stdint.h>
#include <stdio.h>

#include "cell/cell.h"
#include "cell/timeline.h"

enum {
    SCENARIO_NAME_MAX = 32, /* bytes of a group's name, its NUL included */
    SCENARIO_WORD_MAX = 256,
    SCENARIO_ABOUT_MAX = 2048,
    SCENARIO_UES_MAX = 100000,
    SCENARIO_BYTES_MAX = 1 << 18,
};

/* What may be said for all groups and again in one. */
typedef struct scenario_ues {
    char channel[CHAIN_CHANNEL_MAX];
    char model[SCENARIO_WORD_MAX];
    char period[SCENARIO_WORD_MAX]; /* as chain_schedule_parse_periods takes it */
    char precision[SCENARIO_NAME_MAX],
        codeword[SCENARIO_NAME_MAX]; /* "": as the programs have it */
    double speed_kmh;
    impairments uplink;
} scenario_ues;

typedef struct scenario_group {
    char name[SCENARIO_NAME_MAX]; /* letters, digits, - _ . */
    uint32_t first, ues;          /* of the cell */
    scenario_ues has;             /* what holds for it, said here or for all */
    bool own[SETTINGS];           /* uplink settings of its own */
} scenario_group;

typedef struct scenario {
    char about[SCENARIO_ABOUT_MAX]; /* for people; may be empty */
    double duration_s, timeout_s, dl_snr_db, carrier_hz, bandwidth_hz;
    uint64_t seed, references, nc;
    char estimation[SCENARIO_NAME_MAX], pilots[SCENARIO_NAME_MAX]; /* "ls|none", "dft|hadamard" */
    bool genie;
    double warm_up_s;   /* cell/schedule.h; NaN: as long as fits the duration */
    double use_after_s; /* measure/age.h; NaN: measured */
    uint64_t age_every; /* of a UE's reports, those whose age is measured; 0: none */
    scenario_ues all;
    uint32_t ues; /* of all groups */
    size_t groups;
    scenario_group group[CHAIN_GROUPS_MAX];
    timeline timeline;
    size_t restarts;
    restart restart[RESTARTS_MAX]; /* in order of time */
} scenario;

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

/* Adds a group behind the others, with what `all` says. The name must be free and well formed, the
 * UEs no more than SCENARIO_UES_MAX in all: ERR_INVALID. NULL on failure. */
scenario_group *scenario_add_group(scenario *s, const char *name, uint32_t ues, err *e);

/* Index of a group by its name, or of the group that a UE is in; NO_GROUP where there is none. */
uint32_t scenario_group_named(const scenario *s, const char *name);
uint32_t scenario_group_of(const scenario *s, uint32_t ue);

/* "csilink-net-cr8-indoor" becomes "csilink-net-cr4-indoor" for CR 4. ERR_INVALID for a name that
 * names no CR. */
int scenario_model_of_cr(char model[SCENARIO_WORD_MAX], unsigned cr, err *e);

#endif
