#include "watch.h"

#include <stdlib.h>
#include <string.h>

static watcher *find_watcher(watch_list *list, int subscriber)
{
    for (size_t i = 0; i < list->watchers; i++)
        if (list->watcher[i].subscriber == subscriber)
            return &list->watcher[i];
    return NULL;
}

static size_t find_ue(const watcher *w, uint32_t ue)
{
    size_t i = 0;
    while (i < w->count && w->ue[i] != ue)
        i++;
    return i;
}

static watched_ue *find_due(watch_list *list, uint32_t ue)
{
    for (size_t i = 0; i < list->dues; i++)
        if (list->due[i].ue == ue)
            return &list->due[i];
    return NULL;
}

/* Schedules a subscriber's UE for the next message, unless it is already scheduled. */
static void fill_up(watch_list *list)
{
    size_t most = 0;
    for (size_t i = 0; i < list->watchers; i++)
        most += list->watcher[i].count;
    for (size_t i = 0; i < most && list->dues < WIRE_SAMPLES_MAX; i++) {
        watcher *w = &list->watcher[list->next % list->watchers];
        uint32_t ue = w->ue[w->next % w->count];
        w->next = (w->next + 1) % w->count;
        list->next = (list->next + 1) % list->watchers;
        if (find_due(list, ue))
            continue;
        watched_ue *due = &list->due[list->dues++];
        due->ue = ue;
        due->there = false;
        due->waited = 0;
    }
}

void watch_end(watch_list *list, int subscriber)
{
    watcher *w = find_watcher(list, subscriber);
    if (w)
        *w = list->watcher[--list->watchers];
}

static void stop_watching(watch_list *list, watcher *w, uint32_t ue)
{
    size_t at = find_ue(w, ue);
    if (at < w->count)
        w->ue[at] = w->ue[--w->count];
    if (w->count == 0)
        watch_end(list, w->subscriber);
}

void watch_set(watch_list *list, int subscriber, uint32_t ue, bool on)
{
    watcher *w = find_watcher(list, subscriber);
    if (!on) {
        if (w)
            stop_watching(list, w, ue);
        return;
    }
    if (!w && list->watchers < WATCH_SUBSCRIBERS) {
        w = &list->watcher[list->watchers++];
        *w = (watcher){.subscriber = subscriber};
    }
    if (w && w->count < WATCH_PER_SUBSCRIBER && find_ue(w, ue) == w->count)
        w->ue[w->count++] = ue;
    fill_up(list);
}

void watch_keep(watch_list *list, const chain_outcome *o, measurer *of, const measure_truth *truth,
                const float complex *reconstruction)
{
    watched_ue *w = list->dues ? find_due(list, o->ue) : NULL;
    measure_picture p = measurer_picture_size(of);
    size_t count = (size_t)p.rows * p.columns;
    if (!w || w->there)
        return;
    if (!w->pair)
        w->pair = malloc(2 * count * sizeof *w->pair);
    if (!w->pair)
        return; /* this UE is not shown now */
    w->there = true;
    measurer_picture(of, truth, reconstruction, w->pair, w->pair + count);
    w->sample = (wire_csi_sample){.ue = o->ue,
                                  .seq = o->seq,
                                  .rows = p.rows,
                                  .columns = p.columns,
                                  .truth = w->pair,
                                  .reconstruction = w->pair + count,
                                  .directions = p.directions,
                                  .nmse = p.directions ? 0 : o->quality.nmse,
                                  .sgcs = o->quality.sgcs,
                                  .snr_estimated_db = (float)o->snr_estimated_db};
}

static bool is_watched(const watch_list *list, uint32_t ue)
{
    for (size_t i = 0; i < list->watchers; i++)
        if (find_ue(&list->watcher[i], ue) < list->watcher[i].count)
            return true;
    return false;
}

/* UEs that were shown, or have been silent for long, make room for the next ones. */
void watch_next(watch_list *list)
{
    for (size_t i = list->dues; i-- > 0;) {
        watched_ue *w = &list->due[i], ended = *w;
        if (!w->there && ++w->waited < WATCH_TURNS && is_watched(list, w->ue))
            continue;
        *w = list->due[--list->dues];
        list->due[list->dues] = ended; /* keeps the slot's buffer */
    }
    if (list->watchers > 0)
        fill_up(list);
}

void watch_fill(watch_list *list, link_service *service)
{
    for (size_t i = 0; i < list->dues; i++)
        if (list->due[i].there)
            link_telemetry_form_sample(link_service_form(service), &list->due[i].sample);
    watch_next(list);
}

void watch_clear(watch_list *list)
{
    for (size_t i = 0; i < WIRE_SAMPLES_MAX; i++)
        free(list->due[i].pair);
    *list = (watch_list){0};
}
