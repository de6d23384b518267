/* options.h: the command line of `csilink run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "cell/options.h"
#include "config.h"

/* Parses the command line, reads the scenario that it names, applies the options to it, and fills
 * *c, whose plan is then `plan`. `given` receives which options of the cell were given, for
 * messages. Returns -1 to continue, or the exit status. */
int run_options_parse(run_config *c, scenario *plan, cell_options *given, int argc, char **argv);

/* For error messages about the options. */
extern const option_command run_command;

#endif
