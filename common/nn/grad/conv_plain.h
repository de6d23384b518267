/* conv_plain.h: the gradients of convolutions in plain loops, for cases that the packed kernels
 * lack: three dimensions, weights computed from data, pads wider than the kernel.
 *
 * A convolution and a transposed one are the same sum in two directions. Both pair a plane of
 * positions i, one for each stride of the window (the small side: Conv's output, ConvTranspose's
 * input), with the plane that the window slides over (the large side):
 *
 *     position i and weight t  with  position i stride - pad + t dilation of the large side.
 *
 * Weights are [small channels][large channels / groups][taps] in both operators. */
#ifndef NN_GRAD_CONV_PLAIN_H
#define NN_GRAD_CONV_PLAIN_H

#include "nn/ops/window.h"

typedef struct grad_conv_sides {
    nn_window window; /* of the Conv from large to small: in[] has the large side's sizes */
    int64_t batch, groups;
    int64_t large, small; /* channels of one group */
} grad_conv_sides;

/* Each adds to its last argument the sum over the other two. */
void grad_conv_to_weights(const grad_conv_sides *s, const float *large, const float *small,
                          float *weights);
void grad_conv_to_large(const grad_conv_sides *s, const float *weights, const float *small,
                        float *large);
void grad_conv_to_small(const grad_conv_sides *s, const float *weights, const float *large,
                        float *small);

#endif
