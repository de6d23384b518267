/* run.h: `csilink run` as a function, for commands that repeat a run. */
#ifndef CLI_RUN_RUN_H
#define CLI_RUN_RUN_H

#include "config.h"

/* Runs the whole command. Returns the exit status, and in `folder` the record's folder; "" if the
 * run failed before it had one. */
int run_again(int argc, char **argv, char folder[RUN_PATH_MAX]);

#endif
