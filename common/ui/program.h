/* program.h: how each program of csilink starts and ends, whatever standard streams its parent left
 * it.
 *
 * - A closed descriptor from 0 to 2 would become the first file or socket that the program opens,
 *   and printed text would go there. So it is opened: input is empty, writing to standard output
 *   fails, standard error is discarded.
 * - SIGPIPE and SIGXFSZ are ignored: a reader that has gone, or a limit on the size of files, is an
 *   error of write(), which the writer reports; it does not end a process in the middle of its
 *   work.
 * - If output was lost, the program fails: one line on standard error, and exit status 1 where it
 *   would have been 0. */
#ifndef UI_PROGRAM_H
#define UI_PROGRAM_H

#include <stdbool.h>

/* Runs `body` between that start and that end; returns the exit status. `name` is for the message.
 * main() calls it and returns the result. */
int program_run(const char *name, int (*body)(int argc, char **argv), int argc, char **argv);

/* Whether to obey SIGHUP: not where the program was started with it ignored (nohup). */
bool program_obeys_hangup(void);

/* Flushes standard output. False from the first failure on, so that a command that prints without
 * end can stop. */
bool program_output(void);

/* Reports that output was lost before it reached standard output; `number` is the errno. The
 * program then fails as if the write itself had failed. */
void program_output_lost(int number);

#endif
