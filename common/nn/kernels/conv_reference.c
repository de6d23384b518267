#include <math.h>

#include "nn/kernels/conv.h"

static double activate(double x, const nn_conv_shape *s)
{
    switch (s->activation) {
    case NN_ACT_RELU:
        return x < 0 ? 0 : x;
    case NN_ACT_LEAKY_RELU:
        return x < 0 ? x * (double)s->alpha : x;
    case NN_ACT_SIGMOID:
        return 1 / (1 + exp(-x));
    case NN_ACT_TANH:
        return tanh(x);
    case NN_ACT_NONE:
    default:
        return x;
    }
}

/* One channel of the input under the kernel at output position (oh, ow). */
static double window(const nn_conv_shape *s, const float *w, const float *plane, int32_t oh,
                     int32_t ow)
{
    double sum = 0;
    for (int64_t kh = 0; kh < s->kernel_h; kh++)
        for (int64_t kw = 0; kw < s->kernel_w; kw++) {
            int64_t ih = (int64_t)oh * s->stride_h + kh * s->dilation_h - s->pad_top;
            int64_t iw = (int64_t)ow * s->stride_w + kw * s->dilation_w - s->pad_left;
            if (ih >= 0 && ih < s->in_h && iw >= 0 && iw < s->in_w)
                sum += (double)w[kh * s->kernel_w + kw] * (double)plane[ih * s->in_w + iw];
        }
    return sum;
}

/* `w` has the weights of the output channel, `x` is its group's input. */
static double output(const nn_conv_shape *s, const float *w, const float *x, int32_t oh, int32_t ow)
{
    const int64_t kernel = (int64_t)s->kernel_h * s->kernel_w;
    const int64_t plane = (int64_t)s->in_h * s->in_w;
    double sum = 0;
    for (int32_t c = 0; c < s->channels_in / s->groups; c++)
        sum += window(s, w + c * kernel, x + c * plane, oh, ow);
    return sum;
}

void nn_conv_reference(const nn_conv_shape *s, const float *weights, const float *bias,
                       int64_t batch, const float *x, const float *residual, float *y)
{
    const int32_t group_in = s->channels_in / s->groups, group_out = s->channels_out / s->groups;
    const int64_t per_filter = (int64_t)group_in * s->kernel_h * s->kernel_w;
    const int64_t plane = (int64_t)s->in_h * s->in_w;
    int64_t at = 0;
    for (int64_t n = 0; n < batch; n++, x += s->channels_in * plane)
        for (int32_t o = 0; o < s->channels_out; o++) {
            const float *group = x + o / group_out * group_in * plane;
            for (int32_t oh = 0; oh < s->out_h; oh++)
                for (int32_t ow = 0; ow < s->out_w; ow++, at++) {
                    double sum = output(s, weights + o * per_filter, group, oh, ow);
                    sum += (bias ? (double)bias[o] : 0) + (residual ? (double)residual[at] : 0);
                    y[at] = (float)activate(sum, s);
                }
        }
}
