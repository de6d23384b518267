/* portrait.h: figures of a set of channels for comparison with another set: in how few entries a
 * sample's energy lies, and how the power of all samples is distributed.
 *
 * csi/stats.h has similar figures, in which every sample has the same weight. Here a sample is
 * weighted by the power of its image, as in the training of a network and in its batch norm. */
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

/* ERR_INVALID for a set without energy, or with fewer entries than t->keep asks for; ERR_NOMEM. */
int portrait_of(const csi_dataset *set, const targets *t, portrait *p, err *e);

/* The share of the power that the two distribute differently: half the sum of |difference of
 * shares|, over the positions that `target` has. 0 to 1; NaN if it has none. */
double portrait_distance(const target_axis *axis, const target_axis *target);

#endif
