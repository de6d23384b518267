/* levels.h: converts vectors of floats to their range and to bytes. Included by *_simd.c sources.
 */
#ifndef NN_INT8_LEVELS_H
#define NN_INT8_LEVELS_H

#include <stdbool.h>

#include "nn/int8/lanes.h"
#include "nn/quantize.h"

/* Minimum and maximum; b if a is NaN. DIVIDED(x, s, i): x / s with i = 1 / s, for |x| up to some
 * 300 s: the residual, exact in a multiply-add, corrects the quotient's rounding. */
#if defined(__AVX512F__)
#define VEC_MIN(a, b) ((vec)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define VEC_MAX(a, b) ((vec)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define RESIDUAL(x, q, s) ((vec)_mm512_fnmadd_ps((__m512)(q), (__m512)(s), (__m512)(x)))
#define CORRECTED(q, r, i) ((vec)_mm512_fmadd_ps((__m512)(r), (__m512)(i), (__m512)(q)))
#define ROUNDED(x) ((ivec)_mm512_cvtps_epi32((__m512)(x)))
#elif defined(__AVX2__)
#define VEC_MIN(a, b) ((vec)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define VEC_MAX(a, b) ((vec)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define RESIDUAL(x, q, s) ((vec)_mm256_fnmadd_ps((__m256)(q), (__m256)(s), (__m256)(x)))
#define CORRECTED(q, r, i) ((vec)_mm256_fmadd_ps((__m256)(r), (__m256)(i), (__m256)(q)))
#define ROUNDED(x) ((ivec)_mm256_cvtps_epi32((__m256)(x)))
#elif defined(__SSE2__)
#define VEC_MIN(a, b) ((vec)_mm_min_ps((__m128)(a), (__m128)(b)))
#define VEC_MAX(a, b) ((vec)_mm_max_ps((__m128)(a), (__m128)(b)))
#else
#define VEC_MIN(a, b) vec_select((a) < (b), (a), (b))
#define VEC_MAX(a, b) vec_select((a) > (b), (a), (b))
#endif

/* --- ranges -------------------------------------------------------------------------------------
 */

/* The range per lane, which always includes 0. */
typedef struct range_vec {
    vec low, high;
} range_vec;

VEC_INLINE void take_in(range_vec *r, vec y)
{
    r->low = VEC_MIN(y, r->low);
    r->high = VEC_MAX(y, r->high);
}

/* Combines the lanes, none of which is NaN. */
VEC_INLINE void give_range(const range_vec *r, nn_range *range)
{
    float least = range->low, most = range->high;
#if defined(__AVX512F__)
    const float low = _mm512_reduce_min_ps((__m512)r->low);
    const float high = _mm512_reduce_max_ps((__m512)r->high);
    least = low < least ? low : least;
    most = high > most ? high : most;
#else
    for (int i = 0; i < VEC_LANES; i++) {
        least = r->low[i] < least ? r->low[i] : least;
        most = r->high[i] > most ? r->high[i] : most;
    }
#endif
    range->low = least;
    range->high = most;
}

/* --- bytes --------------------------------------------------------------------------------------
 */

/* A quantization in vectors. */
typedef struct steps {
    vec scale, inverse, low, high;
    ivec zero;
} steps;

VEC_INLINE steps steps_of(nn_quantization q)
{
    const vec low = vec_all(-(float)q.zero);
    return (steps){vec_all(q.scale), vec_all(1 / q.scale), low, low + 255.0f, (ivec){0} + q.zero};
}

/* Division by the reciprocal, with a residual that corrects the rounding. Only for values within
 * the range of q: none is beyond 256 scale, and nothing overflows. */
VEC_INLINE bool by_reciprocal(nn_quantization q)
{
    return q.scale > 1e-30f && q.scale < 1e30f;
}

/* With `within`, levels can be slightly outside 0..255, and storing saturates them. Otherwise
 * values are clamped first, so that adding 1.5 * 2^23 rounds to an integer (ties to even) in the
 * lowest bits. NaN becomes the least level, or one below. */
VEC_INLINE ivec level_of(vec x, const steps *s, const bool within)
{
    const float round_shift = 12582912.0f;
#if defined(RESIDUAL)
    if (within) {
        vec q = x * s->inverse;
        return ROUNDED(CORRECTED(q, RESIDUAL(x, q, s->scale), s->inverse)) + s->zero;
    }
#endif
    (void)within;
    vec q = VEC_MIN(VEC_MAX(x / s->scale, s->low), s->high);
    return (ivec)(q + round_shift) - (ivec)vec_all(round_shift) + s->zero;
}

/* Stores the levels of one vector, or of four, as saturated bytes. Packing works within each 128
 * bits; the permutation restores the order. */
VEC_INLINE void store_levels(uint8_t *to, ivec level)
{
#if defined(__AVX512F__)
    __m512i positive = _mm512_max_epi32((__m512i)level, _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)to, _mm512_cvtusepi32_epi8(positive));
#elif defined(__AVX2__)
    __m128i low = _mm256_castsi256_si128((__m256i)level);
    __m128i words = _mm_packs_epi32(low, _mm256_extracti128_si256((__m256i)level, 1));
    _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(words, words));
#else
    for (int i = 0; i < VEC_LANES; i++)
        to[i] = (uint8_t)level[i];
#endif
}

VEC_INLINE void store_four(uint8_t *to, const ivec *level)
{
#if defined(__AVX512F__)
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i low = _mm512_packs_epi32((__m512i)level[0], (__m512i)level[1]);
    __m512i high = _mm512_packs_epi32((__m512i)level[2], (__m512i)level[3]);
    __m512i bytes = _mm512_packus_epi16(low, high);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, bytes));
#elif defined(__AVX2__)
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i low = _mm256_packs_epi32((__m256i)level[0], (__m256i)level[1]);
    __m256i high = _mm256_packs_epi32((__m256i)level[2], (__m256i)level[3]);
    __m256i bytes = _mm256_packus_epi16(low, high);
    _mm256_storeu_si256((__m256i *)to, _mm256_permutevar8x32_epi32(bytes, order));
#else
    for (int k = 0; k < 4; k++)
        store_levels(to + k * VEC_LANES, level[k]);
#endif
}

/* Rows of 32 values, the field's usual width, are two of the widest vectors. */
VEC_INLINE void store_two(uint8_t *to, ivec a, ivec b)
{
#if defined(__AVX512F__)
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
    __m512i words = _mm512_packs_epi32((__m512i)a, (__m512i)b);
    __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(words, words));
    _mm256_storeu_si256((__m256i *)to, _mm512_castsi512_si256(bytes));
#else
    store_levels(to, a);
    store_levels(to + VEC_LANES, b);
#endif
}

#endif
