#include "makers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { TASKS_PER_WORKER = 2 }; /* one in work, one waiting, so that no thread waits for the loop */

typedef struct task {
    uv_work_t work;
    makers *makers;
    struct task *next_free;
    size_t ue_index;
    uint32_t seq;
    double time_s;
    chain_acknowledged acknowledged;
    chain_report report;
    err failure;
} task;

struct makers {
    makers_options options;
    uv_loop_t *loop;
    fading_ue **channels; /* [ues] */
    bool *ue_busy;        /* [ues] */
    task *tasks, *free_tasks;
    size_t task_count, busy;
    pthread_mutex_t mutex; /* guards the stack of idle chains */
    chain_ue **chains;
    size_t idle_chains;
};

static chain_ue *take_chain(makers *m)
{
    pthread_mutex_lock(&m->mutex);
    chain_ue *chain = m->chains[--m->idle_chains];
    pthread_mutex_unlock(&m->mutex);
    return chain;
}

static void give_chain(makers *m, chain_ue *chain)
{
    pthread_mutex_lock(&m->mutex);
    m->chains[m->idle_chains++] = chain;
    pthread_mutex_unlock(&m->mutex);
}

/* On a worker thread. There are as many chains as threads, so one is always idle. */
static void on_work(uv_work_t *work)
{
    task *t = work->data;
    makers *m = t->makers;
    chain_ue *chain = take_chain(m);
    t->failure = (err){0};
    chain_ue_report(chain, m->channels[t->ue_index], m->options.first_ue + (uint32_t)t->ue_index,
                    t->seq, t->time_s, &t->acknowledged, &t->report, &t->failure);
    give_chain(m, chain);
}

static void on_work_done(uv_work_t *work, int status)
{
    (void)status; /* work is never cancelled */
    task *t = work->data;
    makers *m = t->makers;
    m->busy--;
    m->ue_busy[t->ue_index] = false;
    m->options.made(m->options.user, t->ue_index, &t->report, &t->failure);
    t->next_free = m->free_tasks;
    m->free_tasks = t;
    m->options.ready(m->options.user);
}

static int create_chains(makers *m, err *e)
{
    size_t workers = m->options.workers;
    m->chains = calloc(workers, sizeof(chain_ue *));
    for (size_t i = 0; m->chains && i < workers; i++) {
        m->chains[i] = chain_ue_create(&m->options.chain, m->options.encoder, e);
        if (!m->chains[i])
            return ERR_NOMEM;
        m->idle_chains++;
    }
    return m->chains ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for %zu workers", workers);
}

static int create_tasks(makers *m, err *e)
{
    size_t count = m->options.workers * TASKS_PER_WORKER;
    m->tasks = calloc(count, sizeof *m->tasks);
    if (!m->tasks)
        return err_set(e, ERR_NOMEM, "out of memory for %zu reports", count);
    for (size_t i = 0; i < count; i++) {
        task *t = &m->tasks[i];
        t->makers = m;
        t->work.data = t;
        m->task_count++;
        if (chain_report_init(&t->report, m->chains[0], e) != ERR_NONE)
            return ERR_NOMEM;
        t->next_free = m->free_tasks;
        m->free_tasks = t;
    }
    return ERR_NONE;
}

static int create_ues(makers *m, err *e)
{
    const chain_cell *cell = m->options.cell;
    uint32_t ues = cell->ues;
    m->ue_busy = calloc(ues, sizeof *m->ue_busy);
    m->channels = calloc(ues, sizeof(fading_ue *));
    if (!m->ue_busy || !m->channels)
        return err_set(e, ERR_NOMEM, "out of memory for %u UEs", ues);
    for (uint32_t i = 0; i < ues; i++) {
        m->channels[i] =
            fading_ue_create(chain_cell_group(cell, i)->open, m->options.first_ue + i, e);
        if (!m->channels[i])
            return ERR_NOMEM;
    }
    return ERR_NONE;
}

/* libuv's thread pool is made at its first use, as large as its variable says then. */
static void size_thread_pool(size_t workers)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", workers);
    uv_os_setenv("UV_THREADPOOL_SIZE", text);
}

makers *makers_create(uv_loop_t *loop, const makers_options *options, err *e)
{
    makers *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    m->options = *options;
    m->loop = loop;
    pthread_mutex_init(&m->mutex, NULL);
    size_thread_pool(options->workers);
    if (create_chains(m, e) == ERR_NONE && create_tasks(m, e) == ERR_NONE &&
        create_ues(m, e) == ERR_NONE)
        return m;
    makers_free(m);
    return NULL;
}

bool makers_ready(const makers *m, size_t ue_index)
{
    return m->free_tasks && !m->ue_busy[ue_index];
}

void makers_start(makers *m, size_t ue_index, uint32_t seq, double time_s,
                  const chain_acknowledged *acknowledged)
{
    task *t = m->free_tasks;
    m->free_tasks = t->next_free;
    m->ue_busy[ue_index] = true;
    m->busy++;
    t->ue_index = ue_index;
    t->seq = seq;
    t->time_s = time_s;
    t->acknowledged = *acknowledged;
    uv_queue_work(m->loop, &t->work, on_work, on_work_done);
}

const uplink_info *makers_uplink(const makers *m)
{
    return chain_ue_uplink(m->chains[0]);
}

size_t makers_busy(const makers *m)
{
    return m->busy;
}

fading_ue *makers_borrow(makers *m, size_t ue_index)
{
    if (m->ue_busy[ue_index])
        return NULL;
    m->ue_busy[ue_index] = true;
    return m->channels[ue_index];
}

void makers_give_back(makers *m, size_t ue_index)
{
    m->ue_busy[ue_index] = false;
}

void makers_free(makers *m)
{
    if (!m)
        return;
    for (size_t i = 0; m->channels && i < m->options.cell->ues; i++)
        fading_ue_free(m->channels[i]);
    for (size_t i = 0; i < m->task_count; i++)
        chain_report_free(&m->tasks[i].report);
    for (size_t i = 0; i < m->idle_chains; i++)
        chain_ue_free(m->chains[i]);
    free(m->channels);
    free(m->ue_busy);
    free(m->tasks);
    free(m->chains);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}
