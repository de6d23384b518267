/* Channels: samples and time sequences, by several threads. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/internal.h"
#include "csi/transform.h"
#include "fading/fading.h"

/* All UEs of an environment stay on one thread. Spread over threads, each thread would generate the
 * environment again. */
enum { THREADS_MAX = 256, CHUNK_UES = 16 };

struct csl_channel {
    char name[API_SPEC_MAX];
    fading_config config;
    fading *open; /* with config.seed */
};

/* What to draw: `ues` UEs, each at `steps` times. A file has only UE number 0, whose reports are
 * the samples: see `first_seq`. */
typedef struct draw {
    const csl_channel *channel;
    int domain;
    uint32_t first_ue, ues, first_seq, steps, chunk;
    double start_s, period_s;
    float complex *h;
    atomic_uint_fast64_t next; /* a UE, counted from first_ue */
    atomic_bool failed;
    pthread_mutex_t mutex; /* guards what follows */
    err failure;           /* the first */
} draw;

/* The seed is part of an open channel, but an argument here, since a caller draws with many seeds.
 * Opening costs little, except for files, which are read again. */
static int open_for_seed(csl_channel *c, uint64_t seed, err *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): check_draw refuses NULL */
    if (c->open && c->config.seed == seed)
        return ERR_NONE;
    fading_config config = c->config;
    config.seed = seed;
    fading *f = fading_open(c->name, &config, e);
    if (!f)
        return e->code;
    fading_close(c->open);
    c->open = f;
    c->config.seed = seed;
    return ERR_NONE;
}

static int open_channel(const char *spec, csl_channel **out, err *e)
{
    if (api_need(out, "out", e))
        return ERR_INVALID;
    *out = NULL;
    if (api_need(spec, "the spec of a channel", e))
        return ERR_INVALID;
    csl_channel *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(e, ERR_NOMEM, "out of memory for a channel");
    c->config = FADING_CONFIG_DEFAULT;
    int rc = api_channel_spec(spec, c->name, &c->config, e);
    /* A channel has no pilots, but the check of a link's sizes wants at least one per antenna. */
    uint32_t nt = c->config.dims.nt;
    c->config.dims.tp = nt > c->config.dims.tp ? nt : c->config.dims.tp;
    if (rc == ERR_NONE)
        rc = open_for_seed(c, c->config.seed, e);
    if (rc == ERR_NONE)
        *out = c;
    else
        csl_channel_close(c);
    return rc;
}

int csl_channel_open(const char *spec, csl_channel **out)
{
    err e = {0};
    open_channel(spec, out, &e);
    return api_return(&e);
}

void csl_channel_close(csl_channel *c)
{
    if (!c)
        return;
    fading_close(c->open);
    free(c);
}

int csl_channel_dims(const csl_channel *c, csl_dims *dims)
{
    err e = {0};
    if (api_need(c, "the channel", &e) == ERR_NONE && api_need(dims, "dims", &e) == ERR_NONE)
        *dims = (csl_dims){c->config.dims.nt, c->config.dims.nc, c->config.dims.ni};
    return api_return(&e);
}

const char *csl_channel_describe(const csl_channel *c)
{
    return c ? fading_describe(c->open) : "";
}

uint64_t csl_channel_samples(const csl_channel *c)
{
    return c ? fading_samples(c->open) : 0;
}

/* Tools of one thread; the frequency form comes as [nc][nt] and is transposed. */
typedef struct bench {
    csi_transform *transform;
    float complex *rows;
} bench;

static int draw_one(const draw *d, bench *b, fading_ue *ue, uint32_t seq, double time_s,
                    float complex *h, err *e)
{
    const csi_dims *s = &d->channel->config.dims;
    if (d->domain == CSL_ANGLE_DELAY)
        return fading_ue_angle_delay(ue, b->transform, seq, time_s, h, e);
    int rc = fading_ue_frequency(ue, b->transform, seq, time_s, b->rows, e);
    if (rc == ERR_NONE)
        api_transpose(b->rows, s->nc, s->nt, h);
    return rc;
}

static int draw_ue(const draw *d, bench *b, uint32_t index, err *e)
{
    const csi_dims *s = &d->channel->config.dims;
    size_t entries = (size_t)s->nt * (d->domain == CSL_ANGLE_DELAY ? s->ni : s->nc);
    float complex *h = d->h + (size_t)index * d->steps * entries;
    fading_ue *ue = fading_ue_create(d->channel->open, d->first_ue + index, e);
    int rc = ue ? ERR_NONE : e->code;
    for (uint32_t k = 0; rc == ERR_NONE && k < d->steps; k++, h += entries)
        rc = draw_one(d, b, ue, d->first_seq + k, d->start_s + k * d->period_s, h, e);
    fading_ue_free(ue);
    return rc == ERR_NONE ? rc : err_prefix(e, "UE %u", d->first_ue + index);
}

static int open_bench(const draw *d, bench *b, err *e)
{
    const csi_dims *s = &d->channel->config.dims;
    b->rows = NULL;
    if (!(b->transform = csi_transform_create(s, e)))
        return e->code;
    if (d->domain == CSL_FREQUENCY && !(b->rows = malloc((size_t)s->nt * s->nc * sizeof *b->rows)))
        return err_set(e, ERR_NOMEM, "out of memory for a channel");
    return ERR_NONE;
}

static void *work(void *argument)
{
    draw *d = argument;
    bench b;
    err e = {0};
    int rc = open_bench(d, &b, &e);
    while (rc == ERR_NONE && !atomic_load(&d->failed)) {
        uint64_t begin = atomic_fetch_add(&d->next, d->chunk);
        if (begin >= d->ues)
            break;
        for (uint64_t i = begin; rc == ERR_NONE && i < d->ues && i < begin + d->chunk; i++)
            rc = draw_ue(d, &b, (uint32_t)i, &e);
    }
    csi_transform_free(b.transform);
    free(b.rows);
    if (rc != ERR_NONE) {
        pthread_mutex_lock(&d->mutex);
        if (d->failure.code == ERR_NONE)
            d->failure = e;
        pthread_mutex_unlock(&d->mutex);
        atomic_store(&d->failed, true);
    }
    return NULL;
}

/* This thread works, too, so that the work gets done even where no other thread can be started. */
static int run_threads(draw *d, uint32_t threads, err *e)
{
    pthread_t thread[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t started = 0, chunks = (uint32_t)(((uint64_t)d->ues + d->chunk - 1) / d->chunk);
    if (threads == 0)
        threads = cores > 1 ? (uint32_t)(cores < THREADS_MAX ? cores : THREADS_MAX) : 1;
    threads = threads < chunks ? threads : chunks;
    pthread_mutex_init(&d->mutex, NULL);
    while (started + 1 < threads && pthread_create(&thread[started], NULL, work, d) == 0)
        started++;
    work(d);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&d->mutex);
    *e = d->failure;
    return e->code;
}

static int check_draw(const csl_channel *c, const draw *d, uint32_t threads, err *e)
{
    if (api_need(c, "the channel", e) || (d->ues && d->steps && api_need(d->h, "h", e)))
        return ERR_INVALID;
    if (d->domain != CSL_FREQUENCY && d->domain != CSL_ANGLE_DELAY)
        return err_set(e, ERR_INVALID, "the domain %d; CSL_FREQUENCY or CSL_ANGLE_DELAY is allowed",
                       d->domain);
    if (threads > THREADS_MAX)
        return err_set(e, ERR_INVALID, "%u threads; 0 to %d are allowed", threads, THREADS_MAX);
    if (!isfinite(d->start_s) || !isfinite(d->period_s) ||
        !isfinite(d->start_s + d->steps * d->period_s))
        return err_set(e, ERR_INVALID, "the times of a channel must be finite");
    if (d->first_ue > UINT32_MAX - d->ues || d->first_seq > UINT32_MAX - d->steps)
        return err_set(e, ERR_INVALID, "%u samples from number %u on: the last number is %u",
                       d->ues > d->steps ? d->ues : d->steps,
                       d->ues > d->steps ? d->first_ue : d->first_seq, UINT32_MAX);
    return ERR_NONE;
}

static int make_draw(csl_channel *c, draw *d, uint64_t seed, uint32_t threads)
{
    err e = {0};
    int rc = check_draw(c, d, threads, &e);
    if (rc == ERR_NONE && d->ues > 0 && d->steps > 0)
        rc = open_for_seed(c, seed, &e);
    if (rc == ERR_NONE && d->ues > 0 && d->steps > 0) {
        uint32_t shared = fading_environment_ues(c->open);
        d->channel = c;
        d->chunk = shared > 1 ? shared : CHUNK_UES;
        run_threads(d, threads, &e);
    }
    return api_return(&e);
}

int csl_channel_sample(csl_channel *c, int domain, uint64_t seed, uint32_t first, uint32_t count,
                       uint32_t threads, csl_complex *h)
{
    draw d = {.domain = domain, .first_ue = first, .ues = count, .steps = 1, .h = h};
    /* UEs of a file start at samples drawn with repetition; one UE meets each sample once. */
    if (c && fading_samples(c->open) > 0) {
        d.first_ue = 0, d.ues = count > 0;
        d.first_seq = first, d.steps = count;
    }
    return make_draw(c, &d, seed, threads);
}

int csl_channel_sequence(csl_channel *c, int domain, uint64_t seed, uint32_t first_ue, uint32_t ues,
                         uint32_t steps, double start_s, double period_s, uint32_t threads,
                         csl_complex *h)
{
    draw d = {.domain = domain,
              .first_ue = first_ue,
              .ues = ues,
              .steps = steps,
              .start_s = start_s,
              .period_s = period_s,
              .h = h};
    return make_draw(c, &d, seed, threads);
}
