/* conv.h: 2-D convolution in single precision, which takes most of the time of this field's
 * networks. Weights are packed once for the machine's instruction set level; a run allocates
 * nothing.
 *
 *     y = activation(conv(x, w) + bias + residual)
 *
 * conv_shape.h gives the layout of x, y and w. */
#ifndef NN_KERNELS_CONV_H
#define NN_KERNELS_CONV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/kernels/conv_shape.h"

/* Packed weights and the chosen kernel. Threads can share one while no thread repacks it. */
typedef struct nn_conv nn_conv;

/* `weights`, and `bias` (channels_out values), may be NULL: zeros. The arguments are copied. NULL
 * on failure (no memory, or a shape that contradicts itself). */
nn_conv *nn_conv_create(const nn_conv_shape *shape, const float *weights, const float *bias,
                        err *e);
void nn_conv_free(nn_conv *conv);

/* Replaces weights and bias, as in nn_conv_create; training calls it after each step. Allocates
 * nothing. */
void nn_conv_repack(nn_conv *conv, const float *weights, const float *bias);

/* Bytes of 64-byte-aligned scratch that one nn_conv_run needs, whatever the batch. */
size_t nn_conv_scratch_bytes(const nn_conv *conv);

/* `residual` has y's shape and may be NULL, or equal y. x must not overlap y. */
void nn_conv_run(const nn_conv *conv, int64_t batch, const float *x, const float *residual,
                 float *y, void *scratch);

/* The definition in plain loops with double accumulation; tests compare the fast paths with it. */
void nn_conv_reference(const nn_conv_shape *shape, const float *weights, const float *bias,
                       int64_t batch, const float *x, const float *residual, float *y);

/* The chosen path: "direct avx512 2x8", ... Static storage. */
const char *nn_conv_path(const nn_conv *conv);

#endif
