/* grid.h: the subcarriers on which rho, SGCS and spectral efficiency are measured.
 *
 * A channel of Ni delay taps varies slowly over Nc subcarriers, so some 64 of them determine it.
 * The grid of a band has
 *
 *     count = the largest divisor of Nc in Ni..64, evenly spaced, or
 *             min(Nc, max(Ni, 64)) if there is none (a prime Nc, say), spaced as evenly as integers
 *             allow,
 *
 * and its i-th subcarrier is floor(i Nc / count), from 0. It has at least Ni subcarriers: fewer
 * would alias the taps. Nc = 1024 and Ni = 32 give 64, every 16th. */
#ifndef CSI_GRID_H
#define CSI_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "csi/dims.h"

enum { CSI_GRID_AIM = 64 };

typedef struct csi_grid {
    uint32_t nc, count;
    bool even; /* count divides nc: a shorter FFT computes the grid */
} csi_grid;

/* The grid for dimensions that pass csi_dims_check; count is 1..nc. */
csi_grid csi_grid_of(const csi_dims *dims);

/* Its i-th subcarrier, i < count; rising with i, below nc. */
uint32_t csi_grid_subcarrier(const csi_grid *grid, uint32_t i);

#endif
