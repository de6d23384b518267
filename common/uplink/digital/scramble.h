/* scramble.h: the pseudo-random sequence of TS 38.211, clause 5.2.1, and scrambling with it. Each
 * UE has its own sequence, so one UE's report does not pass as another's, and coded bits are
 * practically random whatever the payload.
 *
 *     c(n)      = x1(n + 1600) + x2(n + 1600)  mod 2
 *     x1(n + 31) = x1(n + 3) + x1(n),                             x1 = 1, 0, 0, ... at first
 *     x2(n + 31) = x2(n + 3) + x2(n + 2) + x2(n + 1) + x2(n),     x2 = c_init, lowest bit first
 */
#ifndef UPLINK_DIGITAL_SCRAMBLE_H
#define UPLINK_DIGITAL_SCRAMBLE_H

#include <stddef.h>
#include <stdint.h>

/* c(0) .. c(count - 1), one per byte. c_init has 31 bits; a higher bit is ignored. */
void scramble_sequence(uint32_t c_init, uint8_t *c, size_t count);

/* c_init of UCI on PUCCH formats 2, 3 and 4 (clause 6.3.2.5.1): n_RNTI 2^15 + n_ID, n_ID < 1024. */
uint32_t scramble_init(uint16_t rnti, uint16_t identity);

/* bits[i] ^= c[i]: scrambling, and back. */
void scramble_bits(const uint8_t *c, uint8_t *bits, size_t count);

/* The same for soft bits: inverts the sign of llr[i] where c[i] is 1. */
void scramble_llr(const uint8_t *c, float *llr, size_t count);

#endif
