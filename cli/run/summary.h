/* summary.h: the summary of a run: the agents' tallies added up, as JSON for programs and as text
 * for people.
 *
 * It is made from three things that outlast the run: the head, with the part of the configuration
 * that the summary needs; the agents' tallies; and how the run ended. */
#ifndef CLI_RUN_SUMMARY_H
#define CLI_RUN_SUMMARY_H

#include <cjson/cJSON.h>

#include "measure/tally.h"
#include "record.h"

/* How a run ended. */
typedef struct run_ending {
    bool complete;             /* every planned report was sent and is accounted for */
    char reason[ERR_TEXT_MAX]; /* if it is not complete: why */
} run_ending;

/* The head; summary_head.c describes it. `every`: as in run_recorded; 0: reports are not recorded.
 * The caller deletes it. */
cJSON *run_summary_head(const run_config *config, const run_paths *paths, uint64_t every);

/* The path of the file to which an agent writes its account: its tally as JSON
 * (ue-agent/account.h). */
const char *run_account_path(const char *folder, size_t agent, char path[RUN_PATH_MAX + 32]);

/* Removes the agents' accounts, and the temporary files of processes that were killed while they
 * wrote (io/file.h). Call it once the summary is written and no process of the run is left. */
void run_remove_accounts(const char *folder);

/* Adds up the tallies of the agents' accounts. printed[i] is the account that agent i printed at
 * its end. If it is NULL, or `printed` is, the agent's file in the folder counts, and the reports
 * that were in flight when it was written are unknown. Logs a warning for an agent that left
 * neither. NULL when memory ran out. */
chain_tally *run_collect(const char *folder, size_t agents, char *const printed[], err *e);

/* The summary as JSON; the caller frees it. NULL when memory ran out. */
char *run_summary_json(const cJSON *head, const chain_tally *tally, const run_recorded *recorded,
                       const run_ending *ending);
void run_summary_print(const run_config *config, const run_paths *paths, const chain_tally *tally,
                       const run_ending *ending);

#endif
