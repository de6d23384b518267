/* watch.h: the UEs whose CSI somebody looks at: for each the newest true and reconstructed |H|, one
 * pair per telemetry message, so that watching costs the same at any report rate. */
#ifndef UE_AGENT_WATCH_H
#define UE_AGENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "csi/dims.h"
#include "measure/outcome.h"
#include "service/service.h"

typedef struct watched_ue {
    uint32_t ue;
    bool due;    /* no sample since the last message */
    float *pair; /* the sample's values, owned; NULL before the first */
    wire_csi_sample sample;
} watched_ue;

typedef struct watch_list {
    watched_ue ue[WIRE_SAMPLES_MAX];
    size_t count;
} watch_list; /* zero-initialise */

/* Somebody began (`on`) or ended to watch a UE. UEs beyond WIRE_SAMPLES_MAX are not shown. */
void watch_set(watch_list *list, uint32_t ue, bool on);

/* Shows a reconstruction [nt][ni] beside its truth, if its UE is watched and a sample is due. */
void watch_keep(watch_list *list, const chain_outcome *outcome, const measure_truth *truth,
                const float complex *reconstruction, const csi_dims *dims);

/* Adds what came since the last time to the message that is being filled. */
void watch_fill(watch_list *list, link_service *service);
void watch_clear(watch_list *list);

#endif
