/* planar.h: the channel of plane waves, narrowband over the array. */
#ifndef FADING_TR38901_PLANAR_H
#define FADING_TR38901_PLANAR_H

#include <complex.h>

#include "csi/grid.h"
#include "csi/transform.h"
#include "fading/tr38901/channel.h"

/* NULL when memory ran out. */
tr38901_planar *tr38901_planar_create(const tr38901_ue *u);
void tr38901_planar_free(tr38901_planar *p);
void tr38901_planar_angle_delay(tr38901_ue *u, csi_transform *t, double time_s,
                                float complex *h_ad);
void tr38901_planar_frequency(tr38901_ue *u, double time_s, float complex *h_freq);
void tr38901_planar_grid(tr38901_ue *u, double time_s, const csi_grid *grid, float complex *h_grid);

#endif
