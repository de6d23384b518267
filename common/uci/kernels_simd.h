/* kernels_simd.h: arithmetic of the list decoder, over all paths at a node.
 *
 * a[p] points to the input of path p, p < paths; n is a power of two. Outputs are in the order of
 * the paths, n numbers or the words of n bits for each. Bits are packed, bit i of a node at bit i %
 * 64 of word i / 64; bits beyond n are 0. Results are the same to the last bit at every SIMD
 * level. */
#ifndef UCI_KERNELS_SIMD_H
#define UCI_KERNELS_SIMD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/simd.h"

/* Words of n packed bits. */
static inline uint32_t uci_bit_words(uint32_t n)
{
    return n > 64 ? n / 64 : 1;
}

/* out[i] = sign(x) sign(y) min(|x|, |y|), x = a[p][i] and y = a[p][n + i]. */
SIMD_DECLARE(void, uci_f, (const float *const *a, uint32_t paths, uint32_t n, float *out));

/* out[i] = y + (1 - 2 u_i) x. */
SIMD_DECLARE(void, uci_g,
             (const float *const *a, const uint64_t *u, uint32_t paths, uint32_t n, float *out));

/* The cost of deciding all n as 0, and all as 1: zeros[p] = sum max(0, -a[p][i]), ones[p] = sum
 * max(0, a[p][i]). */
SIMD_DECLARE(void, uci_cost,
             (const float *const *a, uint32_t paths, uint32_t n, float *zeros, float *ones));

/* Hard decisions: bit i is a[p][i] < 0; and least[p] = min |a[p][i]|. */
SIMD_DECLARE(void, uci_decide,
             (const float *const *a, uint32_t paths, uint32_t n, uint64_t *bits, float *least));

/* For one path: bit i is metric + (|a[i]| + more) <= limit. */
SIMD_DECLARE(void, uci_within,
             (const float *a, uint32_t n, float metric, float more, float limit, uint64_t *bits));

#endif
