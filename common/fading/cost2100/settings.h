/* settings.h: what follows the name of a COST 2100 channel:
 *
 *     cost2100-outdoor:nlos:ues=4:far=1.8:distance=200/10
 *
 * in any order, each at most once. `nlos` takes the network without line of sight, `ues=N` sets how
 * many UEs share an environment, and all others set a parameter of the network:
 *
 *     side=M            of the square that UEs start and move in
 *     distance=MEAN/SD  UEs start at a normally distributed distance from the BS, at any azimuth,
 *                       instead of anywhere in the square; they move within a square of twice
 *                       MEAN + 4 SD (at most the cell's diameter), and none starts beyond half of
 * it far=N             far clusters in sight, mean (indoors the mean before at least one is made of
 *                       none)
 *     decay=X           k_tau, per us; 1 is 4.34 dB/us
 *     cutoff=US         tau_B: clusters later than this decay no further. Outdoors only
 *     single=SHARE      of far clusters that are met in a single bounce
 *     link=NS           mean link delay of the others, beyond the least
 *     reach=M           BS to cluster: uniform up to this
 *     vr=M              R_C, the radius of visibility regions
 *     transition=M      L_C, the width of their transition; less than vr
 *     mpcs=N            multipath components of each cluster
 *     spread=NS         delay spread of clusters, median
 *     k=DB              power of the line of sight, median. Outdoors, not with nlos
 *     angle=bs|ue       which end's azimuth the array sees; ue: that from the UE to the component,
 *                       or to the BS for the line of sight: a slip that users of the model's own
 *                       code can make, since that gives both azimuths
 *     los=power|sum     what k is relative to: the sum of the other paths' powers, or the power of
 *                       their sum with its carrier phases, as in the model's public code of 2013 to
 *                       2017. As k
 *
 * Ranges are in docs/channels.md, and in the message where a value is outside of its own. */
#ifndef FADING_COST2100_SETTINGS_H
#define FADING_COST2100_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/cost2100/network.h"

typedef struct cost2100_settings {
    const cost2100_network *own; /* the network that the name stands for */
    cost2100_network network;    /* the same, with what the text sets */
    uint32_t ues;                /* of each environment */
} cost2100_settings;

/* Reads the text after the name; `indoor`: which of the two names. ERR_INVALID says which setting
 * is wrong, and what would be right. */
int cost2100_settings_read(bool indoor, const char *text, cost2100_settings *s, err *e);

/* The settings that differ from the network's own, ", far=1.8, k=3", "" where there are none. The
 * square's side and `ues` are left to the caller. */
void cost2100_settings_describe(const cost2100_settings *s, char *text, size_t size);

#endif
