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
    NN_GRADIENT_PRELU,       /* d where a >= 0, d b where a < 0 */
    NN_GRADIENT_PRELU_SLOPE, /* d a where a < 0 */
} nn_pair_gradient;

/* One row: to[i] = (or +=) the gradient of a[i * a_step] op b[i * b_step], steps 0 or 1. With
 * sum, to[0] += the sum of the row instead. */
void nn_pair_gradient_row(nn_pair_gradient which, const float *d, const float *a, int a_step,
                          const float *b, int b_step, float *to, size_t n, bool add, bool sum);

/* x is [batch][channels][plane]. sum[c] += sum of (x - shift[c]), squares[c] += of its square. */
void nn_channel_moments(const float *x, size_t batch, size_t channels, size_t plane,
                        const float *shift, double *sum, double *squares);

/* sum[c] += sum of d, products[c] += sum of d (x - shift[c]). */
void nn_channel_products(const float *d, const float *x, size_t batch, size_t channels,
                         size_t plane, const float *shift, double *sum, double *products);

/* y = scale[c] (x - shift[c]) + offset[c]. */
void nn_channel_scale(const float *x, size_t batch, size_t channels, size_t plane,
                      const float *scale, const float *shift, const float *offset, float *y);

/* d_x = (or +=) scale[c] d + slope[c] (x - shift[c]) + offset[c]. */
void nn_channel_gradient(const float *d, const float *x, size_t batch, size_t channels,
                         size_t plane, const float *scale, const float *slope, const float *shift,
                         const float *offset, float *d_x, bool add);

SIMD_DECLARE(void, nn_scale_to, (float, const float *, float *, size_t, bool));
SIMD_DECLARE(void, nn_activate_gradient,
             (nn_activation, float, const float *, const float *, const float *, float *, size_t,
              bool));
SIMD_DECLARE(void, nn_pair_gradient_row,
             (nn_pair_gradient, const float *, const float *, int, const float *, int, float *,
              size_t, bool, bool));
SIMD_DECLARE(void, nn_channel_moments,
             (const float *, size_t, size_t, size_t, const float *, double *, double *));
SIMD_DECLARE(void, nn_channel_products,
             (const float *, const float *, size_t, size_t, size_t, const float *, double *,
              double *));
SIMD_DECLARE(void, nn_channel_scale,
             (const float *, size_t, size_t, size_t, const float *, const float *, const float *,
              float *));
SIMD_DECLARE(void, nn_channel_gradient,
             (const float *, const float *, size_t, size_t, size_t, const float *, const float *,
              const float *, const float *, float *, bool));

#endif
