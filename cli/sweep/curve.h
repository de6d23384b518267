/* curve.h: helpers for the curves in a sweep's pictures. */
#ifndef CLI_SWEEP_CURVE_H
#define CLI_SWEEP_CURVE_H

#include "cli/plot/figure.h"
#include "points.h"

typedef struct curve_pair {
    double x, y;
} curve_pair;

/* Sorts by x, ascending. */
void curve_sort(curve_pair *pairs, size_t count);

/* Adds the points to the curve, x ascending; sorts `pairs`. */
void curve_put_sorted(figure_curve *to, curve_pair *pairs, size_t count);

/* True if a figure has a curve with this label. */
bool curve_is_there(const figure *f, const char *label);

/* The index of the sweep's SNR closest to this one. */
size_t sweep_nearest_snr(const sweep *s, double snr_db);

/* True if the points of a curve have an NMSE to draw; those of directions have none. */
bool sweep_curve_is_drawn(const sweep *s, size_t curve);

#endif
