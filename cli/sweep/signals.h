/* signals.h: Ctrl-C and SIGTERM during a sweep or a league. */
#ifndef CLI_SWEEP_SIGNALS_H
#define CLI_SWEEP_SIGNALS_H

#include <stdbool.h>

/* Offline (`at_once`) the process ends at once, with 130 and a word on what is kept in `place`;
 * over the link the run in hand is stopped first. `command` is whose word it is: "csilink sweep".
 */
void sweep_watch_signals(const char *command, bool at_once, const char *place);
bool sweep_stopped(void);

/* The message about what is kept. */
const char *sweep_farewell(void);

#endif
