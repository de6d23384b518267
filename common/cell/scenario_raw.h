/* scenario_raw.h: a scenario file as libcyaml hands it over: every value as its text, so that one
 * place converts and complains. */
#ifndef CELL_SCENARIO_RAW_H
#define CELL_SCENARIO_RAW_H

#include <cyaml/cyaml.h>

#include "cell/keys.h"

/* By the keys' places in the table; NULL: not given. */
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

/* The schema of a raw_scenario, made of the table of keys; static storage. */
const cyaml_schema_value_t *scenario_schema(void);

#endif
