#include "train/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct helper {
    train_thread_pool *pool;
    unsigned number;
    pthread_t thread;
} helper;

struct train_thread_pool {
    pthread_mutex_t lock;
    pthread_cond_t called, finished;
    uint64_t job;     /* number of the current job */
    unsigned working; /* helpers still running it */
    bool over;
    void (*work)(void *arg, unsigned thread);
    void *arg;
    unsigned n_helpers;
    helper helpers[];
};

/* Waits for a job after number *done. Returns false when the pool closes. */
static bool wait_for_job(train_thread_pool *c, uint64_t *done)
{
    pthread_mutex_lock(&c->lock);
    while (!c->over && c->job == *done)
        pthread_cond_wait(&c->called, &c->lock);
    *done = c->job;
    bool more = !c->over;
    pthread_mutex_unlock(&c->lock);
    return more;
}

static void *help(void *arg)
{
    helper *h = arg;
    train_thread_pool *c = h->pool;
    for (uint64_t done = 0; wait_for_job(c, &done);) {
        c->work(c->arg, h->number);
        pthread_mutex_lock(&c->lock);
        if (--c->working == 0)
            pthread_cond_signal(&c->finished);
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

static int start_helpers(train_thread_pool *c, unsigned count, err *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    for (unsigned i = 0; i < count && !failed; i++) {
        c->helpers[i] = (helper){.pool = c, .number = i + 1};
        failed = pthread_create(&c->helpers[i].thread, NULL, help, &c->helpers[i]);
        c->n_helpers += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? err_set(e, ERR_NOMEM, "a thread cannot be started: %s", strerror(failed)) : 0;
}

train_thread_pool *train_thread_pool_open(unsigned threads, err *e)
{
    train_thread_pool *c = calloc(1, sizeof *c + threads * sizeof c->helpers[0]);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for %u threads", threads);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->called, NULL);
    pthread_cond_init(&c->finished, NULL);
    if (start_helpers(c, threads - 1, e) == 0)
        return c;
    train_thread_pool_free(c);
    return NULL;
}

void train_thread_pool_free(train_thread_pool *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->over = true;
    pthread_cond_broadcast(&c->called);
    pthread_mutex_unlock(&c->lock);
    for (unsigned i = 0; i < c->n_helpers; i++)
        pthread_join(c->helpers[i].thread, NULL);
    pthread_cond_destroy(&c->finished);
    pthread_cond_destroy(&c->called);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void train_thread_pool_run(train_thread_pool *c, void (*work)(void *arg, unsigned thread),
                           void *arg)
{
    pthread_mutex_lock(&c->lock);
    c->work = work;
    c->arg = arg;
    c->working = c->n_helpers;
    c->job++;
    pthread_cond_broadcast(&c->called);
    pthread_mutex_unlock(&c->lock);
    work(arg, 0);
    pthread_mutex_lock(&c->lock);
    while (c->working)
        pthread_cond_wait(&c->finished, &c->lock);
    pthread_mutex_unlock(&c->lock);
}
