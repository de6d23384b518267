/* watch.h: the UEs that subscribers watch, with the newest true and reconstructed |H| of each
 * (measurer_picture).
 *
 * A telemetry message has room for WIRE_SAMPLES_MAX of them, so watching costs the same at any
 * report rate. If more are watched, the list serves subscribers in rotation, and the UEs of each
 * subscriber in rotation, so a subscriber with many UEs does not crowd out the others. */
#ifndef UE_AGENT_WATCH_H
#define UE_AGENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/outcome.h"
#include "measure/quality.h"
#include "service/service.h"

enum {
    WATCH_PER_SUBSCRIBER = 16, /* a subscriber's further UEs are not shown */
    WATCH_SUBSCRIBERS = 64,    /* further subscribers see none */
    WATCH_TURNS = 25,          /* messages, in 5 s, after which a silent UE is skipped */
};

/* A UE that the next message is to show. */
typedef struct watched_ue {
    uint32_t ue;
    bool there;      /* `sample` is set */
    unsigned waited; /* messages sent without it */
    float *pair;     /* the sample's values, owned; NULL before the first */
    wire_csi_sample sample;
} watched_ue;

typedef struct watcher {
    int subscriber;
    size_t count, next; /* of its UEs; index of the next one */
    uint32_t ue[WATCH_PER_SUBSCRIBER];
} watcher;

typedef struct watch_list {
    watcher watcher[WATCH_SUBSCRIBERS];
    size_t watchers, next; /* index of the next subscriber */
    watched_ue due[WIRE_SAMPLES_MAX];
    size_t dues;
} watch_list; /* zero-initialise */

/* A subscriber starts (`on`) or stops watching a UE. */
void watch_set(watch_list *list, int subscriber, uint32_t ue, bool on);

/* A subscriber has gone. */
void watch_end(watch_list *list, int subscriber);

/* Draws a reconstruction and its truth with `of`, if its UE is to be shown next. */
void watch_keep(watch_list *list, const chain_outcome *outcome, measurer *of,
                const measure_truth *truth, const float complex *reconstruction);

/* Adds the new samples to the next message, and moves on to the next UEs. The samples do not change
 * until the next watch_keep. */
void watch_fill(watch_list *list, link_service *service);

/* Moves on to the next UEs; part of watch_fill. */
void watch_next(watch_list *list);
void watch_clear(watch_list *list);

#endif
