/* place.h: a number of one's own among agents that share a folder, with nobody to hand numbers out.
 *
 * Number n belongs to the process that holds the lock on the file "n" in the folder. The kernel
 * takes the lock back when the process ends, however it ends, so a restarted agent finds the
 * lowest number free: its own, unless another came first. The folder must be on one machine (a
 * volume that containers share will do); across machines the orchestrator's number serves. */
#ifndef UE_AGENT_PLACE_H
#define UE_AGENT_PLACE_H

#include <stdint.h>

#include "base/error.h"

enum { PLACES_MAX = 10000 };

/* Takes the lowest number that is free and keeps it as long as the process lives. ERR_IO where the
 * folder cannot be written, ERR_STATE where PLACES_MAX are taken. */
int place_take(const char *folder, uint64_t *number, err *e);

#endif
