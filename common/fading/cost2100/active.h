/* active.h: limits the size of a COST 2100 network: its visibility regions (VRs), and the clusters
 * that a UE has in sight at once. */
#ifndef FADING_COST2100_ACTIVE_H
#define FADING_COST2100_ACTIVE_H

#include "base/error.h"
#include "fading/cost2100/network.h"

/* Upper limits: some 6 MB for an environment, 1.2 MB for a UE. */
enum { COST2100_REGIONS_MAX = 200000, COST2100_ACTIVE_MAX = 400 };

/* Sets n->most_active from the network's far clusters and VRs: more are in sight with a probability
 * below 1e-9. ERR_INVALID, with the network unchanged, beyond those limits. */
int cost2100_limit_active(cost2100_network *n, err *e);

#endif
