/* transform.h: between the frequency-antenna domain and the truncated angle-delay domain.
 *
 * With H_freq in C^{Nc x Nt}, one row per subcarrier, the angle-delay matrix is its inverse
 * unitary DFT over subcarriers (so that positive delays land in the first taps) and its inverse
 * unitary DFT over antennas, the angle axis centred and the first Ni delay taps kept:
 *
 *     H_ad[(m + Nt/2) mod Nt][r] = 1 / sqrt(Nc Nt)
 *         sum_n sum_k H_freq[n][k] exp(j 2 pi n r / Nc) exp(j 2 pi k m / Nt),  r < Ni
 *
 * A path of delay r samples, exp(-j 2 pi n r / Nc), lands in column r; a plane wave of azimuth phi,
 * exp(-j pi k cos phi), in row Nt/2 + (Nt/2) cos phi (mod Nt), so that row Nt/2 is broadside. This
 * is the orientation of the field's public files: angle rows, delay columns. Both DFTs are unitary:
 * what truncation does not cut keeps its energy.
 *
 * Plans are made with FFTW_ESTIMATE: a choice by rule, never by timing, so that two runs on a
 * machine give the same bits. */
#ifndef CSI_TRANSFORM_H
#define CSI_TRANSFORM_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/grid.h"

typedef struct csi_transform csi_transform;

/* One object per thread: it owns workspace. Creating and freeing take turns behind a global mutex,
 * since FFTW's planner is not thread-safe; everything else needs no lock. NULL for dimensions out
 * of range or lack of memory. Free with csi_transform_free (NULL allowed). */
csi_transform *csi_transform_create(const csi_dims *dims, err *e);
void csi_transform_free(csi_transform *t);

/* The dimensions it was made for, owned by `t`. */
const csi_dims *csi_transform_dims(const csi_transform *t);

/* h_freq[nc][nt] -> h_ad[nt][ni]. Only the kept taps are computed. */
void csi_transform_forward(csi_transform *t, const float complex *h_freq, float complex *h_ad);

/* The second half of it, for channels that are known tap by tap: h_delay[ni][nt] -> h_ad[nt][ni],
 * the inverse unitary DFT over antennas, centred. */
void csi_transform_angle(csi_transform *t, const float complex *h_delay, float complex *h_ad);

/* The first half of it, of received pilots: y[nc][tp] -> taps[ni][tp], the inverse unitary DFT over
 * subcarriers, kept taps only. What is done across a row (LS estimate, DFT over antennas) commutes
 * with it, and costs ni rows after it instead of nc before: csi_pilots_estimate_taps. */
void csi_transform_pilots(csi_transform *t, const float complex *y, float complex *taps);

/* h_ad[nt][ni], zero-filled to Nc taps -> h_freq[nc][nt]. */
void csi_transform_inverse(csi_transform *t, const float complex *h_ad, float complex *h_freq);

/* The same on a grid only (csi/grid.h): row i of h_grid[count][nt] is row csi_grid_subcarrier(i) of
 * what csi_transform_inverse gives, at a fraction of its cost. `grid` must be of this nc. The first
 * call with another count than the last call's makes a plan or a table, behind the mutex; h_grid is
 * zeroed where there is no memory for it. */
void csi_transform_inverse_on_grid(csi_transform *t, const float complex *h_ad,
                                   const csi_grid *grid, float complex *h_grid);

#endif
