/* vector.h: the vector types of *_simd.c sources (GCC and clang vector extensions), as wide as the
 * level's registers, and the elementary functions on them. Include it only from such sources. */
#ifndef NN_KERNELS_VECTOR_H
#define NN_KERNELS_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "nn/kernels/conv.h"

#if defined(__AVX512F__)
#define VEC_LANES 16
#elif defined(__AVX2__)
#define VEC_LANES 8
#else
#define VEC_LANES 4
#endif

#define VEC_INLINE static inline __attribute__((always_inline))
/* Before a loop of a constant number of rounds, at most 16: written out, so that an array it
 * indexes can live in registers. */
#if defined(__clang__)
#define VEC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define VEC_UNROLL _Pragma("GCC unroll 16")
#endif
#define VEC_BYTES (4 * VEC_LANES)

typedef float vec __attribute__((vector_size(VEC_BYTES)));
typedef int32_t ivec __attribute__((vector_size(VEC_BYTES)));
typedef float vec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

VEC_INLINE vec vec_load(const float *p)
{
    return *(const vec_unaligned *)p;
}

VEC_INLINE void vec_store(float *p, vec v)
{
    *(vec_unaligned *)p = v;
}

VEC_INLINE vec vec_load_part(const float *p, int32_t lanes)
{
    float all[VEC_LANES] = {0};
    memcpy(all, p, (size_t)lanes * sizeof *all);
    return vec_load(all);
}

VEC_INLINE void vec_store_part(float *p, vec v, int32_t lanes)
{
    float all[VEC_LANES];
    vec_store(all, v);
    memcpy(p, all, (size_t)lanes * sizeof *all);
}

VEC_INLINE vec vec_all(float value)
{
    return (vec){0} + value;
}

/* mask ? a : b, where a comparison gave the mask. */
VEC_INLINE vec vec_select(ivec mask, vec a, vec b)
{
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

/* NaN in x gives NaN in both: a network that diverges must show it. */
VEC_INLINE vec vec_relu(vec x)
{
    return vec_select(x < 0.0f, (vec){0}, x);
}

VEC_INLINE vec vec_leaky_relu(vec x, float alpha)
{
    return vec_select(x < 0.0f, x * alpha, x);
}

VEC_INLINE vec vec_clamp(vec x, float low, float high)
{
    x = vec_select(x < low, vec_all(low), x);
    return vec_select(x > high, vec_all(high), x);
}

/* exp(x) within 2e-7 relative: x = n ln 2 + r, |r| <= ln 2 / 2, the Taylor polynomial of exp(r)
 * to r^6 / 6! with r^7 / 7! < 1.3e-7 folded in, scaled by 2^n in the exponent's bits. Beyond +-87
 * the result stays at exp(+-87). */
VEC_INLINE vec vec_exp(vec x)
{
    const float round_shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    x = vec_clamp(x, -87.0f, 87.0f);
    vec shifted = x * 1.44269504088896f + round_shift;
    vec n = shifted - round_shift;
    vec r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vec p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    ivec exponent = ((ivec)shifted - (ivec)vec_all(round_shift)) << 23;
    return (vec)((ivec)p + exponent);
}

VEC_INLINE vec vec_sigmoid(vec x)
{
    return 1.0f / (1.0f + vec_exp(-x));
}

/* Near 0, where 1 - 2 / (exp(2x) + 1) would cancel, the odd series to x^9 (|x| < 0.3: 2e-7). */
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
