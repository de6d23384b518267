/* The cases of an evaluation, one on each core at a time. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "run.h"
#include "ui/progress.h"

enum { THREADS_MAX = 64 };

typedef struct worker_pool {
    eval_case *const *cases;
    size_t count;
    int (*on_done)(void *user, eval_case *c, err *e);
    void *user;
    pthread_mutex_t mutex;
    size_t next, samples; /* under the mutex */
    err failure;          /* the first; under the mutex */
    progress bar;         /* under the mutex */
} worker_pool;

static void on_sample(void *user)
{
    worker_pool *w = user;
    pthread_mutex_lock(&w->mutex);
    progress_update(&w->bar, (double)++w->samples);
    pthread_mutex_unlock(&w->mutex);
}

/* A cell of one group has its channel in the group. */
static void evaluate(worker_pool *w, eval_case *c)
{
    const codec *encoder = c->model->encoder, *decoder = c->model->decoder;
    const fading *channel = c->channel->cell.group[0].open;
    uint64_t start = clock_ns();
    c->config.on_sample = on_sample;
    c->config.user = w;
    chain_evaluate(&c->config, channel, encoder, decoder, &c->result, &c->failure);
    c->seconds = (double)(clock_ns() - start) / 1e9;
}

static void finish(worker_pool *w, eval_case *c)
{
    err e = c->failure;
    if (e.code == ERR_NONE && w->on_done)
        w->on_done(w->user, c, &e);
    if (w->failure.code == ERR_NONE)
        w->failure = e;
}

static void *work(void *argument)
{
    worker_pool *w = argument;
    pthread_mutex_lock(&w->mutex);
    while (w->failure.code == ERR_NONE && w->next < w->count) {
        eval_case *c = w->cases[w->next++];
        pthread_mutex_unlock(&w->mutex);
        evaluate(w, c);
        pthread_mutex_lock(&w->mutex);
        finish(w, c);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* This thread also works, so the work completes even if no other thread can be started. */
static void run_workers(worker_pool *w, size_t threads)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t started = 0;
    if (threads == 0)
        threads = cores > 1 ? (size_t)cores : 1;
    threads = threads < w->count ? threads : w->count;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    pthread_t thread[THREADS_MAX];
    while (started + 1 < threads && pthread_create(&thread[started], NULL, work, w) == 0)
        started++;
    work(w);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}

int eval_run_cases(eval_case *const *cases, size_t count, size_t threads,
                   int (*on_done)(void *user, eval_case *c, err *e), void *user, err *e)
{
    worker_pool w = {.cases = cases, .count = count, .on_done = on_done, .user = user};
    double samples = 0;
    for (size_t i = 0; i < count; i++)
        samples += (double)cases[i]->config.samples;
    w.bar = progress_start(stderr, "samples", samples);
    pthread_mutex_init(&w.mutex, NULL);
    run_workers(&w, threads);
    pthread_mutex_destroy(&w.mutex);
    progress_end(&w.bar);
    if (w.failure.code != ERR_NONE)
        *e = w.failure;
    return w.failure.code;
}

int eval_run(eval_set *set, err *e)
{
    eval_case **cases = calloc(set->count, sizeof(eval_case *));
    if (!cases)
        return err_set(e, ERR_NOMEM, "no memory for %zu evaluations", set->count);
    for (size_t i = 0; i < set->count; i++)
        cases[i] = &set->cases[i];
    int status = eval_run_cases(cases, set->count, 0, NULL, NULL, e);
    free(cases);
    for (size_t i = 0; set->count > 1 && i < set->count; i++) {
        const eval_case *c = &set->cases[i];
        char title[EVAL_TITLE_MAX];
        if (c->failure.code == ERR_NONE)
            continue;
        *e = c->failure;
        return err_prefix(e, "%s over %s", eval_case_title(set, c, title), c->channel->name);
    }
    return status;
}
