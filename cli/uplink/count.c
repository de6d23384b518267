#include "count.h"

#include <math.h>
#include <pthread.h>
#include <unistd.h>

uint64_t count_threads(void)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores < COUNT_THREADS_MAX ? (uint64_t)cores : COUNT_THREADS_MAX;
}

typedef struct worker_pool {
    const trial_link *link;
    const count_limits *limits;
    void (*on_batch)(void *user, double share);
    void *user;
    pthread_mutex_t mutex;  /* protects what follows */
    pthread_cond_t changed; /* `counted` or `over` has changed */
    uint32_t next;          /* the first batch not taken */
    uint32_t counted;       /* batches added to `row` */
    bool over;              /* no further batch counts */
    count_row *row;
    err failure;
} worker_pool;

static uint32_t first_of(uint32_t batch)
{
    return batch * COUNT_BATCH;
}

static uint32_t batches_of(const count_limits *limits)
{
    return limits->blocks / COUNT_BATCH + (limits->blocks % COUNT_BATCH != 0);
}

static count_row run_batch(const worker_pool *c, trial *t, uint32_t batch)
{
    count_row row = {0};
    const uint32_t left = c->limits->blocks - first_of(batch);
    row.blocks = left < COUNT_BATCH ? left : COUNT_BATCH;
    for (uint32_t i = 0; i < row.blocks; i++) {
        trial_outcome outcome = trial_block(t, c->row->snr_db, first_of(batch) + i);
        row.errors += outcome != TRIAL_RIGHT;
        row.undetected += outcome == TRIAL_UNDETECTED;
    }
    return row;
}

static void add_batch(worker_pool *c, const count_row *batch)
{
    const count_limits *limits = c->limits;
    c->row->blocks += batch->blocks;
    c->row->errors += batch->errors;
    c->row->undetected += batch->undetected;
    c->counted++;
    c->over = c->row->errors >= limits->errors || c->row->blocks >= limits->blocks;
    c->on_batch(c->user, fmin(1, fmax((double)c->row->errors / (double)limits->errors,
                                      (double)c->row->blocks / (double)limits->blocks)));
}

/* Takes and runs batches. They finish out of order, so each waits for those before it. A batch that
 * finishes after the end is not counted. */
static void take_batches(worker_pool *c, trial *t)
{
    const uint32_t batches = batches_of(c->limits);
    while (!c->over && c->next < batches) {
        const uint32_t batch = c->next++;
        pthread_mutex_unlock(&c->mutex);
        const count_row row = run_batch(c, t, batch);
        pthread_mutex_lock(&c->mutex);
        while (!c->over && c->counted < batch)
            pthread_cond_wait(&c->changed, &c->mutex);
        if (!c->over)
            add_batch(c, &row);
        pthread_cond_broadcast(&c->changed);
    }
}

static void *work(void *argument)
{
    worker_pool *c = argument;
    err e = {0};
    trial *t = trial_create(c->link, &e);
    pthread_mutex_lock(&c->mutex);
    if (t) {
        take_batches(c, t);
    } else {
        c->failure = e;
        c->over = true;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->mutex);
    trial_free(t);
    return NULL;
}

int count_blocks(const trial_link *link, const count_limits *limits, size_t threads,
                 void (*on_batch)(void *user, double share), void *user, count_row *row, err *e)
{
    worker_pool c = {
        .link = link, .limits = limits, .on_batch = on_batch, .user = user, .row = row};
    pthread_t thread[COUNT_THREADS_MAX];
    size_t started = 0;
    *row = (count_row){.snr_db = row->snr_db};
    pthread_mutex_init(&c.mutex, NULL);
    pthread_cond_init(&c.changed, NULL);
    /* This thread also works, so the work completes even if no other thread can be started. */
    while (started + 1 < threads && started < COUNT_THREADS_MAX &&
           pthread_create(&thread[started], NULL, work, &c) == 0)
        started++;
    work(&c);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    pthread_cond_destroy(&c.changed);
    pthread_mutex_destroy(&c.mutex);
    if (c.failure.code != ERR_NONE)
        *e = c.failure;
    return c.failure.code;
}

count_interval count_wilson(uint64_t hits, uint64_t trials)
{
    const double z = 1.959963984540054; /* the normal distribution's 97.5 % point */
    if (trials == 0)
        return (count_interval){0, 1};
    const double n = (double)trials, p = (double)hits / n;
    const double centre = p + z * z / (2 * n), whole = 1 + z * z / n;
    const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    /* With no hits or only hits, one end is exactly 0 or 1; the formula would round it. */
    return (count_interval){.low = hits == 0 ? 0 : (centre - half) / whole,
                            .high = hits == trials ? 1 : (centre + half) / whole};
}
