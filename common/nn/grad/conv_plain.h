/* conv_plain.h: the gradients of convolutions in plain loops, for what the packed kernels do not
 * take: three dimensions, weights that come from the data, pads wider than the kernel.
 *
 * A convolution and a transposed one are the same sum read in two directions. Both pair a plane of
 * positions i that the window's stride counts (here the small side: Conv's output, ConvTranspose's
 * input) with a plane that it slides over (the large side):
 *
 *     position a = i stride - pad + t dilation of the large side meets position i and weight t.
 *
 * Weights are [small channels][large channels / groups][taps] in both operators. */
#ifndef NN_GRAD_CONV_PLAIN_H
#define NN_GRAD_CONV_PLAIN_H

#include "nn/ops/window.h"

typedef struct grad_conv_sides {
    nn_window window; /* of the Conv from large to small: its in[] is the large side's sizes */
    int64_t batch, groups;
    int64_t large, small; /* channels of one group */
} grad_conv_sides;

/* Each adds to its last argument, summing over the other two. */
void grad_conv_to_weights(const grad_conv_sides *s, const float *large, const float *small,
                          float *weights);
void grad_conv_to_large(const grad_conv_sides *s, const float *weights, const float *small,
                        float *large);
void grad_conv_to_small(const grad_conv_sides *s, const float *weights, const float *large,
                        float *small);

#endif
