/* Two buffers: pool p lies in buffer p mod 2. Threads take pieces of pool `next` in turn; they may
 * begin once no sample of the pool that lay in its buffer can be asked for any more, so that a
 * range across two pools stays readable. Which thread draws what shows nowhere in the result. */
#include "train/feed.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/rng.h"
#include "fading/generate.h"
#include "train/permute.h"
#include "train/supply.h"
#include "train/turn.h"

enum { BUFFERS = 2, NICENESS = 10, POOL_MAX = 1 << 30 };

struct train_feed {
    train_feed_config config;
    size_t values; /* of a sample: 2 nt ni */
    train_supply supplies[TRAIN_SOURCES_MAX];
    int16_t *pools[BUFFERS]; /* [pool][2 nt ni]; each source has a range of it */
    double waited_s;

    pthread_t threads[FADING_THREADS_MAX];
    unsigned n_threads;
    atomic_bool stop;
    pthread_mutex_t mutex; /* guards what follows, and the supplies' eras */
    pthread_cond_t work, filled;
    uint64_t low;     /* pools below it are done with */
    uint64_t next;    /* the pool being filled; those from `low` to here are ready */
    size_t at;        /* its samples up to here are given out to be drawn */
    unsigned drawing; /* threads at it */
    err failure;
};

/* --- filling --------------------------------------------------------------------------------- */

typedef struct piece {
    int source;
    uint64_t pool;
    size_t first, count; /* of the source's share */
    int16_t *out;
} piece;

/* Under the mutex: whether there is something to draw, and what. */
static bool take_piece(train_feed *f, piece *p)
{
    if (f->failure.code || f->at == f->config.pool || f->next >= f->low + BUFFERS)
        return false;
    size_t begin = 0;
    int source = 0;
    while (f->at >= begin + f->supplies[source].per_pool)
        begin += f->supplies[source++].per_pool;
    const train_supply *s = &f->supplies[source];
    size_t first = f->at - begin, left = s->per_pool - first, count = train_supply_piece(s);
    *p = (piece){.source = source,
                 .pool = f->next,
                 .first = first,
                 .count = count < left ? count : left,
                 .out = f->pools[f->next % BUFFERS] + f->at * f->values};
    f->at += p->count;
    f->drawing++;
    return true;
}

static void note_failure(train_feed *f, const err *e)
{
    if (!f->failure.code)
        f->failure = *e;
}

/* Under the mutex, while nobody draws. */
static int aim_at(train_feed *f, uint64_t pool, err *e)
{
    f->next = pool;
    f->at = 0;
    for (int i = 0; i < f->config.n_sources; i++)
        if (train_supply_turn_to(&f->supplies[i], pool, e))
            return ERR_STATE;
    return ERR_NONE;
}

/* Under the mutex: a piece is drawn; the last one completes the pool. */
static void piece_done(train_feed *f)
{
    f->drawing--;
    if (f->drawing == 0 && f->at == f->config.pool && !f->failure.code) {
        err e = {0};
        if (aim_at(f, f->next + 1 > f->low ? f->next + 1 : f->low, &e))
            note_failure(f, &e);
        pthread_cond_broadcast(&f->work);
    }
    pthread_cond_signal(&f->filled);
}

static void fill_pools(train_feed *f, train_workplace *w)
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
        int code = train_supply_draw(&f->supplies[p.source], w, p.pool, p.first, p.count, &f->stop,
                                     p.out, &e);
        pthread_mutex_lock(&f->mutex);
        if (code)
            note_failure(f, &e);
        piece_done(f);
    }
    pthread_mutex_unlock(&f->mutex);
}

/* Training comes first where there are fewer cores than threads: the feed is a pool ahead. */
static void yield_to_training(void)
{
    setpriority(PRIO_PROCESS, 0, NICENESS); /* 0 is, on Linux, the calling thread */
}

static void *feed_thread(void *user)
{
    train_feed *f = user;
    yield_to_training();
    train_workplace w;
    err e = {0};
    if (train_workplace_open(&w, &f->config.dims, &e) == ERR_NONE) {
        fill_pools(f, &w);
    } else {
        pthread_mutex_lock(&f->mutex);
        note_failure(f, &e);
        pthread_cond_signal(&f->filled);
        pthread_mutex_unlock(&f->mutex);
    }
    train_workplace_close(&w);
    return NULL;
}

/* --- opening --------------------------------------------------------------------------------- */

static int check_config(const train_feed_config *c, err *e)
{
    int code = csi_dims_check(&c->dims, e);
    if (code)
        return code;
    if (c->n_sources < 1 || c->n_sources > TRAIN_SOURCES_MAX)
        return err_set(e, ERR_INVALID, "%d sources to train on; 1 to %d", c->n_sources,
                       TRAIN_SOURCES_MAX);
    if (c->pool < 1 || c->pool > POOL_MAX || c->reuse < 1)
        return err_set(e, ERR_INVALID,
                       "a pool of %zu samples, used %u times; 1 to %d samples, at least once",
                       c->pool, c->reuse, POOL_MAX);
    if (c->threads < 1 || c->threads > FADING_THREADS_MAX)
        return err_set(e, ERR_INVALID, "%u threads to draw samples; 1 to %d", c->threads,
                       FADING_THREADS_MAX);
    for (int i = 0; i < c->n_sources; i++)
        if (!(c->sources[i].weight > 0) || !isfinite(c->sources[i].weight))
            return err_set(e, ERR_INVALID, "source '%s': its weight must be above 0, not %g",
                           c->sources[i].channel, c->sources[i].weight);
    return ERR_NONE;
}

/* A source's share of every pool: its weight's, to the nearest sample at either end. */
static int share_pool(train_feed *f, err *e)
{
    const train_feed_config *c = &f->config;
    double total = 0, sum = 0;
    for (int i = 0; i < c->n_sources; i++)
        total += c->sources[i].weight;
    size_t begin = 0;
    for (int i = 0; i < c->n_sources; i++) {
        sum += c->sources[i].weight;
        size_t end =
            i + 1 < c->n_sources ? (size_t)llround(sum / total * (double)c->pool) : c->pool;
        if (end <= begin)
            return err_set(e, ERR_INVALID, "source '%s' gets no sample in a pool of %zu",
                           c->sources[i].channel, c->pool);
        f->supplies[i].per_pool = end - begin;
        begin = end;
    }
    return ERR_NONE;
}

static int open_supplies(train_feed *f, err *e)
{
    int code = share_pool(f, e);
    for (int i = 0; i < f->config.n_sources && !code; i++)
        code = train_supply_open(&f->supplies[i], &f->config, i, e);
    if (code)
        return code;
    for (int i = 0; i < BUFFERS; i++)
        if (!(f->pools[i] = calloc(f->config.pool, f->values * sizeof **f->pools)))
            return err_set(e, ERR_NOMEM, "out of memory for two pools of %zu samples",
                           f->config.pool);
    return ERR_NONE;
}

/* Fewer threads than asked for do the same work; none at all cannot. */
static int start_threads(train_feed *f, err *e)
{
    while (f->n_threads < f->config.threads &&
           pthread_create(&f->threads[f->n_threads], NULL, feed_thread, f) == 0)
        f->n_threads++;
    return f->n_threads ? ERR_NONE : err_set(e, ERR_NOMEM, "cannot start a thread");
}

static uint64_t pool_of(const train_feed *f, uint64_t index)
{
    return index / f->config.pool / f->config.reuse;
}

train_feed *train_feed_open(const train_feed_config *config, uint64_t first, err *e)
{
    if (check_config(config, e))
        return NULL;
    train_feed *f = calloc(1, sizeof *f);
    if (!f) {
        err_set(e, ERR_NOMEM, "out of memory for the samples' feed");
        return NULL;
    }
    f->config = *config;
    f->values = (size_t)2 * config->dims.nt * config->dims.ni;
    pthread_mutex_init(&f->mutex, NULL);
    pthread_cond_init(&f->work, NULL);
    pthread_cond_init(&f->filled, NULL);
    f->low = pool_of(f, first);
    if (open_supplies(f, e) || aim_at(f, f->low, e) || start_threads(f, e) ||
        train_feed_ready(f, first, 1, e)) {
        train_feed_close(f);
        return NULL;
    }
    f->waited_s = 0;
    return f;
}

void train_feed_close(train_feed *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->mutex);
    atomic_store(&f->stop, true);
    pthread_cond_broadcast(&f->work);
    pthread_mutex_unlock(&f->mutex);
    for (unsigned i = 0; i < f->n_threads; i++)
        pthread_join(f->threads[i], NULL);
    for (int i = 0; i < f->config.n_sources; i++)
        train_supply_close(&f->supplies[i]);
    for (int i = 0; i < BUFFERS; i++)
        free(f->pools[i]);
    pthread_cond_destroy(&f->filled);
    pthread_cond_destroy(&f->work);
    pthread_mutex_destroy(&f->mutex);
    free(f);
}

/* --- using ----------------------------------------------------------------------------------- */

int train_feed_ready(train_feed *f, uint64_t first, size_t count, err *e)
{
    if (count < 1 || count > f->config.pool)
        return err_set(e, ERR_INVALID, "%zu samples at once; 1 to a pool of %zu", count,
                       f->config.pool);
    uint64_t start = clock_ns(), low = pool_of(f, first), last = pool_of(f, first + count - 1);
    pthread_mutex_lock(&f->mutex);
    int code =
        low < f->low ? err_set(e, ERR_STATE, "samples before those already asked for") : ERR_NONE;
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
    f->waited_s += (double)(clock_ns() - start) * 1e-9;
    return code;
}

void train_feed_sample(const train_feed *f, uint64_t index, float *image)
{
    static train_turn_fn *const turn[CPU_LEVELS] = SIMD_TABLE(train_turn);
    const train_feed_config *c = &f->config;
    uint64_t key = train_seed_derive(c->seed, TRAIN_SEED_PASS, 0, index / c->pool);
    size_t slot = train_permute(key, (uint32_t)c->pool, (uint32_t)(index % c->pool));
    double phase = 0;
    if (c->turn) {
        rng r = rng_at(c->seed, RNG_TRAIN_ORDER, (uint32_t)(index >> 32), (uint32_t)index);
        phase = 2 * M_PI * rng_uniform(&r);
    }
    turn[cpu_level()](f->pools[pool_of(f, index) % BUFFERS] + slot * f->values, f->values / 2,
                      (float)cos(phase), (float)sin(phase), image);
}

int train_feed_holdout(const train_feed *f, int source, uint64_t set, size_t count, float *images,
                       err *e)
{
    int n = f->config.n_sources;
    if (source < -1 || source >= n)
        return err_set(e, ERR_INVALID, "source %d; there are %d", source, n);
    train_workplace w;
    int code = train_workplace_open(&w, &f->config.dims, e);
    size_t stride = source < 0 ? (size_t)n : 1;
    for (size_t i = 0; i < stride && i < count && !code; i++) {
        const train_supply *s = &f->supplies[source < 0 ? (int)i : source];
        code = train_supply_holdout(s, &w, set, (count - i + stride - 1) / stride,
                                    stride * f->values, images + i * f->values, e);
    }
    train_workplace_close(&w);
    return code;
}

double train_feed_waited(const train_feed *f)
{
    return f->waited_s;
}
