/* raw.h: channels as other tools write them, read as csilink has them.
 *
 * A spec (spec.h) says how the arrays of a file are meant. Every sample is brought to one form:
 *
 *     H[n][k], subcarrier n of nc in ascending order, antenna k of nt, of one receive antenna,
 *     H = sum over paths a_k exp(-j 2 pi n r / nc) for a path of delay r samples of 1 / bandwidth
 *
 * and to its angle-delay matrix (csi/transform.h). Frequency domain: values are taken as they are.
 * Delay and angle-delay domain: the transform is turned round, taps beyond those given are zero.
 * Paths: H[n][k] = sum_p a[p][k] exp(-j 2 pi f_n tau[p][k]), f_n = (n - floor(nc / 2)) bandwidth /
 * nc with the carrier in the centre, f_n = n bandwidth / nc with the carrier lowest. Nothing is
 * scaled. Samples that are zero throughout, UEs without a path, are left out and counted; in a
 * sequence the whole sequence is. */
#ifndef CSI_RAW_RAW_H
#define CSI_RAW_RAW_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/raw/spec.h"

/* Where neither the caller nor the spec says it: that of the field's public files. */
#define CSI_RAW_BANDWIDTH_HZ 20e6

typedef struct csi_raw csi_raw;

typedef struct csi_raw_facts {
    size_t samples, empty; /* that can be had; that were left out, zero or estimates cut short */
    uint32_t steps;        /* samples in a row that are one UE over time */
    uint32_t nt, nc, ni;   /* ni: of the angle-delay matrices */
    uint32_t antennas;     /* receive antennas, each a sample of its own */
    uint32_t depth;        /* subcarriers, taps or paths in the file */
    csi_raw_domain domain;
    char shape[192];      /* "a 100 x 1 x 32 x 624 (n/nr/nt/nc)" */
    char convention[160]; /* "frequency domain, exp(-j 2 pi f tau), subcarriers ascending" */
} csi_raw_facts;

/* Reads the arrays. dims->ni is the number of taps of angle-delay matrices; nt must be the file's
 * unless 0; nc is taken where the file has none, paths and taps. `bandwidth_hz` is that of the nc,
 * unless the spec has one. Delays are read as float32. ERR_IO, ERR_FORMAT for files (io/array.h),
 * ERR_INVALID for a spec, ERR_MISMATCH for arrays that are not what it says, ERR_NOMEM. The file's
 * numbers stay in memory; free with csi_raw_close (NULL allowed). */
csi_raw *csi_raw_open(const csi_raw_spec *spec, const csi_dims *dims, double bandwidth_hz, err *e);
void csi_raw_close(csi_raw *raw);

const csi_raw_facts *csi_raw_facts_of(const csi_raw *raw);

/* Both may be called by several threads at once. `i` is below samples. ERR_NOMEM. */

/* h_freq[nc][nt]. */
int csi_raw_frequency(csi_raw *raw, size_t i, float complex *h_freq, err *e);

/* h_ad[nt][ni]; *energy, unless NULL, gets sum |H|^2 of the whole band, of which h_ad has what lies
 * in its taps. */
int csi_raw_angle_delay(csi_raw *raw, size_t i, float complex *h_ad, double *energy, err *e);

#endif
