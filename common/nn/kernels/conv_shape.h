/* conv_shape.h: the sizes of a 2-D convolution, for all its kernels.
 *
 * Layout: x [batch][channels_in][in_h][in_w], y [batch][channels_out][out_h][out_w], dense
 * row-major. Weights as ONNX stores them: [channels_out][channels_in / groups][kernel_h][kernel_w].
 * A 1-D convolution has in_h = kernel_h = 1. */
#ifndef NN_KERNELS_CONV_SHAPE_H
#define NN_KERNELS_CONV_SHAPE_H

#include <stdint.h>

#include "nn/kernels/activation.h"

typedef struct nn_conv_shape {
    int32_t channels_in, channels_out, groups;
    int32_t in_h, in_w, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left; /* zeros; bottom and right follow from the output's size */
    nn_activation activation;
    float alpha; /* of NN_ACT_LEAKY_RELU */
} nn_conv_shape;

#endif
