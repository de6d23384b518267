/* pending.h: reports that wait for an answer. They are found by (UE, sequence number) and time out
 * in the order of sending. */
#ifndef UE_AGENT_PENDING_H
#define UE_AGENT_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "measure/latency.h"
#include "measure/quality.h"

typedef struct pending {
    TAILQ_ENTRY(pending) by_ue;
    TAILQ_ENTRY(pending) by_age;
    size_t ue_index;
    uint32_t seq;
    double time_s;       /* of the channel */
    chain_stamps stamps; /* the UE's, up to `sent` */
    double ls_nmse, se_perfect, se_ls;
    measure_truth *truth;              /* NULL: none, or not kept (truths.h) */
    uint32_t bits, symbols, side_bits; /* its cost (uplink/uplink.h) */
    uint64_t digest;                   /* of the bits sent; 0: none */
    bool remembers, key;               /* measure/outcome.h */
} pending;

typedef struct pending_set pending_set;

/* For `ues` UEs; NULL when memory ran out. */
pending_set *pending_create(size_t ues);
void pending_free(pending_set *set);

/* Adds a copy of *p. False when memory ran out. */
bool pending_add(pending_set *set, const pending *p);

/* Moves a report to *p; false if it is not here (answered before, timed out, never sent). */
bool pending_take(pending_set *set, size_t ue_index, uint32_t seq, pending *p);

/* Moves the oldest report to *p if it was sent before `sent_before_ns`. */
bool pending_take_older(pending_set *set, uint64_t sent_before_ns, pending *p);

/* The number of a UE's oldest report in *seq; false if it has none. */
bool pending_oldest(const pending_set *set, size_t ue_index, uint32_t *seq);

/* The sending time of the oldest report; false if there is none. */
bool pending_first(const pending_set *set, uint64_t *sent_ns);

size_t pending_count(const pending_set *set);

#endif
