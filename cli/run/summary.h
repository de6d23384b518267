/* summary.h: the summary of a run: the agents' tallies added up, as JSON for programs and as a page
 * for people. */
#ifndef CLI_RUN_SUMMARY_H
#define CLI_RUN_SUMMARY_H

#include "measure/tally.h"
#include "record.h"

/* Adds up the agents' records, which are removed. NULL on failure. */
chain_tally *run_collect(const run_config *config, const run_place *place, err *e);

/* The caller frees it; NULL when memory ran out. */
char *run_summary_json(const run_config *config, const chain_tally *tally,
                       const run_recorded *recorded);
void run_summary_print(const run_config *config, const run_place *place, const chain_tally *tally);

#endif
