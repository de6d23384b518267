#include "monitor/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* "12", "0.25", "NaN", "+Inf": as Prometheus reads them. */
static void print_value(FILE *f, double value)
{
    if (isnan(value))
        fputs("NaN\n", f);
    else if (isinf(value))
        fputs(value > 0 ? "+Inf\n" : "-Inf\n", f);
    else
        fprintf(f, "%.15g\n", value);
}

static void head(FILE *f, const char *name, const char *type, const char *help)
{
    fprintf(f, "# HELP %s %s.\n# TYPE %s %s\n", name, help, name, type);
}

/* A process is named by its role and its place in the list of telemetry endpoints, which does not
 * change when it is restarted. */
static void label(FILE *f, const char *name, const model_slot *s, size_t slot)
{
    fprintf(f, "%s{process=\"%s-%zu\"", name, model_role_name(s->role), slot);
}

static void print_kind(FILE *f, const model *m, model_metric metric)
{
    const model_kind *k = &model_kinds[metric];
    bool headed = false;
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        if (!s->known[metric])
            continue;
        if (!headed)
            head(f, k->shown, k->type == MODEL_COUNTER ? "counter" : "gauge", k->help);
        headed = true;
        label(f, k->shown, s, i);
        fputs("} ", f);
        print_value(f, model_value(s, metric));
    }
}

/* Values that are not numbers are labels of a metric with the value 1, as is usual. */
static void print_encoders(FILE *f, const model *m)
{
    static const char name[] = "csilink_ue_encoder_info";
    bool headed = false;
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        if (!s->encoder.codec[0])
            continue;
        if (!headed)
            head(f, name, "gauge", "Codec of the agent's UEs, precision of its arithmetic, uplink");
        headed = true;
        label(f, name, s, i);
        fprintf(f, ",codec=\"%s\",precision=\"%s\",uplink=\"%s\"} 1\n", s->encoder.codec,
                s->encoder.precision, s->encoder.uplink);
    }
}

/* The bounds of a shown histogram: powers of two of the buckets' unit, where buckets start, so that
 * the counts are exact. le is inclusive and values are integers. */
typedef struct bounds {
    const char *name, *help;
    unsigned first, last; /* powers of two */
    double unit;          /* of a bucket's integer, in the shown one */
} bounds;

static const bounds latency_bounds = {"csilink_latency_seconds", "Time of each stage of a report",
                                      10, 34, 1e-9};
static const bounds nmse_bounds = {"csilink_nmse_ratio",
                                   "Normalised mean square error of the reports, linear", 10, 28,
                                   1 / CHAIN_NMSE_SCALE};

static const bounds nmse_used_bounds = {"csilink_nmse_used_ratio",
                                        "The same against the channel at the time of the CSI's use",
                                        10, 28, 1 / CHAIN_NMSE_SCALE};

static void print_buckets(FILE *f, const bounds *b, const char *labels, const model_histogram *h)
{
    uint64_t seen = 0;
    size_t next = 0;
    for (unsigned power = b->first; power <= b->last; power++) {
        uint64_t bound = 1ull << power;
        for (; next < HIST_COARSE && hist_coarse_low(next) < bound; next++)
            seen += h->count[next];
        fprintf(f, "%s_bucket%s,le=\"%.10g\"} %" PRIu64 "\n", b->name, labels,
                (double)(bound - 1) * b->unit, seen);
    }
    for (; next < HIST_COARSE; next++)
        seen += h->count[next];
    fprintf(f, "%s_bucket%s,le=\"+Inf\"} %" PRIu64 "\n", b->name, labels, seen);
    fprintf(f, "%s_sum%s} %.15g\n", b->name, labels, h->sum * b->unit);
    fprintf(f, "%s_count%s} %" PRIu64 "\n", b->name, labels, seen);
}

static void print_histograms(FILE *f, const model *m, const bounds *b, size_t first, size_t last)
{
    bool headed = false;
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        for (size_t k = first; s->histogram && k <= last; k++) {
            model_histogram h = {0};
            char labels[96], stage[48] = "";
            model_add_histogram(s, k, &h);
            if (k < CHAIN_STAGES)
                snprintf(stage, sizeof stage, ",stage=\"%s\"", chain_stage_name((chain_stage)k));
            snprintf(labels, sizeof labels, "{process=\"%s-%zu\"%s", model_role_name(s->role), i,
                     stage);
            if (!headed)
                head(f, b->name, "histogram", b->help);
            headed = true;
            print_buckets(f, b, labels, &h);
        }
    }
}

static void print_processes(FILE *f, const model *m, uint64_t now_ns)
{
    static const char up[] = "csilink_process_up", again[] = "csilink_process_restarts_total";
    const uint64_t limit = METRICS_UP_MS * 1000000ull;
    head(f, up, "gauge", "1 where telemetry of the process came in the last two seconds");
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        if (s->role == MODEL_UNKNOWN)
            continue;
        label(f, up, s, i);
        fprintf(f, "} %d\n", now_ns - s->heard_ns < limit);
    }
    head(f, again, "counter", "Restarts of the process while it was watched");
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        if (s->role == MODEL_UNKNOWN)
            continue;
        label(f, again, s, i);
        fprintf(f, "} %" PRIu64 "\n", s->restarts);
    }
}

static void print_one(FILE *f, const char *name, const char *type, const char *help, double value)
{
    head(f, name, type, help);
    fprintf(f, "%s ", name);
    print_value(f, value);
}

static void print_recent(FILE *f, const model *m)
{
    print_one(f, "csilink_nmse_decibels", "gauge", "NMSE over the last second", model_nmse_db(m));
    print_one(f, "csilink_nmse_used_decibels", "gauge",
              "NMSE over the last second, against the channel at the time of the CSI's use",
              model_nmse_used_db(m));
    print_one(f, "csilink_nmse_all_decibels", "gauge",
              "NMSE over the last second of the CSI that the base station uses, failed reports "
              "included",
              model_nmse_all_db(m));
    print_one(f, "csilink_sgcs_ratio", "gauge",
              "Squared generalised cosine similarity over the last second", model_sgcs(m));
    print_one(f, "csilink_spectral_efficiency_bps_hz", "gauge",
              "Rate of precoding by the reconstruction over the last second, in bit/s/Hz",
              model_se(m));
    print_one(f, "csilink_block_error_ratio", "gauge",
              "Share of the reports of the last second whose check failed at the base station",
              model_bler(m));
    print_one(f, "csilink_snr_asked_decibels", "gauge",
              "SNR asked for, mean over the bursts of the last second", model_snr_asked_db(m));
    print_one(f, "csilink_snr_delivered_decibels", "gauge",
              "SNR of the noise that was added in the last second", model_snr_delivered_db(m));
    print_one(f, "csilink_snr_estimated_decibels", "gauge",
              "SNR as the base station estimated it in the last second", model_snr_estimated_db(m));
}

static void print_own(FILE *f, const metrics_own *own)
{
    print_one(f, "csilink_monitor_telemetry_messages_total", "counter", "Telemetry messages taken",
              (double)own->messages);
    print_one(f, "csilink_monitor_telemetry_malformed_total", "counter",
              "Messages that were no telemetry of this link", (double)own->malformed);
    print_one(f, "csilink_monitor_http_requests_total", "counter", "HTTP requests",
              (double)own->requests);
    print_one(f, "csilink_monitor_http_refused_total", "counter",
              "HTTP requests refused for where they came from or what they held",
              (double)own->refused);
    print_one(f, "csilink_monitor_http_connections", "gauge", "HTTP connections",
              (double)own->connections);
    print_one(f, "csilink_monitor_http_ended_total", "counter",
              "HTTP connections ended because the client was slow, or to make room for another",
              (double)own->ended);
    print_one(f, "csilink_monitor_streams", "gauge", "Pages that are open", (double)own->streams);
}

char *metrics_text(const model *m, const metrics_own *own, uint64_t now_ns)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    for (size_t k = 0; k < MODEL_METRIC_COUNT; k++)
        if (model_kinds[k].shown)
            print_kind(f, m, (model_metric)k);
    print_encoders(f, m);
    print_histograms(f, m, &latency_bounds, 0, CHAIN_STAGES - 1);
    print_histograms(f, m, &nmse_bounds, MODEL_NMSE, MODEL_NMSE);
    print_histograms(f, m, &nmse_used_bounds, MODEL_NMSE_USED, MODEL_NMSE_USED);
    print_processes(f, m, now_ns);
    print_recent(f, m);
    print_own(f, own);
    if (fclose(f) == 0)
        return text;
    free(text);
    return NULL;
}
