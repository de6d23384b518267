#include "service/telemetry.h"

#include <stdlib.h>

#include "base/hist_coarse.h"

struct link_telemetry_form {
    wire_metric metric[WIRE_METRICS_MAX];
    wire_histogram histogram[WIRE_HISTOGRAMS_MAX];
    uint32_t bucket[WIRE_HISTOGRAMS_MAX][HIST_COARSE];
    uint64_t count[WIRE_HISTOGRAMS_MAX][HIST_COARSE];
    wire_ue_figures ue[WIRE_UES_MAX];
    wire_csi_sample sample[WIRE_SAMPLES_MAX];
    wire_encoder encoder;
    bool encodes;
    size_t metrics, histograms, ues, samples;
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
    f->metrics = f->histograms = f->ues = f->samples = 0;
    f->encodes = false;
}

void link_telemetry_form_metric(link_telemetry_form *f, const char *name, double value)
{
    if (f->metrics < WIRE_METRICS_MAX)
        f->metric[f->metrics++] = (wire_metric){name, value};
}

void link_telemetry_form_histogram(link_telemetry_form *f, const char *name, const hist *h)
{
    if (f->histograms == WIRE_HISTOGRAMS_MAX)
        return;
    uint32_t *bucket = f->bucket[f->histograms];
    uint64_t *count = f->count[f->histograms], coarse[HIST_COARSE];
    size_t filled = 0;
    hist_coarsen(h, coarse);
    for (size_t i = 0; i < HIST_COARSE; i++) {
        if (coarse[i] == 0)
            continue;
        bucket[filled] = (uint32_t)i;
        count[filled++] = coarse[i];
    }
    f->histogram[f->histograms++] = (wire_histogram){.name = name,
                                                     .sum = h->sum,
                                                     .max = h->max,
                                                     .filled = filled,
                                                     .bucket = bucket,
                                                     .count = count};
}

void link_telemetry_form_ue(link_telemetry_form *f, const wire_ue_figures *figures)
{
    if (f->ues < WIRE_UES_MAX)
        f->ue[f->ues++] = *figures;
}

void link_telemetry_form_sample(link_telemetry_form *f, const wire_csi_sample *sample)
{
    if (f->samples < WIRE_SAMPLES_MAX)
        f->sample[f->samples++] = *sample;
}

void link_telemetry_form_encoder(link_telemetry_form *f, const wire_encoder *encoder)
{
    f->encoder = *encoder;
    f->encodes = true;
}

void link_telemetry_form_fill(link_telemetry_form *f, wire_telemetry *m)
{
    m->metrics = f->metrics;
    m->metric = f->metric;
    m->histograms = f->histograms;
    m->histogram = f->histogram;
    m->ues = f->ues;
    m->ue = f->ue;
    m->samples = f->samples;
    m->sample = f->sample;
    m->encodes = f->encodes;
    m->encoder = f->encoder;
}
