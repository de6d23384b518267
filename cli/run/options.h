/* options.h: the command line of `csilink run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "cell/options.h"
#include "config.h"

/* Parses the command line and reads the scenario that it names, with the options over it, into *c,
 * whose plan is `plan`. `given`: the options of the cell, for messages. -1, or the exit status. */
int run_options_parse(run_config *c, scenario *plan, cell_options *given, int argc, char **argv);

/* For complaints about what the options ask for. */
extern const option_command run_command;

#endif
