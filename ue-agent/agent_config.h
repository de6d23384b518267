/* agent_config.h: an agent's configuration: its UEs, and when and what they report. */
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
    double warm_up_s;   /* the latency of reports due earlier is counted separately */
    double use_after_s; /* CSI is used so long after it was due; NaN: when its answer arrives */
    uint64_t age_every; /* every N-th report of a UE is also compared with the channel at its
                           use; 0: none */
    size_t workers;
    chain_ue_config chain;
    const codec *encoder;   /* this and the channels must outlive the agent */
    uint32_t key_age;       /* chain/memory.h */
    uint32_t ack_delay;     /* delay in reports after which a codec with memory builds on an
                               acknowledged report and an adaptive uplink uses the acknowledged SNR,
                               so that figures repeat (chain/memory.h, snrs.h); 0: as soon as the
                               acknowledgement arrives */
    const char *record;     /* file for the tally (account.h), or NULL */
    const char *reports;    /* file for a line of each report (reports.h), or NULL */
    uint32_t reports_every; /* every N-th report of each UE */
} agent_config;

#endif
