/* vector_math.h: elementary functions on the vector types of base/vector.h, for *_simd.c sources of
 * the network kernels. NaN in x gives NaN, so that a diverging network shows it. */
#ifndef NN_KERNELS_VECTOR_MATH_H
#define NN_KERNELS_VECTOR_MATH_H

#include "base/vector.h"
#include "nn/kernels/activation.h"

VEC_INLINE vec vec_relu(vec x)
{
    return vec_select(x < 0.0f, (vec){0}, x);
}

VEC_INLINE vec vec_leaky_relu(vec x, float alpha)
{
    return vec_select(x < 0.0f, x * alpha, x);
}

/* exp(x) within 3e-7 relative: x = n ln 2 + r with |r| <= ln 2 / 2, the Taylor polynomial of exp(r)
 * to r^7 / 7! (remainder 6e-9), scaled by 2^n in the exponent's bits. Below -87.3, where float
 * underflows, 0; above 88.3, just below overflow, infinity. */
VEC_INLINE vec vec_exp(vec x)
{
    const float low = -87.3f, high = 88.3f;
    const float round_shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    vec shifted = x * 1.44269504f + round_shift;
    vec n = shifted - round_shift;
    vec r = x - n * 0.693359375f; /* exact: ln 2 to 9 bits; the next line has the rest */
    r = r + n * 2.12194440e-4f;
    vec p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    uvec exponent = ((uvec)shifted - (uvec)vec_all(round_shift)) << 23;
    vec y = (vec)((uvec)p + exponent);
    y = vec_select(x < low, (vec){0}, y);
    y = vec_select(x > high, vec_all(__builtin_inff()), y);
    return vec_select(x == x, y, x);
}

VEC_INLINE vec vec_sigmoid(vec x)
{
    return 1.0f / (1.0f + vec_exp(-x));
}

/* Near 0, where 1 - 2 / (exp(2x) + 1) would cancel, uses the odd series to x^9 (|x| < 0.3: 2e-7).
 */
VEC_INLINE vec vec_tanh(vec x)
{
    vec far = 1.0f - 2.0f / (vec_exp(x + x) + 1.0f);
    vec s = x * x;
    vec p = s * (62.0f / 2835) - 17.0f / 315;
    p = p * s + 2.0f / 15;
    p = p * s - 1.0f / 3;
    return vec_select((s < 0.09f), x + x * s * p, far);
}

VEC_INLINE vec vec_activate(vec x, nn_activation activation, float alpha)
{
    switch (activation) {
    case NN_ACT_RELU:
        return vec_relu(x);
    case NN_ACT_LEAKY_RELU:
        return vec_leaky_relu(x, alpha);
    case NN_ACT_SIGMOID:
        return vec_sigmoid(x);
    case NN_ACT_TANH:
        return vec_tanh(x);
    case NN_ACT_NONE:
    default:
        return x;
    }
}

#endif
