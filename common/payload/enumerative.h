/* enumerative.h: codes which k of n positions are chosen as one integer: enumerative coding (Cover,
 * IEEE Trans. Inf. Theory, 1973) by the combinatorial number system.
 *
 * The positions p_1 < p_2 < .. < p_k out of 0 .. n - 1 have the rank
 *
 *     r = sum_i C(p_i, i),   0 <= r < C(n, k),
 *
 * and every r in that range is the rank of exactly one choice. So ceil(log2 C(n, k)) bits give the
 * positions to a receiver that knows n and k, and no fixed-length code needs fewer. Arithmetic is
 * exact: r is an integer of up to n bits.
 *
 * Integers are arrays of 32-bit words, the least significant first, enumerative_words(n) of them.
 * The caller provides all memory; nothing here allocates. */
#ifndef PAYLOAD_ENUMERATIVE_H
#define PAYLOAD_ENUMERATIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ENUMERATIVE_POSITIONS_MAX = 1 << 16 }; /* of n */

/* Words of a rank, and of `work`, for choices out of n positions: C(n, k) < 2^n. */
static inline size_t enumerative_words(uint32_t n)
{
    return n / 32 + 1;
}

/* ceil(log2 C(n, k)): 0 for k = 0 and k = n, which allow a single choice. k <= n. work[words]. */
uint32_t enumerative_bits(uint32_t n, uint32_t k, uint32_t *work);

/* Writes the rank of k <= n positions, ascending and below n, to rank[words]. work[words]. */
void enumerative_rank(uint32_t n, uint32_t k, const uint32_t *position, uint32_t *rank,
                      uint32_t *work);

/* Writes the k positions of a rank, ascending. Accepts any rank[words]: ERR_FORMAT unless it is
 * below C(n, k). Overwrites `rank`. work[words]. */
int enumerative_positions(uint32_t n, uint32_t k, uint32_t *rank, uint32_t *position,
                          uint32_t *work, err *e);

#endif
