/* ue.h: one UE in a COST 2100 environment: where it is at a time, and the paths that it sees. */
#ifndef FADING_COST2100_UE_H
#define FADING_COST2100_UE_H

#include "fading/config.h"
#include "fading/cost2100/environment.h"

typedef struct cost2100_ue cost2100_ue;

/* UE number `ue` of `v`, which must outlive it. It starts anywhere in the network's square, or on
 * its ring, where a cluster is in sight, and moves straight on at speed_kmh in a direction of its
 * own, turned back at the square's borders. NULL when out of memory. */
cost2100_ue *cost2100_ue_create(const cost2100_network *n, const cost2100_environment *v,
                                const fading_config *c, uint32_t ue, err *e);
void cost2100_ue_free(cost2100_ue *u);

/* Where it is; a pure function of time. */
cost2100_point cost2100_ue_position(const cost2100_ue *u, double time_s);

/* The paths at a time, into `paths` with room for cost2100_paths_max(); how many. Absolute delays.
 * Gains are relative: without the free-space loss, which all paths have in common. */
size_t cost2100_ue_paths(cost2100_ue *u, double time_s, fading_path *paths);
size_t cost2100_paths_max(const cost2100_network *n);

#endif
