/* activation_internal.h: the levels of activation.h's functions, for their caller and tests. */
#ifndef NN_KERNELS_ACTIVATION_INTERNAL_H
#define NN_KERNELS_ACTIVATION_INTERNAL_H

#include "base/simd.h"
#include "nn/kernels/activation.h"

SIMD_DECLARE(void, activate_all,
             (nn_activation activation, float alpha, int64_t n, const float *x, float *y));
SIMD_DECLARE(void, exp_all, (int64_t n, const float *x, float *y));
SIMD_DECLARE(void, erf_all, (int64_t n, const float *x, float *y));

#endif
