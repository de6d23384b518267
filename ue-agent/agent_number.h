/* agent_number.h: gives agents that share a folder distinct numbers, without a coordinator.
 *
 * Number n belongs to the process that locks the file "n" in the folder. The kernel releases the
 * lock when the process ends, however it ends, so a restarted agent takes the lowest free number:
 * its old one, unless another agent came first. The folder must be on one machine (containers can
 * share a volume); across machines, use the orchestrator's number. */
#ifndef UE_AGENT_AGENT_NUMBER_H
#define UE_AGENT_AGENT_NUMBER_H

#include <stdint.h>

#include "base/error.h"

enum { AGENT_NUMBERS_MAX = 10000 };

/* Takes the lowest free number and keeps it until the process ends. ERR_IO if the folder cannot be
 * written, ERR_STATE if all AGENT_NUMBERS_MAX numbers are taken. */
int agent_number_take(const char *folder, uint64_t *number, err *e);

#endif
