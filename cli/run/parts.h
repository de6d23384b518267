/* parts.h: the agents' parts of a record (record/part.h), from which reports.csv is made. */
#ifndef CLI_RUN_PARTS_H
#define CLI_RUN_PARTS_H

#include "config.h"
#include "measure/tally.h"
#include "record/part.h"

/* The path of an agent's part. */
const char *run_part_path(const char *folder, size_t agent, char path[RUN_PATH_MAX + 32]);

/* Makes FOLDER/reports.csv of the parts that are there and removes them. `merge` has the groups and
 * who looks on; the parts are put in. On failure there is no reports.csv, and the parts stay. */
int run_merge_parts(const char *folder, size_t agents, record_merge *merge, uint64_t *reports,
                    err *e);

/* Reports that should have a line, of those whose end is known: a UE's are numbered from 0, and
 * every so manyth has one. */
uint64_t run_lines_due(const chain_tally *tally, uint64_t every);

#endif
