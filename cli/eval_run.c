/* The cases of an evaluation, one on each core at a time. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "eval.h"

enum { THREADS_MAX = 64 };

typedef struct crew {
    eval_set *set;
    pthread_mutex_t mutex;
    size_t next, done; /* under the mutex */
    bool failed;       /* under the mutex */
    progress bar;      /* under the mutex */
} crew;

/* A cell of one group has its channel in the group. */
static void evaluate(eval_case *c)
{
    const codec_part *encoder = c->model->encoder, *decoder = c->model->decoder;
    const fading *channel = c->channel->cell.group[0].open;
    uint64_t start = clock_ns();
    chain_evaluate(&c->config, channel, encoder, decoder, &c->result, &c->failure);
    c->seconds = (double)(clock_ns() - start) / 1e9;
}

static void *work(void *argument)
{
    crew *w = argument;
    pthread_mutex_lock(&w->mutex);
    while (!w->failed && w->next < w->set->count) {
        eval_case *c = &w->set->cases[w->next++];
        pthread_mutex_unlock(&w->mutex);
        evaluate(c);
        pthread_mutex_lock(&w->mutex);
        w->failed = w->failed || c->failure.code != ERR_NONE;
        progress_update(&w->bar, (double)++w->done);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

/* This thread works, too: where no other can be had, the work is done all the same. */
static void run_crew(crew *w)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = cores > 1 ? (size_t)cores : 1, started = 0;
    threads = threads < w->set->count ? threads : w->set->count;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    pthread_t thread[THREADS_MAX];
    while (started + 1 < threads && pthread_create(&thread[started], NULL, work, w) == 0)
        started++;
    work(w);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}

int eval_run(eval_set *set, err *e)
{
    crew w = {.set = set, .bar = progress_start(stderr, "evaluations", (double)set->count)};
    if (set->count == 1) {
        evaluate(&set->cases[0]);
    } else {
        pthread_mutex_init(&w.mutex, NULL);
        run_crew(&w);
        pthread_mutex_destroy(&w.mutex);
        progress_end(&w.bar);
    }
    for (size_t i = 0; i < set->count; i++) {
        const eval_case *c = &set->cases[i];
        if (c->failure.code == ERR_NONE)
            continue;
        char title[EVAL_TITLE_MAX];
        *e = c->failure;
        return set->count == 1
                   ? e->code
                   : err_prefix(e, "%s over %s", eval_case_title(set, c, title), c->channel->name);
    }
    return ERR_NONE;
}
