/* signals.h: Ctrl-C and SIGTERM during a sweep or a league. */
#ifndef CLI_SWEEP_SIGNALS_H
#define CLI_SWEEP_SIGNALS_H

#include <stdbool.h>

/* Offline (`at_once`) the process ends at once with status 130 and a message about the results kept
 * in `place`; over the link it first stops the current run. `command`, such as "csilink sweep",
 * begins the message. */
void sweep_watch_signals(const char *command, bool at_once, const char *place);
bool sweep_stopped(void);

/* The message about what is kept. */
const char *sweep_farewell(void);

#endif
