#include "train/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct helper {
    train_crew *crew;
    unsigned member;
    pthread_t thread;
} helper;

struct train_crew {
    pthread_mutex_t lock;
    pthread_cond_t called, finished;
    uint64_t job;     /* counts up with every job */
    unsigned working; /* helpers that have not finished it */
    bool over;
    void (*work)(void *arg, unsigned member);
    void *arg;
    unsigned n_helpers;
    helper helpers[];
};

/* False when there will be no more. */
static bool wait_for_job(train_crew *c, uint64_t *done)
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
    train_crew *c = h->crew;
    for (uint64_t done = 0; wait_for_job(c, &done);) {
        c->work(c->arg, h->member);
        pthread_mutex_lock(&c->lock);
        if (--c->working == 0)
            pthread_cond_signal(&c->finished);
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

static int start_helpers(train_crew *c, unsigned count, err *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    for (unsigned i = 0; i < count && !failed; i++) {
        c->helpers[i] = (helper){.crew = c, .member = i + 1};
        failed = pthread_create(&c->helpers[i].thread, NULL, help, &c->helpers[i]);
        c->n_helpers += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? err_set(e, ERR_NOMEM, "a thread cannot be started: %s", strerror(failed)) : 0;
}

train_crew *train_crew_open(unsigned members, err *e)
{
    train_crew *c = calloc(1, sizeof *c + members * sizeof c->helpers[0]);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for %u threads", members);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->called, NULL);
    pthread_cond_init(&c->finished, NULL);
    if (start_helpers(c, members - 1, e) == 0)
        return c;
    train_crew_free(c);
    return NULL;
}

void train_crew_free(train_crew *c)
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

void train_crew_run(train_crew *c, void (*work)(void *arg, unsigned member), void *arg)
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
