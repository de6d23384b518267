/* paths.h: a channel as a list of paths, and what a list becomes: H_freq over all subcarriers, or,
 * without forming it, the truncated angle-delay matrix. Geometric models (COST 2100, TR 38.901)
 * produce lists; this is the one place that synthesises from them.
 *
 *     H[n][k] = sum_l gain_l exp(-j 2 pi n tau_l / Nc) exp(-j pi k u_l),   tau_l = delay_s * B
 *
 * in closed form in the angle-delay domain (reference formula: products of two Dirichlet kernels,
 * one in delay, one in angle), since both DFTs of one path are geometric sums:
 *
 *     D_r(tau) = exp(j pi x (Nc-1)/Nc) sin(pi x) / (sqrt(Nc) sin(pi x / Nc)),   x = r - tau
 *     E_m(u)   = exp(j pi y (Nt-1)/Nt) sin(pi y) / (sqrt(Nt) sin(pi y / Nt)),   y = m - (Nt/2) u
 *
 * with the angle axis centred as csi_transform_forward has it. */
#ifndef FADING_PATHS_H
#define FADING_PATHS_H

#include <complex.h>
#include <stddef.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/grid.h"
#include "fading/config.h"

typedef struct fading_synthesis fading_synthesis; /* workspaces of one thread; see paths.c */

/* For lists of about `most` paths (in frequency: of different delay): what it holds grows with that
 * number up to 128, and longer lists are taken in pieces. NULL when memory ran out. */
fading_synthesis *fading_synthesis_create(const csi_dims *dims, double bandwidth_hz, size_t most,
                                          err *e);
void fading_synthesis_free(fading_synthesis *s);

/* paths[count] -> h_freq[nc][nt], h_ad[nt][ni]. No allocation. Delays of any sign and fraction;
 * what lies outside the kept taps leaks as the transform has it. The two agree to 1e-5 of the
 * largest entry. Paths of equal delay that follow each other cost little more than one in
 * frequency: order lists by cluster. */
void fading_synthesis_frequency(fading_synthesis *s, const fading_path *paths, size_t count,
                                float complex *h_freq);
void fading_synthesis_angle_delay(fading_synthesis *s, const fading_path *paths, size_t count,
                                  float complex *h_ad);

/* The rows of h_freq that are on a grid (csi/grid.h, of this nc), to rounding: h_grid[count][nt].
 */
void fading_synthesis_grid(fading_synthesis *s, const fading_path *paths, size_t count,
                           const csi_grid *grid, float complex *h_grid);

#endif
