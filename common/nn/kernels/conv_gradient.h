/* conv_gradient.h: the gradient of a 2-D convolution (conv.h) with respect to its weights and bias.
 *
 *     d_w[o][c][i][j] = sum over n, u, v of d_y[n][o][u][v]
 *                       * x[n][c][u stride_h + i dilation_h - pad_top][v stride_w + ... - pad_left]
 *     d_bias[o]       = sum over n, u, v of d_y[n][o][u][v]
 *
 * The gradient with respect to x needs no kernel of its own: it is a convolution of d_y (spread by
 * the stride) with the flipped, transposed weights. The order of summation depends only on the
 * shape and the batch. */
#ifndef NN_KERNELS_CONV_GRADIENT_H
#define NN_KERNELS_CONV_GRADIENT_H

#include "nn/kernels/conv.h"

typedef struct nn_conv_gradient nn_conv_gradient; /* the chosen kernel; immutable, shareable */

/* The shape is the convolution's; its activation is ignored. NULL on failure (no memory, or an
 * inconsistent shape). */
nn_conv_gradient *nn_conv_gradient_create(const nn_conv_shape *shape, err *e);
void nn_conv_gradient_free(nn_conv_gradient *gradient);

/* Bytes of 64-byte-aligned scratch that one run needs, whatever the batch. */
size_t nn_conv_gradient_scratch_bytes(const nn_conv_gradient *gradient);

/* Adds to d_w (in the layout of the weights) and to d_bias, which may be NULL. x and d_y have the
 * layout of nn_conv_run's x and y; none of the four may overlap. */
void nn_conv_gradient_run(const nn_conv_gradient *gradient, int64_t batch, const float *x,
                          const float *d_y, float *d_w, float *d_bias, void *scratch);

#endif
