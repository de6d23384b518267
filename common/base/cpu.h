/* cpu.h: the instruction set of this machine, detected once at run time.
 *
 * Sources named *_simd.c are compiled once per level (see simd.h and the Makefile); their callers
 * choose by cpu_level(). The environment variable CSILINK_CPU=base|avx2|avxvnni|avx512|avx512vnni
 * lowers the level, so that the slower paths can be tested on a fast machine; it never raises it.
 * avx2 and avx512 exclude the byte products (VNNI); avxvnni and avx512vnni include them. On aarch64
 * the values are base and dotprod. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>

typedef enum cpu_isa {
    CPU_BASE, /* the compiler's default target (x86-64: SSE2; aarch64: NEON) */
#if defined(__aarch64__)
    CPU_DOTPROD, /* ARMv8.2 with the dot products of bytes */
#else
    CPU_AVX2,   /* x86-64-v3: AVX2, FMA, F16C */
    CPU_AVX512, /* x86-64-v4: AVX-512 F, BW, CD, DQ, VL */
#endif
    CPU_LEVELS
} cpu_isa;

/* The highest level that this machine, and CSILINK_CPU, allow. Cheap; thread-safe; constant over
 * the life of the process. */
cpu_isa cpu_level(void);

/* True if the machine has, and CSILINK_CPU allows, the instruction that multiplies unsigned by
 * signed bytes and adds four products to a 32-bit sum (vpdpbusd), in the registers of `level`. */
bool cpu_has_vnni(cpu_isa level);

/* The same, or its counterpart that multiplies signed by signed bytes (sdot of aarch64). */
bool cpu_has_byte_products(cpu_isa level);

/* "base", "avx2", "avx512", "dotprod". Static storage. */
const char *cpu_level_name(cpu_isa level);

/* The processor's model name, such as "AMD EPYC 9654"; "unknown processor" if the system does not
 * report one. Static storage, filled by the first call. */
const char *cpu_model_name(void);

#endif
