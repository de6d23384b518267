/* basis.h: L orthogonal beams for the whole band, and the coefficients of each subband on them.
 * Private to beams.
 *
 * The basis is L beams b_m, m = O1 n + q, of one rotation q = 0 .. O1 - 1 (csi/beam_grid.h), the
 * same for both polarisations. Row p L + i of the coefficients is beam i in polarisation p:
 *
 *     c[row][s] = b_i^H v_s,p,   w_s = sum over rows of c[row][s] b_i, each in its polarisation
 *
 * Since the beams are orthonormal, |w_s|^2 is the sum of |c[row][s]|^2. With v_s of unit norm that
 * sum is the share of v_s in the basis: its SGCS with exact coefficients. */
#ifndef CODEC_BEAMS_BASIS_H
#define CODEC_BEAMS_BASIS_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/beams/config.h"
#include "payload/bits.h"

typedef struct beams_basis {
    uint32_t rotation;        /* q: i1,1 */
    uint16_t beam[BEAMS_MAX]; /* n, rising: i1,2 */
} beams_basis;

/* part[subbands][polarisations][O1 n1] are the projections of each subband's target on every beam.
 * Chooses the rotation whose L strongest beams hold the most power, and those beams. power[O1 n1]
 * is scratch. */
void beams_basis_choose(const beams_config *c, const float complex *part, float *power,
                        beams_basis *basis);

/* c[rows][subbands] from `part`. */
void beams_basis_project(const beams_config *c, const beams_basis *basis, const float complex *part,
                         float complex *coefficient);

/* w[subbands][nt] from c[rows][subbands], each of unit norm. Where the coefficients of a subband
 * cancel, it gets the beam of row `fallback`. table: csi_beam_grid_table. */
void beams_basis_precoders(const beams_config *c, const beams_basis *basis,
                           const float complex *table, const float complex *coefficient,
                           uint32_t fallback, float complex *w);

/* i1,1 in ceil(log2 O1) bits, i1,2 in ceil(log2 C(N1, L)). */
unsigned beams_basis_bits(const beams_config *c);
void beams_basis_pack(const beams_config *c, const beams_basis *basis, bit_writer *to);
int beams_basis_unpack(const beams_config *c, bit_reader *from, beams_basis *basis, err *e);

/* The index of a combination may be longer than a field of bits.h allows: 32 bits, then the
 * rest. */
void beams_put_index(bit_writer *to, uint64_t index, unsigned bits);
uint64_t beams_get_index(bit_reader *from, unsigned bits);

#endif
