#include "base/rng_simd.h"

#include <stdbool.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/philox.h"
#include "base/vector.h"

/* One word of VEC_LANES Philox counters. Blocks 2i lie in the low halves of even[i], blocks 2i + 1
 * in those of odd[i]; the high halves are ignored. */
typedef struct word {
    uvec64 even, odd;
} word;

/* The full products of the low halves. Uses the intrinsic where there is one, since GCC compiles
 * the plain expression to a slow 64-bit multiplication. */
VEC_INLINE uvec64 multiply_low(uvec64 a, uint32_t by)
{
#if defined(__AVX512F__)
    return (uvec64)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((int64_t)by));
#elif defined(__AVX2__)
    return (uvec64)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((int64_t)by));
#elif defined(__x86_64__)
    return (uvec64)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x((int64_t)by));
#else
    return (a & 0xffffffffu) * (uint64_t)by;
#endif
}

VEC_INLINE word word_multiply(word a, uint32_t by)
{
    return (word){multiply_low(a.even, by), multiply_low(a.odd, by)};
}

/* (high half of product) ^ a ^ key */
VEC_INLINE word word_mix(word product, word a, uint32_t key)
{
    return (word){(product.even >> 32) ^ a.even ^ (uint64_t)key,
                  (product.odd >> 32) ^ a.odd ^ (uint64_t)key};
}

VEC_INLINE word word_all(uint32_t value)
{
    return (word){(uvec64){0} + value, (uvec64){0} + value};
}

/* first, first + 1, ... */
VEC_INLINE word word_count(uint32_t first)
{
    static const uint64_t even[] = {0, 2, 4, 6, 8, 10, 12, 14};
    uvec64 steps;
    memcpy(&steps, even, sizeof steps);
    return (word){steps + first, steps + first + 1};
}

/* Words 0 to 3 of the blocks first, first + 1, ..., in lane order. */
VEC_INLINE void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t first,
                       uvec out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    word c[4] = {word_count(first), word_all(counter[1]), word_all(counter[2]),
                 word_all(counter[3])};
    VEC_UNROLL
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        word p0 = word_multiply(c[0], PHILOX_M0), p1 = word_multiply(c[2], PHILOX_M1);
        c[0] = word_mix(p1, c[1], k0);
        c[1] = p1;
        c[2] = word_mix(p0, c[3], k1);
        c[3] = p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    VEC_UNROLL
    for (int k = 0; k < 4; k++)
        out[k] = (uvec)((c[k].even & 0xffffffffu) | (c[k].odd << 32));
}

/* -ln((bits + 1) / 2^32). The argument is 2^e m with m in [sqrt(1/2), sqrt(2)), and
 * ln m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172: five terms leave 2e-9. */
VEC_INLINE vec minus_log(uvec bits)
{
    const ivec sqrt_half = (ivec)vec_all(0.70710678f);
    vec x = __builtin_convertvector(bits, vec) + 1.0f;
    ivec e = ((ivec)x - sqrt_half) >> 23;
    vec m = (vec)((uvec)x - ((uvec)e << 23));
    vec s = (m - 1.0f) / (m + 1.0f);
    vec t = s * s;
    vec p = t * (1.0f / 9) + 1.0f / 7;
    p = p * t + 1.0f / 5;
    p = p * t + 1.0f / 3;
    p = p * t + 1.0f;
    return __builtin_convertvector(32 - e, vec) * 0.693147181f - 2.0f * s * p;
}

/* cos and sin of 2 pi bits / 2^32: the nearest quarter turn in integers, exactly, then the Taylor
 * polynomials on +-pi / 4, which leave 3e-8. */
VEC_INLINE void turn(uvec bits, vec *cosine, vec *sine)
{
    uvec quarter = (bits + 0x20000000u) >> 30;
    vec r = __builtin_convertvector((ivec)(bits - (quarter << 30)), vec) *
            (1.57079633f / 1073741824.0f);
    vec t = r * r;
    vec s = t * (1.0f / 362880) - 1.0f / 5040;
    s = s * t + 1.0f / 120;
    s = s * t - 1.0f / 6;
    s = s * t * r + r;
    vec c = t * (1.0f / 40320) - 1.0f / 720;
    c = c * t + 1.0f / 24;
    c = c * t - 0.5f;
    c = c * t + 1.0f;
    ivec swap = -(ivec)(quarter & 1);
    *cosine = (vec)((uvec)vec_select(swap, s, c) ^ (((quarter + 1) & 2) << 30));
    *sine = (vec)((uvec)vec_select(swap, c, s) ^ ((quarter & 2) << 30));
}

VEC_INLINE void put(float *out, vec value, float sigma, bool add)
{
    vec scaled = value * sigma;
    vec_store(out, add ? vec_load(out) + scaled : scaled);
}

/* The rounds of the generator depend on each other, and so do the steps of the logarithm. Running
 * each stage over a batch of vectors gives the processor more independent work than one long chain.
 */
enum { BATCH = 32 };

VEC_INLINE void normals_of(const uvec w[4], float *to, float sigma, bool add)
{
    VEC_UNROLL
    for (int k = 0; k < 4; k += 2) {
        vec cosine, sine, radius = vec_sqrt(2.0f * minus_log(w[k]));
        turn(w[k + 1], &cosine, &sine);
        put(to + RNG_GROUP_BLOCKS * k, radius * cosine, sigma, add);
        put(to + RNG_GROUP_BLOCKS * (k + 1), radius * sine, sigma, add);
    }
}

VEC_INLINE void groups_of_normals(const uint32_t key[2], const uint32_t counter[4], float *out,
                                  size_t groups, float sigma, bool add)
{
    const size_t vectors = groups * (RNG_GROUP_BLOCKS / VEC_LANES);
    uvec w[BATCH][4];
    for (size_t first = 0; first < vectors; first += BATCH) {
        const size_t now = vectors - first < BATCH ? vectors - first : BATCH;
        for (size_t v = 0; v < now; v++)
            philox(key, counter, counter[0] + (uint32_t)((first + v) * VEC_LANES), w[v]);
        for (size_t v = 0; v < now; v++) {
            const size_t block = (first + v) * VEC_LANES;
            normals_of(w[v], out + block / RNG_GROUP_BLOCKS * RNG_GROUP + block % RNG_GROUP_BLOCKS,
                       sigma, add);
        }
    }
}

void SIMD(rng_normal_groups)(const uint32_t key[2], const uint32_t counter[4], float *out,
                             size_t groups, float sigma)
{
    groups_of_normals(key, counter, out, groups, sigma, false);
}

void SIMD(rng_normal_add_groups)(const uint32_t key[2], const uint32_t counter[4], float *out,
                                 size_t groups, float sigma)
{
    groups_of_normals(key, counter, out, groups, sigma, true);
}
