/* rays.h: what the rays of a drop are at a time, for both ways to add them up. */
#ifndef FADING_TR38901_RAYS_H
#define FADING_TR38901_RAYS_H

#include <complex.h>

#include "fading/config.h"
#include "fading/tr38901/channel.h"

/* The rays' gains at a time, gain[drop.ray_count], `across` turns a unit of direction cosine away
 * from the array's centre: 0 is the centre itself, (nt - 1) / 4 the first antenna. */
void tr38901_gains(const tr38901_drop *d, double time_s, double across, float complex *gain);

/* The same as a list of plane waves, which fading/config.h counts from the first antenna. */
size_t tr38901_list(const tr38901_ue *u, double time_s, fading_path *paths);

/* What a path of delay tau, in taps, leaves in each of the Ni taps that are kept:
 * response[r * stride]. */
void tr38901_response(double tau, const csi_dims *dims, float complex *response, size_t stride);

#endif
