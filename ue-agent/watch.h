/* watch.h: the UEs whose CSI somebody looks at: for each the newest true and reconstructed |H|
 * (measurer_picture).
 *
 * A telemetry message has room for WIRE_SAMPLES_MAX of them, so that watching costs the same at any
 * report rate. Where more are watched, subscribers take turns, and each one's UEs among them:
 * whoever watches many UEs does not take the others' place. */
#ifndef UE_AGENT_WATCH_H
#define UE_AGENT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/outcome.h"
#include "measure/quality.h"
#include "service/service.h"

enum {
    WATCH_PER_SUBSCRIBER = 16, /* further UEs of one are not shown */
    WATCH_SUBSCRIBERS = 64,    /* further subscribers are not shown any */
    WATCH_TURNS = 25, /* messages, 5 s of them, that a UE's turn lasts where it is silent */
};

/* One of the UEs that the next message is to show. */
typedef struct watched_ue {
    uint32_t ue;
    bool there;      /* `sample` is set */
    unsigned waited; /* messages that left without it */
    float *pair;     /* the sample's values, owned; NULL before the first */
    wire_csi_sample sample;
} watched_ue;

typedef struct watcher {
    int subscriber;
    size_t count, next; /* of its UEs; the one whose turn comes next */
    uint32_t ue[WATCH_PER_SUBSCRIBER];
} watcher;

typedef struct watch_list {
    watcher watcher[WATCH_SUBSCRIBERS];
    size_t watchers, next; /* the subscriber whose turn comes next */
    watched_ue due[WIRE_SAMPLES_MAX];
    size_t dues;
} watch_list; /* zero-initialise */

/* A subscriber began (`on`) or ended to watch a UE. */
void watch_set(watch_list *list, int subscriber, uint32_t ue, bool on);

/* A subscriber has gone. */
void watch_end(watch_list *list, int subscriber);

/* Shows a reconstruction beside its truth, as `of` draws them, if it is its UE's turn. */
void watch_keep(watch_list *list, const chain_outcome *outcome, measurer *of,
                const measure_truth *truth, const float complex *reconstruction);

/* Adds what came since the last time to the message that is being filled, and passes the turn on;
 * what was added stays as it is until watch_keep is called again. */
void watch_fill(watch_list *list, link_service *service);

/* Passes the turn on: part of watch_fill. */
void watch_next(watch_list *list);
void watch_clear(watch_list *list);

#endif
