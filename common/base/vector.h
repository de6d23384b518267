/* vector.h: the vector types of *_simd.c sources (see simd.h): GCC's and clang's vector extensions,
 * as wide as the registers of the level being compiled. Include it only from such sources, and from
 * headers that only they include. */
#ifndef BASE_VECTOR_H
#define BASE_VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define VEC_LANES 16
#elif defined(__AVX2__)
#define VEC_LANES 8
#else
#define VEC_LANES 4
#endif
#define VEC_BYTES (4 * VEC_LANES)

#define VEC_INLINE static inline __attribute__((always_inline))

/* Unrolls the loop that follows, of a constant number of rounds up to 16, so that an array it
 * indexes can live in registers. Not where clang adds a sanitizer's checks to every access:
 * compiling the unrolled loops would then take minutes. */
#if !defined(__clang__)
#define VEC_UNROLL _Pragma("GCC unroll 16")
#elif __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                       \
    __has_feature(memory_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define VEC_UNROLL
#else
#define VEC_UNROLL _Pragma("clang loop unroll(full)")
#endif

typedef float vec __attribute__((vector_size(VEC_BYTES)));
typedef int32_t ivec __attribute__((vector_size(VEC_BYTES)));
typedef uint32_t uvec __attribute__((vector_size(VEC_BYTES)));
typedef uint64_t uvec64 __attribute__((vector_size(VEC_BYTES)));
typedef float vec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

VEC_INLINE vec vec_load(const float *p)
{
    return *(const vec_unaligned *)p;
}

VEC_INLINE void vec_store(float *p, vec v)
{
    *(vec_unaligned *)p = v;
}

/* The first `lanes` (<= VEC_LANES) only; the others are 0. */
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

/* mask ? a : b, lane by lane; a comparison of vectors gives the mask. */
VEC_INLINE vec vec_select(ivec mask, vec a, vec b)
{
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

/* Correctly rounded, at every level. */
VEC_INLINE vec vec_sqrt(vec v)
{
    float x[VEC_LANES];
    vec_store(x, v);
    for (int i = 0; i < VEC_LANES; i++)
        x[i] = __builtin_sqrtf(x[i]);
    return vec_load(x);
}

#endif
