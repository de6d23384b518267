/* processes.h: the processes of a run, from the first to the last. */
#ifndef CLI_RUN_PROCESSES_H
#define CLI_RUN_PROCESSES_H

#include "record.h"

/* Runs the processes to the end of the simulation. 0, or the reason why it could not be run. */
int run_processes(const run_config *config, const run_place *place, run_record *record, err *e);

#endif
