/* elementwise_gradient.h: the reverse of elementwise loops, and the sums that reverses need,
 * compiled for each instruction set level. Arrays need no alignment; a target must not overlap what
 * it is made from. `add`: to what the target holds; otherwise it is overwritten.
 *
 * Sums run over single precision lanes within at most 4096 neighbours, and over double beyond. */
#ifndef NN_KERNELS_ELEMENTWISE_GRADIENT_H
#define NN_KERNELS_ELEMENTWISE_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/simd.h"
#include "nn/kernels/conv.h"

/* to = (or +=) scale * from. */
void nn_scale_to(float scale, const float *from, float *to, size_t n, bool add);

/* d_x = d_y * activation'(x), where y = activation(x). */
void nn_activate_gradient(nn_activation activation, float alpha, const float *x, const float *y,
                          const float *d_y, float *d_x, size_t n, bool add);

/* Derivatives of a op b, times the gradient d that comes back. */
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

/* One row: to[i] = (or +=) the gradient of a[i * a_step] op b[i * b_step], steps 0 or 1. With
 * sum, to[0] += the sum of the row instead. */
void nn_pair_gradient_row(nn_pair_gradient which, const float *d, const float *a, int a_step,
                          const float *b, int b_step, float *to, size_t n, bool add, bool sum);

/* Arrays of [batch][channels][plane], about a value of each channel, with an activation behind that
 * is 1 above zero and `slope` (>= 0) below: slope 1 is none. */
typedef struct nn_channels {
    size_t batch, channels, plane;
    const float *center; /* [channels] */
    float slope;
    const float *image; /* what the activation made; not read where slope is 1 */
} nn_channels;

/* sum[c] += sum of (x - center[c]), squares[c] += of its square. */
void nn_channel_moments(const nn_channels *c, const float *x, double *sum, double *squares);

/* y = activation(scale[c] (x - center[c]) + offset[c]). */
void nn_channel_scale(const nn_channels *c, const float *x, const float *scale, const float *offset,
                      float *y);

/* With d the gradient d_y through the activation: sum[c] += sum of d,
 * products[c] += sum of d (x - center[c]). */
void nn_channel_products(const nn_channels *c, const float *d_y, const float *x, double *sum,
                         double *products);

/* d_x = (or +=) scale[c] d + tilt[c] (x - center[c]) + offset[c]. */
void nn_channel_gradient(const nn_channels *c, const float *d_y, const float *x, const float *scale,
                         const float *tilt, const float *offset, float *d_x, bool add);

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
