/* processes.h: the processes of a run, from the first to the last. */
#ifndef CLI_RUN_PROCESSES_H
#define CLI_RUN_PROCESSES_H

#include "record.h"

/* What the processes left to whoever sums up. */
typedef struct run_outcome {
    bool under_way;                /* UEs were started */
    char stopped[64];              /* who ended the run before its time: "SIGTERM"; else "" */
    char *account[RUN_AGENTS_MAX]; /* what each agent printed at its end, or NULL */
} run_outcome;

/* Runs the processes to the end of the simulation. 0, or the reason why it did not get there; the
 * UEs' agents have ended in either case, after what they had sent was answered or timed out.
 * `lock`: a descriptor that every process inherits, or -1. *outcome is to be cleared in any case.
 */
int run_processes(const run_config *config, const run_place *place, run_record *record, int lock,
                  run_outcome *outcome, err *e);
void run_outcome_clear(run_outcome *outcome);

#endif
