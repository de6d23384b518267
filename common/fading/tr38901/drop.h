/* drop.h: one UE's drop of 3GPP TR 38.901, clause 7.5, steps 1 to 11: the UE's position,
 * large-scale parameters, clusters and rays. Pure mathematics: no memory, no antenna array.
 *
 * The BS is at the origin, its array along y, broadside +x. A UE's position is uniform over the 120
 * degree sector around broadside, between two distances. One stream of base/rng.h draws everything,
 * so a drop is a function of (seed, UE). */
#ifndef FADING_TR38901_DROP_H
#define FADING_TR38901_DROP_H

#include <stdint.h>

#include "fading/tr38901/cluster_rays.h"
#include "fading/tr38901/scenario.h"

enum {
    TR38901_MAX_CLUSTERS = 24,                       /* 20 of a scenario, 24 of CDL-C */
    TR38901_MAX_TAPS = 1 + TR38901_MAX_CLUSTERS + 4, /* LOS, clusters, two of them in three */
    TR38901_MAX_RAYS = 1 + TR38901_MAX_CLUSTERS * TR38901_RAYS
};

#define TR38901_LIGHT_M_PER_S 299792458.0

/* The least distance of spherical waves' bounces from the array's centre. */
#define TR38901_NEAREST_BOUNCE_M 10.0

/* What all drops of a channel share. */
typedef struct tr38901_setting {
    const tr38901_scenario *scenario;
    double carrier_ghz;
    double lsp_carrier_ghz; /* the same, or the floor if higher */
    double near_m, far_m;
    double speed_m_s;
    double root[TR38901_LSPS][TR38901_LSPS]; /* Cholesky factor of the correlations */
    double offset_cos[3][TR38901_RAYS], offset_sin[3][TR38901_RAYS]; /* rays: ASD, ASA, ZSA */
} tr38901_setting;

typedef struct tr38901_ray {
    double sine;     /* direction cosine along the array, sin(ZOD) sin(AOD) */
    double phase;    /* phase at the array's centre at time 0, in cycles */
    double shift_hz; /* Doppler */
} tr38901_ray;

/* Rays of one delay: rays[first..first + count). */
typedef struct tr38901_tap {
    double delay_s;   /* after the LOS, or after the earliest cluster if there is none */
    double amplitude; /* of each ray */
    double sine;      /* of the cluster */
    double range_m;   /* from the array to the cluster's bounce (LOS: to the UE) */
    int first, count;
} tr38901_tap;

typedef struct tr38901_drop {
    double distance_m;        /* d2D */
    double azimuth;           /* of the UE as seen from the BS, radians, 0 is broadside */
    double heading;           /* of the UE's movement, radians */
    double lsp[TR38901_LSPS]; /* as drawn, in the units of the enum, before the caps on spreads */
    int tap_count, ray_count;
    tr38901_tap tap[TR38901_MAX_TAPS];
    tr38901_ray ray[TR38901_MAX_RAYS];
} tr38901_drop;

/* Fills the tables from scenario, carriers, distances and speed, which the caller sets before. */
void tr38901_prepare(tr38901_setting *s);

/* Draws the drop of UE `ue`. The rays' powers (amplitude^2) sum to 1. */
void tr38901_draw(const tr38901_setting *s, uint64_t seed, uint32_t ue, tr38901_drop *d);

#endif
