/* run.h: `csilink run` as a function, for commands that run a cell once more. */
#ifndef CLI_RUN_RUN_H
#define CLI_RUN_RUN_H

#include "config.h"

/* The whole command, as csilink itself would call it: the exit status, and in `folder` where the
 * record is; "" where the run did not get so far. */
int run_again(int argc, char **argv, char folder[RUN_PATH_MAX]);

#endif
