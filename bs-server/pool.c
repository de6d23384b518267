#include "pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "queue.h"

enum { BATCH_MAX = 16 };

typedef struct worker {
    pool *pool;
    pthread_t thread;
    bool started;
    chain_bs **chains;         /* one for each link */
    chain_predict_work **nets; /* one for each link that is predicted by a network, else NULL */
} worker;

struct pool {
    pool_options options;
    worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    link_peers *peers;  /* with all jobs, under the mutex */
    job_queue *waiting; /* under the mutex */
    job_list finished;  /* under the mutex */
    bool ending;        /* under the mutex */
    uv_async_t wake;
    size_t in_flight; /* used only on the loop */
};

/* Takes at most this worker's share of the waiting UEs. Under the mutex. */
static size_t take_batch(pool *p, job **batch)
{
    size_t share = (job_queue_ready(p->waiting) + p->options.workers - 1) / p->options.workers;
    size_t n = 0;
    while (n < share && n < BATCH_MAX && (batch[n] = job_queue_take(p->waiting)))
        n++;
    return n;
}

/* Copies the reconstruction if the UE asked for it. When memory runs out, the answer has none. */
static void keep_reconstruction(const chain_bs *chain, const codec_info *info, job *j)
{
    size_t entries = codec_output_size(info);
    if (!j->report.want_reconstruction)
        return;
    j->reconstruction = malloc(entries * sizeof *j->reconstruction);
    if (!j->reconstruction)
        return;
    memcpy(j->reconstruction, chain_bs_reconstruction(chain), entries * sizeof *j->reconstruction);
    j->entries = (uint32_t)entries;
}

/* A few wrong reports pass any check, and a codec of bits may detect them. Such a report counts as
 * not decoded, as in `eval`, and is not refused, since its UE did nothing wrong. */
static int notice_wrong_bits(const chain_bs *chain, job *j, int rc)
{
    if (rc != ERR_FORMAT || !chain_bs_uplink(chain)->can_fail)
        return rc;
    j->status = WIRE_NOT_DECODED;
    return ERR_NONE;
}

/* Decodes the payload that the chain holds with the memory that the report names. */
static int decode_payload(chain_bs *chain, job *j, err *e)
{
    chain_memory *memory = j->memory ? j->memory->reports : NULL;
    uint32_t builds_on = j->report.builds_on;
    if (!memory && builds_on > 0)
        return err_set(e, ERR_FORMAT, "the report builds on report %u; its codec has no memory",
                       builds_on - 1);
    if (!memory)
        return notice_wrong_bits(chain, j, chain_bs_decode(chain, NULL, NULL, e));
    const void *before = builds_on > 0 ? chain_memory_find(memory, builds_on - 1) : NULL;
    if (builds_on > 0 && !before) {
        j->status = WIRE_NEEDS_KEY;
        return ERR_NONE;
    }
    void *after = chain_memory_add(memory, j->report.seq, before);
    int rc = chain_bs_decode(chain, before, after, e);
    if (rc == ERR_NONE)
        chain_memory_acknowledge(memory, j->report.seq);
    else
        chain_memory_drop(memory, j->report.seq);
    return notice_wrong_bits(chain, j, rc);
}

/* The report gave no CSI: puts the CSI that the base station uses instead into the chain's
 * reconstruction. Only a report that passed changes the held CSI. */
static void go_on_without(chain_bs *chain, chain_on_failure on_failure, job *j)
{
    const ue_memory *memory = j->memory;
    chain_memory *reports = memory ? memory->reports : NULL;
    uint32_t builds_on = j->report.builds_on;
    const void *before =
        reports && builds_on > 0 ? chain_memory_find(reports, builds_on - 1) : NULL;
    if (on_failure == CHAIN_USE && j->status == WIRE_NOT_DECODED && (before || builds_on == 0) &&
        chain_bs_decode_failed(chain, before, NULL) == ERR_NONE)
        return;
    chain_bs_set_reconstruction(chain, memory && on_failure != CHAIN_ZERO ? memory->held : NULL);
}

static void decode(worker *w, job *j)
{
    chain_bs *chain = w->chains[j->link];
    const codec_info *info = codec_info_of(w->pool->options.links[j->link].decoder);
    uplink_burst burst = {.references = chain_bs_uplink(chain)->references,
                          .symbols = j->report.symbols,
                          .symbol = j->report.symbol,
                          .side_bits = j->report.side_bits,
                          .side = j->report.side,
                          .builds_on = j->report.builds_on};
    bool intact = true, can_fail = chain_bs_uplink(chain)->can_fail;
    j->decode_start_ns = clock_ns();
    int rc = chain_bs_receive(chain, j->report.ue, &burst, j->snr_db, &intact, &j->failure);
    j->uplink_decoded_ns = clock_ns();
    if (rc == ERR_NONE && j->report.want_reconstruction)
        j->digest = chain_bs_digest(chain);
    j->status = intact ? WIRE_RECONSTRUCTED : WIRE_NOT_DECODED;
    if (rc == ERR_NONE && intact)
        rc = decode_payload(chain, j, &j->failure);
    if (rc == ERR_NONE && j->status == WIRE_RECONSTRUCTED)
        follow_report(&w->pool->options.follow, w->nets[j->link], chain, info, j);
    if (rc != ERR_NONE)
        j->status = WIRE_REFUSED;
    else if (j->status != WIRE_RECONSTRUCTED && can_fail)
        go_on_without(chain, w->pool->options.on_failure, j);
    j->decode_end_ns = clock_ns();
    if (j->status == WIRE_RECONSTRUCTED && j->memory && j->memory->held)
        memcpy(j->memory->held, chain_bs_reconstruction(chain),
               codec_output_size(info) * sizeof *j->memory->held);
    if (j->status == WIRE_RECONSTRUCTED || (j->status != WIRE_REFUSED && can_fail))
        keep_reconstruction(chain, info, j);
}

/* Under the mutex. */
static void finish_batch(pool *p, job **batch, size_t n)
{
    size_t freed = 0; /* jobs that waited for those UEs */
    for (size_t i = 0; i < n; i++) {
        freed += job_queue_finish(p->waiting, batch[i]);
        job_list_append(&p->finished, batch[i]);
        link_peers_release(p->peers, &batch[i]->item); /* its answer is due as soon as possible */
    }
    if (freed > 1) /* this worker takes one of them */
        pthread_cond_broadcast(&p->work);
}

static void *run_worker(void *argument)
{
    worker *w = argument;
    pool *p = w->pool;
    job *batch[BATCH_MAX];
    pthread_mutex_lock(&p->mutex);
    for (;;) {
        size_t n = take_batch(p, batch);
        if (n == 0 && p->ending) /* a worker with a UE in work also takes the jobs behind it */
            break;
        if (n == 0) {
            pthread_cond_wait(&p->work, &p->mutex);
            continue;
        }
        pthread_mutex_unlock(&p->mutex);
        for (size_t i = 0; i < n; i++)
            decode(w, batch[i]);
        pthread_mutex_lock(&p->mutex);
        finish_batch(p, batch, n);
        uv_async_send(&p->wake);
    }
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

static void hand_out(pool *p)
{
    pthread_mutex_lock(&p->mutex);
    job_list finished = p->finished;
    p->finished = (job_list){0};
    pthread_mutex_unlock(&p->mutex);
    for (job *j; (j = job_list_take(&finished));) {
        p->in_flight--;
        p->options.done(p->options.user, j);
    }
}

static void on_wake(uv_async_t *async)
{
    hand_out(async->data);
}

/* *net stays NULL for a codec that no network predicts. */
static int open_net(const follow_options *follow, const codec_info *info, chain_predict_work **net,
                    err *e)
{
    if (!follow->net || follow_entries(follow, info, 0) == 0)
        return ERR_NONE;
    *net = chain_predict_work_open(follow->net, info->nr * info->nt, info->ni, e);
    return *net ? ERR_NONE : e->code;
}

static int prepare_worker(pool *p, worker *w, err *e)
{
    size_t count = p->options.link_count;
    w->pool = p;
    w->chains = calloc(count, sizeof(chain_bs *));
    w->nets = calloc(count, sizeof(chain_predict_work *));
    if (!w->chains || !w->nets)
        return err_set(e, ERR_NOMEM, "out of memory for a worker");
    for (size_t i = 0; i < count; i++) {
        const pool_link *link = &p->options.links[i];
        w->chains[i] = chain_bs_create(link->decoder, link->uplink, e);
        if (!w->chains[i] || chain_bs_set_denoiser(w->chains[i], link->denoiser, e) != ERR_NONE)
            return e->code;
        if (open_net(&p->options.follow, codec_info_of(link->decoder), &w->nets[i], e) != ERR_NONE)
            return e->code;
    }
    return ERR_NONE;
}

static void release_worker(worker *w, size_t links)
{
    for (size_t i = 0; w->chains && i < links; i++)
        chain_bs_free(w->chains[i]);
    free(w->chains);
    for (size_t i = 0; w->nets && i < links; i++)
        chain_predict_work_close(w->nets[i]);
    free(w->nets);
}

static void end_workers(pool *p)
{
    pthread_mutex_lock(&p->mutex);
    p->ending = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);
    for (size_t i = 0; i < p->options.workers; i++) {
        if (p->workers[i].started)
            pthread_join(p->workers[i].thread, NULL);
        release_worker(&p->workers[i], p->options.link_count);
    }
}

static void destroy(pool *p)
{
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->work);
    job_queue_free(p->waiting);
    link_peers_free(p->peers);
    free(p->workers);
    free(p);
}

static void on_closed(uv_handle_t *handle)
{
    destroy(handle->data);
}

static int start_workers(pool *p, err *e)
{
    for (size_t i = 0; i < p->options.workers; i++)
        if (prepare_worker(p, &p->workers[i], e) != ERR_NONE)
            return e->code;
    for (size_t i = 0; i < p->options.workers; i++) {
        worker *w = &p->workers[i];
        if (pthread_create(&w->thread, NULL, run_worker, w) != 0)
            return err_set(e, ERR_NOMEM, "cannot start worker thread %zu", i);
        w->started = true;
    }
    return ERR_NONE;
}

pool *pool_create(uv_loop_t *loop, const pool_options *options, err *e)
{
    err local = {0};
    pool *p = calloc(1, sizeof *p);
    if (p) {
        p->workers = calloc(options->workers, sizeof *p->workers);
        p->peers = link_peers_create(LINK_PEERS_MAX, options->memory_max);
        p->waiting = job_queue_create(p->peers);
    }
    if (!p || !p->workers || !p->peers || !p->waiting) {
        if (p) {
            free(p->workers);
            job_queue_free(p->waiting);
            link_peers_free(p->peers);
        }
        free(p);
        err_set(e, ERR_NOMEM, "out of memory for %zu workers", options->workers);
        return NULL;
    }
    p->options = *options;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->work, NULL);
    uv_async_init(loop, &p->wake, on_wake);
    p->wake.data = p;
    if (start_workers(p, &local) == ERR_NONE)
        return p;
    pool_close(p);
    if (e)
        *e = local;
    return NULL;
}

const uplink_info *pool_uplink(const pool *p, size_t link)
{
    return chain_bs_uplink(p->workers[0].chains[link]);
}

/* Joins the frames of a job's route, which identify its sender. */
static size_t key_of(job *j, unsigned char key[LINK_IDENTITY_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < j->route_count; i++) {
        size_t more = zmq_msg_size(&j->route[i]);
        if (size + more > LINK_IDENTITY_MAX)
            return 0;
        memcpy(key + size, zmq_msg_data(&j->route[i]), more);
        size += more;
    }
    return size;
}

/* Drops a peer's oldest waiting job. Under the mutex. */
static job *push_out(pool *p, link_peer *peer)
{
    job *j = job_queue_push_out(p->waiting, peer);
    if (!j)
        return NULL;
    link_peers_release(p->peers, &j->item);
    j->status = WIRE_REFUSED;
    err_set(&j->failure, ERR_STATE,
            "a newer report took its place: the peer's share of the base station's memory is full "
            "(--when-full oldest)");
    return j;
}

/* Under the mutex. */
static int reserve(pool *p, job *j, size_t bytes, job_list *out, err *e)
{
    unsigned char key[LINK_IDENTITY_MAX];
    size_t size = key_of(j, key);
    link_peer *peer = link_peers_at(p->peers, key, size, clock_ns());
    if (!peer)
        return err_set(e, ERR_NOMEM, "the base station serves %zu peers already, the maximum",
                       link_peers_count(p->peers));
    int rc;
    while ((rc = link_peers_hold(p->peers, peer, &j->item, bytes, e)) != ERR_NONE) {
        job *gone = p->options.oldest_goes ? push_out(p, peer) : NULL;
        if (!gone)
            return rc;
        job_list_append(out, gone);
    }
    return ERR_NONE;
}

int pool_reserve(pool *p, job *j, err *e)
{
    job_list out = {0};
    size_t entries = codec_output_size(codec_info_of(p->options.links[j->link].decoder));
    bool predicted = p->options.follow.predict != CHAIN_PREDICT_HOLD;
    size_t bytes = job_bytes(j, predicted ? 2 * entries : entries);
    pthread_mutex_lock(&p->mutex);
    int rc = reserve(p, j, bytes, &out, e);
    pthread_mutex_unlock(&p->mutex);
    for (job *gone; (gone = job_list_take(&out));) {
        p->in_flight--;
        p->options.done(p->options.user, gone);
    }
    return rc;
}

void pool_give_up(pool *p, job *j)
{
    pthread_mutex_lock(&p->mutex);
    link_peers_release(p->peers, &j->item);
    pthread_mutex_unlock(&p->mutex);
}

void pool_add(pool *p, job *j)
{
    p->in_flight++;
    pthread_mutex_lock(&p->mutex);
    if (job_queue_add(p->waiting, j))
        pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->mutex);
}

size_t pool_bytes(pool *p)
{
    pthread_mutex_lock(&p->mutex);
    size_t bytes = link_peers_bytes(p->peers);
    pthread_mutex_unlock(&p->mutex);
    return bytes;
}

size_t pool_in_flight(const pool *p)
{
    return p->in_flight;
}

void pool_close(pool *p)
{
    end_workers(p);
    hand_out(p);
    uv_close((uv_handle_t *)&p->wake, on_closed);
}
