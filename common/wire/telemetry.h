/* telemetry.h: what each process publishes five times a second (PUB): metrics, histograms, figures
 * of UEs, samples of CSI. Counters start with the process. */
#ifndef WIRE_TELEMETRY_H
#define WIRE_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "wire/limits.h"

/* Per message. A reader rejects more. */
enum {
    WIRE_METRICS_MAX = 64,
    WIRE_HISTOGRAMS_MAX = 24,
    WIRE_UES_MAX = 200, /* an agent of 1,000 UEs covers each once a second */
    WIRE_SAMPLES_MAX = 4,
    WIRE_SAMPLE_SIDE_MAX = 256, /* rows, and columns, of a sample */
};

typedef struct wire_metric {
    const char *name; /* with its unit: "reports_sent_total", "latency_p50_us" */
    double value;     /* may be NaN or infinite */
} wire_metric;

typedef struct wire_histogram {
    const char *name; /* a latency stage ("encode", ns), or "nmse_e8" (linear NMSE x 1e8) */
    double sum;       /* of the values; finite, not negative */
    uint64_t max;
    size_t filled;          /* buckets with values */
    const uint32_t *bucket; /* their indices (base/hist_coarse.h), ascending, below HIST_COARSE */
    const uint64_t *count;  /* values in each */
} wire_histogram;

typedef struct wire_ue_figures {
    uint32_t ue;
    uint64_t sent, acked, lost_channel, timed_out, refused;
    uint64_t not_decoded; /* answered NOT_DECODED or NEEDS_KEY */
    uint64_t measured;    /* reports with an NMSE: not those of directions */
    double nmse_sum;      /* linear */
    uint64_t aged;        /* reports with an NMSE at the time of use */
    double nmse_used_sum; /* linear */
    uint64_t keys;        /* sent, with a codec that has memory: reports that build on nothing */
    uint32_t memory_age; /* age, in reports, of the report that the newest one builds on; 0: it is a
                            key */
} wire_ue_figures;

/* The newest |H| of a UE that a subscriber watches, [rows][columns] = [angles][delay taps]; for
 * directions [angles][subcarriers], with unit norm for each subcarrier. */
typedef struct wire_csi_sample {
    uint32_t ue, seq;
    bool directions;                     /* from a codec that gives directions: there is no NMSE */
    uint32_t rows, columns;              /* 1 to WIRE_SAMPLE_SIDE_MAX */
    const float *truth, *reconstruction; /* finite, not negative */
    double nmse;                         /* linear, of this report; 0 for directions */
    double sgcs;                         /* 0 to 1 */
    float snr_estimated_db;
} wire_csi_sample;

/* What an agent's UEs encode and send with. */
typedef struct wire_encoder {
    const char *codec;     /* its name: "csilink-net-cr8-indoor" */
    const char *precision; /* of its arithmetic: "float", "int8", "int8-dynamic" */
    const char *uplink;    /* its name: "analog:r4" */
} wire_encoder;

typedef struct wire_telemetry {
    const char *role; /* "ue-agent", "channel-sim", "bs-server" */
    uint32_t pid;
    uint64_t time_ns;
    size_t metrics;
    wire_metric *metric;
    size_t histograms;
    wire_histogram *histogram;
    size_t ues; /* some of the agent's UEs, the next ones each time */
    wire_ue_figures *ue;
    size_t samples;
    wire_csi_sample *sample;
    bool encodes; /* `encoder` is set */
    wire_encoder encoder;
    void *owned; /* set by wire_telemetry_unpack */
} wire_telemetry;

/* Packs into a new frame, which the caller sends or closes; fails only with ERR_NOMEM. */
int wire_telemetry_pack(const wire_telemetry *telemetry, zmq_msg_t *frame);

/* Reads a frame, which the caller keeps, and checks it as below. On success the telemetry owns
 * everything it points to, and no text is NULL; release it with wire_telemetry_clear, also a zeroed
 * one. ERR_FORMAT, ERR_NOMEM. */
int wire_telemetry_unpack(const zmq_msg_t *frame, wire_telemetry *telemetry, err *e);
void wire_telemetry_clear(wire_telemetry *telemetry);

/* ERR_FORMAT unless every part is as this header describes. */
int wire_telemetry_check(const wire_telemetry *telemetry, err *e);

#endif
