/* stats.h: what the channels of a data set look like: where their energy lies in delay and angle,
 * how far it spreads, how few coefficients hold it.
 *
 * Every sample counts alike: it is taken at energy 1, as the files have lost their scale. */
#ifndef CSI_STATS_H
#define CSI_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dataset.h"

enum { CSI_STATS_KEPT = 5, CSI_STATS_SORTED_MAX = 10000 };

typedef struct csi_stats {
    size_t samples; /* that have energy */
    size_t empty;   /* that have none: 0.5 throughout, left out */
    uint32_t nt, ni;
    double *tap;       /* [ni] mean share of the energy at a delay */
    double *angle;     /* [nt] mean share at an angle */
    double *magnitude; /* [nt][ni] mean |H| */
    double *spread;    /* [samples] rms delay spread in taps, ascending: the square root of the
                          power-weighted variance of the delay */
    /* NMSE of keeping the kept[i] largest of the nt ni entries: mean over at most
     * CSI_STATS_SORTED_MAX samples, evenly spaced, of the share of energy that is lost. */
    size_t kept[CSI_STATS_KEPT]; /* a quarter of the entries, an eighth, ... */
    double lost[CSI_STATS_KEPT];
    size_t sorted;
} csi_stats;

/* ERR_INVALID for a set without energy, ERR_NOMEM. Free with csi_stats_free, also after a failure.
 */
int csi_stats_of(const csi_dataset *set, csi_stats *stats, err *e);
void csi_stats_free(csi_stats *stats);

/* The spread that a share q (0..1) of the samples does not exceed. */
double csi_stats_spread(const csi_stats *stats, double q);

#endif
