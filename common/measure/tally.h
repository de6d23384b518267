/* tally.h: a UE agent's counts: outcomes of its reports, quality of the reconstructions, time in
 * each stage. Memory is constant however long the run. Tallies of several agents can be merged;
 * they travel as JSON. */
#ifndef MEASURE_TALLY_H
#define MEASURE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hist.h"
#include "measure/latency.h"
#include "measure/outcome.h"
#include "measure/sums.h"

struct cJSON;

/* Outcomes of reports. sent = acked + lost_channel + timed_out + refused + not_decoded + unknown,
 * once nothing is in flight: chain_counts_close(). */
typedef struct chain_counts {
    uint64_t sent;         /* created and passed to the link */
    uint64_t acked;        /* reconstructed by the base station */
    uint64_t lost_channel; /* dropped by the simulated channel */
    uint64_t timed_out;    /* no answer in time */
    uint64_t refused;      /* answered with a reason, or rejected by the link */
    uint64_t not_decoded;  /* arrived, but the base station could not decode it */
    uint64_t needs_key;    /* of those: it lacked the memory that the report builds on */
    uint64_t unknown;      /* in flight when its agent was killed (chain_tally_abandon) */
    uint64_t compared;     /* of those acknowledged: both ends reported a digest of the bits */
    uint64_t undetected;   /* of those: other bits than were sent passed the uplink's check */
    uint64_t keys;         /* of those sent by a codec with memory: that build on none of it, */
    uint64_t innovations;  /* and that do. A report that was never made is neither */
} chain_counts;

bool chain_counts_close(const chain_counts *counts);

/* Reports that reached the uplink's receiver: those that passed its check, decodable or not, and
 * those that failed it. */
uint64_t chain_counts_received(const chain_counts *counts);

/* Block error rate: the share of these that failed the check. And the share that passed it with
 * wrong bits, which only the genie knows. NaN if none was received or, for the second, compared. */
double chain_counts_bler(const chain_counts *counts);
double chain_counts_undetected_rate(const chain_counts *counts);
void chain_counts_add(chain_counts *into, const chain_counts *from);

enum { CHAIN_SNR_POINTS = 2048, CHAIN_SNR_EXACT = 128 };

typedef struct chain_snr_point {
    double snr_db;                /* as asked of channel-sim */
    uint32_t group;               /* of its UEs (chain_tally_group) */
    uint64_t reports, directions; /* measured; of these, without NMSE (measure/quality.h) */
    double nmse, sgcs;            /* sums */
} chain_snr_point;

/* Reasons for refusals: at most this many, the last of which counts all further ones. */
enum { CHAIN_REFUSALS = 8, CHAIN_REASON_MAX = 160 };

typedef struct chain_refusal {
    char reason[CHAIN_REASON_MAX]; /* one line of ASCII */
    uint64_t reports;
} chain_refusal;

typedef struct chain_ue_tally {
    uint32_t ue;
    uint32_t group; /* chain_tally_group */
    chain_counts counts;
    uint64_t measured, directions; /* of these, without NMSE (measure/quality.h) */
    double nmse, sgcs, se;         /* sums, as are all below */
    uint64_t aged, aged_directions;
    double nmse_used;
    double bits, channel_uses; /* of its answered reports */
} chain_ue_tally;

typedef struct chain_tally {
    chain_counts counts;
    uint64_t late; /* answers after the time-out; their reports stay timed_out */
    chain_sums sums;
    hist nmse;                  /* of linear NMSE x CHAIN_NMSE_SCALE, for the median */
    hist nmse_used;             /* the same at the time of use; neither has directions */
    hist latency[CHAIN_STAGES]; /* ns, of reports due after the warm-up */
    hist warm_up[CHAIN_STAGES]; /* of those due before its end */
    uint64_t unsplit;           /* answers with impossible stamps: only in `total` */
    double access_error_s;      /* largest after the warm-up; 0 if clocks are shared */
    double core_error_s;        /* (measure/latency.h) */
    uint64_t uplink_bytes;      /* of report messages */
    double elapsed_s;           /* first report to last answer */
    double lateness_max_s;      /* largest delay of a report's start after its scheduled time */
    size_t snr_points;
    chain_snr_point snr[CHAIN_SNR_POINTS];
    size_t refusals;
    chain_refusal refusal[CHAIN_REFUSALS]; /* in order of first occurrence */
    size_t ues;
    chain_ue_tally *ue; /* [ues] */
} chain_tally;

#define CHAIN_NMSE_SCALE 1e8

/* Reports with an NMSE: of a UE, at estimation and at use, and at an SNR. */
uint64_t chain_ue_with_nmse(const chain_ue_tally *ue);
uint64_t chain_ue_aged_with_nmse(const chain_ue_tally *ue);
uint64_t chain_snr_with_nmse(const chain_snr_point *point);

/* Room for UEs numbered first_ue .. first_ue + ues - 1. NULL when memory ran out. */
chain_tally *chain_tally_create(uint32_t first_ue, size_t ues);
void chain_tally_free(chain_tally *tally);

/* Puts UEs first .. first + ues - 1 of the cell, as far as the tally has them, into one group, with
 * separate points over SNR. Without this call all UEs are in group 0. */
void chain_tally_group(chain_tally *tally, uint32_t first, uint32_t ues);

/* Copies `from`, which must have as many UEs, to `into`. */
void chain_tally_copy(chain_tally *into, const chain_tally *from);

/* Counts `reports` refused reports under their reason. Accepts any text: bytes other than printable
 * ASCII become '?', and a long text is cut. */
void chain_tally_refused(chain_tally *tally, const char *reason, uint64_t reports);

/* Accounts for a killed agent: reports in flight become unknown, in total and per UE. The counts of
 * an agent that ended normally do not change. */
void chain_tally_abandon(chain_tally *tally);

/* Counts the outcome of one answered report, without its latency and its age. The first
 * CHAIN_SNR_EXACT different SNRs of a group get exact points; further ones (a ramp's) share points
 * at whole dB, or the nearest point when none is free. */
void chain_tally_answered(chain_tally *tally, size_t ue_index, const chain_outcome *outcome);

/* Counts the CSI that the base station uses after a report that was not decoded. */
void chain_tally_failed(chain_tally *tally, const chain_outcome *outcome);

/* Counts a report's latency. Without `split` only the total is known. */
void chain_tally_latency(chain_tally *tally, const chain_latency *latency, bool split,
                         bool warm_up);

/* Counts the effect of age on a report that chain_tally_answered has counted. */
void chain_tally_aged(chain_tally *tally, size_t ue_index, const chain_outcome *outcome);

/* The mean in dB of the sums (measure/sums.h), and the median; NaN without reports. */
double chain_tally_nmse_db(const chain_tally *tally);
double chain_tally_nmse_median_db(const chain_tally *tally);

/* As the functions chain_sums_... of the same names. */
double chain_tally_nmse_error_db(const chain_tally *tally);
double chain_tally_snr_delivered_db(const chain_tally *tally);
double chain_tally_nmse_used_db(const chain_tally *tally);

/* Adds `from`; `into` then has the UEs of both. */
int chain_tally_merge(chain_tally *into, const chain_tally *from, err *e);

/* The whole tally, exact after printing and parsing, for another process. NULL on failure. */
struct cJSON *chain_tally_to_json(const chain_tally *tally);
chain_tally *chain_tally_from_json(const struct cJSON *json, err *e);

#endif
