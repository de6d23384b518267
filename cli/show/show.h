/* show.h: what `csilink show` and `csilink rerun` print about records. */
#ifndef CLI_SHOW_SHOW_H
#define CLI_SHOW_SHOW_H

#include <stdio.h>

#include "record/record.h"

enum { SHOW_RUNS_MAX = 8 };

/* Opens a record; completes it first if its run was killed. NULL on failure. */
record *show_open(const char *folder, err *e);

/* An entry of scenario or versions whose value differs between runs. */
typedef struct show_difference {
    const char *place;
    const char *value[SHOW_RUNS_MAX]; /* NULL: that run has no such entry */
} show_difference;

typedef const record_facts *(*show_facts)(const record *r);
const record_facts *show_scenario(const record *r);
const record_facts *show_versions(const record *r);

/* Calls `each` for every difference, in the order of the first run that has the entry. */
void show_each_difference(record *const *runs, size_t count, show_facts of,
                          void (*each)(void *user, const show_difference *d), void *user);

/* Prints one run, or several side by side with their differences. */
void show_print(record *const *runs, size_t count, FILE *to);

/* The figure that was compared: "NMSE", "SGCS" if both runs' codecs give directions, or both. */
const char *show_compared(const record_comparison *c);

/* Prints in a line or two whether the reports of two runs have the same NMSE or SGCS. */
void show_comparison_print(const record_comparison *c, FILE *to);

/* The same as JSON; the caller deletes it. `comparison`: of the first two runs, or NULL. */
cJSON *show_json(record *const *runs, size_t count, const record_comparison *comparison);
cJSON *show_comparison_json(const record_comparison *c);

#endif
