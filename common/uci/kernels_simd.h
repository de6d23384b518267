/* kernels_simd.h: the list decoder's arithmetic, on contiguous arrays of one path. */
#ifndef UCI_KERNELS_SIMD_H
#define UCI_KERNELS_SIMD_H

#include <stdint.h>

#include "base/simd.h"

/* out[i] = sign(a[i]) sign(b[i]) min(|a[i]|, |b[i]|), i < n, where b = a + n. */
SIMD_DECLARE(void, uci_f, (const float *a, float *out, uint32_t n));

/* out[i] = b[i] + (1 - 2 u[i]) a[i], where b = a + n. */
SIMD_DECLARE(void, uci_g, (const float *a, const uint8_t *u, float *out, uint32_t n));

/* out[i] = left[i] ^ right[i], out[n + i] = right[i]. */
SIMD_DECLARE(void, uci_join, (const uint8_t *left, const uint8_t *right, uint8_t *out, uint32_t n));

/* What it costs to decide all n for 0, and all for 1: *zeros = sum max(0, -a[i]), *ones = sum
 * max(0, a[i]). Summed in the same order at every level. */
SIMD_DECLARE(void, uci_cost, (const float *a, uint32_t n, float *zeros, float *ones));

#endif
