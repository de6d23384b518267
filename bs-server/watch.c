#include "watch.h"

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

void watch_ask(watch_list *list, job *j, const csi_dims *dims)
{
    watched_ue *w = list->count ? find(list, j->report->ue) : NULL;
    if (!w || !w->due)
        return;
    w->due = false;
    j->pair = malloc(2 * (size_t)dims->nt * dims->ni * sizeof(float));
}

void watch_keep(watch_list *list, job *j, const csi_dims *dims)
{
    if (!j->pair || !j->measured)
        return;
    watched_ue *w = find(list, j->report->ue);
    if (!w)
        return;
    size_t count = (size_t)dims->nt * dims->ni;
    free(w->pair);
    w->pair = j->pair;
    j->pair = NULL;
    w->sample = (wire_csi_sample){.ue = w->ue,
                                  .seq = j->report->seq,
                                  .rows = dims->nt,
                                  .columns = dims->ni,
                                  .truth = w->pair,
                                  .reconstruction = w->pair + count,
                                  .nmse = j->quality.nmse,
                                  .snr_estimated_db = j->snr_db};
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
