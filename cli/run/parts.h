/* parts.h: the agents' parts of a record (record/part.h), from which reports.csv is made. */
#ifndef CLI_RUN_PARTS_H
#define CLI_RUN_PARTS_H

#include "config.h"
#include "measure/tally.h"
#include "record/part.h"

/* The path of an agent's part. */
const char *run_part_path(const char *folder, size_t agent, char path[RUN_PATH_MAX + 32]);

/* Merges the existing parts into FOLDER/reports.csv and removes them. The caller sets the groups
 * and the callback of `merge`; this function adds the parts. On failure it writes no reports.csv
 * and keeps the parts. */
int run_merge_parts(const char *folder, size_t agents, record_merge *merge, uint64_t *reports,
                    err *e);

/* The number of lines that reports.csv should have: of the reports whose outcome is known, those
 * whose number, counted for each UE from 0, is a multiple of `every`. */
uint64_t run_lines_due(const chain_tally *tally, uint64_t every);

#endif
