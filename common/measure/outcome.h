/* outcome.h: the outcome of one report that the base station answered: acknowledged, or not
 * decoded. */
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
    bool failed;             /* not decoded: the quality is of the CSI that the base station keeps
                                using */
    bool needs_key;          /* not decoded because the memory it builds on was missing, not by a
                                failed check */
    double snr_db;           /* as requested from channel-sim */
    double noise_power;      /* of the noise on the burst; the burst's power is 1 */
    double snr_estimated_db; /* by the base station */
    uint32_t bits;           /* of the report (uplink/uplink.h) */
    bool remembers;          /* its codec has a memory, */
    bool key;                /* and this report builds on no other */
    bool compared;           /* both ends reported a digest of the bits on the uplink, */
    bool undetected;         /* and they differ, although the uplink's check passed */
    double channel_uses;     /* complex; side bits cost the capacity at snr_db */
    bool split;              /* the latency's stages are known; else only its total */
    chain_latency latency;
    bool measured;                     /* the UE asked for the reconstruction and measured it */
    measure_quality quality;           /* at estimation */
    double ls_nmse, se_ls, se_perfect; /* of the UE's own estimate, and of the channel itself */
    bool aged;                         /* and with the channel at its use */
    double age_s;                      /* time from due to use */
    measure_quality used;
} chain_outcome;

#endif
