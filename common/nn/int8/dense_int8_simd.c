#include "base/vector.h"
#include "nn/int8/dense_int8_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#endif

typedef int32_t ivec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

enum { AT_ONCE = 4 }; /* vectors of sums in registers */

/* Depths [k, k + n) of a row as bytes of a word; zeros behind the end. */
VEC_INLINE int32_t bytes_at(const nn_dense_int8 *d, const uint8_t *x, int32_t k, int32_t n)
{
    uint8_t word[4] = {0};
    int32_t value, left = d->depth - k < n ? d->depth - k : n;
    if (left == 4)
        memcpy(word, x + k, 4);
    else
        memcpy(word, x + k, (size_t)left);
    memcpy(&value, word, sizeof value);
    return value;
}

/* --- pairs --------------------------------------------------------------------------------------
 */

/* s + the products of a pair of 16-bit values with the pairs of bytes at w. */
VEC_INLINE ivec dot_pairs(ivec s, ivec x, const int8_t *w)
{
#if defined(__AVX512BW__)
    __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)w));
    return s + (ivec)_mm512_madd_epi16((__m512i)x, wide);
#elif defined(__AVX2__)
    __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w));
    return s + (ivec)_mm256_madd_epi16((__m256i)x, wide);
#else
    for (int i = 0; i < VEC_LANES; i++)
        s[i] += (x[i] & 0xffff) * w[2 * i] + (x[i] >> 16) * w[2 * i + 1];
    return s;
#endif
}

VEC_INLINE void pairs_block(const nn_dense_int8 *d, const uint8_t *x, const int8_t *w,
                            int32_t *sums, const int count)
{
    const int32_t words = (d->depth + 1) / 2;
    const int64_t block = (int64_t)words * VEC_LANES * 2;
    ivec sum[AT_ONCE];
    VEC_UNROLL
    for (int b = 0; b < count; b++)
        sum[b] = *(const ivec_unaligned *)(sums + b * VEC_LANES);
    for (int32_t k = 0; k < words; k++, w += 2 * VEC_LANES) {
        int32_t bytes = bytes_at(d, x, 2 * k, 2);
        ivec pair = (ivec){0} + (int32_t)((uint32_t)(bytes & 0xff00) << 8 | (bytes & 0xff));
        VEC_UNROLL
        for (int b = 0; b < count; b++)
            sum[b] = dot_pairs(sum[b], pair, w + b * block);
    }
    VEC_UNROLL
    for (int b = 0; b < count; b++)
        *(ivec_unaligned *)(sums + b * VEC_LANES) = sum[b];
}

void SIMD(dense_int8_pairs)(const nn_dense_int8 *d, const uint8_t *x, int32_t *sums)
{
    const int64_t block = (int64_t)((d->depth + 1) / 2) * VEC_LANES * 2;
    int32_t b = 0;
    for (; b + AT_ONCE <= d->blocks; b += AT_ONCE)
        pairs_block(d, x, d->weights + b * block, sums + b * VEC_LANES, AT_ONCE);
    for (; b < d->blocks; b++)
        pairs_block(d, x, d->weights + b * block, sums + b * VEC_LANES, 1);
}

/* --- quads --------------------------------------------------------------------------------------
 */

#if defined(__AVX2__) || defined(__ARM_FEATURE_DOTPROD)
#if defined(__ARM_FEATURE_DOTPROD)
#define QUADS_TARGET
#define DOT_QUADS(s, x, w) ((ivec)vdotq_s32((int32x4_t)(s), (int8x16_t)(x), (int8x16_t)(w)))
#elif defined(__AVX512F__)
#define QUADS_TARGET __attribute__((target("avx512vnni")))
#define DOT_QUADS(s, x, w) ((ivec)_mm512_dpbusd_epi32((__m512i)(s), (__m512i)(x), (__m512i)(w)))
#else
#define QUADS_TARGET __attribute__((target("avxvnni")))
#define DOT_QUADS(s, x, w) ((ivec)_mm256_dpbusd_avx_epi32((__m256i)(s), (__m256i)(x), (__m256i)(w)))
#endif

QUADS_TARGET VEC_INLINE void quads_block(const nn_dense_int8 *d, const uint8_t *x, const int8_t *w,
                                         int32_t *sums, const int count)
{
    const int32_t words = (d->depth + 3) / 4;
    const int64_t block = (int64_t)words * VEC_BYTES;
    ivec sum[AT_ONCE];
    VEC_UNROLL
    for (int b = 0; b < count; b++)
        sum[b] = *(const ivec_unaligned *)(sums + b * VEC_LANES);
    for (int32_t k = 0; k < words; k++, w += VEC_BYTES) {
        ivec quad = (ivec){0} + (int32_t)((uint32_t)bytes_at(d, x, 4 * k, 4) ^ NN_WORD_SHIFT);
        VEC_UNROLL
        for (int b = 0; b < count; b++)
            sum[b] = DOT_QUADS(sum[b], quad, *(const ivec_unaligned *)(w + b * block));
    }
    VEC_UNROLL
    for (int b = 0; b < count; b++)
        *(ivec_unaligned *)(sums + b * VEC_LANES) = sum[b];
}

QUADS_TARGET void SIMD(dense_int8_quads)(const nn_dense_int8 *d, const uint8_t *x, int32_t *sums)
{
    const int64_t block = (int64_t)((d->depth + 3) / 4) * VEC_BYTES;
    int32_t b = 0;
    for (; b + AT_ONCE <= d->blocks; b += AT_ONCE)
        quads_block(d, x, d->weights + b * block, sums + b * VEC_LANES, AT_ONCE);
    for (; b < d->blocks; b++)
        quads_block(d, x, d->weights + b * block, sums + b * VEC_LANES, 1);
}
#endif

int32_t SIMD(dense_int8_lanes)(void)
{
    return VEC_LANES;
}
