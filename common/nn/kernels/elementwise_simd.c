#include "nn/kernels/elementwise_simd.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* e^x = 2^n e^r with n the nearest integer to x / ln 2 and |r| <= ln 2 / 2; e^r by the minimax
 * polynomial of Cephes' expf. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits,
 * which become the exponent. NaN passes through. */
static inline float exp_of(float x)
{
    float limited = x > 88.0f ? 88.0f : x;
    limited = limited < -87.3f ? -87.3f : limited;
    const float round = 12582912.0f;
    float shifted = limited * 1.44269504f + round;
    float n = shifted - round;
    float r = limited - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127u) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static inline float sigmoid_of(float x)
{
    return 1.0f / (1.0f + exp_of(-x));
}

/* Near 0, where 1 - 2 / (e^2x + 1) cancels, Cephes' polynomial. */
static inline float tanh_of(float x)
{
    float s = x * x;
    float p = -5.70498872745e-3f;
    p = p * s + 2.06390887954e-2f;
    p = p * s - 5.37397155531e-2f;
    p = p * s + 1.33314422036e-1f;
    p = p * s - 3.33332819422e-1f;
    float near = p * s * x + x;
    float far = 1.0f - 2.0f / (exp_of(2 * x) + 1.0f);
    return s < 0.390625f ? near : far;
}

#define EACH(expression)                                                                           \
    for (size_t i = 0; i < n; i++)                                                                 \
        y[i] = (expression);                                                                       \
    break

void SIMD(nn_activate)(nn_activation activation, float alpha, const float *x, float *y, size_t n)
{
    switch (activation) {
    case NN_ACT_NONE:
        EACH(x[i]);
    case NN_ACT_RELU:
        EACH(x[i] < 0 ? 0 : x[i]);
    case NN_ACT_LEAKY_RELU:
        EACH(x[i] < 0 ? alpha * x[i] : x[i]);
    case NN_ACT_SIGMOID:
        EACH(sigmoid_of(x[i]));
    case NN_ACT_TANH:
        EACH(tanh_of(x[i]));
    }
}

void SIMD(nn_exp)(const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = exp_of(x[i]);
        v = x[i] > 88.7f ? INFINITY : x[i] > 88.0f ? v * exp_of(x[i] - 88.0f) : v;
        y[i] = x[i] < -87.3f ? 0 : v;
    }
}

/* One loop for each pattern of steps, so that each vectorises. */
#define ROWS(expression)                                                                           \
    do {                                                                                           \
        if (a_step && b_step)                                                                      \
            for (size_t i = 0; i < n; i++) {                                                       \
                float u = a[i], v = b[i];                                                          \
                y[i] = (expression);                                                               \
            }                                                                                      \
        else                                                                                       \
            for (size_t i = 0; i < n; i++) {                                                       \
                float u = a_step ? a[i] : first_a, v = b_step ? b[i] : first_b;                    \
                y[i] = (expression);                                                               \
            }                                                                                      \
    } while (0)

void SIMD(nn_arithmetic_row)(nn_arithmetic op, const float *a, int a_step, const float *b,
                             int b_step, float *y, size_t n)
{
    if (n == 0)
        return;
    float first_a = a[0], first_b = b[0];
    switch (op) {
    case NN_ADD:
        ROWS(u + v);
        break;
    case NN_SUB:
        ROWS(u - v);
        break;
    case NN_MUL:
        ROWS(u * v);
        break;
    case NN_DIV:
        ROWS(u / v);
        break;
    case NN_MAX:
        ROWS(u > v || u != u ? u : v);
        break;
    case NN_MIN:
        ROWS(u < v || u != u ? u : v);
        break;
    }
}

void SIMD(nn_scale_shift)(float scale, float shift, const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = scale * x[i] + shift;
}
