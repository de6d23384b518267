/* cluster.h: one cluster of the COST 2100 model: the positions of its multipath components (MPCs),
 * and the properties of a path over each, apart from the UE's position. */
#ifndef FADING_COST2100_CLUSTER_H
#define FADING_COST2100_CLUSTER_H

#include "base/rng.h"
#include "fading/cost2100/network.h"

/* In metres, from the BS. */
typedef struct cost2100_point {
    double x, y;
} cost2100_point;

/* For a UE at u, a path over MPC i is fixed[i] + |at[i] - u| metres long. */
typedef struct cost2100_mpcs {
    float *x, *y, *z;
    float *fixed;
    float *sine;    /* at the BS: fading_path.sine */
    float *re, *im; /* weights, sum of squares 1 */
} cost2100_mpcs;

typedef struct cost2100_cluster {
    double power;          /* shadowing, linear */
    double fixed;          /* the path over its centre is fixed + |centre - u| metres long */
    cost2100_point centre; /* as the MS sees it */
    cost2100_mpcs mpc;
} cost2100_cluster;

/* The caller provides the memory of a cluster's MPCs: COST2100_CLUSTER_FLOATS for each. */
enum { COST2100_CLUSTER_FLOATS = 7 };
void cost2100_cluster_attach(cost2100_cluster *c, const cost2100_network *n, float *floats);

/* Draws a far cluster with its reference VR centred at `vr` into an attached cluster. */
void cost2100_far_cluster(const cost2100_network *n, cost2100_point vr, rng *r,
                          cost2100_cluster *c);

/* Draws a cluster around a point, the BS (at the origin) or a UE. Its MPCs are relative to that
 * point: only x, y, z and weights; fixed and sine are 0. */
void cost2100_local_cluster(const cost2100_network *n, rng *r, cost2100_cluster *c);

#endif
