/* queue.h: jobs that wait for the workers. One job of each UE at a time is ready or in work; the
 * UE's other jobs wait behind it, in order. So no two workers ever decode reports of one UE at
 * once, and its answers leave in the order of its reports, for any codec.
 *
 * The queue serves ready jobs one peer after the other (link/peers.h), and within a peer one UE
 * after the other: a job that had to wait for its UE goes to the end of its peer's jobs. Taking a
 * job costs the same for any number of waiting jobs. The memory of a queue does not grow with the
 * UE numbers that it has seen: nothing remains of a UE without a job.
 *
 * All calls belong to one thread, or under one lock. */
#ifndef BS_SERVER_QUEUE_H
#define BS_SERVER_QUEUE_H

#include "job.h"

typedef struct job_queue job_queue;

/* `peers` holds the jobs and must outlive the queue. NULL when memory runs out. */
job_queue *job_queue_create(link_peers *peers);

/* The caller keeps ownership of waiting jobs. NULL allowed. */
void job_queue_free(job_queue *q);

/* Adds a job that its peer holds (link_peers_hold). Returns true if a worker can take it at once,
 * because no other job of its UE is here. */
bool job_queue_add(job_queue *q, job *j);

/* Takes the next job, by peers and by UEs; it is then in work. NULL if none is ready. */
job *job_queue_take(job_queue *q);

/* Ends work on a job. Returns true if another job of its UE is now ready. */
bool job_queue_finish(job_queue *q, job *j);

/* Removes a peer's oldest job that is not in work. NULL if there is none. */
job *job_queue_push_out(job_queue *q, link_peer *peer);

/* The number of jobs that workers can take: one for each UE with jobs of which none is in work. */
size_t job_queue_ready(const job_queue *q);

#endif
