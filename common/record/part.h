/* part.h: what one agent writes down of its reports while it runs, and how the parts of a run
 * become reports.csv.
 *
 * A part is a header and then record_report structs as they lie in memory, in the order in which
 * the reports were settled: copying one costs the agent nothing, turning it into text would. Parts
 * are read by the same build on the same machine, right after the run, and then removed. */
#ifndef RECORD_PART_H
#define RECORD_PART_H

#include <stdio.h>

#include "record/report.h"

typedef struct record_part_header {
    char magic[8]; /* RECORD_PART_MAGIC */
    uint64_t size; /* of a record_report */
} record_part_header;

#define RECORD_PART_MAGIC "CSIPART1"

/* Called with each report, in the order of the file. */
typedef void (*record_each)(void *user, const record_report *report);

typedef struct record_merge {
    const char *const *parts; /* their paths */
    size_t count;
    const record_group *groups;
    size_t group_count;
    record_each each; /* may be NULL */
    void *user;
} record_merge;

/* Writes reports.csv from the parts: every whole report of each, in order of time. *reports: how
 * many. A part that is cut off gives what is whole of it; one that is missing or is none, or a
 * disk that is full, is an error with the file's name. */
int record_merge_parts(const record_merge *merge, const char *path, uint64_t *reports, err *e);

#endif
