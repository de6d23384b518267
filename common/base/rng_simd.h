/* rng_simd.h: vectorized normal numbers; see rng_normal_fill. */
#ifndef BASE_RNG_SIMD_H
#define BASE_RNG_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"

enum {
    RNG_GROUP_BLOCKS = 16,
    RNG_GROUP = 4 * RNG_GROUP_BLOCKS, /* normal numbers from one group of blocks */
};

/* out[64 g + 16 k + j], for g < groups, k < 4, j < 16, is sigma times number k of block
 * counter[0] + 16 g + j. A block's words w0..w3 make two pairs (w0, w1) and (w2, w3); a pair (a, b)
 * becomes sqrt(-2 ln((a + 1) / 2^32)) times cos and sin of 2 pi b / 2^32. The second function adds
 * to out instead. Every level gives the same bits. */
SIMD_DECLARE(void, rng_normal_groups,
             (const uint32_t key[2], const uint32_t counter[4], float *out, size_t groups,
              float sigma));
SIMD_DECLARE(void, rng_normal_add_groups,
             (const uint32_t key[2], const uint32_t counter[4], float *out, size_t groups,
              float sigma));

#endif
