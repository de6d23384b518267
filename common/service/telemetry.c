#include "service/telemetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct form_histogram {
    Csilink__Telemetry__Histogram message;
    uint32_t bucket[HIST_COARSE];
    uint64_t count[HIST_COARSE];
} form_histogram;

struct link_telemetry_form {
    Csilink__Telemetry__Metric metric[LINK_METRICS_MAX], *metrics[LINK_METRICS_MAX];
    form_histogram histogram[LINK_HISTOGRAMS_MAX];
    Csilink__Telemetry__Histogram *histograms[LINK_HISTOGRAMS_MAX];
    link_ue_figures ue[LINK_UES_MAX], *ues[LINK_UES_MAX];
    link_csi_sample *samples[LINK_SAMPLES_MAX];
    link_encoder encoder;
    bool encodes;
    size_t metric_count, histogram_count, ue_count, sample_count;
};

link_telemetry_form *link_telemetry_form_create(void)
{
    return calloc(1, sizeof(link_telemetry_form));
}

void link_telemetry_form_free(link_telemetry_form *f)
{
    free(f);
}

void link_telemetry_form_clear(link_telemetry_form *f)
{
    f->metric_count = f->histogram_count = f->ue_count = f->sample_count = 0;
    f->encodes = false;
}

void link_telemetry_form_metric(link_telemetry_form *f, const char *name, double value)
{
    if (f->metric_count == LINK_METRICS_MAX)
        return;
    Csilink__Telemetry__Metric *m = &f->metric[f->metric_count];
    csilink__telemetry__metric__init(m);
    m->name = (char *)(uintptr_t)name; /* protobuf-c reads it only */
    m->value = value;
    f->metrics[f->metric_count++] = m;
}

void link_telemetry_form_histogram(link_telemetry_form *f, const char *name, const hist *h)
{
    if (f->histogram_count == LINK_HISTOGRAMS_MAX)
        return;
    form_histogram *out = &f->histogram[f->histogram_count];
    uint64_t coarse[HIST_COARSE];
    size_t filled = 0;
    hist_coarsen(h, coarse);
    for (size_t i = 0; i < HIST_COARSE; i++) {
        if (coarse[i] == 0)
            continue;
        out->bucket[filled] = (uint32_t)i;
        out->count[filled++] = coarse[i];
    }
    csilink__telemetry__histogram__init(&out->message);
    out->message.name = (char *)(uintptr_t)name;
    out->message.sum = h->sum;
    out->message.max = h->max;
    out->message.bucket = out->bucket;
    out->message.count = out->count;
    out->message.n_bucket = out->message.n_count = filled;
    f->histograms[f->histogram_count++] = &out->message;
}

void link_telemetry_form_ue(link_telemetry_form *f, const link_ue_figures *figures)
{
    if (f->ue_count == LINK_UES_MAX)
        return;
    f->ue[f->ue_count] = *figures;
    f->ues[f->ue_count] = &f->ue[f->ue_count];
    f->ue_count++;
}

void link_telemetry_form_sample(link_telemetry_form *f, link_csi_sample *sample)
{
    if (f->sample_count < LINK_SAMPLES_MAX)
        f->samples[f->sample_count++] = sample;
}

void link_telemetry_form_encoder(link_telemetry_form *f, const link_encoder *encoder)
{
    f->encoder = *encoder;
    f->encodes = true;
}

void link_telemetry_form_fill(link_telemetry_form *f, link_telemetry *m)
{
    m->metrics = f->metrics;
    m->n_metrics = f->metric_count;
    m->histograms = f->histograms;
    m->n_histograms = f->histogram_count;
    m->ues = f->ues;
    m->n_ues = f->ue_count;
    m->samples = f->samples;
    m->n_samples = f->sample_count;
    m->encoder = f->encodes ? &f->encoder : NULL;
}

static int check_histogram(const Csilink__Telemetry__Histogram *h, err *e)
{
    if (h->n_bucket != h->n_count || !isfinite(h->sum) || h->sum < 0)
        return err_set(e, ERR_FORMAT, "histogram %.40s: %zu buckets, %zu counts, sum %g", h->name,
                       h->n_bucket, h->n_count, h->sum);
    for (size_t i = 0; i < h->n_bucket; i++)
        if (h->bucket[i] >= HIST_COARSE || (i > 0 && h->bucket[i] <= h->bucket[i - 1]))
            return err_set(e, ERR_FORMAT, "histogram %.40s: bucket %u is out of order", h->name,
                           h->bucket[i]);
    return ERR_NONE;
}

static bool is_magnitude(const ProtobufCBinaryData *bytes, size_t count)
{
    if (bytes->len != count * sizeof(float))
        return false;
    for (size_t i = 0; i < count; i++) {
        float x;
        memcpy(&x, bytes->data + i * sizeof x, sizeof x);
        if (!isfinite(x) || x < 0)
            return false;
    }
    return true;
}

static int check_sample(const link_csi_sample *s, err *e)
{
    size_t count = (size_t)s->rows * s->columns;
    bool sized = s->ue < LINK_UE_MAX && s->rows > 0 && s->rows <= LINK_SAMPLE_SIDE_MAX &&
                 s->columns > 0 && s->columns <= LINK_SAMPLE_SIDE_MAX;
    if (!sized || !is_magnitude(&s->truth, count) || !is_magnitude(&s->reconstruction, count) ||
        !isfinite(s->nmse) || s->nmse < 0 || !isfinite(s->snr_estimated_db))
        return err_set(e, ERR_FORMAT, "a CSI sample of UE %u that is none (%u x %u)", s->ue,
                       s->rows, s->columns);
    return ERR_NONE;
}

int link_telemetry_check(const link_telemetry *m, err *e)
{
    for (size_t i = 0; i < m->n_histograms; i++)
        if (check_histogram(m->histograms[i], e) != ERR_NONE)
            return ERR_FORMAT;
    for (size_t i = 0; i < m->n_ues; i++)
        if (m->ues[i]->ue >= LINK_UE_MAX || !isfinite(m->ues[i]->nmse_sum) ||
            m->ues[i]->nmse_sum < 0 || !isfinite(m->ues[i]->nmse_used_sum) ||
            m->ues[i]->nmse_used_sum < 0)
            return err_set(e, ERR_FORMAT, "figures of UE %u that are none", m->ues[i]->ue);
    for (size_t i = 0; i < m->n_samples; i++)
        if (check_sample(m->samples[i], e) != ERR_NONE)
            return ERR_FORMAT;
    return ERR_NONE;
}
