/* scenario_raw.h: a scenario file as libcyaml returns it: every value as text, so that the same
 * code converts all values and reports all errors. */
#ifndef CELL_SCENARIO_RAW_H
#define CELL_SCENARIO_RAW_H

#include <cyaml/cyaml.h>

#include "cell/keys.h"

/* By the keys' positions in the table; NULL: not given. */
typedef struct raw_keys {
    char *text[CELL_KEYS_MAX];
} raw_keys;

typedef struct raw_group {
    char *name, *count;
    raw_keys keys;
} raw_group;

typedef struct raw_set {
    char *value[SETTINGS];
} raw_set;

typedef struct raw_ramp {
    char **ends[SETTINGS]; /* from, to */
    char *over;
} raw_ramp;

typedef struct raw_event {
    char *at, *group, *ue, *restart, *down;
    raw_set *set;
    raw_ramp *ramp;
} raw_event;

typedef struct raw_scenario {
    char *about;
    raw_keys keys;
    raw_group *groups;
    unsigned groups_count;
    raw_event *timeline;
    unsigned timeline_count;
} raw_scenario;

/* The schema of a raw_scenario, built from the table of keys; static storage. */
const cyaml_schema_value_t *scenario_schema(void);

#endif
