/* conv.h: 2-D convolution in single precision, the operator in which the networks of this field
 * spend their time. Weights are packed once for the machine's instruction set level; a run
 * allocates nothing.
 *
 *     y = activation(conv(x, w) + bias + residual)
 *
 * Layout: x [batch][channels_in][in_h][in_w], y [batch][channels_out][out_h][out_w], dense
 * row-major. Weights as ONNX stores them: [channels_out][channels_in / groups][kernel_h][kernel_w].
 * A 1-D convolution is the case in_h = kernel_h = 1. */
#ifndef NN_KERNELS_CONV_H
#define NN_KERNELS_CONV_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum nn_activation {
    NN_ACT_NONE,
    NN_ACT_RELU,
    NN_ACT_LEAKY_RELU, /* x < 0: alpha x */
    NN_ACT_SIGMOID,
    NN_ACT_TANH,
} nn_activation;

typedef struct nn_conv_shape {
    int32_t channels_in, channels_out, groups;
    int32_t in_h, in_w, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left; /* zeros; bottom and right follow from the output's size */
    nn_activation activation;
    float alpha; /* of NN_ACT_LEAKY_RELU */
} nn_conv_shape;

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
