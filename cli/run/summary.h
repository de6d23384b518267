/* summary.h: the summary of a run: the agents' tallies added up, as JSON for programs and as a page
 * for people.
 *
 * It is made of three things that survive the run: the head, which is what the configuration has to
 * do with it, what the agents counted, and how the run ended. */
#ifndef CLI_RUN_SUMMARY_H
#define CLI_RUN_SUMMARY_H

#include <cjson/cJSON.h>

#include "measure/tally.h"
#include "record.h"

/* How a run ended. */
typedef struct run_ending {
    bool complete;             /* every report that was planned was sent and is accounted for */
    char reason[ERR_TEXT_MAX]; /* why it is not */
} run_ending;

/* summary_head.c says what is in it. `every` as run_recorded has it; 0: reports are not recorded.
 * The caller deletes it. */
cJSON *run_summary_head(const run_config *config, const run_place *place, uint64_t every);

/* Where an agent writes its account. */
const char *run_account_path(const char *folder, size_t agent, char path[RUN_PATH_MAX + 32]);

/* With the summary written and nobody at work any more: removes the agents' accounts, and what a
 * process that was killed in the middle of writing left (io/file.h). */
void run_remove_accounts(const char *folder);

/* Adds up the agents' accounts. `printed`: what each has printed of it at its end, or NULL, or NULL
 * for all; for one that has not, its file in the folder counts, and what was in flight then is
 * unknown. One that left nothing is warned of. NULL when memory ran out. */
chain_tally *run_collect(const char *folder, size_t agents, char *const printed[], err *e);

/* The caller frees it; NULL when memory ran out. */
char *run_summary_json(const cJSON *head, const chain_tally *tally, const run_recorded *recorded,
                       const run_ending *ending);
void run_summary_print(const run_config *config, const run_place *place, const chain_tally *tally,
                       const run_ending *ending);

#endif
