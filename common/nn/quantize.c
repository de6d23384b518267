#include "nn/quantize.h"

nn_range nn_range_of(const float *x, size_t n)
{
    nn_range r = {0, 0};
    for (size_t i = 0; i < n; i++) {
        r.low = x[i] < r.low ? x[i] : r.low;
        r.high = x[i] > r.high ? x[i] : r.high;
    }
    return r;
}

nn_range nn_range_join(nn_range a, nn_range b)
{
    return (nn_range){a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

float nn_weight_scale(const float *w, size_t n, size_t stride)
{
    float max = 0;
    for (size_t i = 0; i < n; i++) {
        float size = fabsf(w[i * stride]);
        max = size > max ? size : max;
    }
    float scale = max / (float)NN_WEIGHT_MAX;
    return scale > 0 ? scale : 1;
}

float nn_binary_scale(const float *w, size_t n, size_t stride)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)fabsf(w[i * stride]);
    float scale = n ? (float)(sum / (double)n) : 0;
    return scale > 0 ? scale : 1;
}

void nn_quantize_weights(const nn_weights *shape, const float *w, int8_t *q, float *scale)
{
    for (size_t c = 0; c < shape->channels; c++) {
        size_t first = c * shape->channel_step;
        scale[c] = nn_weight_scale(w + first, shape->each, shape->stride);
        for (size_t i = 0; i < shape->each; i++)
            q[first + i * shape->stride] = nn_quantize_s8(w[first + i * shape->stride], scale[c]);
    }
}

void nn_binarize_weights(const nn_weights *shape, const float *w, int8_t *q, float *scale)
{
    for (size_t c = 0; c < shape->channels; c++) {
        size_t first = c * shape->channel_step;
        scale[c] = nn_binary_scale(w + first, shape->each, shape->stride);
        for (size_t i = 0; i < shape->each; i++)
            q[first + i * shape->stride] = w[first + i * shape->stride] < 0 ? -1 : 1;
    }
}
