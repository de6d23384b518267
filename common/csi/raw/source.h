/* source.h: the arrays of a file of raw channels, and the positions of a sample's numbers in them.
 */
#ifndef CSI_RAW_SOURCE_H
#define CSI_RAW_SOURCE_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/raw/axes.h"
#include "csi/raw/raw.h"
#include "io/mat.h"

typedef struct csi_raw_source {
    csi_raw_spec spec;
    csi_raw_facts facts;
    mat_array gains, delays;
    csi_raw_axes g, d;
    size_t first_rx, bs;            /* the entry of these axes at which samples begin */
    size_t *kept;                   /* [facts.samples]: index of each in the file */
    size_t *nt_at, *depth_at;       /* offsets in gains */
    size_t *delay_nt_at, *delay_at; /* in delays, domain paths */
    size_t plane;                   /* offset of the imaginary part; 0 for complex numbers */
} csi_raw_source;

/* Reads and checks everything (raw.h). On failure nothing is left to free. */
int csi_raw_source_read(csi_raw_source *s, const csi_raw_spec *spec, const csi_dims *dims,
                        double bandwidth_hz, err *e);
void csi_raw_source_free(csi_raw_source *s);

/* Offset of sample i of facts.samples in gains and, domain paths, in delays. */
size_t csi_raw_source_gains(const csi_raw_source *s, size_t i);
size_t csi_raw_source_delays(const csi_raw_source *s, size_t i);

/* The number at offset `at`. */
float complex csi_raw_source_at(const csi_raw_source *s, size_t at);

#endif
