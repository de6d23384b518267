/* r16.h: the coefficients of eType II (Release 16): a few taps of their DFT over the subbands, and
 * the strongest coefficients on those taps. TS 38.214, 5.2.2.2.5, rank 1, R = 1, without a window
 * of taps (N3 <= 19). Private to beams.
 *
 *     c[row][s] = sum over taps f of a[row][f] exp(j 2 pi n_f s / N3)
 *
 * n_0 = 0: the strongest coefficient is moved there, which rotates the phase of each subband and
 * changes no precoder. It is 1; any other kept coefficient is
 *
 *     a = r_p 2^(-(7 - k2) / 2) exp(j 2 pi c / 16),  r_p = 2^(-(15 - k1) / 4)
 *
 * with k2 = 0 .. 7, c = 0 .. 15, and k1 = 1 .. 15 of its polarisation p; r_p = 1 in the
 * polarisation of the strongest. With one polarisation there is no k1. Bits, in this order:
 *
 *     i1,6  the other taps   ceil(log2 C(N3 - 1, Mv - 1))
 *     i1,7  which are kept   rows Mv, tap by tap; K of them are set, 1 .. K0
 *     i1,8  the strongest    ceil(log2 K): the set bits of tap 0 before it
 *     i2,3  k1               4, with two polarisations
 *     i2,4  k2               3 (K - 1), tap by tap
 *     i2,5  c                4 (K - 1), in the same order */
#ifndef CODEC_BEAMS_R16_H
#define CODEC_BEAMS_R16_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/beams/config.h"
#include "codec/beams/taps.h"
#include "payload/bits.h"

typedef struct beams_r16 {
    uint16_t tap[BEAMS_TAPS_MAX]; /* [taps] n_f, rising from 0 */
    bool kept[BEAMS_ROWS_MAX][BEAMS_TAPS_MAX];
    uint32_t strongest;                                /* its row; its tap is 0 */
    uint8_t reference;                                 /* k1 of the other polarisation */
    uint8_t amplitude[BEAMS_ROWS_MAX][BEAMS_TAPS_MAX]; /* k2 */
    uint8_t phase[BEAMS_ROWS_MAX][BEAMS_TAPS_MAX];     /* c */
} beams_r16;

/* The coefficients in w->kept, in bits. */
void beams_r16_quantize(const beams_config *c, const beams_taps *w, beams_r16 *pmi);

/* c[rows][subbands] from the bits; w->kept is overwritten. */
void beams_r16_coefficients(const beams_config *c, beams_taps *w, const beams_r16 *pmi,
                            float complex *coefficient);

/* Bits of K kept coefficients. */
uint32_t beams_r16_bits(const beams_config *c, uint32_t kept);
void beams_r16_pack(const beams_config *c, const beams_r16 *pmi, bit_writer *to);

/* ERR_FORMAT for a combination of taps, a number of coefficients, a strongest coefficient or a
 * reference out of range. A report that is cut short reads as zeros; the caller checks that. */
int beams_r16_unpack(const beams_config *c, bit_reader *from, beams_r16 *pmi, err *e);

#endif
