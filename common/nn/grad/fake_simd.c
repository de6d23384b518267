#include "nn/grad/fake_simd.h"

#include <math.h>

enum { LANES = 32 };

/* Plain loops that the compiler vectorises; division and rounding are exact at every width. The
 * bounds are integers, so values can be clipped before rounding. */

nn_range SIMD(grad_range_run)(const float *x, size_t n)
{
    float low[LANES] = {0}, high[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            low[j] = x[i + j] < low[j] ? x[i + j] : low[j];
            high[j] = x[i + j] > high[j] ? x[i + j] : high[j];
        }
    nn_range r = {0, 0};
    for (size_t j = 0; j < LANES; j++)
        r = (nn_range){low[j] < r.low ? low[j] : r.low, high[j] > r.high ? high[j] : r.high};
    for (; i < n; i++)
        r = (nn_range){x[i] < r.low ? x[i] : r.low, x[i] > r.high ? x[i] : r.high};
    return r;
}

static inline float cut(float x, float low, float high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

void SIMD(grad_fake_run)(nn_quantization q, const float *restrict x, float *restrict to, size_t n)
{
    float low = -(float)q.zero, high = (float)NN_ACTIVATION_MAX - (float)q.zero;
    for (size_t i = 0; i < n; i++)
        to[i] = rintf(cut(x[i] / q.scale, low, high)) * q.scale;
}

void SIMD(grad_fake_rest_run)(const float *restrict x, const float *restrict to,
                              float *restrict rest, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rest[i] = x[i] - to[i];
}

void SIMD(grad_fake_add_run)(nn_quantization q, const float *restrict rest, float *restrict to,
                             size_t n)
{
    float low = -(float)q.zero, high = (float)NN_ACTIVATION_MAX - (float)q.zero;
    for (size_t i = 0; i < n; i++)
        to[i] += rintf(cut(rest[i] / q.scale, low, high)) * q.scale;
}

void SIMD(grad_fake_weights_run)(float scale, const float *w, float *to, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = rintf(cut(w[i] / scale, -NN_WEIGHT_MAX, NN_WEIGHT_MAX)) * scale;
}

void SIMD(grad_fake_pass_run)(nn_quantization q, const float *restrict x, const float *restrict d,
                              float *restrict to, size_t n, bool add)
{
    float low = -(float)q.zero, high = (float)NN_ACTIVATION_MAX - (float)q.zero;
    for (size_t i = 0; i < n; i++) {
        float level = rintf(x[i] / q.scale);
        float passed = level < low || level > high ? 0 : d[i];
        to[i] = add ? to[i] + passed : passed;
    }
}
