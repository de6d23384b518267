#include "pool.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "chain/ue.h"

typedef struct worker {
    pool *pool;
    pthread_t thread;
    bool started;
    chain_bs **chains; /* one per decoder */
    float *codewords;  /* ONNX_BATCH_MAX of the longest */
    float complex *truth, *grid;
} worker;

struct pool {
    pool_options options;
    worker *workers;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    job_list queue, finished; /* under the mutex */
    bool ending;              /* under the mutex */
    uv_async_t wake;
    size_t in_flight; /* the loop's own */
};

/* A batch: at most this worker's share of what waits, all of one model. */
static size_t take_batch(pool *p, job **batch)
{
    size_t share = (p->queue.count + p->options.workers - 1) / p->options.workers, n = 0;
    while (n < share && n < ONNX_BATCH_MAX && p->queue.first &&
           (n == 0 || p->queue.first->model == batch[0]->model))
        batch[n++] = job_list_take(&p->queue);
    return n;
}

/* What a watcher sees: |H| true beside reconstructed. */
static void take_pair(const worker *w, const chain_bs *chain, size_t i, float *pair)
{
    size_t count = (size_t)w->pool->options.dims.nt * w->pool->options.dims.ni;
    const float complex *reconstruction = chain_bs_reconstruction(chain, i);
    for (size_t k = 0; k < count; k++) {
        pair[k] = cabsf(w->truth[k]);
        pair[count + k] = cabsf(reconstruction[k]);
    }
}

/* For a UE that measures what age does to it; without memory it goes without. */
static void keep_reconstruction(const worker *w, const chain_bs *chain, size_t i, job *j)
{
    const csi_dims *d = &w->pool->options.dims;
    size_t size = (size_t)d->nt * d->ni * sizeof *j->reconstruction;
    j->reconstruction = malloc(size);
    if (j->reconstruction)
        memcpy(j->reconstruction, chain_bs_reconstruction(chain, i), size);
}

/* The genie's truth serves the figures of merit only, after the decoding is done. */
static void measure(worker *w, chain_bs *chain, size_t i, job *j)
{
    const Csilink__Genie *g = j->report->genie;
    const csi_dims *d = &w->pool->options.dims;
    size_t truth = 2 * (size_t)d->nt * d->ni, grid = 2 * (size_t)CHAIN_GRID * d->nt;
    if (!g || link_floats_count(&g->truth) != truth || link_floats_count(&g->truth_grid) != grid ||
        isnan(g->dl_snr_db))
        return;
    link_floats_copy(&g->truth, (float *)w->truth);
    link_floats_copy(&g->truth_grid, (float *)w->grid);
    chain_bs_measure(chain, i, w->truth, w->grid, g->dl_snr_db, &j->quality);
    const chain_quality *q = &j->quality; /* a truth of zeros has none */
    j->measured =
        isfinite(q->nmse) && isfinite(q->rho) && isfinite(q->sgcs) && isfinite(q->se_feedback);
    if (j->pair && j->measured)
        take_pair(w, chain, i, j->pair);
    if (g->want_reconstruction && j->measured)
        keep_reconstruction(w, chain, i, j);
}

/* The server checked that these fit the pair. */
static csi_shift shift_of(const link_report *r)
{
    csi_shift shift = {.delay = (uint16_t)r->delay_shift,
                       .angle = (uint16_t)r->angle_shift,
                       .blocks = (uint16_t)r->blocks.len};
    if (r->blocks.len)
        memcpy(shift.block, r->blocks.data, r->blocks.len);
    return shift;
}

static void decode_batch(worker *w, job **batch, size_t n)
{
    size_t length = onnx_part_info(w->pool->options.decoders[batch[0]->model])->codeword;
    chain_bs *chain = w->chains[batch[0]->model];
    float snr_db[ONNX_BATCH_MAX], scales[ONNX_BATCH_MAX];
    csi_shift shifts[ONNX_BATCH_MAX];
    uint64_t start = clock_ns();
    for (size_t i = 0; i < n; i++) {
        link_floats_copy(&batch[i]->report->codeword, w->codewords + i * length);
        snr_db[i] = batch[i]->snr_db;
        scales[i] = batch[i]->report->scale;
        shifts[i] = shift_of(batch[i]->report);
    }
    err e = {0};
    int status = chain_bs_reconstruct(chain, n, w->codewords, snr_db, scales, shifts, &e);
    uint64_t end = clock_ns();
    if (status != ERR_NONE && n > 1) { /* one bad codeword must not refuse its neighbours */
        for (size_t i = 0; i < n; i++)
            decode_batch(w, &batch[i], 1);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        batch[i]->decode_start_ns = start;
        batch[i]->decode_end_ns = end;
        batch[i]->failure = e;
        if (status == ERR_NONE)
            measure(w, chain, i, batch[i]);
    }
}

static void *run_worker(void *argument)
{
    worker *w = argument;
    pool *p = w->pool;
    job *batch[ONNX_BATCH_MAX];
    pthread_mutex_lock(&p->mutex);
    for (;;) {
        while (!p->queue.first && !p->ending)
            pthread_cond_wait(&p->work, &p->mutex);
        size_t n = take_batch(p, batch);
        if (n == 0)
            break;
        pthread_mutex_unlock(&p->mutex);
        decode_batch(w, batch, n);
        pthread_mutex_lock(&p->mutex);
        for (size_t i = 0; i < n; i++)
            job_list_append(&p->finished, batch[i]);
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

static int prepare_worker(pool *p, worker *w, err *e)
{
    size_t longest = 0, count = p->options.decoder_count;
    const csi_dims *d = &p->options.dims;
    w->pool = p;
    w->chains = calloc(count, sizeof(chain_bs *));
    for (size_t i = 0; w->chains && i < count; i++) {
        const onnx_info *info = onnx_part_info(p->options.decoders[i]);
        longest = info->codeword > longest ? info->codeword : longest;
        w->chains[i] = chain_bs_create(d, p->options.decoders[i], e);
        if (!w->chains[i])
            return ERR_NOMEM;
    }
    w->codewords = malloc(ONNX_BATCH_MAX * longest * sizeof(float));
    w->truth = malloc((size_t)d->nt * d->ni * sizeof *w->truth);
    w->grid = malloc((size_t)CHAIN_GRID * d->nt * sizeof *w->grid);
    if (!w->chains || !w->codewords || !w->truth || !w->grid)
        return err_set(e, ERR_NOMEM, "out of memory for a worker");
    return ERR_NONE;
}

static void release_worker(worker *w, size_t decoders)
{
    for (size_t i = 0; w->chains && i < decoders; i++)
        chain_bs_free(w->chains[i]);
    free(w->chains);
    free(w->codewords);
    free(w->truth);
    free(w->grid);
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
        release_worker(&p->workers[i], p->options.decoder_count);
    }
}

static void destroy(pool *p)
{
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->work);
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
            return ERR_NOMEM;
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
    pool *p = calloc(1, sizeof *p);
    if (p)
        p->workers = calloc(options->workers, sizeof *p->workers);
    if (!p || !p->workers) {
        free(p);
        err_set(e, ERR_NOMEM, "out of memory for %zu workers", options->workers);
        return NULL;
    }
    p->options = *options;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->work, NULL);
    uv_async_init(loop, &p->wake, on_wake);
    p->wake.data = p;
    if (start_workers(p, e) == ERR_NONE)
        return p;
    pool_close(p);
    return NULL;
}

void pool_add(pool *p, job *j)
{
    p->in_flight++;
    pthread_mutex_lock(&p->mutex);
    job_list_append(&p->queue, j);
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->mutex);
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
