#include "wire/telemetry.h"

#include <math.h>
#include <stdlib.h>

#include "base/hist_coarse.h"
#include "wire/internal.h"
#include "wire/ranges.h"

/* The generated structs of a message at its largest. Half of it are figures of UEs; it lives for
 * one pack, five times a second. */
typedef struct form {
    Csilink__Telemetry__Metric metric[WIRE_METRICS_MAX], *metrics[WIRE_METRICS_MAX];
    Csilink__Telemetry__Histogram histogram[WIRE_HISTOGRAMS_MAX], *histograms[WIRE_HISTOGRAMS_MAX];
    Csilink__Telemetry__UeFigures ue[WIRE_UES_MAX], *ues[WIRE_UES_MAX];
    Csilink__Telemetry__CsiSample sample[WIRE_SAMPLES_MAX], *samples[WIRE_SAMPLES_MAX];
    Csilink__Telemetry__Encoder encoder;
} form;

static void fill_metrics(form *f, const wire_telemetry *t, Csilink__Telemetry *m)
{
    for (size_t i = 0; i < t->metrics; i++) {
        f->metrics[i] = &f->metric[i];
        csilink__telemetry__metric__init(f->metrics[i]);
        f->metric[i].name = wire_text(t->metric[i].name);
        f->metric[i].value = t->metric[i].value;
    }
    m->metrics = f->metrics;
    m->n_metrics = t->metrics;
}

static void fill_histograms(form *f, const wire_telemetry *t, Csilink__Telemetry *m)
{
    for (size_t i = 0; i < t->histograms; i++) {
        const wire_histogram *from = &t->histogram[i];
        Csilink__Telemetry__Histogram *to = f->histograms[i] = &f->histogram[i];
        csilink__telemetry__histogram__init(to);
        to->name = wire_text(from->name);
        to->sum = from->sum;
        to->max = from->max;
        to->n_bucket = to->n_count = from->filled;
        to->bucket = (uint32_t *)(uintptr_t)from->bucket; /* protobuf-c only reads it */
        to->count = (uint64_t *)(uintptr_t)from->count;
    }
    m->histograms = f->histograms;
    m->n_histograms = t->histograms;
}

static void fill_ues(form *f, const wire_telemetry *t, Csilink__Telemetry *m)
{
    for (size_t i = 0; i < t->ues; i++) {
        const wire_ue_figures *from = &t->ue[i];
        Csilink__Telemetry__UeFigures *to = f->ues[i] = &f->ue[i];
        csilink__telemetry__ue_figures__init(to);
        to->ue = from->ue;
        to->sent = from->sent;
        to->acked = from->acked;
        to->lost_channel = from->lost_channel;
        to->timed_out = from->timed_out;
        to->refused = from->refused;
        to->not_decoded = from->not_decoded;
        to->measured = from->measured;
        to->nmse_sum = from->nmse_sum;
        to->aged = from->aged;
        to->nmse_used_sum = from->nmse_used_sum;
        to->keys = from->keys;
        to->memory_age = from->memory_age;
    }
    m->ues = f->ues;
    m->n_ues = t->ues;
}

static void fill_samples(form *f, const wire_telemetry *t, Csilink__Telemetry *m)
{
    for (size_t i = 0; i < t->samples; i++) {
        const wire_csi_sample *from = &t->sample[i];
        Csilink__Telemetry__CsiSample *to = f->samples[i] = &f->sample[i];
        size_t bytes = (size_t)from->rows * from->columns * sizeof(float);
        csilink__telemetry__csi_sample__init(to);
        to->ue = from->ue;
        to->seq = from->seq;
        to->rows = from->rows;
        to->columns = from->columns;
        to->truth = wire_bytes(from->truth, bytes);
        to->reconstruction = wire_bytes(from->reconstruction, bytes);
        to->nmse = from->nmse;
        to->directions = from->directions;
        to->sgcs = from->sgcs;
        to->snr_estimated_db = from->snr_estimated_db;
    }
    m->samples = f->samples;
    m->n_samples = t->samples;
}

int wire_telemetry_pack(const wire_telemetry *t, zmq_msg_t *frame)
{
    form *f = malloc(sizeof *f);
    if (!f)
        return ERR_NOMEM;
    Csilink__Telemetry m = CSILINK__TELEMETRY__INIT;
    m.version = WIRE_VERSION;
    m.role = wire_text(t->role);
    m.pid = t->pid;
    m.time_ns = t->time_ns;
    fill_metrics(f, t, &m);
    fill_histograms(f, t, &m);
    fill_ues(f, t, &m);
    fill_samples(f, t, &m);
    if (t->encodes) {
        csilink__telemetry__encoder__init(&f->encoder);
        f->encoder.codec = wire_text(t->encoder.codec);
        f->encoder.precision = wire_text(t->encoder.precision);
        f->encoder.uplink = wire_text(t->encoder.uplink);
        m.encoder = &f->encoder;
    }
    int rc = wire_pack(&m, frame);
    free(f);
    return rc;
}

/* What an unpacked message owns: the message has texts and vectors, the arrays point into it. Their
 * sizes are fixed, so no sender decides how much memory is used. */
typedef struct store {
    Csilink__Telemetry *message;
    wire_metric metric[WIRE_METRICS_MAX];
    wire_histogram histogram[WIRE_HISTOGRAMS_MAX];
    wire_ue_figures ue[WIRE_UES_MAX];
    wire_csi_sample sample[WIRE_SAMPLES_MAX];
} store;

static int check_counts(const Csilink__Telemetry *m, err *e)
{
    const struct {
        const char *what;
        size_t count, most;
    } parts[] = {{"metrics", m->n_metrics, WIRE_METRICS_MAX},
                 {"histograms", m->n_histograms, WIRE_HISTOGRAMS_MAX},
                 {"UEs", m->n_ues, WIRE_UES_MAX},
                 {"CSI samples", m->n_samples, WIRE_SAMPLES_MAX}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].count > parts[i].most)
            return err_set(e, ERR_FORMAT, "telemetry of %zu %s; at most %zu are allowed",
                           parts[i].count, parts[i].what, parts[i].most);
    return ERR_NONE;
}

static int take_histograms(const Csilink__Telemetry *m, store *s, err *e)
{
    for (size_t i = 0; i < m->n_histograms; i++) {
        const Csilink__Telemetry__Histogram *from = m->histograms[i];
        if (from->n_bucket != from->n_count)
            return err_set(e, ERR_FORMAT, "histogram %.40s has %zu buckets and %zu counts",
                           from->name, from->n_bucket, from->n_count);
        s->histogram[i] = (wire_histogram){.name = from->name,
                                           .sum = from->sum,
                                           .max = from->max,
                                           .filled = from->n_bucket,
                                           .bucket = from->bucket,
                                           .count = from->count};
    }
    return ERR_NONE;
}

static void take_ues(const Csilink__Telemetry *m, store *s)
{
    for (size_t i = 0; i < m->n_ues; i++) {
        const Csilink__Telemetry__UeFigures *from = m->ues[i];
        s->ue[i] = (wire_ue_figures){.ue = from->ue,
                                     .sent = from->sent,
                                     .acked = from->acked,
                                     .lost_channel = from->lost_channel,
                                     .timed_out = from->timed_out,
                                     .refused = from->refused,
                                     .not_decoded = from->not_decoded,
                                     .measured = from->measured,
                                     .nmse_sum = from->nmse_sum,
                                     .aged = from->aged,
                                     .nmse_used_sum = from->nmse_used_sum,
                                     .keys = from->keys,
                                     .memory_age = from->memory_age};
    }
}

static int take_samples(const Csilink__Telemetry *m, store *s, err *e)
{
    for (size_t i = 0; i < m->n_samples; i++) {
        const Csilink__Telemetry__CsiSample *from = m->samples[i];
        size_t bytes = (size_t)from->rows * from->columns * sizeof(float);
        if (from->truth.len != bytes || from->reconstruction.len != bytes)
            return err_set(
                e, ERR_FORMAT, "a CSI sample of %u x %u values in %zu and %zu bytes; they take %zu",
                from->rows, from->columns, from->truth.len, from->reconstruction.len, bytes);
        s->sample[i] = (wire_csi_sample){.ue = from->ue,
                                         .seq = from->seq,
                                         .directions = from->directions,
                                         .rows = from->rows,
                                         .columns = from->columns,
                                         .truth = (const void *)from->truth.data,
                                         .reconstruction = (const void *)from->reconstruction.data,
                                         .nmse = from->nmse,
                                         .sgcs = from->sgcs,
                                         .snr_estimated_db = from->snr_estimated_db};
    }
    return ERR_NONE;
}

static int take(const Csilink__Telemetry *m, store *s, wire_telemetry *t, err *e)
{
    if (take_histograms(m, s, e) != ERR_NONE || take_samples(m, s, e) != ERR_NONE)
        return ERR_FORMAT;
    take_ues(m, s);
    for (size_t i = 0; i < m->n_metrics; i++)
        s->metric[i] = (wire_metric){m->metrics[i]->name, m->metrics[i]->value};
    *t = (wire_telemetry){.role = m->role,
                          .pid = m->pid,
                          .time_ns = m->time_ns,
                          .metrics = m->n_metrics,
                          .metric = s->metric,
                          .histograms = m->n_histograms,
                          .histogram = s->histogram,
                          .ues = m->n_ues,
                          .ue = s->ue,
                          .samples = m->n_samples,
                          .sample = s->sample,
                          .encodes = m->encoder != NULL};
    if (m->encoder)
        t->encoder = (wire_encoder){m->encoder->codec, m->encoder->precision, m->encoder->uplink};
    return wire_telemetry_check(t, e);
}

int wire_telemetry_unpack(const zmq_msg_t *frame, wire_telemetry *t, err *e)
{
    *t = (wire_telemetry){0};
    Csilink__Telemetry *m = wire_unpack(&csilink__telemetry__descriptor, frame, e);
    if (!m)
        return ERR_FORMAT;
    int rc = wire_check_version("telemetry", m->version, e);
    if (rc == ERR_NONE)
        rc = check_counts(m, e);
    store *s = rc == ERR_NONE ? malloc(sizeof *s) : NULL;
    if (rc == ERR_NONE && !s)
        rc = err_set(e, ERR_NOMEM, "out of memory for telemetry");
    if (rc == ERR_NONE)
        rc = take(m, s, t, e);
    if (rc == ERR_NONE)
        rc = wire_check_ranges(m, e);
    if (rc != ERR_NONE) {
        *t = (wire_telemetry){0};
        wire_release(m);
        free(s);
        return rc;
    }
    s->message = m;
    t->owned = s;
    return ERR_NONE;
}

void wire_telemetry_clear(wire_telemetry *t)
{
    store *s = t->owned;
    if (s)
        wire_release(s->message);
    free(s);
    *t = (wire_telemetry){0};
}

static int check_histogram(const wire_histogram *h, err *e)
{
    if (!isfinite(h->sum) || h->sum < 0)
        return err_set(e, ERR_FORMAT,
                       "histogram %.40s has the sum %g; it must be finite and not negative",
                       h->name, h->sum);
    for (size_t i = 0; i < h->filled; i++)
        if (h->bucket[i] >= HIST_COARSE || (i > 0 && h->bucket[i] <= h->bucket[i - 1]))
            return err_set(e, ERR_FORMAT,
                           "histogram %.40s: bucket %u; they must ascend, and end below %d",
                           h->name, h->bucket[i], HIST_COARSE);
    return ERR_NONE;
}

static int check_ue(const wire_ue_figures *u, err *e)
{
    if (u->ue >= WIRE_UE_MAX)
        return err_set(e, ERR_FORMAT, "UE %u: the largest number is %d", u->ue, WIRE_UE_MAX - 1);
    if (!isfinite(u->nmse_sum) || u->nmse_sum < 0 || !isfinite(u->nmse_used_sum) ||
        u->nmse_used_sum < 0)
        return err_set(e, ERR_FORMAT,
                       "UE %u: sums of NMSE %g and %g; they must be finite and not negative", u->ue,
                       u->nmse_sum, u->nmse_used_sum);
    return ERR_NONE;
}

static int check_magnitudes(const wire_csi_sample *s, const float *x, const char *what, err *e)
{
    size_t count = (size_t)s->rows * s->columns;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]) || x[i] < 0)
            return err_set(e, ERR_FORMAT,
                           "CSI sample of UE %u: %s[%zu] is %g; it must be finite and not negative",
                           s->ue, what, i, (double)x[i]);
    return ERR_NONE;
}

static int check_sample(const wire_csi_sample *s, err *e)
{
    if (s->ue >= WIRE_UE_MAX)
        return err_set(e, ERR_FORMAT, "UE %u: the largest number is %d", s->ue, WIRE_UE_MAX - 1);
    if (s->rows < 1 || s->rows > WIRE_SAMPLE_SIDE_MAX || s->columns < 1 ||
        s->columns > WIRE_SAMPLE_SIDE_MAX)
        return err_set(e, ERR_FORMAT, "CSI sample of UE %u: %u x %u values; each side is 1 to %d",
                       s->ue, s->rows, s->columns, WIRE_SAMPLE_SIDE_MAX);
    if (!isfinite(s->nmse) || s->nmse < 0 || !isfinite(s->snr_estimated_db))
        return err_set(e, ERR_FORMAT,
                       "CSI sample of UE %u: NMSE %g at %g dB; both must be finite, the NMSE not "
                       "negative",
                       s->ue, s->nmse, (double)s->snr_estimated_db);
    if (!(s->sgcs >= 0 && s->sgcs <= WIRE_SGCS_MAX) || (s->directions && s->nmse != 0))
        return err_set(e, ERR_FORMAT,
                       "CSI sample of UE %u: SGCS %g and NMSE %g; the SGCS is 0 to 1, and "
                       "directions have no NMSE (0)",
                       s->ue, s->sgcs, s->nmse);
    int rc = check_magnitudes(s, s->truth, "truth", e);
    return rc == ERR_NONE ? check_magnitudes(s, s->reconstruction, "reconstruction", e) : rc;
}

int wire_telemetry_check(const wire_telemetry *t, err *e)
{
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < t->histograms; i++)
        rc = check_histogram(&t->histogram[i], e);
    for (size_t i = 0; rc == ERR_NONE && i < t->ues; i++)
        rc = check_ue(&t->ue[i], e);
    for (size_t i = 0; rc == ERR_NONE && i < t->samples; i++)
        rc = check_sample(&t->sample[i], e);
    return rc;
}
