/* paths.h: synthesises a channel from a list of paths: H_freq over all subcarriers, or, without
 * computing it, the truncated angle-delay matrix. Geometric models (COST 2100, TR 38.901) produce
 * the lists.
 *
 *     H[n][k] = sum_l gain_l exp(-j 2 pi n tau_l / Nc) exp(-j pi k u_l),   tau_l = delay_s * B
 *
 * In the angle-delay domain each path has a closed form, the product of two Dirichlet kernels, one
 * in delay and one in angle, since both DFTs of a path are geometric sums:
 *
 *     D_r(tau) = exp(j pi x (Nc-1)/Nc) sin(pi x) / (sqrt(Nc) sin(pi x / Nc)),   x = r - tau
 *     E_m(u)   = exp(j pi y (Nt-1)/Nt) sin(pi y) / (sqrt(Nt) sin(pi y / Nt)),   y = m - (Nt/2) u
 *
 * with the angle axis centred as in csi_transform_forward. */
#ifndef FADING_PATHS_H
#define FADING_PATHS_H

#include <complex.h>
#include <stddef.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/grid.h"
#include "fading/config.h"

typedef struct fading_synthesis fading_synthesis; /* workspaces of one thread; see paths.c */

/* For lists of about `most` paths (in frequency: of different delay). Its memory grows with that
 * number up to 128; it processes longer lists in chunks. NULL when memory ran out. */
fading_synthesis *fading_synthesis_create(const csi_dims *dims, double bandwidth_hz, size_t most,
                                          err *e);
void fading_synthesis_free(fading_synthesis *s);

/* paths[count] -> h_freq[nc][nt], h_ad[nt][ni]. No allocation. Delays may have any sign and
 * fraction; paths outside the kept taps leak into them as in the transform. The two agree to 1e-5
 * of the largest entry. In frequency, consecutive paths of equal delay cost little more than one:
 * order lists by cluster. */
void fading_synthesis_frequency(fading_synthesis *s, const fading_path *paths, size_t count,
                                float complex *h_freq);
void fading_synthesis_angle_delay(fading_synthesis *s, const fading_path *paths, size_t count,
                                  float complex *h_ad);

/* The rows of h_freq on a grid (csi/grid.h, of this nc), up to rounding: h_grid[count][nt]. */
void fading_synthesis_grid(fading_synthesis *s, const fading_path *paths, size_t count,
                           const csi_grid *grid, float complex *h_grid);

#endif
