#include "uci/kernels_simd.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Eight lanes at every level, which the compiler splits where registers are smaller: this keeps the
 * order of summation the same everywhere. Wider ones would idle, since most nodes have 4 to 32
 * inputs; nodes of four are computed two paths at a time. Macros, because the calling convention of
 * the base level cannot pass such a vector. */
enum { LANES = 8, HALF = LANES / 2 };

typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
typedef float eight __attribute__((vector_size(32)));
typedef float eight_unaligned __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t four_ints __attribute__((vector_size(16)));
typedef int32_t ints __attribute__((vector_size(32)));

typedef union pair {
    eight all;
    four half[2];
} pair;

typedef union pair_of_masks {
    ints all;
    four_ints half[2];
} pair_of_masks;

#define LOAD(p) ((eight) * (const eight_unaligned *)(p))
#define STORE(p, v) (*(eight_unaligned *)(p) = (v))
#define PAIR(p, q) (((pair){.half = {*(const four *)(p), *(const four *)(q)}}).all)

#define ZERO ((eight){0})
#define SIGN ((ints){0} + INT32_MIN)
#define ABS(v) ((eight)((ints)(v) & ~SIGN))
/* mask ? v : 0 */
#define KEEP(mask, v) ((eight)((mask) & (ints)(v)))
#define SELECT(mask, v, w) ((eight)(((mask) & (ints)(v)) | (~(mask) & (ints)(w))))

/* Comparisons, and the minimum of two vectors without negative values or NaN. GCC would compare
 * eight lanes one by one where a register has four. */
#if defined(__AVX__)
#define LESS(v, w) ((v) < (w))
#define LESSER(v, w) ((eight)_mm256_min_ps((__m256)(v), (__m256)(w)))
#else
#define LESS(v, w)                                                                                 \
    __extension__({                                                                                \
        const pair less_v = {.all = (v)}, less_w = {.all = (w)};                                   \
        ((pair_of_masks){                                                                          \
             .half = {less_v.half[0] < less_w.half[0], less_v.half[1] < less_w.half[1]}})          \
            .all;                                                                                  \
    })
#define LESSER(v, w) SELECT(LESS(v, w), v, w)
#endif

static inline uint32_t mask_bits(const ints *mask)
{
#if defined(__AVX__)
    return (uint32_t)_mm256_movemask_ps((__m256)*mask);
#elif defined(__x86_64__)
    __m128 half[2];
    memcpy(half, mask, sizeof half);
    return (uint32_t)(_mm_movemask_ps(half[0]) | _mm_movemask_ps(half[1]) << HALF);
#else
    const ints bit = *mask & (ints){1, 2, 4, 8, 16, 32, 64, 128};
    return (uint32_t)(((bit[0] | bit[1]) | (bit[2] | bit[3])) |
                      ((bit[4] | bit[5]) | (bit[6] | bit[7])));
#endif
}

/* The bits of a byte as the lanes' signs. */
#define SIGNS_OF(byte)                                                                             \
    (-(((ints){0} + (int32_t)(byte)) & (ints){1, 2, 4, 8, 16, 32, 64, 128}) & SIGN)

/* The sign of a product without the product, which could underflow to 0. */
#define F(x, y) ((eight)((((ints)(x) ^ (ints)(y)) & SIGN) | (ints)LESSER(ABS(x), ABS(y))))
#define G(x, y, signs) ((y) + (eight)((ints)(x) ^ (signs)))

/* The second of two paths at once; where there is none, the last one again, with the same
 * results. */
static inline uint32_t partner(uint32_t p, uint32_t paths)
{
    return p + 1 < paths ? p + 1 : p;
}

static inline void store_pair(float *out, const eight *v, uint32_t p, uint32_t paths)
{
    memcpy(out + (size_t)p * HALF, v, (p + 1 < paths ? LANES : HALF) * sizeof *out);
}

void SIMD(uci_f)(const float *const *a, uint32_t paths, uint32_t n, float *restrict out)
{
    if (n == HALF) {
        for (uint32_t p = 0; p < paths; p += 2) {
            const float *first = a[p], *second = a[partner(p, paths)];
            const eight x = PAIR(first, second), y = PAIR(first + HALF, second + HALF);
            const eight v = F(x, y);
            store_pair(out, &v, p, paths);
        }
        return;
    }
    for (uint32_t p = 0; p < paths; p++, out += n) {
        const float *x = a[p], *y = x + n;
        if (n >= LANES)
            for (uint32_t i = 0; i < n; i += LANES)
                STORE(out + i, F(LOAD(x + i), LOAD(y + i)));
        else
            for (uint32_t i = 0; i < n; i++) {
                const float v = __builtin_fabsf(x[i]), w = __builtin_fabsf(y[i]);
                const bool negative = __builtin_signbit(x[i]) != __builtin_signbit(y[i]);
                out[i] = __builtin_copysignf(v < w ? v : w, negative ? -1.0f : 1.0f);
            }
    }
}

void SIMD(uci_g)(const float *const *a, const uint64_t *u, uint32_t paths, uint32_t n,
                 float *restrict out)
{
    if (n == HALF) {
        for (uint32_t p = 0; p < paths; p += 2) {
            const uint32_t q = partner(p, paths);
            const eight x = PAIR(a[p], a[q]), y = PAIR(a[p] + HALF, a[q] + HALF);
            const eight v = G(x, y, SIGNS_OF(u[p] | u[q] << HALF));
            store_pair(out, &v, p, paths);
        }
        return;
    }
    for (uint32_t p = 0; p < paths; p++, out += n, u += uci_bit_words(n)) {
        const float *x = a[p], *y = x + n;
        if (n >= LANES)
            for (uint32_t i = 0; i < n; i += LANES) {
                const uint8_t byte = (uint8_t)(u[i / 64] >> i % 64);
                STORE(out + i, G(LOAD(x + i), LOAD(y + i), SIGNS_OF(byte)));
            }
        else
            for (uint32_t i = 0; i < n; i++)
                out[i] = y[i] + (*u >> i & 1 ? -x[i] : x[i]);
    }
}

/* Both halves of a vector, each summed. */
static inline void sum_halves(const eight *v, float sum[2])
{
    const pair both = {.all = *v};
    for (int k = 0; k < 2; k++)
        sum[k] = (both.half[k][0] + both.half[k][2]) + (both.half[k][1] + both.half[k][3]);
}

/* Nodes of four, two paths at a time. */
static void cost_fours(const float *const *a, uint32_t paths, float *zeros, float *ones)
{
    for (uint32_t p = 0; p < paths; p += 2) {
        const uint32_t q = partner(p, paths);
        const eight x = PAIR(a[p], a[q]), low = KEEP(LESS(x, ZERO), -x),
                    high = KEEP(LESS(ZERO, x), x);
        float below[2], above[2];
        sum_halves(&low, below);
        sum_halves(&high, above);
        zeros[p] = below[0];
        zeros[q] = below[1];
        ones[p] = above[0];
        ones[q] = above[1];
    }
}

/* Nodes of one or two. */
static void cost_few(const float *a, uint32_t n, float *zeros, float *ones)
{
    *zeros = *ones = 0;
    for (uint32_t i = 0; i < n; i++) {
        *zeros += a[i] < 0 ? -a[i] : 0;
        *ones += a[i] > 0 ? a[i] : 0;
    }
}

void SIMD(uci_cost)(const float *const *a, uint32_t paths, uint32_t n, float *restrict zeros,
                    float *restrict ones)
{
    if (n == HALF) {
        cost_fours(a, paths, zeros, ones);
        return;
    }
    for (uint32_t p = 0; p < paths; p++) {
        float below[2], above[2];
        eight low = {0}, high = {0};
        if (n < HALF) {
            cost_few(a[p], n, &zeros[p], &ones[p]);
            continue;
        }
        for (uint32_t i = 0; i < n; i += LANES) {
            const eight x = LOAD(a[p] + i);
            low += KEEP(LESS(x, ZERO), -x);
            high += KEEP(LESS(ZERO, x), x);
        }
        sum_halves(&low, below);
        sum_halves(&high, above);
        zeros[p] = below[0] + below[1];
        ones[p] = above[0] + above[1];
    }
}

static inline float least_of(const four *v)
{
    const float x = (*v)[0] < (*v)[2] ? (*v)[0] : (*v)[2];
    const float y = (*v)[1] < (*v)[3] ? (*v)[1] : (*v)[3];
    return x < y ? x : y;
}

static void decide_fours(const float *const *a, uint32_t paths, uint64_t *bits, float *least)
{
    for (uint32_t p = 0; p < paths; p += 2) {
        const uint32_t q = partner(p, paths);
        const eight x = PAIR(a[p], a[q]);
        const ints negative = LESS(x, ZERO);
        const pair size = {.all = ABS(x)};
        const uint32_t both = mask_bits(&negative);
        bits[p] = both & ((1u << HALF) - 1);
        bits[q] = both >> HALF;
        least[p] = least_of(&size.half[0]);
        least[q] = least_of(&size.half[1]);
    }
}

static uint64_t decide_few(const float *a, uint32_t n, float *least)
{
    uint64_t bits = 0;
    *least = __builtin_inff();
    for (uint32_t i = 0; i < n; i++) {
        const float size = __builtin_fabsf(a[i]);
        bits |= (uint64_t)(a[i] < 0) << i;
        *least = size < *least ? size : *least;
    }
    return bits;
}

void SIMD(uci_decide)(const float *const *a, uint32_t paths, uint32_t n, uint64_t *restrict bits,
                      float *restrict least)
{
    if (n == HALF) {
        decide_fours(a, paths, bits, least);
        return;
    }
    for (uint32_t p = 0; p < paths; p++, bits += uci_bit_words(n)) {
        if (n < HALF) {
            *bits = decide_few(a[p], n, &least[p]);
            continue;
        }
        pair size = {.all = (eight){0} + __builtin_inff()};
        memset(bits, 0, uci_bit_words(n) * sizeof *bits);
        for (uint32_t i = 0; i < n; i += LANES) {
            const eight x = LOAD(a[p] + i);
            const ints negative = LESS(x, ZERO);
            bits[i / 64] |= (uint64_t)mask_bits(&negative) << i % 64;
            size.all = LESSER(size.all, ABS(x));
        }
        const float low = least_of(&size.half[0]), high = least_of(&size.half[1]);
        least[p] = low < high ? low : high;
    }
}

void SIMD(uci_within)(const float *a, uint32_t n, float metric, float more, float limit,
                      uint64_t *bits)
{
    memset(bits, 0, uci_bit_words(n) * sizeof *bits);
    if (n < LANES) {
        for (uint32_t i = 0; i < n; i++)
            *bits |= (uint64_t)(metric + (__builtin_fabsf(a[i]) + more) <= limit) << i;
        return;
    }
    for (uint32_t i = 0; i < n; i += LANES) {
        const eight x = LOAD(a + i);
        const ints inside = ~LESS(ZERO + limit, metric + (ABS(x) + more));
        bits[i / 64] |= (uint64_t)mask_bits(&inside) << i % 64;
    }
}
