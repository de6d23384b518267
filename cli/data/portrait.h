/* portrait.h: what a set of channels looks like to one who compares it with another: how few
 * entries hold a sample, and where the power of all samples together lies.
 *
 * csi/stats.h has the same of one set by itself, where every sample counts alike. Here each counts
 * with the power that its image has, which is what a network that was trained on the set has seen
 * and what its batch norm has kept. */
#ifndef CLI_DATA_PORTRAIT_H
#define CLI_DATA_PORTRAIT_H

#include "base/error.h"
#include "csi/dataset.h"
#include "targets.h"

/* A mean over samples, and its standard error: a set of other samples of the same channels would
 * differ by about that much. */
typedef struct portrait_mean {
    double mean, error;
} portrait_mean;

portrait_mean portrait_mean_of(double sum, double squares, size_t count);

typedef struct portrait {
    size_t samples; /* that have energy */
    /* Share of a sample's energy outside the keep[i].entries largest of its Nt Ni entries. */
    portrait_mean lost[TARGET_KEPT_MAX];
    double power; /* mean over samples of sum (x - 0.5)^2 */
    target_axis tap, angle;
} portrait;

/* ERR_INVALID for a set without energy, or with fewer entries than are to be kept; ERR_NOMEM. */
int portrait_of(const csi_dataset *set, const targets *t, portrait *p, err *e);

/* The share of the power that lies at other places in the one than in the other: half the sum of
 * |difference of shares|, over the places that `target` has. 0 to 1; NaN where there are none. */
double portrait_distance(const target_axis *axis, const target_axis *target);

#endif
