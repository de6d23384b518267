#include "measurers.h"

#include <math.h>
#include <stdlib.h>
#include <sys/queue.h>

enum { BATCH_MAX = 16 };

typedef struct job {
    TAILQ_ENTRY(job) next;
    fading_ue *channel; /* borrowed, or NULL if not needed */
    measurement m;
    err failure;
} job;

TAILQ_HEAD(job_list, job);

/* The work of one thread. */
typedef struct worker {
    uv_work_t work;
    TAILQ_ENTRY(worker) next;
    measurers *owner;
    measurer *measurer;
    measure_truth truth; /* for truths that were not kept */
    job *batch[BATCH_MAX];
    size_t count;
} worker;

TAILQ_HEAD(worker_list, worker);

typedef struct ue_order {
    const worker *by; /* the worker that measures its reports now, or NULL */
    uint64_t passed;  /* number of the last scan that left one of its reports in the queue */
} ue_order;

struct measurers {
    measurers_options options;
    uv_loop_t *loop;
    struct job_list waiting, unused; /* unused ones are kept, so that a steady run allocates
                                        nothing */
    size_t waiting_count, in_work;
    struct worker_list idle; /* used only on the loop, like all else here */
    ue_order *ue;            /* [options.ues] */
    uint64_t scans;
};

static bool needs_channel(const measurement *m)
{
    return !m->truth || !isnan(m->age_s);
}

/* On a worker thread. */
static void measure_job(worker *c, job *j)
{
    measurement *m = &j->m;
    chain_outcome *o = &m->outcome;
    const float complex *h = m->answer.reconstruction;
    const measure_truth *truth = m->truth ? m->truth : &c->truth;
    j->failure = (err){0};
    if (!m->truth && measurer_recompute(c->measurer, j->channel, o->seq, m->time_s, &c->truth,
                                        &j->failure) != ERR_NONE)
        return;
    o->measured = measurer_at_estimation(c->measurer, truth, h, &o->quality);
    if (!o->measured)
        err_set(&j->failure, ERR_INVALID, "the channel is all zero");
    if (!o->measured || isnan(m->age_s))
        return;
    o->age_s = m->age_s;
    const float complex *in_use = m->answer.predicted ? m->answer.predicted : h;
    o->aged = measurer_at_use(c->measurer, j->channel, o->seq, m->time_s, m->age_s, in_use,
                              &o->used, &j->failure) == ERR_NONE;
}

static void on_work(uv_work_t *work)
{
    worker *c = work->data;
    for (size_t i = 0; i < c->count; i++)
        measure_job(c, c->batch[i]);
}

static void finish_job(measurers *a, job *j)
{
    a->options.measured(a->options.user, &j->m, &j->failure);
    wire_answer_clear(&j->m.answer);
    TAILQ_INSERT_HEAD(&a->unused, j, next);
}

static void on_work_done(uv_work_t *work, int status)
{
    (void)status; /* work is never cancelled */
    worker *c = work->data;
    measurers *a = c->owner;
    job *batch[BATCH_MAX];
    size_t count = c->count;
    a->in_work -= count;
    for (size_t i = 0; i < count; i++) {
        batch[i] = c->batch[i];
        a->ue[batch[i]->m.ue_index].by = NULL;
        if (batch[i]->channel)
            report_pool_give_back(a->options.pool, batch[i]->m.ue_index);
    }
    TAILQ_INSERT_HEAD(&a->idle, c, next);
    measurers_pump(a);
    for (size_t i = 0; i < count; i++)
        finish_job(a, batch[i]);
}

/* True if this thread can measure the job now; borrows the channel if it needs one. */
static bool take_up(measurers *a, const worker *c, job *j)
{
    ue_order *ue = &a->ue[j->m.ue_index];
    j->channel = NULL;
    if (ue->passed == a->scans || (ue->by && ue->by != c))
        return false;
    if (needs_channel(&j->m) && !(j->channel = report_pool_borrow(a->options.pool, j->m.ue_index)))
        return false;
    ue->by = c;
    return true;
}

/* Moves jobs that can be measured now from the queue to a batch. A job whose channel is in use
 * stays in the queue, together with its UE's later jobs. */
static size_t take_next_batch(measurers *a, worker *c)
{
    size_t n = 0;
    a->scans++;
    for (job *j = TAILQ_FIRST(&a->waiting), *following; j && n < BATCH_MAX; j = following) {
        following = TAILQ_NEXT(j, next);
        if (!take_up(a, c, j)) {
            a->ue[j->m.ue_index].passed = a->scans;
            continue;
        }
        TAILQ_REMOVE(&a->waiting, j, next);
        c->batch[n++] = j;
    }
    a->waiting_count -= n;
    a->in_work += n;
    return n;
}

void measurers_pump(measurers *a)
{
    for (worker *c; (c = TAILQ_FIRST(&a->idle));) {
        c->count = take_next_batch(a, c);
        if (c->count == 0)
            return;
        TAILQ_REMOVE(&a->idle, c, next);
        uv_queue_work(a->loop, &c->work, on_work, on_work_done);
    }
}

int measurers_add(measurers *a, const measurement *m)
{
    job *j = TAILQ_FIRST(&a->unused);
    if (j)
        TAILQ_REMOVE(&a->unused, j, next);
    else
        j = malloc(sizeof *j);
    if (!j)
        return ERR_NOMEM;
    j->m = *m;
    TAILQ_INSERT_TAIL(&a->waiting, j, next);
    a->waiting_count++;
    measurers_pump(a);
    return ERR_NONE;
}

static worker *create_worker(measurers *a, err *e)
{
    worker *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory to measure with");
        return NULL;
    }
    c->owner = a;
    c->work.data = c;
    c->measurer = measurer_create(&a->options.measure, e);
    if (c->measurer && measure_truth_init(&c->truth, &a->options.measure.dims, e) == ERR_NONE)
        return c;
    measurer_free(c->measurer);
    free(c);
    return NULL;
}

measurers *measurers_create(uv_loop_t *loop, const measurers_options *options, err *e)
{
    measurers *a = calloc(1, sizeof *a);
    if (a)
        a->ue = calloc(options->ues, sizeof *a->ue);
    if (!a || !a->ue) {
        free(a);
        err_set(e, ERR_NOMEM, "out of memory to measure with");
        return NULL;
    }
    a->options = *options;
    a->loop = loop;
    TAILQ_INIT(&a->waiting);
    TAILQ_INIT(&a->unused);
    TAILQ_INIT(&a->idle);
    for (size_t i = 0; i < (options->workers + 1) / 2; i++) {
        worker *c = create_worker(a, e);
        if (!c) {
            measurers_free(a);
            return NULL;
        }
        TAILQ_INSERT_HEAD(&a->idle, c, next);
    }
    return a;
}

size_t measurers_waiting(const measurers *a)
{
    return a->waiting_count;
}

size_t measurers_busy(const measurers *a)
{
    return a->waiting_count + a->in_work;
}

void measurers_free(measurers *a)
{
    if (!a)
        return;
    for (job *j; (j = TAILQ_FIRST(&a->unused));) {
        TAILQ_REMOVE(&a->unused, j, next);
        free(j);
    }
    for (worker *c; (c = TAILQ_FIRST(&a->idle));) {
        TAILQ_REMOVE(&a->idle, c, next);
        measurer_free(c->measurer);
        measure_truth_free(&c->truth);
        free(c);
    }
    free(a->ue);
    free(a);
}
