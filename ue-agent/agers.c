#include "agers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "measure/age.h"

typedef struct ageing {
    uv_work_t work;
    TAILQ_ENTRY(ageing) next;
    agers *agers;
    chain_age *measure;
    fading_ue *channel;
    size_t ue_index;
    double time_s, age_s;
    chain_outcome outcome;
    err failure;
    float complex reconstruction[];
} ageing;

TAILQ_HEAD(ageing_list, ageing);

struct agers {
    agers_options options;
    uv_loop_t *loop;
    struct ageing_list waiting, unused; /* unused ones are kept: a steady run allocates nothing */
    size_t waiting_count, in_work;
    chain_age **idle; /* a stack; the loop's own */
    size_t idle_count;
};

static size_t entries(const agers *a)
{
    return (size_t)a->options.dims.nt * a->options.dims.ni;
}

/* On a worker thread. */
static void on_work(uv_work_t *work)
{
    ageing *g = work->data;
    g->failure = (err){0};
    g->outcome.aged = chain_age_measure(g->measure, g->channel, g->outcome.seq, g->time_s, g->age_s,
                                        g->agers->options.dl_snr_db, g->reconstruction,
                                        &g->outcome.used, &g->failure) == ERR_NONE;
}

static void on_work_done(uv_work_t *work, int status)
{
    (void)status; /* work is never cancelled */
    ageing *g = work->data;
    agers *a = g->agers;
    a->in_work--;
    a->idle[a->idle_count++] = g->measure;
    makers_give_back(a->options.makers, g->ue_index);
    TAILQ_INSERT_HEAD(&a->unused, g, next);
    agers_pump(a);
    a->options.aged(a->options.user, g->ue_index, &g->outcome, &g->failure);
}

void agers_pump(agers *a)
{
    ageing *g, *following;
    for (g = TAILQ_FIRST(&a->waiting); g && a->idle_count > 0; g = following) {
        following = TAILQ_NEXT(g, next);
        g->channel = makers_borrow(a->options.makers, g->ue_index);
        if (!g->channel)
            continue;
        TAILQ_REMOVE(&a->waiting, g, next);
        a->waiting_count--;
        a->in_work++;
        g->measure = a->idle[--a->idle_count];
        uv_queue_work(a->loop, &g->work, on_work, on_work_done);
    }
}

int agers_add(agers *a, size_t ue_index, const chain_outcome *outcome, double time_s, double age_s,
              const float complex *reconstruction)
{
    size_t bytes = entries(a) * sizeof *reconstruction;
    ageing *g = TAILQ_FIRST(&a->unused);
    if (g)
        TAILQ_REMOVE(&a->unused, g, next);
    else
        g = malloc(sizeof *g + bytes);
    if (!g)
        return ERR_NOMEM;
    g->work.data = g;
    g->agers = a;
    g->ue_index = ue_index;
    g->time_s = time_s;
    g->age_s = age_s;
    g->outcome = *outcome;
    memcpy(g->reconstruction, reconstruction, bytes);
    TAILQ_INSERT_TAIL(&a->waiting, g, next);
    a->waiting_count++;
    agers_pump(a);
    return ERR_NONE;
}

agers *agers_create(uv_loop_t *loop, const agers_options *options, err *e)
{
    agers *a = calloc(1, sizeof *a);
    size_t count = (options->workers + 1) / 2;
    if (a)
        a->idle = calloc(count, sizeof(chain_age *));
    if (!a || !a->idle) {
        free(a);
        err_set(e, ERR_NOMEM, "out of memory to measure age with");
        return NULL;
    }
    a->options = *options;
    a->loop = loop;
    TAILQ_INIT(&a->waiting);
    TAILQ_INIT(&a->unused);
    for (size_t i = 0; i < count; i++) {
        chain_age *measure = chain_age_create(&options->dims, e);
        if (!measure) {
            agers_free(a);
            return NULL;
        }
        a->idle[a->idle_count++] = measure;
    }
    return a;
}

size_t agers_waiting(const agers *a)
{
    return a->waiting_count;
}

size_t agers_busy(const agers *a)
{
    return a->waiting_count + a->in_work;
}

void agers_free(agers *a)
{
    if (!a)
        return;
    for (ageing *g; (g = TAILQ_FIRST(&a->unused));) {
        TAILQ_REMOVE(&a->unused, g, next);
        free(g);
    }
    for (size_t i = 0; i < a->idle_count; i++)
        chain_age_free(a->idle[i]);
    free(a->idle);
    free(a);
}
