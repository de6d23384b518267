/* modulation.h: the modulation mappers of TS 38.211, clause 5.1, and their soft demappers.
 *
 *     kind        Qm   symbol of bits b0 b1 ..., with s(b) = 1 - 2 b
 *     pi/2-BPSK   1    exp(j pi/2 (i mod 2)) (s(b) + j s(b)) / sqrt(2), i the symbol's number
 *     QPSK        2    (s(b0) + j s(b1)) / sqrt(2)
 *     16-QAM      4    (s(b0) (2 - s(b2)) + j s(b1) (2 - s(b3))) / sqrt(10)
 *     64-QAM      6    (s(b0) (4 - s(b2) (2 - s(b4))) + j ...) / sqrt(42)
 *     256-QAM     8    (s(b0) (8 - s(b2) (4 - s(b4) (2 - s(b6)))) + j ...) / sqrt(170)
 *
 * All have mean power 1 over equally likely bits. Except for pi/2-BPSK, even bits set the real axis
 * and odd bits the imaginary axis, each a Gray-coded PAM. */
#ifndef UPLINK_DIGITAL_MODULATION_H
#define UPLINK_DIGITAL_MODULATION_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

typedef enum modulation {
    MODULATION_PI2_BPSK,
    MODULATION_QPSK,
    MODULATION_16QAM,
    MODULATION_64QAM,
    MODULATION_256QAM,
    MODULATIONS
} modulation;

/* "pi2bpsk", "qpsk", "16qam", "64qam", "256qam". Static storage. */
const char *modulation_name(modulation m);

/* The modulation with that name; MODULATIONS for any other name. */
modulation modulation_named(const char *name);

/* Qm, bits of a symbol: 1, 2, 4, 6 or 8. */
unsigned modulation_bits(modulation m);

/* bits[count Qm], each 0 or 1 -> symbols[count]. Symbol 0 is the first of the burst, which matters
 * for pi/2-BPSK. */
void modulation_map(modulation m, const uint8_t *bits, size_t count, float complex *symbols);

/* symbols[count] as received, y = x + n, n complex normal of power `noise` (> 0, finite) ->
 * llr[count Qm], log P(b = 0 | y) / P(b = 1 | y) by the nearest points (max-log):
 *
 *     llr = (min over x with b = 1 of |y - x|^2  -  min over x with b = 0 of |y - x|^2) / noise
 *
 * For pi/2-BPSK and QPSK, with one point for each bit value on an axis, that is exact. A symbol
 * that is not finite gives LLRs of 0. Others are finite, limited to +-1e6. */
void modulation_llr(modulation m, const float complex *symbols, size_t count, float noise,
                    float *llr);

#endif
