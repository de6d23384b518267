/* ue.h: one UE in a COST 2100 environment: its position and paths at a time. */
#ifndef FADING_COST2100_UE_H
#define FADING_COST2100_UE_H

#include "fading/config.h"
#include "fading/cost2100/environment.h"

typedef struct cost2100_ue cost2100_ue;

/* UE number `ue` of `v`, which must outlive it. It starts at a point with a cluster in sight,
 * anywhere in the network's square or on its ring, and moves at speed_kmh in a constant random
 * direction, reflected at the square's borders. NULL when out of memory. */
cost2100_ue *cost2100_ue_create(const cost2100_network *n, const cost2100_environment *v,
                                const fading_config *c, uint32_t ue, err *e);
void cost2100_ue_free(cost2100_ue *u);

/* Its position; a pure function of time. */
cost2100_point cost2100_ue_position(const cost2100_ue *u, double time_s);

/* Writes the paths at a time to `paths`, which has room for cost2100_paths_max(); returns their
 * count. Delays are absolute. Gains exclude the free-space loss, which all paths share. */
size_t cost2100_ue_paths(cost2100_ue *u, double time_s, fading_path *paths);
size_t cost2100_paths_max(const cost2100_network *n);

#endif
