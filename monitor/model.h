/* model.h: the state of a link, from its telemetry; without sockets.
 *
 * Each telemetry endpoint has a slot. Counters run from a process's start. When a process restarts
 * (another process id, or a counter that fell), its earlier counts stay in the sums, so every total
 * only grows. A message must be plausible: a known role, and counters that are finite and not
 * negative. Unknown metrics are ignored, so that no sender controls names or memory. */
#ifndef MONITOR_MODEL_H
#define MONITOR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hist_coarse.h"
#include "measure/tally.h"
#include "wire/telemetry.h"

enum {
    MODEL_SLOTS_MAX = 128,
    MODEL_UES_MAX = 100000,
    MODEL_TICK_MS = 160,     /* interval of model_tick() calls, shorter than that of telemetry */
    MODEL_RECENT_TICKS = 6,  /* rates, NMSE and SNR: over the last second */
    MODEL_LATENCY_TICKS = 31 /* percentiles: over the last five seconds */
};

typedef enum model_role { MODEL_UNKNOWN, MODEL_AGENT, MODEL_CHANNEL, MODEL_STATION } model_role;

/* A counter only grows; a gauge can also fall. */
typedef enum model_type { MODEL_COUNTER, MODEL_GAUGE } model_type;

/* Every metric of the model: role, name in telemetry, type, and name and help in the Prometheus
 * text (NULL: not shown there directly). */
#define MODEL_METRICS(X)                                                                           \
    X(AGENT_UES, MODEL_AGENT, "ues", MODEL_GAUGE, "csilink_ue_hosted", "Virtual UEs of the agent") \
    X(AGENT_SENT, MODEL_AGENT, "reports_sent_total", MODEL_COUNTER,                                \
      "csilink_ue_reports_sent_total", "Reports made and handed to the link")                      \
    X(AGENT_ACKED, MODEL_AGENT, "reports_acked_total", MODEL_COUNTER,                              \
      "csilink_ue_reports_acked_total", "Reports that the base station reconstructed")             \
    X(AGENT_LOST, MODEL_AGENT, "reports_lost_channel_total", MODEL_COUNTER,                        \
      "csilink_ue_reports_lost_total", "Reports lost in the simulated uplink")                     \
    X(AGENT_TIMED_OUT, MODEL_AGENT, "reports_timed_out_total", MODEL_COUNTER,                      \
      "csilink_ue_reports_timed_out_total", "Reports without an answer in time")                   \
    X(AGENT_REFUSED, MODEL_AGENT, "reports_refused_total", MODEL_COUNTER,                          \
      "csilink_ue_reports_refused_total", "Reports answered with a reason or not taken")           \
    X(AGENT_NOT_DECODED, MODEL_AGENT, "reports_not_decoded_total", MODEL_COUNTER,                  \
      "csilink_ue_reports_not_decoded_total",                                                      \
      "Reports that arrived and could not be decoded, those without their key included")           \
    X(AGENT_NEEDS_KEY, MODEL_AGENT, "reports_needing_key_total", MODEL_COUNTER,                    \
      "csilink_ue_reports_needing_key_total",                                                      \
      "Of those, reports that build on one that the base station does not have")                   \
    X(AGENT_COMPARED, MODEL_AGENT, "reports_compared_total", MODEL_COUNTER,                        \
      "csilink_ue_reports_compared_total",                                                         \
      "Acknowledged reports whose bits were compared with those that were sent")                   \
    X(AGENT_UNDETECTED, MODEL_AGENT, "errors_undetected_total", MODEL_COUNTER,                     \
      "csilink_ue_errors_undetected_total",                                                        \
      "Of those, reports that passed the uplink's check with other bits than were sent")           \
    X(AGENT_LATE, MODEL_AGENT, "reports_late_total", MODEL_COUNTER,                                \
      "csilink_ue_answers_late_total", "Answers that came after the time-out")                     \
    X(AGENT_COUNTED, MODEL_AGENT, "reports_counted_total", MODEL_COUNTER,                          \
      "csilink_ue_reports_counted_total",                                                          \
      "Acknowledged reports whose bits, channel uses and SNR are in the sums")                     \
    X(AGENT_BITS, MODEL_AGENT, "report_bits_total", MODEL_COUNTER, "csilink_ue_report_bits_total", \
      "Bits of the counted reports")                                                               \
    X(AGENT_USES, MODEL_AGENT, "channel_uses_total", MODEL_COUNTER,                                \
      "csilink_ue_channel_uses_total",                                                             \
      "Channel uses of the counted reports, side bits at the capacity of the SNR in force")        \
    X(AGENT_IN_FLIGHT, MODEL_AGENT, "reports_in_flight", MODEL_GAUGE,                              \
      "csilink_ue_reports_in_flight", "Reports that are not answered yet")                         \
    X(AGENT_BYTES, MODEL_AGENT, "uplink_bytes_total", MODEL_COUNTER,                               \
      "csilink_ue_uplink_bytes_total", "Bytes of the messages of reports")                         \
    X(AGENT_NMSE, MODEL_AGENT, "nmse_sum", MODEL_COUNTER, NULL, NULL)                              \
    X(AGENT_NMSE_COUNT, MODEL_AGENT, "nmse_count", MODEL_COUNTER, NULL, NULL)                      \
    X(AGENT_MEASURED, MODEL_AGENT, "measured_count", MODEL_COUNTER,                                \
      "csilink_ue_reports_measured_total", "Acknowledged reports held against the truth")          \
    X(AGENT_SGCS, MODEL_AGENT, "sgcs_sum", MODEL_COUNTER, NULL, NULL)                              \
    X(AGENT_SE, MODEL_AGENT, "se_sum", MODEL_COUNTER, NULL, NULL)                                  \
    X(AGENT_NMSE_ALL, MODEL_AGENT, "nmse_all_sum", MODEL_COUNTER, NULL, NULL)                      \
    X(AGENT_ALL, MODEL_AGENT, "nmse_all_count", MODEL_COUNTER, NULL, NULL)                         \
    X(AGENT_NMSE_USED, MODEL_AGENT, "nmse_used_sum", MODEL_COUNTER, NULL, NULL)                    \
    X(AGENT_NMSE_USED_COUNT, MODEL_AGENT, "nmse_used_count", MODEL_COUNTER, NULL, NULL)            \
    X(AGENT_AGED, MODEL_AGENT, "csi_age_count", MODEL_COUNTER, "csilink_ue_reports_aged_total",    \
      "Reports held against the channel at the time of their use")                                 \
    X(AGENT_AGE, MODEL_AGENT, "csi_age_s_sum", MODEL_COUNTER, "csilink_ue_csi_age_seconds_total",  \
      "Age of their CSI then, summed over those reports")                                          \
    X(AGENT_ACCESS_CLOCK, MODEL_AGENT, "access_clock_error_s", MODEL_GAUGE,                        \
      "csilink_ue_access_clock_error_seconds",                                                     \
      "Error of the split into uplink and downlink, 0 on one host")                                \
    X(AGENT_CORE_CLOCK, MODEL_AGENT, "core_clock_error_s", MODEL_GAUGE,                            \
      "csilink_ue_core_clock_error_seconds",                                                       \
      "Error of the split into transit and return, 0 on one host")                                 \
    X(AGENT_NOISE_ESTIMATED, MODEL_AGENT, "noise_estimated_sum", MODEL_COUNTER, NULL, NULL)        \
    X(AGENT_OPEN, MODEL_AGENT, "endpoints_open", MODEL_GAUGE, "csilink_ue_endpoints_open",         \
      "Addresses of the agent that anyone who reaches them may use")                               \
    X(CHANNEL_OPEN, MODEL_CHANNEL, "endpoints_open", MODEL_GAUGE,                                  \
      "csilink_channel_endpoints_open",                                                            \
      "Addresses of channel-sim that anyone who reaches them may use")                             \
    X(STATION_OPEN, MODEL_STATION, "endpoints_open", MODEL_GAUGE, "csilink_bs_endpoints_open",     \
      "Addresses of the base station that anyone who reaches them may use")                        \
    X(CHANNEL_REACHES, MODEL_CHANNEL, "base_station_connected", MODEL_GAUGE,                       \
      "csilink_channel_base_station_connected", "1 where the base station can be reached")         \
    X(CHANNEL_SNR, MODEL_CHANNEL, "snr_asked_db", MODEL_GAUGE,                                     \
      "csilink_channel_snr_asked_decibels", "SNR set for all UEs, +Inf for no noise")              \
    X(CHANNEL_LOSS, MODEL_CHANNEL, "loss_fraction", MODEL_GAUGE, "csilink_channel_loss_ratio",     \
      "Share of reports to lose, set for all UEs")                                                 \
    X(CHANNEL_DELAY, MODEL_CHANNEL, "delay_s", MODEL_GAUGE, "csilink_channel_delay_seconds",       \
      "Delay of every report, set for all UEs")                                                    \
    X(CHANNEL_JITTER, MODEL_CHANNEL, "jitter_s", MODEL_GAUGE, "csilink_channel_jitter_seconds",    \
      "Further delay, uniform from 0 to this, set for all UEs")                                    \
    X(CHANNEL_BURSTS, MODEL_CHANNEL, "noised_bursts_total", MODEL_COUNTER,                         \
      "csilink_channel_noised_bursts_total", "Bursts that noise was added to")                     \
    X(CHANNEL_NOISE, MODEL_CHANNEL, "noise_power_sum", MODEL_COUNTER,                              \
      "csilink_channel_noise_power_ratio_total",                                                   \
      "Noise power measured, where a burst's own is 1, summed over bursts")                        \
    X(CHANNEL_NOISE_ASKED, MODEL_CHANNEL, "noise_power_asked_sum", MODEL_COUNTER,                  \
      "csilink_channel_noise_power_asked_ratio_total",                                             \
      "Noise power asked for, where a burst's own is 1, summed over bursts")                       \
    X(CHANNEL_RECEIVED, MODEL_CHANNEL, "reports_received_total", MODEL_COUNTER,                    \
      "csilink_channel_reports_received_total", "Reports that came in")                            \
    X(CHANNEL_FORWARDED, MODEL_CHANNEL, "reports_forwarded_total", MODEL_COUNTER,                  \
      "csilink_channel_reports_forwarded_total", "Reports passed on to the base station")          \
    X(CHANNEL_LOST, MODEL_CHANNEL, "reports_lost_total", MODEL_COUNTER,                            \
      "csilink_channel_reports_lost_total", "Reports lost by simulation")                          \
    X(CHANNEL_REFUSED, MODEL_CHANNEL, "reports_refused_total", MODEL_COUNTER,                      \
      "csilink_channel_reports_refused_total", "Reports turned back")                              \
    X(CHANNEL_MALFORMED, MODEL_CHANNEL, "reports_malformed_total", MODEL_COUNTER,                  \
      "csilink_channel_messages_malformed_total", "Messages that were no report or answer")        \
    X(CHANNEL_ANSWERS, MODEL_CHANNEL, "answers_total", MODEL_COUNTER,                              \
      "csilink_channel_answers_total", "Answers passed back")                                      \
    X(CHANNEL_UNROUTABLE, MODEL_CHANNEL, "answers_unroutable_total", MODEL_COUNTER,                \
      "csilink_channel_answers_unroutable_total", "Answers without a way to their agent")          \
    X(STATION_RECEIVED, MODEL_STATION, "reports_received_total", MODEL_COUNTER,                    \
      "csilink_bs_reports_received_total", "Reports that came in")                                 \
    X(STATION_DONE, MODEL_STATION, "reports_reconstructed_total", MODEL_COUNTER,                   \
      "csilink_bs_reports_reconstructed_total", "Reports decoded")                                 \
    X(STATION_NOT_DECODED, MODEL_STATION, "reports_not_decoded_total", MODEL_COUNTER,              \
      "csilink_bs_reports_not_decoded_total",                                                      \
      "Reports that could not be decoded, those without their key included")                       \
    X(STATION_NEEDS_KEY, MODEL_STATION, "reports_needing_key_total", MODEL_COUNTER,                \
      "csilink_bs_reports_needing_key_total",                                                      \
      "Of those, reports that build on one that is not here")                                      \
    X(STATION_KEYS, MODEL_STATION, "keys_total", MODEL_COUNTER, "csilink_bs_keys_total",           \
      "Decoded reports of codecs with memory that build on nothing")                               \
    X(STATION_KEYS_ASKED, MODEL_STATION, "keys_asked_total", MODEL_COUNTER,                        \
      "csilink_bs_keys_asked_total", "Keys asked for because a report was off (key-drift)")        \
    X(STATION_INNOVATION, MODEL_STATION, "innovation_sum", MODEL_COUNTER,                          \
      "csilink_bs_innovation_ratio_total",                                                         \
      "Energy by which reports that build on another are off from what was predicted, to theirs")  \
    X(STATION_INNOVATIONS, MODEL_STATION, "innovation_count", MODEL_COUNTER,                       \
      "csilink_bs_innovations_total", "Reports in that sum")                                       \
    X(STATION_KEY_INNOVATION, MODEL_STATION, "key_innovation_sum", MODEL_COUNTER,                  \
      "csilink_bs_key_innovation_ratio_total", "The same sum over keys")                           \
    X(STATION_KEY_INNOVATIONS, MODEL_STATION, "key_innovation_count", MODEL_COUNTER,               \
      "csilink_bs_key_innovations_total", "Keys in that sum")                                      \
    X(STATION_UE_MEMORY, MODEL_STATION, "ue_memory_bytes", MODEL_GAUGE,                            \
      "csilink_bs_ue_memory_bytes", "What is kept of UEs")                                         \
    X(STATION_FORGOTTEN, MODEL_STATION, "ues_forgotten_total", MODEL_COUNTER,                      \
      "csilink_bs_ues_forgotten_total", "UEs whose memory gave way to another's")                  \
    X(STATION_REFUSED, MODEL_STATION, "reports_refused_total", MODEL_COUNTER,                      \
      "csilink_bs_reports_refused_total", "Reports answered with a reason")                        \
    X(STATION_MALFORMED, MODEL_STATION, "reports_malformed_total", MODEL_COUNTER,                  \
      "csilink_bs_messages_malformed_total", "Messages that were no report")                       \
    X(STATION_UNROUTABLE, MODEL_STATION, "answers_unroutable_total", MODEL_COUNTER,                \
      "csilink_bs_answers_unroutable_total", "Answers without a way back")                         \
    X(STATION_IN_FLIGHT, MODEL_STATION, "reports_in_flight", MODEL_GAUGE,                          \
      "csilink_bs_reports_in_flight", "Reports that wait for a worker or are decoded")

typedef enum model_metric {
#define MODEL_ENUM(id, role, name, type, shown, help) MODEL_##id,
    MODEL_METRICS(MODEL_ENUM)
#undef MODEL_ENUM
        MODEL_METRIC_COUNT
} model_metric;

typedef struct model_kind {
    model_role role;
    const char *name;
    model_type type;
    const char *shown, *help;
} model_kind;

extern const model_kind model_kinds[MODEL_METRIC_COUNT];

/* The stages of a report's time, in ns, then the linear NMSE x CHAIN_NMSE_SCALE of the reports, at
 * estimation and at use. */
enum { MODEL_NMSE = CHAIN_STAGES, MODEL_NMSE_USED, MODEL_HISTOGRAMS };

typedef struct model_histogram {
    uint64_t count[HIST_COARSE];
    double sum;
} model_histogram;

/* The encoder of an agent's UEs; empty until the agent reports it. Printable ASCII without quotes.
 */
enum { MODEL_TEXT_MAX = 96 };
typedef struct model_encoder {
    char codec[MODEL_TEXT_MAX];
    char precision[MODEL_TEXT_MAX]; /* of its arithmetic */
    char uplink[MODEL_TEXT_MAX];
} model_encoder;

typedef struct model_slot {
    model_role role; /* MODEL_UNKNOWN: nothing heard yet */
    uint32_t pid;
    uint64_t heard_ns; /* when the last message came, by the monitor's clock */
    uint64_t restarts;
    bool known[MODEL_METRIC_COUNT];
    double now[MODEL_METRIC_COUNT];    /* from the process's last message */
    double before[MODEL_METRIC_COUNT]; /* of its earlier runs */
    model_histogram *histogram;        /* [2][MODEL_HISTOGRAMS], now and before; agents only */
    model_encoder encoder;
} model_slot;

typedef struct model_ue {
    uint32_t ue;
    uint64_t sent, acked, lost_channel, timed_out, refused, not_decoded; /* since its start */
    double nmse;        /* mean, linear; NaN without any */
    double nmse_used;   /* the same at the time of use, over those measured then */
    double nmse_recent; /* over the reports since the previous message; NaN without any */
    uint64_t measured;
    double nmse_sum;
    uint64_t keys;       /* sent; 0: its codec has no memory */
    uint32_t memory_age; /* age in reports of the memory that the newest report builds on; 0: it
                            is a key */
} model_ue;

typedef struct model model;

/* `slots` telemetry endpoints, up to MODEL_SLOTS_MAX. NULL when memory ran out. */
model *model_create(size_t slots);
void model_free(model *m);

/* Adds a slot and returns its number, or MODEL_SLOTS_MAX if there is no room. */
size_t model_add_slot(model *m);

/* Takes a message from an endpoint. ERR_FORMAT, with nothing changed, if it cannot be telemetry of
 * this link. */
int model_take(model *m, size_t slot, const wire_telemetry *message, uint64_t now_ns, err *e);

/* Stores the totals, from which the rates of the last seconds are computed. Call it every
 * MODEL_TICK_MS. */
void model_tick(model *m);

size_t model_slots(const model *m);
const model_slot *model_slot_at(const model *m, size_t slot);

/* The value over all runs of one process, and over all processes of its role. */
double model_value(const model_slot *s, model_metric metric);
double model_total(const model *m, model_metric metric);

/* Adds a process's histogram, over all its runs, to *into. */
void model_add_histogram(const model_slot *s, size_t which, model_histogram *into);

/* The increase of a total over the last second, absolute and per second; 0 in the first second. */
double model_recent(const model *m, model_metric metric);
double model_rate(const model *m, model_metric metric);

/* Percentile of a stage over the last five seconds, in ns; NaN without reports. */
double model_recent_percentile(const model *m, chain_stage stage, double q);

/* Over the last second, in dB; NaN without reports. */
double model_nmse_db(const model *m);
double model_nmse_used_db(const model *m);
double model_nmse_all_db(const model *m); /* failed reports included: chain_sums_nmse_all_db */

/* Over the last second: SGCS, and the rate in bit/s/Hz of precoding by the reconstruction; NaN
 * without reports. Unlike the NMSE, they include directions. */
double model_sgcs(const model *m);
double model_se(const model *m);

/* The SNR of the mean noise power over the last second: as set (asked), as channel-sim measured it
 * (delivered), and by the base station's estimates. All three are means over the same bursts, so
 * they compare even if UEs have different SNRs. NaN without reports, and without noise. */
double model_snr_asked_db(const model *m);
double model_snr_delivered_db(const model *m);
double model_snr_estimated_db(const model *m);

/* Block error rate (measure/tally.h, chain_counts_bler) over the last second and over all runs; NaN
 * without reports. */
double model_bler(const model *m);
double model_bler_total(const model *m);

/* Means over the acknowledged reports of the last second; NaN without any. */
double model_bits_per_report(const model *m);
double model_channel_uses(const model *m);

/* The known UEs, by number. */
size_t model_ues(const model *m);
const model_ue *model_ue_at(const model *m, size_t index);

const char *model_role_name(model_role role);

/* True if the process listens at an address that anyone who can reach it can use (--insecure). */
bool model_is_insecure(const model_slot *s);

#endif
