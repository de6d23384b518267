/* job.h: one report on its way through the base station. */
#ifndef BS_SERVER_JOB_H
#define BS_SERVER_JOB_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "chain/bs.h"
#include "wire/message.h"

enum { JOB_ROUTE_MAX = 4 }; /* identity frames: channel-sim's, the agent's, and room for two more */

typedef struct job {
    struct job *next;
    zmq_msg_t route[JOB_ROUTE_MAX];
    size_t route_count;
    link_report *report;
    size_t model; /* which of the server's decoders */
    float snr_db; /* estimated for this UE, this report included */
    uint64_t received_ns, decode_start_ns, decode_end_ns;
    bool measured; /* the genie told the truth: quality is set */
    chain_quality quality;
    float
        *pair; /* NULL, or room for |H| true, then reconstructed, [nt][ni] each: set if measured */
    float complex *reconstruction; /* NULL, or [nt][ni], which the genie asked for */
    err failure;                   /* code ERR_NONE: reconstructed */
} job;

/* Moves the route frames in and takes the report. NULL when memory ran out: nothing was taken. */
job *job_create(zmq_msg_t *route, size_t route_count, link_report *report);
void job_free(job *j);

/* A first-in first-out list. */
typedef struct job_list {
    job *first, *last;
    size_t count;
} job_list;

void job_list_append(job_list *list, job *j);
job *job_list_take(job_list *list); /* NULL when empty */

#endif
