/* signs_internal.h: the loops of signs.h for each instruction set. */
#ifndef NN_KERNELS_SIGNS_INTERNAL_H
#define NN_KERNELS_SIGNS_INTERNAL_H

#include "base/simd.h"
#include "nn/kernels/signs.h"

/* y[o] = sum_i (+-)x[i] for all rows. */
SIMD_DECLARE(void, nn_signs_sums,
             (int64_t in, int64_t out, const float *x, const uint16_t *bits, float *y));

#endif
