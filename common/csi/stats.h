/* stats.h: statistics of a data set's channels: their energy over delay and angle, the delay
 * spread, and the energy in the largest coefficients.
 *
 * Every sample is scaled to energy 1, since the files do not keep the scale. */
#ifndef CSI_STATS_H
#define CSI_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dataset.h"

enum { CSI_STATS_KEPT = 5, CSI_STATS_SORTED_MAX = 10000 };

typedef struct csi_stats {
    size_t samples; /* with energy */
    size_t empty;   /* without energy (all 0.5), left out */
    uint32_t nt, ni;
    double *tap;       /* [ni] mean share of the energy at a delay */
    double *angle;     /* [nt] mean share at an angle */
    double *magnitude; /* [nt][ni] mean |H| */
    double *spread;    /* [samples] rms delay spread in taps, ascending: the square root of the
                          power-weighted variance of the delay */
    /* NMSE of keeping the kept[i] largest of the nt ni entries: the lost share of energy, averaged
     * over at most CSI_STATS_SORTED_MAX evenly spaced samples. */
    size_t kept[CSI_STATS_KEPT]; /* a quarter of the entries, an eighth, ... */
    double lost[CSI_STATS_KEPT];
    size_t sorted;
} csi_stats;

/* ERR_INVALID for a set without energy, ERR_NOMEM. Free with csi_stats_free, after a failure too.
 */
int csi_stats_of(const csi_dataset *set, csi_stats *stats, err *e);
void csi_stats_free(csi_stats *stats);

/* The q-quantile (0..1) of the spread over the samples. */
double csi_stats_spread(const csi_stats *stats, double q);

#endif
