#include "train/samples/pools.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { NICENESS = 10 };

typedef struct piece {
    int source;
    uint64_t pool;
    size_t first, count; /* within the source's share */
    int16_t *out;
} piece;

/* Under the mutex: finds the next piece to draw. False if there is none now. */
static bool take_piece(train_feed *f, piece *p)
{
    if (f->failure.code || f->at == f->config.pool || f->next >= f->low + TRAIN_POOLS)
        return false;
    size_t begin = 0;
    int source = 0;
    while (f->at >= begin + f->samplers[source].per_pool)
        begin += f->samplers[source++].per_pool;
    const train_sampler *s = &f->samplers[source];
    size_t first = f->at - begin, left = s->per_pool - first, count = train_sampler_piece(s);
    *p = (piece){.source = source,
                 .pool = f->next,
                 .first = first,
                 .count = count < left ? count : left,
                 .out = f->pools[f->next % TRAIN_POOLS] + f->at * f->values};
    f->at += p->count;
    f->drawing++;
    return true;
}

/* Under the mutex: keeps the first failure, after which no thread draws. */
static void note_failure(train_feed *f, const err *e)
{
    if (!f->failure.code)
        f->failure = *e;
    pthread_cond_signal(&f->filled);
}

/* Under the mutex, while no thread draws. */
static int aim_at(train_feed *f, uint64_t pool, err *e)
{
    f->next = pool;
    f->at = 0;
    for (int i = 0; i < f->config.n_sources; i++)
        if (train_sampler_seek(&f->samplers[i], pool, e))
            return ERR_STATE;
    return ERR_NONE;
}

/* Under the mutex: counts a finished piece; the last one completes the pool. */
static void piece_done(train_feed *f)
{
    f->drawing--;
    if (f->drawing == 0 && f->at == f->config.pool && !f->failure.code) {
        err e = {0};
        if (aim_at(f, f->next + 1 > f->low ? f->next + 1 : f->low, &e))
            note_failure(f, &e);
        pthread_cond_broadcast(&f->work);
        pthread_cond_signal(&f->filled);
    }
}

static void fill_pools(train_feed *f, train_workspace *w)
{
    err e = {0};
    pthread_mutex_lock(&f->mutex);
    while (!atomic_load(&f->stop)) {
        piece p;
        if (!take_piece(f, &p)) {
            pthread_cond_wait(&f->work, &f->mutex);
            continue;
        }
        pthread_mutex_unlock(&f->mutex);
        int code = train_sampler_draw(&f->samplers[p.source], w, p.pool, p.first, p.count, &f->stop,
                                      p.out, &e);
        pthread_mutex_lock(&f->mutex);
        if (code)
            note_failure(f, &e);
        piece_done(f);
    }
    pthread_mutex_unlock(&f->mutex);
}

/* With fewer cores than threads, training goes first, since the feed is a pool ahead. */
static void yield_to_training(void)
{
    setpriority(PRIO_PROCESS, 0, NICENESS); /* on Linux, 0 is the calling thread */
}

static void *feed_thread(void *user)
{
    train_feed *f = user;
    yield_to_training();
    train_workspace w;
    err e = {0};
    if (train_workspace_open(&w, &f->config.dims, &e) == ERR_NONE) {
        fill_pools(f, &w);
    } else {
        pthread_mutex_lock(&f->mutex);
        note_failure(f, &e);
        pthread_mutex_unlock(&f->mutex);
    }
    train_workspace_close(&w);
    return NULL;
}

/* Fewer threads than configured do the same work, so only a failure to start any is an error. */
static int start_threads(train_feed *f, err *e)
{
    while (f->n_threads < f->config.threads &&
           pthread_create(&f->threads[f->n_threads], NULL, feed_thread, f) == 0)
        f->n_threads++;
    return f->n_threads ? ERR_NONE : err_set(e, ERR_NOMEM, "cannot start a thread");
}

int train_pools_open(train_feed *f, uint64_t low, err *e)
{
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->work, NULL);
    pthread_cond_init(&f->filled, NULL);
    atomic_init(&f->stop, false);
    for (int i = 0; i < TRAIN_POOLS; i++)
        if (!(f->pools[i] = calloc(f->config.pool, f->values * sizeof **f->pools)))
            return err_set(e, ERR_NOMEM, "out of memory for two pools of %zu samples",
                           f->config.pool);
    f->low = low;
    int code = aim_at(f, low, e);
    return code ? code : start_threads(f, e);
}

void train_pools_close(train_feed *f)
{
    pthread_mutex_lock(&f->mutex);
    atomic_store(&f->stop, true);
    pthread_cond_broadcast(&f->work);
    pthread_mutex_unlock(&f->mutex);
    for (unsigned i = 0; i < f->n_threads; i++)
        pthread_join(f->threads[i], NULL);
    for (int i = 0; i < TRAIN_POOLS; i++)
        free(f->pools[i]);
    pthread_cond_destroy(&f->filled);
    pthread_cond_destroy(&f->work);
    pthread_mutex_destroy(&f->mutex);
}

int train_pools_wait(train_feed *f, uint64_t low, uint64_t last, err *e)
{
    pthread_mutex_lock(&f->mutex);
    int code = ERR_NONE;
    if (low < f->low)
        code = err_set(e, ERR_STATE, "samples before those already requested");
    if (!code && low > f->low) {
        f->low = low;
        pthread_cond_broadcast(&f->work);
    }
    while (!code && !f->failure.code && f->next <= last)
        pthread_cond_wait(&f->filled, &f->mutex);
    if (!code && f->failure.code) {
        code = f->failure.code;
        if (e)
            *e = f->failure;
    }
    pthread_mutex_unlock(&f->mutex);
    return code;
}
