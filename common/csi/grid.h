/* grid.h: the subcarriers on which rho, SGCS and spectral efficiency are measured.
 *
 * A channel of Ni delay taps varies slowly over Nc subcarriers, so some 64 of them show all of it.
 * The grid of a band has
 *
 *     count = the largest divisor of Nc in Ni..64, evenly spaced, or
 *             min(Nc, max(Ni, 64)) where there is none (a prime Nc, say), spaced as evenly as whole
 *             numbers allow,
 *
 * and its i-th subcarrier is floor(i Nc / count), from 0. At least Ni of them: fewer would fold the
 * taps onto each other. Nc = 1024 and Ni = 32 give 64, every 16th. */
#ifndef CSI_GRID_H
#define CSI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "csi/dims.h"

enum { CSI_GRID_AIM = 64 };

typedef struct csi_grid {
    uint32_t nc, count;
    bool even; /* count divides nc: the grid is a shorter DFT's, and an FFT gives it */
} csi_grid;

/* The grid of dimensions that pass csi_dims_check; count is 1..nc. */
csi_grid csi_grid_of(const csi_dims *dims);

/* Its i-th subcarrier, i < count; rising with i, below nc. */
uint32_t csi_grid_subcarrier(const csi_grid *grid, uint32_t i);

#endif
