/* peak_internal.h: the levels of peak.h's loop. */
#ifndef NN_KERNELS_PEAK_INTERNAL_H
#define NN_KERNELS_PEAK_INTERNAL_H

#include <stdint.h>

#include "base/simd.h"

/* Runs `rounds` rounds of multiply-adds; *sink receives a value that depends on all of them.
 * Returns the floating point operations of one round. */
SIMD_DECLARE(int, peak_run, (int64_t rounds, float *sink));

#endif
