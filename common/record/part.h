/* part.h: the reports that one agent records while it runs, and how the parts of a run become
 * reports.csv.
 *
 * A part is a header and then record_report structs as in memory, in the order in which the reports
 * ended: copying one costs the agent nothing, formatting it as text would. The same build on the
 * same machine reads the parts right after the run, and then removes them. */
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

/* Writes reports.csv from the parts: every complete report of each, in order of time. *reports:
 * their number. Of a truncated part it uses the complete reports; a part that is missing or
 * invalid, or a full disk, is an error with the file's name. */
int record_merge_parts(const record_merge *merge, const char *path, uint64_t *reports, err *e);

#endif
