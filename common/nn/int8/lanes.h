/* lanes.h: minimum and maximum of 32-bit integers, lane by lane. Included by *_simd.c sources. */
#ifndef NN_INT8_LANES_H
#define NN_INT8_LANES_H

#include "base/vector.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES_MIN(a, b) ((ivec)_mm512_min_epi32((__m512i)(a), (__m512i)(b)))
#define LANES_MAX(a, b) ((ivec)_mm512_max_epi32((__m512i)(a), (__m512i)(b)))
#elif defined(__AVX2__)
#define LANES_MIN(a, b) ((ivec)_mm256_min_epi32((__m256i)(a), (__m256i)(b)))
#define LANES_MAX(a, b) ((ivec)_mm256_max_epi32((__m256i)(a), (__m256i)(b)))
#else
VEC_INLINE ivec lanes_choose(ivec mask, ivec a, ivec b)
{
    return (a & mask) | (b & ~mask);
}
#define LANES_MIN(a, b) lanes_choose((a) < (b), (a), (b))
#define LANES_MAX(a, b) lanes_choose((a) > (b), (a), (b))
#endif

#endif
