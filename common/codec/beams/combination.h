/* combination.h: K different numbers out of N as one index, in the order in which TS 38.214 counts
 * beams (i1,2) and taps (i1,6). Private to beams.
 *
 *     index = sum over i of C(N - 1 - n_i, K - i),   n_0 < n_1 < .. < n_{K-1},  0 <= n_i < N,
 *
 * with the values 0 .. C(N, K) - 1 (5.2.2.2.3, with C(x, y) = 0 for x < y). */
#ifndef CODEC_BEAMS_COMBINATION_H
#define CODEC_BEAMS_COMBINATION_H

#include <stdbool.h>
#include <stdint.h>

/* C(n, k); 0 for n < k. Exact up to C(256, 8), and for all n <= 60. */
uint64_t beams_combinations(uint32_t n, uint32_t k);

/* ceil(log2 C(n, k)), the bits of an index. */
unsigned beams_combination_bits(uint32_t n, uint32_t k);

/* The index of k rising numbers below n. */
uint64_t beams_combination_index(uint32_t n, uint32_t k, const uint16_t *numbers);

/* The numbers of an index; returns false and writes nothing where index >= C(n, k). */
bool beams_combination_of(uint32_t n, uint32_t k, uint64_t index, uint16_t *numbers);

#endif
