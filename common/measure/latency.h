/* latency.h: where the time of one report went, from when it was due to when its UE had the answer.
 *
 * Time runs from the report's place in the schedule, not from when the UE got round to it: a stall
 * anywhere is in the latency of every report that was due meanwhile (no coordinated omission).
 *
 *     due | wait | simulate | estimate | encode | modulate | send | uplink | delay + impair
 *     | transit | queue | demodulate | decode | answer | return | downlink | there
 *
 * The stages add up to `total`, exactly. `feedback` is total without simulate: how old the CSI is
 * when it can be used. */
#ifndef MEASURE_LATENCY_H
#define MEASURE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock_offset.h"

typedef enum chain_stage {
    CHAIN_WAIT,       /* due, but no thread has taken it up */
    CHAIN_SIMULATE,   /* channel, pilots, the genie's figures: the simulation's work, not a UE's */
    CHAIN_ESTIMATE,   /* LS and transform */
    CHAIN_ENCODE,     /* the codec: estimate to payload */
    CHAIN_MODULATE,   /* the uplink: payload to burst, its channel code included */
    CHAIN_SEND,       /* back on the agent's loop, packed, given to its socket */
    CHAIN_UPLINK,     /* on the way to channel-sim */
    CHAIN_DELAY,      /* imposed by channel-sim, on purpose */
    CHAIN_IMPAIR,     /* channel-sim's own work and lateness */
    CHAIN_TRANSIT,    /* channel-sim to base station */
    CHAIN_QUEUE,      /* waits there for a worker */
    CHAIN_DEMODULATE, /* the uplink's receiver: burst to payload, its channel code included */
    CHAIN_DECODE,     /* the codec: payload to reconstruction */
    CHAIN_ANSWER,     /* back on the loop, packed, given to the socket */
    CHAIN_RETURN,     /* base station to channel-sim */
    CHAIN_DOWNLINK,   /* channel-sim to UE */
    CHAIN_FEEDBACK,   /* total less simulate */
    CHAIN_TOTAL,      /* due to answered */
    CHAIN_STAGES
} chain_stage;

/* Those before add up to the total. */
enum { CHAIN_WAY = CHAIN_FEEDBACK };

const char *chain_stage_name(chain_stage stage);

/* Whether a stage was part of another one before, so that what was written then lacks it: modulate
 * was in encode, demodulate in decode. */
bool chain_stage_came_later(chain_stage stage);

/* What was stamped on a report's way, in ns; each block by one clock. */
typedef struct chain_stamps {
    /* The UE's. */
    uint64_t due, simulate_start, estimate_start, encode_start, modulate_start, modulate_end, sent,
        answered;
    /* channel-sim's; 0 where it told nothing. */
    uint64_t sim_clock, sim_received, sim_forwarded, sim_delay, sim_returned;
    /* The base station's. */
    uint64_t bs_clock, bs_received, decode_start, decode_end, bs_answered;
    uint64_t uplink_decoded; /* 0 where it told none: then all of its work counts as decoding */
} chain_stamps;

/* What a UE's host knows of the others' clocks. */
typedef struct chain_clocks {
    uint64_t own;     /* clock_identity() */
    clock_offset sim; /* from the UE's */
    clock_offset bs;  /* from channel-sim's */
} chain_clocks;

typedef struct chain_latency {
    uint64_t ns[CHAIN_STAGES];
    uint64_t access_error_ns; /* of uplink and downlink, where channel-sim's clock is another */
    uint64_t core_error_ns;   /* of transit and return, where the base station's is another */
} chain_latency;

/* Splits a report's time, having taken its round trips into `clocks`. False where the stamps cannot
 * be (an answer from someone who makes them up): then nothing is set but the total. */
bool chain_latency_split(const chain_stamps *stamps, chain_clocks *clocks, chain_latency *latency);

#endif
