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

/* What this end keeps of one UE's reports over one link. */
typedef struct ue_memory {
    chain_memory *reports; /* the codec's memory; NULL for a codec without */
    float complex *held;   /* the last reconstruction, zeros before the first; NULL where none is
                              held: chain/bs.h, CHAIN_HOLD */
    chain_predictor *predictor; /* follows the reconstructions; NULL where nobody asks */
    uint32_t patience;          /* reports until a key may be asked for again (follow.h) */
} ue_memory;

typedef struct job {
    link_item item; /* first: what its peer holds of the pool's memory */
    struct job *next;
    struct job *chained; /* the three are queue.h's own */
    link_items behind;
    bool queued;
    zmq_msg_t route[JOB_ROUTE_MAX];
    size_t route_count;
    wire_report report;
    size_t link;       /* which of the pool's links: a codec over an uplink */
    ue_memory *memory; /* of its UE; NULL where nothing is kept over this link */
    double snr_db;     /* estimated for this UE, this report included */
    uint64_t received_ns, decode_start_ns, uplink_decoded_ns, decode_end_ns;
    wire_status status;            /* RECONSTRUCTED, NOT_DECODED, NEEDS_KEY; REFUSED: see failure */
    float complex *reconstruction; /* NULL, or what the UE asked for: the CSI that the base station
                                      goes on with */
    float complex *predicted;      /* the channel at the time of its use; NULL: not predicted */
    uint32_t entries;              /* of each of them */
    double innovation;             /* chain/predict.h; NaN: none */
    uint64_t digest;               /* of the bits received, where the UE asked; 0: none */
    err failure;
} job;

/* Moves the route frames in and takes the report over. NULL when memory ran out: nothing was taken.
 */
job *job_create(zmq_msg_t *route, size_t route_count, wire_report *report);
void job_free(job *j);

/* A first-in first-out list. */
typedef struct job_list {
    job *first, *last;
    size_t count;
} job_list;

void job_list_append(job_list *list, job *j);
job *job_list_take(job_list *list); /* NULL when empty */

/* What a job takes until it is answered: the report, what protobuf adds to it, this struct, and
 * `entries` of reconstructions where the UE asked for them. */
size_t job_bytes(const job *j, size_t entries);

#endif
