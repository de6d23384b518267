/* pilots.h: orthogonal downlink pilots, their reception at a UE, and its LS channel estimate.
 *
 * Per subcarrier n, with the BS sending X in C^{Nt x Tp} (Tp >= Nt, X X^H = I, the same X on every
 * subcarrier) over the row vector H_n in C^{1 x Nt}:
 *
 *     Y_n    = H_n X + Z_n,  Z_n i.i.d. CN(0, sigma^2)
 *     Hhat_n = Y_n X^+ = Y_n X^H (X X^H)^{-1} = Y_n X^H
 *
 * so Hhat_n = H_n + Z_n X^H: exact without noise; with noise, unbiased with an error of CN(0,
 * sigma^2) on every entry, whatever Tp, since the pilots share a fixed energy.
 *
 * X is the first Nt rows of a unitary Tp-point transform, so both steps are fast transforms: O(Tp
 * log Tp) per subcarrier. */
#ifndef CSI_PILOTS_H
#define CSI_PILOTS_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rng.h"
#include "csi/dims.h"
#include "csi/grid.h"

typedef enum csi_pilot_family {
    CSI_PILOTS_DFT,      /* X[k][t] = exp(-j 2 pi k t / Tp) / sqrt(Tp); any Tp */
    CSI_PILOTS_HADAMARD, /* X[k][t] = (-1)^{bits(k & t)} / sqrt(Tp); Tp a power of two */
} csi_pilot_family;

typedef struct csi_pilots csi_pilots;

/* One object per thread: it owns workspace. NULL for dimensions out of range, or for Hadamard
 * pilots whose Tp is not a power of two. Free with csi_pilots_free (NULL allowed). */
csi_pilots *csi_pilots_create(const csi_dims *dims, csi_pilot_family family, err *e);
void csi_pilots_free(csi_pilots *pilots);

/* X, [nt][tp], owned by `pilots`. */
const float complex *csi_pilots_matrix(const csi_pilots *pilots);

/* y[nc][tp] = h X + Z for h[nc][nt]; Z ~ CN(0, sigma^2), so sigma^2 / 2 in each of its real and
 * imaginary parts, drawn from `noise`. sigma 0: no noise, and `noise` may be NULL. h and y must
 * not overlap. */
void csi_pilots_receive(csi_pilots *pilots, const float complex *h, float sigma, rng *noise,
                        float complex *y);

/* The same, and returns ||Z X^+||^2: apart from rounding, the squared error of the LS estimate from
 * this y. Divided by ||h||^2 it is the NMSE over the whole band. It costs almost nothing if Tp =
 * Nt, else about as much as csi_pilots_estimate. */
double csi_pilots_receive_error(csi_pilots *pilots, const float complex *h, float sigma, rng *noise,
                                float complex *y);

/* hhat[nc][nt] = y X^H, the LS estimate from y[nc][tp]. They must not overlap. */
void csi_pilots_estimate(csi_pilots *pilots, const float complex *y, float complex *hhat);

/* The same on a grid only: row i of hhat[count][nt] is row csi_grid_subcarrier(i) of the LS
 * estimate of y[nc][tp]. `grid` must be of this nc. */
void csi_pilots_estimate_on_grid(csi_pilots *pilots, const float complex *y, const csi_grid *grid,
                                 float complex *hhat);

/* The LS estimate in the truncated angle-delay domain, h_ad[nt][ni], from received pilots in the
 * delay domain, taps[ni][tp] (csi_transform_pilots): X^+ and the centred unitary DFT over antennas
 * as one matrix. With DFT pilots and Tp = Nt that matrix is a permutation. */
void csi_pilots_estimate_taps(csi_pilots *pilots, const float complex *taps, float complex *h_ad);

/* sigma of the noise at snr_db for a channel of this mean |h|^2: sigma^2 = mean |h|^2 /
 * 10^(SNR/10). With X X^H = I this is also the SNR of the LS estimate, per entry. 0 for a mean of
 * 0. */
float csi_pilots_sigma(double mean_power, double snr_db);

#endif
