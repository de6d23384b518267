#include "queue.h"

#include <stdlib.h>

#include "wire/limits.h"

/* UEs with jobs, hashed by number. A chain holds at most 62 of them, even for hostile numbers. */
enum { CHAINS = 1 << 14 };

struct job_queue {
    link_peers *peers;
    job *first[CHAINS]; /* the job of each UE that is ready or in work */
};

job_queue *job_queue_create(link_peers *peers)
{
    _Static_assert(WIRE_UE_MAX / CHAINS <= 64, "long chains make a slow queue");
    job_queue *q = calloc(1, sizeof *q);
    if (q)
        q->peers = peers;
    return q;
}

void job_queue_free(job_queue *q)
{
    free(q);
}

/* The link that points to the first job of a UE, or to NULL if it has none. */
static job **place_of(job_queue *q, uint32_t ue)
{
    job **at = &q->first[ue % CHAINS];
    while (*at && (*at)->report.ue != ue)
        at = &(*at)->chained;
    return at;
}

bool job_queue_add(job_queue *q, job *j)
{
    job **at = place_of(q, j->report.ue);
    j->queued = true;
    if (*at) {
        TAILQ_INSERT_TAIL(&(*at)->behind, &j->item, in_waiting);
        return false;
    }
    j->chained = NULL;
    TAILQ_INIT(&j->behind);
    *at = j;
    link_peers_wait(q->peers, &j->item);
    return true;
}

job *job_queue_take(job_queue *q)
{
    job *j = (job *)link_peers_next(q->peers, NULL);
    if (j)
        j->queued = false;
    return j;
}

/* Removes the first job of a UE; the one behind it takes its position. */
static bool hand_on(job_queue *q, job *j)
{
    job **at = place_of(q, j->report.ue);
    job *next = (job *)TAILQ_FIRST(&j->behind);
    if (!next) {
        *at = j->chained;
        return false;
    }
    TAILQ_REMOVE(&j->behind, &next->item, in_waiting);
    TAILQ_INIT(&next->behind);
    TAILQ_CONCAT(&next->behind, &j->behind, in_waiting);
    next->chained = j->chained;
    *at = next;
    link_peers_wait(q->peers, &next->item);
    return true;
}

bool job_queue_finish(job_queue *q, job *j)
{
    return hand_on(q, j);
}

job *job_queue_push_out(job_queue *q, link_peer *peer)
{
    job *j = (job *)TAILQ_FIRST(&peer->held);
    while (j && !j->queued) /* in work: at most one batch per worker */
        j = (job *)TAILQ_NEXT(&j->item, by_age);
    if (!j)
        return NULL;
    j->queued = false;
    if (j->item.waits) {
        link_peers_withdraw(q->peers, &j->item);
        hand_on(q, j);
    } else {
        TAILQ_REMOVE(&(*place_of(q, j->report.ue))->behind, &j->item, in_waiting);
    }
    return j;
}

size_t job_queue_ready(const job_queue *q)
{
    return link_peers_waiting(q->peers);
}
