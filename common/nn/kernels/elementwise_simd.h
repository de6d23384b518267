/* elementwise_simd.h: the levels of elementwise.h's loops, and their types. */
#ifndef NN_KERNELS_ELEMENTWISE_SIMD_H
#define NN_KERNELS_ELEMENTWISE_SIMD_H

#include <stddef.h>

#include "base/simd.h"
#include "nn/kernels/activation.h"

typedef enum nn_arithmetic { NN_ADD, NN_SUB, NN_MUL, NN_DIV, NN_MAX, NN_MIN } nn_arithmetic;

SIMD_DECLARE(void, nn_activate, (nn_activation, float, const float *, float *, size_t));
SIMD_DECLARE(void, nn_exp, (const float *, float *, size_t));
SIMD_DECLARE(void, nn_arithmetic_row,
             (nn_arithmetic, const float *, int, const float *, int, float *, size_t));
SIMD_DECLARE(void, nn_scale_shift, (float, float, const float *, float *, size_t));

#endif
