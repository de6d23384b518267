/* r15.h: the coefficients of Type II (Release 15): one wideband amplitude per row, and in each
 * subband a phase and, optionally, a step of the amplitude. TS 38.214, 5.2.2.2.3, rank 1. Private
 * to beams.
 *
 *     c[row][s] = p1 p2[s] exp(j 2 pi phi[s] / N)
 *     p1 = 0 for k = 0, else 2^(-(7 - k) / 2),  k = 0 .. 7
 *     p2 = 1 or 1 / sqrt(2), with subband amplitudes
 *
 * The strongest row has k = 7, p2 = 1, phi = 0. A row with k = 0 has no phases and no p2. With
 * subband amplitudes only the K2 = 4 (L < 4) or 6 rows of the largest k, the first rows among
 * equals, have p2 and the full PSK; the others have QPSK. Bits, in this order:
 *
 *     i1,3  the strongest row   ceil(log2 rows)
 *     i1,4  k                   3 (rows - 1)
 *     i2,1  phi, subband by subband: log2 N for each row with k > 0 but the strongest, or 2
 *     i2,2  p2, in the same order: 1 for each row that has one */
#ifndef CODEC_BEAMS_R15_H
#define CODEC_BEAMS_R15_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/beams/config.h"
#include "csi/subbands.h"
#include "payload/bits.h"

typedef struct beams_r15 {
    uint32_t strongest;                               /* row */
    uint8_t amplitude[BEAMS_ROWS_MAX];                /* k */
    uint8_t phase[CSI_SUBBANDS_MAX][BEAMS_ROWS_MAX];  /* phi, 0 .. PSK of the row - 1 */
    uint8_t weaker[CSI_SUBBANDS_MAX][BEAMS_ROWS_MAX]; /* 1: p2 = 1 / sqrt(2) */
} beams_r15;

/* From c[rows][subbands], not all zero, to bits, and back. */
void beams_r15_quantize(const beams_config *c, const float complex *coefficient, beams_r15 *pmi);
void beams_r15_coefficients(const beams_config *c, const beams_r15 *pmi,
                            float complex *coefficient);

/* Bits where `rows` rows have k > 0, the strongest included. */
uint32_t beams_r15_bits(const beams_config *c, uint32_t rows);
void beams_r15_pack(const beams_config *c, const beams_r15 *pmi, bit_writer *to);

/* ERR_FORMAT for a strongest row out of range. A report that is cut short reads as zeros; the
 * caller checks that. */
int beams_r15_unpack(const beams_config *c, bit_reader *from, beams_r15 *pmi, err *e);

#endif
