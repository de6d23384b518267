/* pool.h: worker threads that decode. A job goes in on the loop, comes out on the loop; in between
 * a worker takes its share of what waits, so that a queue makes batches and an idle server answers
 * at once. Those who send, one agent or another, are served by turns and share the memory
 * (link/peers.h), so that one that floods does not stand in the others' way. A UE is decoded by one
 * worker at a time, its reports in order (queue.h). */
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

/* A codec over an uplink: what a job names by its number. */
typedef struct pool_link {
    const codec *decoder;
    const char *uplink;               /* KIND[:ARGUMENTS] */
    const payload_denoiser *denoiser; /* of the decoder; NULL: none */
} pool_link;

typedef struct pool_options {
    const pool_link *links; /* [link_count]; must outlive the pool, as must what they point to */
    size_t link_count;
    size_t workers;
    chain_on_failure on_failure; /* with CHAIN_HOLD and CHAIN_USE the jobs of a link that can fail
                                    (uplink_info.can_fail) have a memory with `held` */
    follow_options follow;       /* of jobs whose memory has a predictor */
    size_t memory_max;           /* bytes of all jobs from pool_reserve until they are done */
    bool oldest_goes;            /* where a peer's share is full; else the new job is not taken */
    void (*done)(void *user, job *j); /* on the loop; takes ownership of the job */
    void *user;
} pool_options;

pool *pool_create(uv_loop_t *loop, const pool_options *options, err *e);

/* What a link's bursts are like. Owned by the pool. */
const uplink_info *pool_uplink(const pool *p, size_t link);

/* Counts a job for its peer, which is its route. ERR_STATE where the peer's share is full
 * (link/peers.h); with `oldest_goes` only once none of its jobs waits any more: those that gave way
 * are done then, as WIRE_REFUSED. ERR_NOMEM. A job that was counted must be added or given up. */
int pool_reserve(pool *p, job *j, err *e);
void pool_give_up(pool *p, job *j);

/* Takes ownership of a job that was counted. */
void pool_add(pool *p, job *j);

/* Jobs that came in and are not done yet, and what is counted of the memory. */
size_t pool_in_flight(const pool *p);
size_t pool_bytes(pool *p);

/* Ends the threads once the queue is empty, hands out the last jobs, and closes the pool's handle;
 * memory goes back once the loop has turned. */
void pool_close(pool *p);

#endif
