/* job.h: one report on its way through the base station. */
#ifndef BS_SERVER_JOB_H
#define BS_SERVER_JOB_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "chain/memory.h"
#include "chain/predict.h"
#include "link/peers.h"
#include "wire/answer.h"
#include "wire/report.h"

enum { JOB_ROUTE_MAX = 4 }; /* identity frames: channel-sim's, the agent's, and room for two more */

/* What the base station keeps of one UE's reports over one link. */
typedef struct ue_memory {
    chain_memory *reports;      /* the codec's memory; NULL for a codec without */
    float complex *held;        /* the last reconstruction, zeros before the first; NULL: not held
                                   (chain/bs.h, CHAIN_HOLD) */
    chain_predictor *predictor; /* tracks the reconstructions; NULL: not tracked */
    uint32_t patience;          /* reports until the next key can be requested (follow.h) */
} ue_memory;

typedef struct job {
    link_item item; /* must be first: its peer's share of the pool's memory */
    struct job *next;
    struct job *chained; /* these three belong to queue.h */
    link_items behind;
    bool queued;
    zmq_msg_t route[JOB_ROUTE_MAX];
    size_t route_count;
    wire_report report;
    size_t link;       /* index of the pool's link: a codec over an uplink */
    ue_memory *memory; /* of its UE; NULL: this link keeps nothing */
    double snr_db;     /* estimated for this UE, this report included */
    uint64_t received_ns, decode_start_ns, uplink_decoded_ns, decode_end_ns;
    wire_status status;            /* RECONSTRUCTED, NOT_DECODED, NEEDS_KEY; REFUSED: see failure */
    float complex *reconstruction; /* the CSI that the base station uses, if the UE asked for it;
                                      else NULL */
    float complex *predicted;      /* the channel at the time of its use; NULL: not predicted */
    uint32_t entries;              /* of each of them */
    double innovation;             /* chain/predict.h; NaN: none */
    uint64_t digest;               /* of the bits received, where the UE asked; 0: none */
    err failure;
} job;

/* Takes over the route frames and the report. NULL when memory runs out; then it takes nothing. */
job *job_create(zmq_msg_t *route, size_t route_count, wire_report *report);
void job_free(job *j);

/* A first-in first-out list. */
typedef struct job_list {
    job *first, *last;
    size_t count;
} job_list;

void job_list_append(job_list *list, job *j);
job *job_list_take(job_list *list); /* NULL when empty */

/* The memory that a job takes until it is answered: the report with protobuf's overhead, this
 * struct, and `entries` of reconstructions if the UE asked for them. */
size_t job_bytes(const job *j, size_t entries);

#endif
