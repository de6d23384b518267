/* agent_config.h: what an agent is: its UEs, and when and what they report. */
#ifndef UE_AGENT_AGENT_CONFIG_H
#define UE_AGENT_AGENT_CONFIG_H

#include <stdint.h>

#include "cell/schedule.h"
#include "chain/cell.h"
#include "chain/ue.h"

typedef struct agent_config {
    const char *connect; /* channel-sim */
    uint32_t first_ue;
    chain_cell cell;         /* the UEs of this agent, and their channels, open */
    chain_schedule schedule; /* of the whole cell */
    double timeout_s;
    double warm_up_s;   /* latency of reports due before is kept apart */
    double use_after_s; /* CSI is used so long after it was due; NaN: when its answer is there */
    uint64_t age_every; /* of each UE's reports, every so manyth is held against the channel at its
                           use; 0: none */
    size_t workers;
    chain_ue_config chain;
    const codec *encoder; /* this and the channels must outlive the agent */
    uint32_t key_age;     /* chain/memory.h */
    uint32_t ack_delay;  /* a codec with memory builds on what was acknowledged among the reports up
                            to so many before, and an adaptive uplink goes by the SNR of then, so
                            that figures are repeatable (chain/memory.h, snrs.h); 0: on whatever has
                            been acknowledged by then */
    const char *record;  /* file for what is counted (account.h), or NULL */
    const char *reports; /* file for a line of each report (reports.h), or NULL */
    uint32_t reports_every; /* of each UE's, every so manyth */
} agent_config;

#endif
