/* facts.h: the contents of a scenario or a versions.json as a list of paths and values, so that two
 * of them can be compared whatever keys they have.
 *
 *     seed = 1        groups/far/snr = 5        models/0/sha256 = 9f86d0...
 *
 * The path of a list's element has its "name", else its number from 0. Files are not trusted:
 * depth, number and length are bounded, also after expanding aliases. */
#ifndef RECORD_FACTS_H
#define RECORD_FACTS_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/error.h"

enum {
    RECORD_FACTS_MAX = 4096,
    RECORD_DEPTH_MAX = 8,
    RECORD_FACT_PATH_MAX = 192,
    RECORD_VALUE_MAX = 640
};

typedef struct record_fact {
    char path[RECORD_FACT_PATH_MAX], value[RECORD_VALUE_MAX];
} record_fact;

typedef struct record_facts {
    record_fact *fact;
    size_t count, room;
} record_facts; /* zero-initialise */

/* Adds the contents of the text. ERR_FORMAT with file and line; ERR_NOMEM. `file` is for
 * messages. */
int record_facts_of_yaml(record_facts *facts, const char *text, size_t size, const char *file,
                         err *e);
int record_facts_of_json(record_facts *facts, const cJSON *json, const char *file, err *e);
void record_facts_free(record_facts *facts);

/* The value at a path; NULL where there is none. */
const char *record_facts_at(const record_facts *facts, const char *path);

#endif
