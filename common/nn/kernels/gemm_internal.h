/* gemm_internal.h: the levels of nn_linear's loops, for their caller and tests. */
#ifndef NN_KERNELS_GEMM_INTERNAL_H
#define NN_KERNELS_GEMM_INTERNAL_H

#include <stdint.h>

#include "base/simd.h"

/* One sample: y[o] = w[o] . x + bias[o]. */
SIMD_DECLARE(void, linear_one,
             (int64_t in, int64_t out, const float *x, const float *w, const float *bias,
              float *y));

#endif
