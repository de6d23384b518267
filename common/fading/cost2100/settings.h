/* settings.h: the settings that follow the name of a COST 2100 channel:
 *
 *     cost2100-outdoor:nlos:ues=4:far=1.8:distance=200/10
 *
 * in any order, each at most once. `nlos` selects the network without line of sight, `ues=N` sets
 * the number of UEs that share an environment, and each other one sets a parameter of the network:
 *
 *     side=M            of the square that UEs start and move in
 *     distance=MEAN/SD  UEs start at a normally distributed distance from the BS, at any azimuth,
 *                       instead of anywhere in the square; they move within a square of twice
 *                       MEAN + 4 SD (at most the cell's diameter), and none starts beyond half of
 *                       it
 *     far=N             far clusters in sight, mean (indoors: before 0 is replaced by 1)
 *     decay=X           k_tau, per us; 1 is 4.34 dB/us
 *     cutoff=US         tau_B: clusters later than this decay no further. Outdoors only
 *     single=SHARE      of single-bounce far clusters
 *     link=NS           mean link delay of the others, above the minimum
 *     reach=M           BS to cluster: uniform up to this
 *     vr=M              R_C, the radius of visibility regions
 *     transition=M      L_C, the width of their transition; less than vr
 *     mpcs=N            multipath components of each cluster
 *     spread=NS         delay spread of clusters, median
 *     k=DB              power of the line of sight, median. Outdoors, not with nlos
 *     angle=bs|ue       the end at which the array response takes the azimuth; ue: from the UE to
 *                       the component, or to the BS for the line of sight: a mistake that users of
 *                       the model's public code can make, since it returns both azimuths
 *     los=power|sum     k is relative to the sum of the other paths' powers, or the power of
 *                       their sum with its carrier phases, as in the model's public code of 2013 to
 *                       2017. As k
 *
 * Ranges are in docs/channels.md, and in the message for a value out of range. */
#ifndef FADING_COST2100_SETTINGS_H
#define FADING_COST2100_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/cost2100/network.h"

typedef struct cost2100_settings {
    const cost2100_network *own; /* the named network */
    cost2100_network network;    /* the same, with the settings applied */
    uint32_t ues;                /* of each environment */
} cost2100_settings;

/* Reads the text after the name; `indoor` says which of the two names. ERR_INVALID names the wrong
 * setting and its allowed values. */
int cost2100_settings_read(bool indoor, const char *text, cost2100_settings *s, err *e);

/* Writes the settings that differ from the network's defaults, ", far=1.8, k=3", or "". The caller
 * describes the square's side and `ues`. */
void cost2100_settings_describe(const cost2100_settings *s, char *text, size_t size);

#endif
