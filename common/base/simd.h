/* simd.h: for the sources named *_simd.c, each compiled once per instruction set level.
 *
 * Such a source is plain C over the compiler's vector types; it names its functions
 * SIMD(conv_rows) and becomes conv_rows_base, conv_rows_avx2 and conv_rows_avx512, in three object
 * files. Its header declares all three with SIMD_DECLARE, and a table indexed by cpu_level()
 * chooses: SIMD_TABLE. On aarch64 the levels are base and dotprod; on any other machine only the
 * base level is compiled. */
#ifndef BASE_SIMD_H
#define BASE_SIMD_H

#include "base/cpu.h"

#define SIMD_JOIN2(name, level) name##_##level
#define SIMD_JOIN(name, level) SIMD_JOIN2(name, level)
#ifdef SIMD_LEVEL /* base, avx2, avx512 or dotprod: given by the Makefile */
#define SIMD(name) SIMD_JOIN(name, SIMD_LEVEL)
#endif

/* SIMD_DECLARE(void, axpy, (float a, const float *x, float *y)); */
#if defined(__x86_64__)
#define SIMD_DECLARE(result, name, parameters)                                                     \
    result name##_base parameters;                                                                 \
    result name##_avx2 parameters;                                                                 \
    result name##_avx512 parameters
#define SIMD_TABLE(name)                                                                           \
    {                                                                                              \
        name##_base, name##_avx2, name##_avx512                                                    \
    }
#elif defined(__aarch64__)
#define SIMD_DECLARE(result, name, parameters)                                                     \
    result name##_base parameters;                                                                 \
    result name##_dotprod parameters
#define SIMD_TABLE(name)                                                                           \
    {                                                                                              \
        name##_base, name##_dotprod                                                                \
    }
#else
#define SIMD_DECLARE(result, name, parameters) result name##_base parameters
#define SIMD_TABLE(name)                                                                           \
    {                                                                                              \
        name##_base, name##_base, name##_base                                                      \
    }
#endif

#endif
