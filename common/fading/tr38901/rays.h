/* rays.h: the rays of a drop at a given time, for both ways of summing them. */
#ifndef FADING_TR38901_RAYS_H
#define FADING_TR38901_RAYS_H

#include <complex.h>

#include "fading/config.h"
#include "fading/tr38901/channel.h"

/* The rays' gains at a time, gain[drop.ray_count], at an offset from the array's centre of `across`
 * cycles per unit of direction cosine: 0 is the centre, (nt - 1) / 4 the first antenna. */
void tr38901_gains(const tr38901_drop *d, double time_s, double across, float complex *gain);

/* The same as a list of plane waves, with phases at the first antenna as in fading/config.h. */
size_t tr38901_list(const tr38901_ue *u, double time_s, fading_path *paths);

/* The response of a path of delay tau, in taps, in each of the Ni kept taps: response[r * stride].
 */
void tr38901_response(double tau, const csi_dims *dims, float complex *response, size_t stride);

#endif
