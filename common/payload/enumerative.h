/* enumerative.h: which k of n places are taken, as one whole number: enumerative coding (Cover,
 * IEEE Trans. Inf. Theory, 1973) by the combinatorial number system.
 *
 * The places p_1 < p_2 < .. < p_k out of 0 .. n - 1 have the rank
 *
 *     r = sum_i C(p_i, i),   0 <= r < C(n, k),
 *
 * and every r in that range is the rank of exactly one choice. So ceil(log2 C(n, k)) bits tell the
 * places to a receiver that knows n and k, and no fixed-length code does with fewer. Arithmetic is
 * exact: r is an integer of up to n bits.
 *
 * Integers are arrays of 32-bit words, the least significant first, enumerative_words(n) of them.
 * The caller lends all memory; nothing here allocates. */
#ifndef PAYLOAD_ENUMERATIVE_H
#define PAYLOAD_ENUMERATIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ENUMERATIVE_PLACES_MAX = 1 << 16 }; /* of n */

/* Words of a rank, and of `work`, for choices out of n places: C(n, k) < 2^n. */
static inline size_t enumerative_words(uint32_t n)
{
    return n / 32 + 1;
}

/* ceil(log2 C(n, k)): 0 for k = 0 and k = n, which are one choice. k <= n. work[words]. */
uint32_t enumerative_bits(uint32_t n, uint32_t k, uint32_t *work);

/* The rank of k <= n places, which ascend and are below n, into rank[words]. work[words]. */
void enumerative_rank(uint32_t n, uint32_t k, const uint32_t *place, uint32_t *rank,
                      uint32_t *work);

/* The k places of a rank, ascending. Takes any rank[words] from outside: ERR_FORMAT for one that is
 * not below C(n, k). `rank` is used up. work[words]. */
int enumerative_places(uint32_t n, uint32_t k, uint32_t *rank, uint32_t *place, uint32_t *work,
                       err *e);

#endif
