/* program.h: how each program of csilink begins and ends, whatever its parent left of its standard
 * streams.
 *
 * - A descriptor from 0 to 2 that is closed would be given to the first file or socket that the
 *   program opens, and what is printed would go there. It is opened instead: input is empty,
 *   standard output fails when it is written to, standard error goes nowhere.
 * - SIGPIPE and SIGXFSZ are ignored: a reader that has gone, or a limit on the size of files, is an
 *   error of write(), which whoever writes reports, and ends no process in the middle of its work.
 * - What standard output could not take makes the program fail: one line on standard error, and
 * exit status 1 where it would have been 0. */
#ifndef UI_PROGRAM_H
#define UI_PROGRAM_H

#include <stdbool.h>

/* Runs `body` between that beginning and that end; returns the exit status. `name` is for the
 * message. To be called by main(), which returns what it returns. */
int program_run(const char *name, int (*body)(int argc, char **argv), int argc, char **argv);

/* Is SIGHUP to be obeyed? Not where whoever started the program has it ignored (nohup). */
bool program_obeys_hangup(void);

/* Flushes standard output. False from the first failure on: a command that prints without end asks
 * and stops. */
bool program_output(void);

#endif
