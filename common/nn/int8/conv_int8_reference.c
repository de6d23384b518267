#include "nn/int8/conv_int8.h"

/* One output value's sum over one input plane. */
static int32_t correlate(const nn_conv_shape *s, const uint8_t *x, int32_t zero, const int8_t *w,
                         int32_t row, int32_t column)
{
    int32_t sum = 0;
    for (int32_t kh = 0; kh < s->kernel_h; kh++)
        for (int32_t kw = 0; kw < s->kernel_w; kw++) {
            int64_t h = (int64_t)row * s->stride_h - s->pad_top + (int64_t)kh * s->dilation_h;
            int64_t v = (int64_t)column * s->stride_w - s->pad_left + (int64_t)kw * s->dilation_w;
            if (h >= 0 && h < s->in_h && v >= 0 && v < s->in_w)
                sum += (x[h * s->in_w + v] - zero) * w[kh * s->kernel_w + kw];
        }
    return sum;
}

void nn_conv_int8_reference(const nn_conv_shape *s, const int8_t *weights, const uint8_t *x,
                            uint8_t zero, const int32_t *offset, int32_t *sums)
{
    const int32_t group_in = s->channels_in / s->groups, group_out = s->channels_out / s->groups;
    const int64_t plane = (int64_t)s->in_h * s->in_w, kernel = (int64_t)s->kernel_h * s->kernel_w;
    for (int32_t o = 0; o < s->channels_out; o++)
        for (int32_t row = 0; row < s->out_h; row++)
            for (int32_t column = 0; column < s->out_w; column++) {
                int32_t sum = offset ? offset[o] : 0;
                for (int32_t c = 0; c < group_in; c++)
                    sum += correlate(s, x + (o / group_out * group_in + c) * plane, zero,
                                     weights + ((int64_t)o * group_in + c) * kernel, row, column);
                *sums++ = sum;
            }
}
