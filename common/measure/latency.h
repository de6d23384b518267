/* latency.h: splits the time of one report, from its due time to the arrival of the answer at its
 * UE.
 *
 * Time runs from the report's scheduled time, not from when the UE started it: a stall anywhere
 * counts in the latency of every report due meanwhile (no coordinated omission).
 *
 *     due | wait | simulate | estimate | encode | modulate | send | uplink | delay + impair
 *     | transit | queue | demodulate | decode | answer | return | downlink | there
 *
 * The stages add up to `total`, exactly. `feedback` is total without simulate: the age of the CSI
 * when the base station can use it. */
#ifndef MEASURE_LATENCY_H
#define MEASURE_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock_offset.h"

typedef enum chain_stage {
    CHAIN_WAIT,       /* due, but no thread has started it */
    CHAIN_SIMULATE,   /* channel, pilots, the genie's figures: the simulation's work, not a UE's */
    CHAIN_ESTIMATE,   /* LS and transform */
    CHAIN_ENCODE,     /* the codec: estimate to payload */
    CHAIN_MODULATE,   /* the uplink: payload to burst, its channel code included */
    CHAIN_SEND,       /* back on the agent's loop, serialized, passed to its socket */
    CHAIN_UPLINK,     /* on the way to channel-sim */
    CHAIN_DELAY,      /* the delay that channel-sim imposes */
    CHAIN_IMPAIR,     /* channel-sim's work and lateness */
    CHAIN_TRANSIT,    /* channel-sim to base station */
    CHAIN_QUEUE,      /* waits there for a worker */
    CHAIN_DEMODULATE, /* the uplink's receiver: burst to payload, its channel code included */
    CHAIN_DECODE,     /* the codec: payload to reconstruction */
    CHAIN_ANSWER,     /* back on the loop, serialized, passed to the socket */
    CHAIN_RETURN,     /* base station to channel-sim */
    CHAIN_DOWNLINK,   /* channel-sim to UE */
    CHAIN_FEEDBACK,   /* total - simulate */
    CHAIN_TOTAL,      /* due to answered */
    CHAIN_STAGES
} chain_stage;

/* The stages before this one add up to the total. */
enum { CHAIN_WAY = CHAIN_FEEDBACK };

const char *chain_stage_name(chain_stage stage);

/* Whether older records lack a stage, since it was part of another one: modulate was in encode,
 * demodulate in decode. */
bool chain_stage_came_later(chain_stage stage);

/* The time stamps of a report in ns; each block is by one clock. */
typedef struct chain_stamps {
    /* The UE's. */
    uint64_t due, simulate_start, estimate_start, encode_start, modulate_start, modulate_end, sent,
        answered;
    /* channel-sim's; 0 if it reported none. */
    uint64_t sim_clock, sim_received, sim_forwarded, sim_delay, sim_returned;
    /* The base station's. */
    uint64_t bs_clock, bs_received, decode_start, decode_end, bs_answered;
    uint64_t uplink_decoded; /* 0 if not reported: then all of its work counts as decoding */
} chain_stamps;

/* A UE host's estimates of the other clocks. */
typedef struct chain_clocks {
    uint64_t own;     /* clock_identity() */
    clock_offset sim; /* from the UE's */
    clock_offset bs;  /* from channel-sim's */
} chain_clocks;

typedef struct chain_latency {
    uint64_t ns[CHAIN_STAGES];
    uint64_t access_error_ns; /* of uplink and downlink, if channel-sim's clock differs */
    uint64_t core_error_ns;   /* of transit and return, if the base station's clock differs */
} chain_latency;

/* Adds the report's round trips to `clocks`, then splits its time. False for impossible stamps (a
 * forged answer): then it sets only the total. */
bool chain_latency_split(const chain_stamps *stamps, chain_clocks *clocks, chain_latency *latency);

#endif
