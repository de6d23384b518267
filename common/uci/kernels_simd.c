#include "uci/kernels_simd.h"

/* Plain loops that the compiler makes vector code of; a minus before a float, and a choice between
 * two, are no branches there. */

void SIMD(uci_f)(const float *restrict a, float *restrict out, uint32_t n)
{
    const float *restrict b = a + n;
    for (uint32_t i = 0; i < n; i++) {
        float x = __builtin_fabsf(a[i]), y = __builtin_fabsf(b[i]);
        float least = x < y ? x : y;
        /* The sign of a product without the product, which could underflow to 0. */
        float sign = __builtin_copysignf(1, a[i]) * __builtin_copysignf(1, b[i]);
        out[i] = __builtin_copysignf(least, sign);
    }
}

void SIMD(uci_g)(const float *restrict a, const uint8_t *restrict u, float *restrict out,
                 uint32_t n)
{
    const float *restrict b = a + n;
    for (uint32_t i = 0; i < n; i++)
        out[i] = b[i] + (u[i] ? -a[i] : a[i]);
}

void SIMD(uci_join)(const uint8_t *restrict left, const uint8_t *restrict right,
                    uint8_t *restrict out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = left[i] ^ right[i];
        out[n + i] = right[i];
    }
}

enum { LANES = 16 };

void SIMD(uci_cost)(const float *restrict a, uint32_t n, float *restrict zeros,
                    float *restrict ones)
{
    /* Sixteen sums side by side at every level, whatever the width of its registers: the order of
     * additions, and so the last bit of a metric, is the same. */
    float below[LANES] = {0}, above[LANES] = {0};
    uint32_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (uint32_t lane = 0; lane < LANES; lane++) {
            float x = a[i + lane];
            below[lane] += x < 0 ? -x : 0;
            above[lane] += x > 0 ? x : 0;
        }
    for (uint32_t lane = 0; i + lane < n; lane++) {
        float x = a[i + lane];
        below[lane] += x < 0 ? -x : 0;
        above[lane] += x > 0 ? x : 0;
    }
    *zeros = *ones = 0;
    for (uint32_t lane = 0; lane < LANES && lane < n; lane++) {
        *zeros += below[lane];
        *ones += above[lane];
    }
}
