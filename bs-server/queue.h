/* queue.h: jobs that wait for the workers. Of each UE one job at a time is ready or in work; its
 * others wait behind that one, in order. So no two workers ever decode reports of one UE, and its
 * answers leave in the order in which its reports came, whatever the codec keeps.
 *
 * Those that are ready are served one peer after the other (link/peers.h), and within a peer one UE
 * after the other: a job that its UE held up comes last among its peer's. Taking costs the same
 * however many wait. What a queue takes does not grow with the UE numbers that it has seen: a UE
 * without a job leaves nothing behind.
 *
 * All calls belong to one thread, or under one lock. */
#ifndef BS_SERVER_QUEUE_H
#define BS_SERVER_QUEUE_H

#include "job.h"

typedef struct job_queue job_queue;

/* `peers`: what holds the jobs; must outlive the queue. NULL when memory ran out. */
job_queue *job_queue_create(link_peers *peers);

/* Jobs that wait stay the caller's. NULL allowed. */
void job_queue_free(job_queue *q);

/* A job that its peer holds (link_peers_hold) waits. Returns whether a worker may take it at once:
 * no other job of its UE is here. */
bool job_queue_add(job_queue *q, job *j);

/* The next job, by peers and by UEs; it is in work now. NULL where none is ready. */
job *job_queue_take(job_queue *q);

/* A job that was taken is done with. Returns whether another of its UE is ready now. */
bool job_queue_finish(job_queue *q, job *j);

/* The job of a peer that came first, of those not in work; it waits no longer. NULL where there is
 * none. */
job *job_queue_push_out(job_queue *q, link_peer *peer);

/* Jobs that a worker may take: as many as UEs that have some and are not in work. */
size_t job_queue_ready(const job_queue *q);

#endif
