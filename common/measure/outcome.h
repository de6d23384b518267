/* outcome.h: what one report that was answered came to. */
#ifndef MEASURE_OUTCOME_H
#define MEASURE_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "chain/bs.h"
#include "measure/age.h"
#include "measure/latency.h"

typedef struct chain_outcome {
    uint32_t ue, seq;
    double due_s, settled_s; /* from the schedule's start: due, and answered */
    bool warm_up;            /* due before the warm-up's end */
    double snr_db;           /* as asked of channel-sim */
    double noise_power;      /* of that on the codeword, whose own is 1 */
    double snr_estimated_db; /* by the base station */
    bool split;              /* the latency's stages are known; else its total alone */
    chain_latency latency;
    bool measured; /* the genie told the truth */
    chain_quality quality;
    double ls_nmse, se_ls, se_perfect; /* of the UE's own estimate, and of the channel itself */
    bool aged;                         /* and what became of it until it was used */
    chain_aged used;
} chain_outcome;

#endif
