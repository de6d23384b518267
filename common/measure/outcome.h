/* outcome.h: what one report that the base station answered came to: acknowledged, or not decoded.
 */
#ifndef MEASURE_OUTCOME_H
#define MEASURE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/latency.h"
#include "measure/quality.h"

typedef struct chain_outcome {
    uint32_t ue, seq;
    double due_s, settled_s; /* from the schedule's start: due, and answered */
    bool warm_up;            /* due before the warm-up's end */
    bool failed;             /* not decoded: the quality is of what the base station goes on with */
    bool needs_key;          /* for want of the memory that it builds on, not by a failed check */
    double snr_db;           /* as asked of channel-sim */
    double noise_power;      /* of that on the burst, whose own is 1 */
    double snr_estimated_db; /* by the base station */
    uint32_t bits;           /* of the report (uplink/uplink.h) */
    bool compared;           /* both ends told a digest of the bits that went over the uplink, */
    bool undetected;         /* and they differ, although the uplink's check passed */
    double channel_uses;     /* complex, side bits charged at the capacity of snr_db */
    bool split;              /* the latency's stages are known; else its total alone */
    chain_latency latency;
    bool measured;           /* the UE asked for the reconstruction and held it against the truth */
    measure_quality quality; /* at estimation */
    double ls_nmse, se_ls, se_perfect; /* of the UE's own estimate, and of the channel itself */
    bool aged;                         /* and against the channel at its use */
    double age_s;                      /* which came so long after it was due */
    measure_quality used;
} chain_outcome;

#endif
