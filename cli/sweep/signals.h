/* signals.h: Ctrl-C and SIGTERM during a sweep. */
#ifndef CLI_SWEEP_SIGNALS_H
#define CLI_SWEEP_SIGNALS_H

#include <stdbool.h>

/* Offline (`at_once`) the process ends at once, with 130 and a word on what is kept; over the link
 * the run in hand is stopped first. */
void sweep_watch_signals(bool at_once, const char *folder);
bool sweep_stopped(void);

/* The word on what is kept. */
const char *sweep_farewell(void);

#endif
