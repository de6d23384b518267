/* raw.h: reads channels that other tools wrote.
 *
 * A spec (spec.h) describes the arrays of a file. Every sample is converted to one form:
 *
 *     H[n][k], subcarrier n of nc in ascending order, antenna k of nt, of one receive antenna,
 *     H = sum over paths a_k exp(-j 2 pi n r / nc) for a path of delay r samples of 1 / bandwidth
 *
 * and to its angle-delay matrix (csi/transform.h). Frequency domain: values are used unchanged.
 * Delay and angle-delay domain: the inverse transform, with zeros for the taps beyond those given.
 * Paths: H[n][k] = sum_p a[p][k] exp(-j 2 pi f_n tau[p][k]), f_n = (n - floor(nc / 2)) bandwidth /
 * nc with the carrier in the centre, f_n = n bandwidth / nc with the carrier lowest. Nothing is
 * scaled. All-zero samples (UEs without a path) are left out and counted; in a sequence, the whole
 * sequence is left out. */
#ifndef CSI_RAW_RAW_H
#define CSI_RAW_RAW_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/raw/spec.h"

/* The default if neither the caller nor the spec gives one: that of the field's public files. */
#define CSI_RAW_BANDWIDTH_HZ 20e6

typedef struct csi_raw csi_raw;

typedef struct csi_raw_facts {
    size_t samples, empty; /* available; left out: zero, or incomplete estimates */
    uint32_t steps;        /* consecutive samples of one UE over time */
    uint32_t nt, nc, ni;   /* ni: of the angle-delay matrices */
    uint32_t antennas;     /* receive antennas, each a sample of its own */
    uint32_t depth;        /* subcarriers, taps or paths in the file */
    csi_raw_domain domain;
    char shape[192];      /* "a 100 x 1 x 32 x 624 (n/nr/nt/nc)" */
    char convention[160]; /* "frequency domain, exp(-j 2 pi f tau), subcarriers ascending" */
} csi_raw_facts;

/* Reads the arrays. dims->ni is the number of taps of angle-delay matrices; dims->nt must be the
 * file's or 0; dims->nc applies if the file has no subcarriers (paths, taps). `bandwidth_hz` is the
 * band of the nc, unless the spec gives one. Delays are read as float32. ERR_IO, ERR_FORMAT for
 * files (io/array.h), ERR_INVALID for the spec, ERR_MISMATCH for arrays that do not match it,
 * ERR_NOMEM. The file's numbers stay in memory; free with csi_raw_close (NULL allowed). */
csi_raw *csi_raw_open(const csi_raw_spec *spec, const csi_dims *dims, double bandwidth_hz, err *e);
void csi_raw_close(csi_raw *raw);

const csi_raw_facts *csi_raw_facts_of(const csi_raw *raw);

/* Several threads can call both at once. `i` is below samples. ERR_NOMEM. */

/* h_freq[nc][nt]. */
int csi_raw_frequency(csi_raw *raw, size_t i, float complex *h_freq, err *e);

/* h_ad[nt][ni]; *energy, unless NULL, gets sum |H|^2 of the whole band; h_ad has the part of it in
 * its taps. */
int csi_raw_angle_delay(csi_raw *raw, size_t i, float complex *h_ad, double *energy, err *e);

#endif
