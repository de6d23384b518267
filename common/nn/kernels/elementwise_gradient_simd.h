/* elementwise_gradient_simd.h: the levels of elementwise_gradient.h's loops, and their types. */
#ifndef NN_KERNELS_ELEMENTWISE_GRADIENT_SIMD_H
#define NN_KERNELS_ELEMENTWISE_GRADIENT_SIMD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/simd.h"
#include "nn/kernels/activation.h"

/* Derivatives of a op b, times the incoming gradient d. */
typedef enum nn_pair_gradient {
    NN_GRADIENT_PLUS,        /* d */
    NN_GRADIENT_MINUS,       /* -d */
    NN_GRADIENT_TIMES,       /* d b */
    NN_GRADIENT_OVER,        /* d / b */
    NN_GRADIENT_DENOMINATOR, /* -d a / b^2 */
    NN_GRADIENT_GREATER,     /* d where a > b or a is NaN */
    NN_GRADIENT_NOT_LESS,    /* d where a >= b or either is NaN */
    NN_GRADIENT_LESS,        /* d where a < b or a is NaN */
    NN_GRADIENT_NOT_GREATER, /* d where a <= b or either is NaN */
    NN_GRADIENT_PRELU,       /* d where a > 0, d b elsewhere */
    NN_GRADIENT_PRELU_SLOPE, /* d a where a <= 0 */
} nn_pair_gradient;

/* Arrays of [batch][channels][plane], relative to a centre of each channel, followed by an
 * activation with slope 1 above zero and `slope` (>= 0) below; slope 1 is none. */
typedef struct nn_channels {
    size_t batch, channels, plane;
    const float *center; /* [channels] */
    float slope;
    const float *image; /* output of the activation; not read if slope is 1 */
} nn_channels;

SIMD_DECLARE(void, nn_scale_to, (float, const float *, float *, size_t, bool));
SIMD_DECLARE(void, nn_activate_gradient,
             (nn_activation, float, const float *, const float *, const float *, float *, size_t,
              bool));
SIMD_DECLARE(void, nn_pair_gradient_row,
             (nn_pair_gradient, const float *, const float *, int, const float *, int, float *,
              size_t, bool, bool));
SIMD_DECLARE(void, nn_channel_moments, (const nn_channels *, const float *, double *, double *));
SIMD_DECLARE(void, nn_channel_scale,
             (const nn_channels *, const float *, const float *, const float *, float *));
SIMD_DECLARE(void, nn_channel_products,
             (const nn_channels *, const float *, const float *, double *, double *));
SIMD_DECLARE(void, nn_channel_gradient,
             (const nn_channels *, const float *, const float *, const float *, const float *,
              const float *, float *, bool));

#endif
