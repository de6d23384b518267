/* elementwise_gradient.h: the reverse of elementwise loops, and sums for reverses, compiled for
 * each instruction set level. Arrays need no alignment; a target must not overlap its sources.
 * `add`: adds to the target instead of overwriting it.
 *
 * Sums are in single precision within at most 4096 neighbours, and in double beyond. */
#ifndef NN_KERNELS_ELEMENTWISE_GRADIENT_H
#define NN_KERNELS_ELEMENTWISE_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/kernels/elementwise_gradient_simd.h"

/* to = (or +=) scale * from. */
void nn_scale_to(float scale, const float *from, float *to, size_t n, bool add);

/* d_x = d_y * activation'(x), where y = activation(x). */
void nn_activate_gradient(nn_activation activation, float alpha, const float *x, const float *y,
                          const float *d_y, float *d_x, size_t n, bool add);

/* One row: to[i] = (or +=) the gradient of a[i * a_step] op b[i * b_step], steps 0 or 1. With
 * sum, to[0] += the sum of the row instead. */
void nn_pair_gradient_row(nn_pair_gradient which, const float *d, const float *a, int a_step,
                          const float *b, int b_step, float *to, size_t n, bool add, bool sum);

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

#endif
