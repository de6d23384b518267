/* beam_grid.h: the oversampled DFT beams of a uniform linear array, and projections onto them.
 *
 *     b_m[k] = 1 / sqrt(N1) exp(j 2 pi k m / (O1 N1)),   k < N1, m = 0 .. O1 N1 - 1
 *
 * N1 antennas, oversampling O1 (TS 38.214, 5.2.2.2, with N2 = 1). As a precoder, b_m is the matched
 * filter of the plane wave h[k] = exp(-j 2 pi k m / (O1 N1)), azimuth cos phi = 2 m / (O1 N1)
 * (csi/transform.h). The N1 beams m = O1 n + q of one rotation q are orthonormal. */
#ifndef CSI_BEAM_GRID_H
#define CSI_BEAM_GRID_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"

enum { CSI_BEAM_OVERSAMPLING_MAX = 16 };

typedef struct csi_beam_grid csi_beam_grid;

/* Projects `count` vectors of n1 (1..CSI_NT_MAX) entries per call, oversampling 1..16. One object
 * per thread: it owns workspace. NULL when memory ran out. Free with csi_beam_grid_free (NULL
 * allowed). */
csi_beam_grid *csi_beam_grid_create(uint32_t n1, uint32_t oversampling, uint32_t count, err *e);
void csi_beam_grid_free(csi_beam_grid *g);

/* x[count][n1] -> c[count][oversampling n1], c_m = b_m^H x, by one FFT each. Owned by `g`, valid
 * until the next call. No allocation. */
const float complex *csi_beam_grid_project(csi_beam_grid *g, const float complex *x);

/* Real products of a projection of `count` vectors, counting radix-2 FFTs. */
int64_t csi_beam_grid_macs(uint32_t n1, uint32_t oversampling, uint32_t count);

/* exp(j 2 pi i / (oversampling n1)) / sqrt(n1), i < oversampling n1: b_m[k] is its entry k m modulo
 * oversampling n1. */
void csi_beam_grid_table(uint32_t n1, uint32_t oversampling, float complex *table);

#endif
