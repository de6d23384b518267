/* spherical.h: the channel of spherical waves from one bounce per cluster. */
#ifndef FADING_TR38901_SPHERICAL_H
#define FADING_TR38901_SPHERICAL_H

#include <complex.h>

#include "csi/grid.h"
#include "csi/transform.h"
#include "fading/tr38901/channel.h"

/* NULL when memory ran out. */
tr38901_spherical *tr38901_spherical_create(const tr38901_ue *u);
void tr38901_spherical_free(tr38901_spherical *s);
void tr38901_spherical_angle_delay(tr38901_ue *u, csi_transform *t, double time_s,
                                   float complex *h_ad);
void tr38901_spherical_frequency(tr38901_ue *u, double time_s, float complex *h_freq);
void tr38901_spherical_grid(tr38901_ue *u, double time_s, const csi_grid *grid,
                            float complex *h_grid);

#endif
