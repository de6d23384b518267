/* pool.h: worker threads that decode. The loop adds jobs and gets them back. In between a worker
 * takes its share of the waiting jobs, so a long queue is decoded in batches and an idle server
 * answers at once. The pool serves the sending peers in rotation and shares the memory among them
 * (link/peers.h), so that one that floods does not block the others. One worker at a time decodes a
 * UE's reports, in order (queue.h). */
#ifndef BS_SERVER_POOL_H
#define BS_SERVER_POOL_H

#include <uv.h>

#include "base/error.h"
#include "chain/bs.h"
#include "codec/codec.h"
#include "follow.h"
#include "job.h"
#include "uplink/uplink.h"

typedef struct pool pool;

/* A codec over an uplink; a job has its index. */
typedef struct pool_link {
    const codec *decoder;
    const char *uplink;               /* KIND[:ARGUMENTS] */
    const payload_denoiser *denoiser; /* of the decoder; NULL: none */
} pool_link;

typedef struct pool_options {
    const pool_link *links; /* [link_count]; must outlive the pool, with all that they point to */
    size_t link_count;
    size_t workers;
    chain_on_failure on_failure; /* with CHAIN_HOLD and CHAIN_USE the jobs of a link that can fail
                                    (uplink_info.can_fail) have a memory with `held` */
    follow_options follow;       /* of jobs whose memory has a predictor */
    size_t memory_max;           /* bytes of all jobs between pool_reserve and done */
    bool oldest_goes;            /* if a peer's share is full, drop its oldest job, not the new
                                    one */
    void (*done)(void *user, job *j); /* on the loop; takes ownership of the job */
    void *user;
} pool_options;

pool *pool_create(uv_loop_t *loop, const pool_options *options, err *e);

/* The form of a link's bursts. Owned by the pool. */
const uplink_info *pool_uplink(const pool *p, size_t link);

/* Reserves memory for a job in the share of its peer, which the route identifies. ERR_STATE if the
 * share is full (link/peers.h). With `oldest_goes`, first drops waiting jobs of the peer, which are
 * done as WIRE_REFUSED, and fails only when none waits any more. ERR_NOMEM. After success, call
 * pool_add or pool_give_up. */
int pool_reserve(pool *p, job *j, err *e);
void pool_give_up(pool *p, job *j);

/* Takes ownership of a job with a reservation. */
void pool_add(pool *p, job *j);

/* Jobs added and not done yet, and the bytes reserved. */
size_t pool_in_flight(const pool *p);
size_t pool_bytes(pool *p);

/* Ends the threads once the queue is empty, returns the last jobs and closes the pool's handle. The
 * next iteration of the loop frees the memory. */
void pool_close(pool *p);

#endif
