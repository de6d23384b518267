/* child.h: csilink itself as a child process, with a command of its own. */
#ifndef CLI_UI_CHILD_H
#define CLI_UI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Starts it; `arguments` as execv takes them. Its output goes to the descriptors `out` and `log`,
 * which stay the caller's. It sees no option of this process's environment, for the caller says
 * all, and it ends when this process does, however that ends. Returns its id, or -1. */
pid_t child_start(char *const arguments[], int out, int log, err *e);

/* Waits until it has ended. Once `stopped` (NULL: never) says so, sends SIGTERM, once; a signal
 * wakes the wait. ERR_STATE unless it exited with 0. */
int child_wait(pid_t child, bool (*stopped)(void), err *e);

#endif
