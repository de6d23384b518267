/* conv.h: 2-D convolution in single precision, the operator in which the networks of this field
 * spend their time. Weights are packed once for the machine's instruction set level; a run
 * allocates nothing.
 *
 *     y = activation(conv(x, w) + bias + residual)
 *
 * conv_shape.h says how x, y and w are laid out. */
#ifndef NN_KERNELS_CONV_H
#define NN_KERNELS_CONV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/kernels/conv_shape.h"

/* Packed weights and the chosen kernel. Threads may share one while nobody repacks it. */
typedef struct nn_conv nn_conv;

/* `weights`, and `bias` (channels_out values), may be NULL: zeros. The arguments are copied. NULL
 * on failure (no memory, or a shape that contradicts itself). */
nn_conv *nn_conv_create(const nn_conv_shape *shape, const float *weights, const float *bias,
                        err *e);
void nn_conv_free(nn_conv *conv);

/* Takes other weights and another bias of the same shape, as nn_conv_create does: what training
 * calls after each step. Allocates nothing. */
void nn_conv_repack(nn_conv *conv, const float *weights, const float *bias);

/* Bytes of 64-byte-aligned scratch that one nn_conv_run needs, whatever the batch. */
size_t nn_conv_scratch_bytes(const nn_conv *conv);

/* `residual` has y's shape and may be NULL, or equal y. x must not overlap y. */
void nn_conv_run(const nn_conv *conv, int64_t batch, const float *x, const float *residual,
                 float *y, void *scratch);

/* The definition, in plain loops and double accumulation: what the fast paths are tested against.
 */
void nn_conv_reference(const nn_conv_shape *shape, const float *weights, const float *bias,
                       int64_t batch, const float *x, const float *residual, float *y);

/* "direct avx512 2x8", ...: which path was chosen. Static storage. */
const char *nn_conv_path(const nn_conv *conv);

#endif
