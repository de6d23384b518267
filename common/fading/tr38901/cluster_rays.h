/* cluster_rays.h: the rays of a cluster of 3GPP TR 38.901: their angles around the cluster's, and
 * the coupling of angles of departure and arrival. The same in clauses 7.5 and 7.7.1. */
#ifndef FADING_TR38901_CLUSTER_RAYS_H
#define FADING_TR38901_CLUSTER_RAYS_H

#include <stdint.h>

#include "base/rng.h"

enum { TR38901_RAYS = 20 }; /* M, of each cluster */

/* alpha_m of Table 7.5-3: offsets for a spread of 1, with mean square 1, in the order of the
 * sub-clusters of Table 7.5-5: rays 1-8, 19, 20, then 9-12, 17, 18, then 13-16. */
extern const double tr38901_ray_offset[TR38901_RAYS];

/* Step 8 of 7.5, step 2 of 7.7.1: a random permutation within each part [first[i], first[i + 1]) of
 * the rays. */
void tr38901_couple(rng *r, const int *first, int parts, uint8_t order[TR38901_RAYS]);

#endif
