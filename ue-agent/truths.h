/* truths.h: the truths behind reports in flight, within a limit of memory. A report that finds none
 * free flies without; its truth is computed anew when its answer is there. */
#ifndef UE_AGENT_TRUTHS_H
#define UE_AGENT_TRUTHS_H

#include <stddef.h>

#include "csi/dims.h"
#include "measure/quality.h"

#define TRUTHS_BYTES_MAX ((size_t)64 << 20) /* of one agent */

typedef struct truths truths;

/* At most bytes_max of memory, taken as it is needed. NULL when memory ran out. */
truths *truths_create(const csi_dims *dims, size_t bytes_max);
void truths_free(truths *t); /* when every truth was given back; NULL allowed */

/* A truth with room for the dimensions, for anything to be written into; NULL at the limit. */
measure_truth *truths_take(truths *t);
void truths_give_back(truths *t, measure_truth *truth); /* NULL allowed */

#endif
