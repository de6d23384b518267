#include "fading/generate.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "csi/image.h"

enum { CHUNK_UES = 16, PROGRESS_MS = 100 };

typedef struct worker_pool {
    const fading_generation *g;
    uint32_t first_ue, ues, chunk;
    float *images;
    atomic_uint_fast64_t next; /* UE, counted from first_ue */
    atomic_size_t done;        /* samples */
    atomic_bool stop;
    pthread_mutex_t mutex; /* guards the fields below */
    pthread_cond_t ended;
    unsigned working;
    err failure;
} worker_pool;

typedef struct workspace {
    csi_transform *transform;
    float complex *h_ad; /* [nt][ni] */
} workspace;

static void fail(worker_pool *c, const err *e)
{
    pthread_mutex_lock(&c->mutex);
    if (c->failure.code == ERR_NONE)
        c->failure = *e;
    pthread_mutex_unlock(&c->mutex);
    atomic_store(&c->stop, true);
}

static int make_ue(worker_pool *c, workspace *w, uint32_t index, err *e)
{
    const fading_generation *g = c->g;
    size_t width = (size_t)2 * g->dims.nt * g->dims.ni;
    float *image = c->images + (size_t)index * g->steps * width;
    fading_ue *ue = fading_ue_create(g->channel, c->first_ue + index, e);
    int status = ue ? ERR_NONE : e->code;
    for (uint32_t step = 0; status == ERR_NONE && step < g->steps; step++, image += width) {
        status = fading_ue_angle_delay(ue, w->transform, step, step * g->period_s, w->h_ad, e);
        if (status == ERR_NONE && csi_image_from_ad(&g->dims, w->h_ad, image) <= 0)
            status = err_set(e, ERR_UNSUPPORTED, "no energy within %u delay taps", g->dims.ni);
        atomic_fetch_add(&c->done, 1);
    }
    fading_ue_free(ue);
    return status == ERR_NONE ? ERR_NONE : err_prefix(e, "UE %u", c->first_ue + index);
}

/* A chunk is consecutive UEs, since they can share an environment. */
static void make_chunks(worker_pool *c, workspace *w, err *e)
{
    int status = ERR_NONE;
    while (status == ERR_NONE) {
        uint64_t begin = atomic_fetch_add(&c->next, c->chunk), end = begin + c->chunk;
        if (begin >= c->ues)
            return;
        for (uint64_t i = begin; i < end && i < c->ues && status == ERR_NONE; i++) {
            if (atomic_load(&c->stop))
                return;
            status = make_ue(c, w, (uint32_t)i, e);
        }
    }
    fail(c, e);
}

static void *work(void *user)
{
    worker_pool *c = user;
    const csi_dims *d = &c->g->dims;
    err e = {0};
    workspace w = {.transform = csi_transform_create(d, &e),
                   .h_ad = calloc((size_t)d->nt * d->ni, sizeof *w.h_ad)};
    if (w.transform && !w.h_ad)
        err_set(&e, ERR_NOMEM, "out of memory for a thread");
    if (e.code == ERR_NONE)
        make_chunks(c, &w, &e);
    else
        fail(c, &e);
    csi_transform_free(w.transform);
    free(w.h_ad);
    pthread_mutex_lock(&c->mutex);
    c->working--;
    pthread_cond_signal(&c->ended);
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

static void report_progress(worker_pool *c)
{
    const fading_generation *g = c->g;
    if (g->on_progress && !g->on_progress(g->user, atomic_load(&c->done)))
        atomic_store(&c->stop, true);
}

/* Reports progress until every thread has ended, and once more after that. */
static void wait_for_all(worker_pool *c)
{
    pthread_mutex_lock(&c->mutex);
    while (c->working > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PROGRESS_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&c->ended, &c->mutex, &until);
        if (c->working == 0)
            break;
        pthread_mutex_unlock(&c->mutex);
        report_progress(c);
        pthread_mutex_lock(&c->mutex);
    }
    pthread_mutex_unlock(&c->mutex);
    report_progress(c);
}

static void run_threads(worker_pool *c)
{
    pthread_t threads[FADING_THREADS_MAX];
    unsigned count = 0;
    for (; count < c->g->threads; count++) {
        pthread_mutex_lock(&c->mutex);
        c->working++;
        pthread_mutex_unlock(&c->mutex);
        if (pthread_create(&threads[count], NULL, work, c) != 0)
            break;
    }
    if (count < c->g->threads) { /* fewer threads do the same work; without any, fail */
        pthread_mutex_lock(&c->mutex);
        c->working--;
        if (count == 0)
            err_set(&c->failure, ERR_NOMEM, "cannot start a thread");
        pthread_mutex_unlock(&c->mutex);
    }
    wait_for_all(c);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

int fading_generate(const fading_generation *g, uint32_t first_ue, uint32_t ues, float *images,
                    err *e)
{
    if (g->threads < 1 || g->threads > FADING_THREADS_MAX || g->steps < 1)
        return err_set(e, ERR_INVALID, "%u threads, %u steps; 1 to %d threads and at least 1 step",
                       g->threads, g->steps, FADING_THREADS_MAX);
    uint32_t shared = fading_environment_ues(g->channel);
    worker_pool c = {.g = g,
                     .first_ue = first_ue,
                     .ues = ues,
                     .chunk = shared > 1 ? shared : CHUNK_UES,
                     .images = images,
                     .mutex = PTHREAD_MUTEX_INITIALIZER,
                     .ended = PTHREAD_COND_INITIALIZER};
    run_threads(&c);
    pthread_cond_destroy(&c.ended);
    pthread_mutex_destroy(&c.mutex);
    if (c.failure.code != ERR_NONE) {
        if (e)
            *e = c.failure;
        return c.failure.code;
    }
    return atomic_load(&c.stop) ? err_set(e, ERR_STATE, "stopped") : ERR_NONE;
}
