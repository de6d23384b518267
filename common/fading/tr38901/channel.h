/* channel.h: the parts of the TR 38.901 model that share its state. */
#ifndef FADING_TR38901_CHANNEL_H
#define FADING_TR38901_CHANNEL_H

#include <stdbool.h>

#include "csi/mix.h"
#include "fading/model.h"
#include "fading/tr38901/drop.h"

typedef struct tr38901_model {
    csi_dims dims;
    double bandwidth_hz;
    uint64_t seed;
    bool spherical; /* else plane waves, narrowband over the array */
    tr38901_setting setting;
    csi_mix_fn *mix;
} tr38901_model;

/* Plane waves, narrowband over the array. */
typedef struct tr38901_planar tr38901_planar;
/* Spherical waves from one bounce for each cluster, and each cluster's delay at each antenna. */
typedef struct tr38901_spherical tr38901_spherical;

typedef struct tr38901_ue {
    const tr38901_model *model;
    tr38901_drop drop;
    tr38901_planar *planar; /* one of the two, NULL the other */
    tr38901_spherical *spherical;
} tr38901_ue;

/* The rays' gains at a time, gain[drop.ray_count], `across` turns a unit of direction cosine away
 * from the array's centre: 0 is the centre itself, (nt - 1) / 4 the first antenna. */
void tr38901_gains(const tr38901_drop *d, double time_s, double across, float complex *gain);

/* The same as a list of plane waves, which fading.h counts from the first antenna. */
size_t tr38901_list(const tr38901_ue *u, double time_s, fading_path *paths);

/* What a path of delay tau, in taps, leaves in each of the Ni taps that are kept:
 * response[r * stride]. */
void tr38901_response(double tau, const csi_dims *dims, float complex *response, size_t stride);

/* NULL when memory ran out. */
tr38901_planar *tr38901_planar_create(const tr38901_ue *u);
void tr38901_planar_free(tr38901_planar *p);
void tr38901_planar_angle_delay(tr38901_ue *u, csi_transform *t, double time_s,
                                float complex *h_ad);
void tr38901_planar_frequency(tr38901_ue *u, double time_s, float complex *h_freq);
void tr38901_planar_grid(tr38901_ue *u, double time_s, const csi_grid *grid, float complex *h_grid);

tr38901_spherical *tr38901_spherical_create(const tr38901_ue *u);
void tr38901_spherical_free(tr38901_spherical *s);
void tr38901_spherical_angle_delay(tr38901_ue *u, csi_transform *t, double time_s,
                                   float complex *h_ad);
void tr38901_spherical_frequency(tr38901_ue *u, double time_s, float complex *h_freq);
void tr38901_spherical_grid(tr38901_ue *u, double time_s, const csi_grid *grid,
                            float complex *h_grid);

#endif
