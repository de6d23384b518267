/* environment.h: the state that all UEs of one COST 2100 environment share: the positions of its
 * visibility regions (VRs), the cluster of each, and the cluster around the BS. A pure function of
 * (network, carrier, seed, number); immutable once built.
 *
 * A UE draws far clusters when it sees them. Each cluster has a separate random stream, so all UEs
 * see the same cluster, and thousands of unseen clusters cost nothing. */
#ifndef FADING_COST2100_ENVIRONMENT_H
#define FADING_COST2100_ENVIRONMENT_H

#include <stdint.h>

#include "base/error.h"
#include "fading/cost2100/cluster.h"

typedef struct cost2100_environment cost2100_environment;

/* A cluster in sight, and the amplitude factor of the VR that shows it best. */
typedef struct cost2100_sight {
    uint32_t cluster;
    double gain;
} cost2100_sight;

cost2100_environment *cost2100_environment_create(const cost2100_network *n, double carrier_hz,
                                                  uint64_t seed, uint32_t number, err *e);
void cost2100_environment_free(cost2100_environment *v);

/* Writes the clusters active at `u`, in ascending order of number, to `sights`, which has room for
 * n->most_active (further ones are left out); returns their count. */
size_t cost2100_environment_look(const cost2100_environment *v, cost2100_point u,
                                 cost2100_sight *sights);

/* Draws far cluster number `cluster`. */
void cost2100_environment_cluster(const cost2100_environment *v, uint32_t cluster,
                                  cost2100_cluster *c);

/* The cluster around the BS, with fixed and sine filled in; NULL if the network has none. */
const cost2100_cluster *cost2100_environment_bs_cluster(const cost2100_environment *v);

/* Whether a UE at `u` has the line-of-sight path. */
bool cost2100_environment_los(const cost2100_environment *v, cost2100_point u);

/* The numbers of VRs, clusters and bytes. */
void cost2100_environment_size(const cost2100_environment *v, size_t *regions, size_t *clusters,
                               size_t *bytes);

#endif
