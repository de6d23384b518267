/* child.h: runs csilink itself as a child process, with another command. */
#ifndef CLI_UI_CHILD_H
#define CLI_UI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Starts it, with `arguments` as for execv. Its output goes to the descriptors `out` and `log`,
 * which the caller keeps. It inherits no option from this process's environment, since the caller
 * passes all options, and it ends when this process ends, however that happens. Returns its id, or
 * -1. */
pid_t child_start(char *const arguments[], int out, int log, err *e);

/* Waits until it has ended. When `stopped` (NULL: never) returns true, sends SIGTERM once; a signal
 * wakes the wait. ERR_STATE unless it exited with 0. */
int child_wait(pid_t child, bool (*stopped)(void), err *e);

#endif
