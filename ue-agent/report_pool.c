#include "report_pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TASKS_PER_WORKER = 2
}; /* one in work and one waiting, so that no thread waits for the
      loop */

typedef struct task {
    uv_work_t work;
    report_pool *pool;
    struct task *next_free;
    size_t ue_index;
    uint32_t seq;
    double time_s;
    chain_acknowledged acknowledged;
    chain_report report;
    err failure;
} task;

struct report_pool {
    report_pool_options options;
    uv_loop_t *loop;
    fading_ue **channels; /* [ues] */
    bool *ue_busy;        /* [ues] */
    task *tasks, *free_tasks;
    size_t task_count, busy;
    pthread_mutex_t mutex; /* guards the stack of idle chains */
    chain_ue **chains;
    size_t idle_chains;
};

static chain_ue *take_chain(report_pool *m)
{
    pthread_mutex_lock(&m->mutex);
    chain_ue *chain = m->chains[--m->idle_chains];
    pthread_mutex_unlock(&m->mutex);
    return chain;
}

static void give_chain(report_pool *m, chain_ue *chain)
{
    pthread_mutex_lock(&m->mutex);
    m->chains[m->idle_chains++] = chain;
    pthread_mutex_unlock(&m->mutex);
}

/* On a worker thread. There are as many chains as threads, so one is always idle. */
static void on_work(uv_work_t *work)
{
    task *t = work->data;
    report_pool *m = t->pool;
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
    report_pool *m = t->pool;
    m->busy--;
    m->ue_busy[t->ue_index] = false;
    m->options.made(m->options.user, t->ue_index, &t->report, &t->failure);
    t->next_free = m->free_tasks;
    m->free_tasks = t;
    m->options.ready(m->options.user);
}

static int create_chains(report_pool *m, err *e)
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

static int create_tasks(report_pool *m, err *e)
{
    size_t count = m->options.workers * TASKS_PER_WORKER;
    m->tasks = calloc(count, sizeof *m->tasks);
    if (!m->tasks)
        return err_set(e, ERR_NOMEM, "out of memory for %zu reports", count);
    for (size_t i = 0; i < count; i++) {
        task *t = &m->tasks[i];
        t->pool = m;
        t->work.data = t;
        m->task_count++;
        if (chain_report_init(&t->report, m->chains[0], e) != ERR_NONE)
            return ERR_NOMEM;
        t->next_free = m->free_tasks;
        m->free_tasks = t;
    }
    return ERR_NONE;
}

static int create_ues(report_pool *m, err *e)
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

/* libuv creates its thread pool at its first use and takes the size from this variable. */
static void size_thread_pool(size_t workers)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", workers);
    uv_os_setenv("UV_THREADPOOL_SIZE", text);
}

report_pool *report_pool_create(uv_loop_t *loop, const report_pool_options *options, err *e)
{
    report_pool *m = calloc(1, sizeof *m);
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
    report_pool_free(m);
    return NULL;
}

bool report_pool_ready(const report_pool *m, size_t ue_index)
{
    return m->free_tasks && !m->ue_busy[ue_index];
}

void report_pool_start(report_pool *m, size_t ue_index, uint32_t seq, double time_s,
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

const uplink_info *report_pool_uplink(const report_pool *m)
{
    return chain_ue_uplink(m->chains[0]);
}

size_t report_pool_busy(const report_pool *m)
{
    return m->busy;
}

fading_ue *report_pool_borrow(report_pool *m, size_t ue_index)
{
    if (m->ue_busy[ue_index])
        return NULL;
    m->ue_busy[ue_index] = true;
    return m->channels[ue_index];
}

void report_pool_give_back(report_pool *m, size_t ue_index)
{
    m->ue_busy[ue_index] = false;
}

void report_pool_free(report_pool *m)
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
