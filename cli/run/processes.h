/* processes.h: starts, watches and stops the processes of a run. */
#ifndef CLI_RUN_PROCESSES_H
#define CLI_RUN_PROCESSES_H

#include "record.h"

/* What the summary needs to know of the processes. */
typedef struct run_outcome {
    bool under_way;                /* UEs were allowed to report */
    char stopped[64];              /* what ended the run early: "SIGTERM"; else "" */
    char *account[RUN_AGENTS_MAX]; /* printed by each agent at its end, or NULL */
} run_outcome;

/* Runs the processes to the end of the simulation. Returns 0, or the error that stopped it earlier.
 * In either case the agents have ended, after every report that they had sent was answered or timed
 * out. `lock`: a descriptor that every process inherits, or -1. The caller clears *outcome in any
 * case. */
int run_processes(const run_config *config, const run_paths *paths, run_record *record, int lock,
                  run_outcome *outcome, err *e);
void run_outcome_clear(run_outcome *outcome);

#endif
