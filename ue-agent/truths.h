/* truths.h: buffers for the true channels of reports in flight, within a memory limit. A report
 * that finds no free buffer does not keep its truth, which is then computed again when the answer
 * arrives. */
#ifndef UE_AGENT_TRUTHS_H
#define UE_AGENT_TRUTHS_H

#include <stddef.h>

#include "csi/dims.h"
#include "measure/quality.h"

#define TRUTHS_BYTES_MAX ((size_t)64 << 20) /* of one agent */

typedef struct truths truths;

/* Takes at most bytes_max of memory, as needed. NULL when memory runs out. */
truths *truths_create(const csi_dims *dims, size_t bytes_max);
void truths_free(truths *t); /* only after every truth was given back; NULL allowed */

/* A free buffer of the configured dimensions, with any content; NULL at the limit. */
measure_truth *truths_take(truths *t);
void truths_give_back(truths *t, measure_truth *truth); /* NULL allowed */

#endif
