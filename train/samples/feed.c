#include "train/samples/feed.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "train/samples/permute.h"
#include "train/samples/pools.h"
#include "train/samples/rotate.h"

enum { POOL_MAX = 1 << 30 };
#define PERIOD_MAX_S 1e3

static int check_config(const train_feed_config *c, err *e)
{
    int code = csi_dims_check(&c->dims, e);
    if (code)
        return code;
    if (c->n_sources < 1 || c->n_sources > TRAIN_SOURCES_MAX)
        return err_set(e, ERR_INVALID, "%d sources to train on; 1 to %d", c->n_sources,
                       TRAIN_SOURCES_MAX);
    if (c->pool < 1 || c->pool > POOL_MAX || c->reuse < 1)
        return err_set(e, ERR_INVALID,
                       "a pool of %zu samples, used %u times; 1 to %d samples, at least once",
                       c->pool, c->reuse, POOL_MAX);
    if (c->threads < 1 || c->threads > FADING_THREADS_MAX)
        return err_set(e, ERR_INVALID, "%u threads to draw samples; 1 to %d", c->threads,
                       FADING_THREADS_MAX);
    if (c->reports > TRAIN_SEQUENCE_MAX ||
        (c->reports > 1 && !(c->period_s > 0 && c->period_s <= PERIOD_MAX_S)))
        return err_set(
            e, ERR_INVALID,
            "sequences of %u reports, %g s apart; 1 to %d reports, above 0 to %g s apart",
            c->reports, c->period_s, TRAIN_SEQUENCE_MAX, PERIOD_MAX_S);
    if (c->reports > 1 && c->align != CSI_ALIGN_NONE)
        return err_set(e, ERR_INVALID,
                       "images of a sequence cannot be aligned, because each would be shifted "
                       "differently; align must be none");
    for (int i = 0; i < c->n_sources; i++)
        if (!(c->sources[i].weight > 0) || !isfinite(c->sources[i].weight))
            return err_set(e, ERR_INVALID, "source '%s': its weight must be above 0, not %g",
                           c->sources[i].channel, c->sources[i].weight);
    return ERR_NONE;
}

/* Each source's share of a pool follows its weight, with both ends rounded to whole samples. */
static int share_pool(train_feed *f, err *e)
{
    const train_feed_config *c = &f->config;
    double total = 0, sum = 0;
    for (int i = 0; i < c->n_sources; i++)
        total += c->sources[i].weight;
    size_t begin = 0;
    for (int i = 0; i < c->n_sources; i++) {
        sum += c->sources[i].weight;
        size_t end =
            i + 1 < c->n_sources ? (size_t)llround(sum / total * (double)c->pool) : c->pool;
        if (end <= begin)
            return err_set(e, ERR_INVALID, "source '%s' gets no sample in a pool of %zu",
                           c->sources[i].channel, c->pool);
        f->samplers[i].per_pool = end - begin;
        begin = end;
    }
    return ERR_NONE;
}

static int open_samplers(train_feed *f, err *e)
{
    int code = share_pool(f, e);
    for (int i = 0; i < f->config.n_sources && !code; i++)
        code = train_sampler_open(&f->samplers[i], &f->config, i, e);
    return code;
}

static void close_samplers(train_feed *f)
{
    for (int i = 0; i < f->config.n_sources; i++)
        train_sampler_close(&f->samplers[i]);
}

static uint64_t pool_of(const train_feed *f, uint64_t index)
{
    return index / f->config.pool / f->config.reuse;
}

train_feed *train_feed_open(const train_feed_config *config, uint64_t first, err *e)
{
    if (check_config(config, e))
        return NULL;
    train_feed *f = calloc(1, sizeof *f);
    if (!f) {
        err_set(e, ERR_NOMEM, "out of memory for the samples' feed");
        return NULL;
    }
    f->config = *config;
    f->config.reports = config->reports ? config->reports : 1;
    f->values = (size_t)2 * config->dims.nt * config->dims.ni * f->config.reports;
    if (open_samplers(f, e)) {
        close_samplers(f);
        free(f);
        return NULL;
    }
    uint64_t pool = pool_of(f, first);
    if (train_pools_open(f, pool, e) || train_pools_wait(f, pool, pool, e)) {
        train_feed_close(f);
        return NULL;
    }
    return f;
}

void train_feed_close(train_feed *f)
{
    if (!f)
        return;
    train_pools_close(f);
    close_samplers(f);
    free(f);
}

/* --- using ------------------------------------------------------------------------------------ */

int train_feed_ready(train_feed *f, uint64_t first, size_t count, err *e)
{
    if (count < 1 || count > f->config.pool)
        return err_set(e, ERR_INVALID, "%zu samples at once; 1 to a pool of %zu", count,
                       f->config.pool);
    uint64_t start = clock_ns();
    int code = train_pools_wait(f, pool_of(f, first), pool_of(f, first + count - 1), e);
    f->waited_s += (double)(clock_ns() - start) * 1e-9;
    return code;
}

void train_feed_sample(const train_feed *f, uint64_t index, float *image)
{
    static train_rotate_fn *const rotate[CPU_LEVELS] = SIMD_TABLE(train_rotate);
    const train_feed_config *c = &f->config;
    uint64_t key = train_seed_derive(c->seed, TRAIN_SEED_PASS, 0, index / c->pool);
    size_t slot = train_permute(key, (uint32_t)c->pool, (uint32_t)(index % c->pool));
    double phase = 0;
    if (c->rotate) {
        rng r = rng_at(c->seed, RNG_TRAIN_ORDER, (uint32_t)(index >> 32), (uint32_t)index);
        phase = 2 * M_PI * rng_uniform(&r);
    }
    const int16_t *stored = f->pools[pool_of(f, index) % TRAIN_POOLS] + slot * f->values;
    size_t each = f->values / c->reports;
    for (unsigned i = 0; i < c->reports; i++)
        rotate[cpu_level()](stored + i * each, each / 2, (float)cos(phase), (float)sin(phase),
                            image + i * each);
}

int train_feed_holdout(const train_feed *f, int source, uint64_t set, size_t count, float *images,
                       err *e)
{
    int n = f->config.n_sources;
    if (source < -1 || source >= n)
        return err_set(e, ERR_INVALID, "source %d; the feed has %d", source, n);
    train_workspace w;
    int code = train_workspace_open(&w, &f->config.dims, e);
    size_t stride = source < 0 ? (size_t)n : 1;
    for (size_t i = 0; i < stride && i < count && !code; i++) {
        const train_sampler *s = &f->samplers[source < 0 ? (int)i : source];
        code = train_sampler_holdout(s, &w, set, (count - i + stride - 1) / stride,
                                     stride * f->values, images + i * f->values, e);
    }
    train_workspace_close(&w);
    return code;
}

double train_feed_waited(const train_feed *f)
{
    return f->waited_s;
}
