/* window.h: shared by convolutions and pools: a window that slides over 1 to 3 spatial dimensions.
 * Fewer than three are stored as the last of three, and the others have size 1. */
#ifndef NN_OPS_WINDOW_H
#define NN_OPS_WINDOW_H

#include "nn/kernels/conv_shape.h"
#include "nn/ops/ops.h"

typedef struct nn_window {
    int spatial; /* dimensions that the model has */
    int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad[3], pad_end[3];
} nn_window;

/* Reads strides, dilations, pads and auto_pad of a step whose input 0 is [n][c][spatial...], with
 * the given kernel sizes (NULL: attribute kernel_shape), and computes the output's sizes. */
int nn_window_read(const nn_step *step, const int64_t *kernel, nn_window *w, err *e);

/* The same for a transposed convolution. */
int nn_window_read_transposed(const nn_step *step, const int64_t *kernel, nn_window *w, err *e);

/* [n][channels][out...] for output k. */
int nn_window_shape(const nn_window *w, nn_tensor *out, nn_dtype dtype, int64_t n, int64_t channels,
                    err *e);

/* The window in the form of the 2-D kernels; the caller has checked that it fits 32 bits and that
 * the first of the three dimensions has size 1. No activation. */
nn_conv_shape nn_window_conv(const nn_window *w, int64_t channels_in, int64_t channels_out,
                             int64_t groups);

/* The kernel taps [*from, *to) of dimension d inside the input at output position o. */
void nn_window_taps(const nn_window *w, int d, int64_t o, int64_t *from, int64_t *to);

/* The number of taps of dimension d on the input or its pads: with ceil_mode some are behind both.
 */
int64_t nn_window_padded_taps(const nn_window *w, int d, int64_t o);

#endif
