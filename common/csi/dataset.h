/* dataset.h: data sets in the field's convention, read from files.
 *
 * A sample is 2 Nt Ni reals in [0,1]: a real plane, then an imaginary plane, each of angle rows
 * (centred) x delay columns, zero at 0.5 (csi/image.h). A .mat file holds n of them as variable HT,
 * [n x 2 Nt Ni] or [n x 2 x Nt x Ni]; a .npy file holds them as its one array. Files of raw
 * channels (csi/raw/spec.h), "a.npz:layout=sionna", are converted to such samples, each scaled
 * separately. */
#ifndef CSI_DATASET_H
#define CSI_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"

typedef struct csi_dataset {
    size_t samples;
    uint32_t nt, ni;
    float *x; /* [samples][2][nt][ni] */
} csi_dataset;

/* `dims` gives the expected nt and ni; NULL expects 32 delay taps and derives the antennas from the
 * width. Every value is checked. ERR_IO, ERR_FORMAT, ERR_MISMATCH for another shape; the message
 * names the file and the expected shape. On failure *set is all zero. */
int csi_dataset_read(const char *path, const csi_dims *dims, csi_dataset *set, err *e);
void csi_dataset_free(csi_dataset *set);

/* sum (x - 0.5)^2 of sample i: its energy at its own scale. */
double csi_dataset_energy(const csi_dataset *set, size_t i);

#endif
