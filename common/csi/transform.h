/* transform.h: between the frequency-antenna domain and the truncated angle-delay domain.
 *
 * With H_freq in C^{Nc x Nt}, one row per subcarrier, the angle-delay matrix is its inverse unitary
 * DFT over subcarriers (which puts positive delays into the first taps) and over antennas, with the
 * angle axis centred and the first Ni delay taps kept:
 *
 *     H_ad[(m + Nt/2) mod Nt][r] = 1 / sqrt(Nc Nt)
 *         sum_n sum_k H_freq[n][k] exp(j 2 pi n r / Nc) exp(j 2 pi k m / Nt),  r < Ni
 *
 * A path of delay r samples, exp(-j 2 pi n r / Nc), lands in column r; a plane wave of azimuth phi,
 * exp(-j pi k cos phi), lands in row Nt/2 + (Nt/2) cos phi (mod Nt), so row Nt/2 is broadside. This
 * is the orientation of the field's public files: angle rows, delay columns. Both DFTs are unitary:
 * the kept taps keep their energy.
 *
 * Plans use FFTW_ESTIMATE, which never chooses by timing, so two runs on a machine give the same
 * bits. */
#ifndef CSI_TRANSFORM_H
#define CSI_TRANSFORM_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/grid.h"

typedef struct csi_transform csi_transform;

/* One object per thread: it owns workspace. Creating and freeing hold a global mutex, since FFTW's
 * planner is not thread-safe; everything else needs no lock. NULL for dimensions out of range or
 * when memory ran out. Free with csi_transform_free (NULL allowed). */
csi_transform *csi_transform_create(const csi_dims *dims, err *e);
void csi_transform_free(csi_transform *t);

/* Its dimensions, owned by `t`. */
const csi_dims *csi_transform_dims(const csi_transform *t);

/* h_freq[nc][nt] -> h_ad[nt][ni]. Only the kept taps are computed. */
void csi_transform_forward(csi_transform *t, const float complex *h_freq, float complex *h_ad);

/* Only its second half, for channels given as delay taps: h_delay[ni][nt] -> h_ad[nt][ni], the
 * inverse unitary DFT over antennas, centred. */
void csi_transform_angle(csi_transform *t, const float complex *h_delay, float complex *h_ad);

/* Only its first half, for received pilots: y[nc][tp] -> taps[ni][tp], the inverse unitary DFT over
 * subcarriers, kept taps only. Operations across a row (LS estimate, DFT over antennas) commute
 * with it, and after it they cost ni rows instead of nc: csi_pilots_estimate_taps. */
void csi_transform_pilots(csi_transform *t, const float complex *y, float complex *taps);

/* h_ad[nt][ni], zero-filled to Nc taps -> h_freq[nc][nt]. */
void csi_transform_inverse(csi_transform *t, const float complex *h_ad, float complex *h_freq);

/* The same on a grid only (csi/grid.h): row i of h_grid[count][nt] is row csi_grid_subcarrier(i) of
 * the result of csi_transform_inverse, at a fraction of its cost. `grid` must be of this nc. A call
 * with another count than the previous call creates a plan or a table, under the mutex; if memory
 * runs out, it zeroes h_grid. */
void csi_transform_inverse_on_grid(csi_transform *t, const float complex *h_ad,
                                   const csi_grid *grid, float complex *h_grid);

#endif
