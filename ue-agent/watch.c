#include "watch.h"

#include <complex.h>
#include <stdlib.h>

static watched_ue *find(watch_list *list, uint32_t ue)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->ue[i].ue == ue)
            return &list->ue[i];
    return NULL;
}

void watch_set(watch_list *list, uint32_t ue, bool on)
{
    watched_ue *w = find(list, ue);
    if (on && !w && list->count < WIRE_SAMPLES_MAX) {
        list->ue[list->count++] = (watched_ue){.ue = ue, .due = true};
    } else if (!on && w) {
        free(w->pair);
        *w = list->ue[--list->count];
    }
}

static void take_magnitudes(const float complex *h, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = cabsf(h[i]);
}

void watch_keep(watch_list *list, const chain_outcome *o, const measure_truth *truth,
                const float complex *reconstruction, const csi_dims *dims)
{
    watched_ue *w = list->count ? find(list, o->ue) : NULL;
    size_t count = (size_t)dims->nt * dims->ni;
    if (!w || !w->due)
        return;
    if (!w->pair)
        w->pair = malloc(2 * count * sizeof *w->pair);
    if (!w->pair)
        return; /* this one is not shown */
    w->due = false;
    take_magnitudes(truth->taps, count, w->pair);
    take_magnitudes(reconstruction, count, w->pair + count);
    w->sample = (wire_csi_sample){.ue = o->ue,
                                  .seq = o->seq,
                                  .rows = dims->nt,
                                  .columns = dims->ni,
                                  .truth = w->pair,
                                  .reconstruction = w->pair + count,
                                  .nmse = o->quality.nmse,
                                  .snr_estimated_db = (float)o->snr_estimated_db};
}

void watch_fill(watch_list *list, link_service *service)
{
    for (size_t i = 0; i < list->count; i++) {
        watched_ue *w = &list->ue[i];
        if (w->pair)
            link_telemetry_form_sample(link_service_form(service), &w->sample);
        w->due = true;
    }
}

void watch_clear(watch_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->ue[i].pair);
    list->count = 0;
}
