#include "train/recipe/recipe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "train/recipe/keys.h"
#include "uplink/noise.h"

static const uint64_t SAMPLES_DEFAULT = 4000000;
enum {
    CHUNK_DEFAULT = 16,
    VALIDATIONS = 20,
    TRAINED_PER_VALIDATED = 4, /* training on a sample costs three times its validation */
    WARMUP_DEFAULT = 20000,
    WARMUP_SHARE = 10,
    SEQUENCES_DEFAULT = 32
};

void train_recipe_init(train_recipe *r)
{
    *r = (train_recipe){.config = {.feed = {.dims = CSI_DIMS_DEFAULT,
                                            .layout = ONNX_DELAY_ANGLE,
                                            .pool = 20000,
                                            .reuse = 4,
                                            .rotate = true,
                                            .reports = 1,
                                            .period_s = 0.02},
                                   .objective = {.loss = TRAIN_NMSE,
                                                 .snr_min_db = -5,
                                                 .snr_max_db = 40,
                                                 .clean = 0.2,
                                                 .balance = 0.5,
                                                 .references = CSI_REFERENCES_DEFAULT},
                                   .quantize = {.calibration = 1024},
                                   .sequence = {.delay = 1},
                                   .batch = 256,
                                   .learning_rate = 1e-3,
                                   .final_rate = 1e-5,
                                   .warmup = RECIPE_UNSET,
                                   .beta1 = 0.9,
                                   .beta2 = 0.999,
                                   .epsilon = 1e-8,
                                   .clip = 1,
                                   .ema = 0.999,
                                   .validation = 2000,
                                   .statistics = 4096,
                                   .checks = 5,
                                   .check_snr_db = {INFINITY, 20, 10, 0, -5},
                                   .seed = 1}};
}

void recipe_clear_sources(train_recipe *r)
{
    for (int i = 0; i < TRAIN_SOURCES_MAX; i++) {
        free(r->channels[i]);
        r->channels[i] = NULL;
    }
    r->config.feed.n_sources = 0;
}

void train_recipe_free(train_recipe *r)
{
    recipe_clear_sources(r);
    free(r->architecture);
    free(r->start);
    free(r->weights);
    free(r->skip);
    free(r->wide);
    r->architecture = r->start = r->weights = r->skip = r->wide = NULL;
}

int recipe_add_source(train_recipe *r, const train_source *source, err *e)
{
    train_feed_config *feed = &r->config.feed;
    int i = feed->n_sources;
    if (i == TRAIN_SOURCES_MAX)
        return err_set(e, ERR_INVALID, "there are more than %d sources", TRAIN_SOURCES_MAX);
    if (recipe_check_text(source->channel, e) != ERR_NONE)
        return ERR_INVALID;
    r->channels[i] = strdup(source->channel);
    if (!r->channels[i])
        return err_set(e, ERR_NOMEM, "no memory for a source");
    feed->sources[i] = *source;
    feed->sources[i].channel = r->channels[i];
    feed->n_sources++;
    return ERR_NONE;
}

static const recipe_key *find_key(const char *path)
{
    for (size_t i = 0; i < RECIPE_KEYS; i++)
        if (strcmp(recipe_keys[i].path, path) == 0)
            return &recipe_keys[i];
    return NULL;
}

static int complain_unknown(const char *path, err *e)
{
    const char *names[RECIPE_KEYS];
    for (size_t i = 0; i < RECIPE_KEYS; i++)
        names[i] = recipe_keys[i].path;
    const char *nearest = text_nearest(path, names, RECIPE_KEYS);
    return err_set(e, ERR_INVALID, "unknown key '%.64s'%s%s%s", path,
                   nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

int train_recipe_set(train_recipe *r, const char *key, const char *text, err *e)
{
    const recipe_key *k = find_key(key);
    if (!k)
        return complain_unknown(key, e);
    if (recipe_take(r, k, text, e) != ERR_NONE)
        return err_prefix(e, "%s", key);
    if (k == &recipe_keys[RECIPE_SAMPLES])
        r->epochs = r->epoch = 0;
    if (k == &recipe_keys[RECIPE_EPOCHS] || k == &recipe_keys[RECIPE_EPOCH])
        r->config.samples = 0;
    char **other = k == &recipe_keys[RECIPE_ARCHITECTURE] ? &r->start
                   : k == &recipe_keys[RECIPE_START]      ? &r->architecture
                                                          : NULL;
    if (other) {
        free(*other);
        *other = NULL;
    }
    return ERR_NONE;
}

bool train_recipe_says(const train_recipe *r, const char *key)
{
    const recipe_key *k = find_key(key);
    return k && (r->said >> (k - recipe_keys) & 1);
}

int train_recipe_set_channel(train_recipe *r, const char *channel, double carrier_hz, err *e)
{
    const train_feed_config *feed = &r->config.feed;
    double speed_kmh = feed->n_sources ? feed->sources[0].speed_kmh : 0;
    recipe_clear_sources(r);
    return recipe_add_source(
        r,
        &(train_source){
            .channel = channel, .carrier_hz = carrier_hz, .weight = 1, .speed_kmh = speed_kmh},
        e);
}

static int resolve_samples(train_recipe *r, err *e)
{
    train_config *c = &r->config;
    if (!r->epochs != !r->epoch)
        return err_set(e, ERR_INVALID,
                       "epochs and epoch need each other: the number of epochs, and the samples "
                       "of each");
    if (r->epochs && c->samples)
        return err_set(e, ERR_INVALID,
                       "samples and epochs exclude each other: both set the length");
    if (r->epochs)
        c->samples = r->epochs * r->epoch; /* their ranges keep the product below 1e15 */
    if (c->samples == 0)
        c->samples = SAMPLES_DEFAULT;
    r->epochs = r->epoch = 0;
    return ERR_NONE;
}

/* The largest number of threads, up to the number of cores, that divides the batch. */
static unsigned resolve_threads(size_t batch)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    for (long n = cores < TRAIN_THREADS_MAX ? cores : TRAIN_THREADS_MAX; n > 1; n--)
        if (batch % (size_t)n == 0)
            return (unsigned)n;
    return 1;
}

/* Validation takes at most a twelfth of the training time, so that a short run does not spend its
 * time on it. */
static uint64_t interval_of(const train_config *c)
{
    uint64_t part = c->samples / VALIDATIONS;
    uint64_t least = TRAINED_PER_VALIDATED * (uint64_t)c->validation * c->checks;
    return part > least ? part : least;
}

static int resolve_steps(train_recipe *r, err *e)
{
    train_config *c = &r->config;
    /* The defaults count single reports; a sequence has several. */
    if (!train_recipe_says(r, "pool"))
        c->feed.pool /= c->feed.reports;
    if (!train_recipe_says(r, "validate.samples"))
        c->validation /= c->feed.reports;
    if (!train_recipe_says(r, "statistics"))
        c->statistics /= c->feed.reports;
    if (!train_recipe_says(r, "batch") && c->feed.reports > 1)
        c->batch = SEQUENCES_DEFAULT;
    if (c->threads == 0)
        c->threads = resolve_threads(c->batch);
    if (c->batch % c->threads != 0)
        return err_set(e, ERR_INVALID,
                       "batch: %zu samples cannot be cut into equal parts for %u threads", c->batch,
                       c->threads);
    c->samples = (c->samples + c->batch - 1) / c->batch * c->batch; /* whole steps */
    size_t shard = c->batch / c->threads;
    if (c->chunk == 0 || c->chunk > shard)
        c->chunk = shard < CHUNK_DEFAULT ? shard : CHUNK_DEFAULT;
    if (c->objective.lambda > 0) { /* rounded codewords have no noise */
        c->checks = 1;
        c->check_snr_db[0] = INFINITY;
    }
    if (c->validate_every == 0)
        c->validate_every = interval_of(c);
    if (c->validate_every < c->batch)
        c->validate_every = c->batch;
    if (c->validate_every > c->samples)
        c->validate_every = c->samples;
    if (c->warmup == RECIPE_UNSET)
        c->warmup =
            c->samples / WARMUP_SHARE < WARMUP_DEFAULT ? c->samples / WARMUP_SHARE : WARMUP_DEFAULT;
    c->feed.threads = c->threads;
    c->feed.seed = c->objective.seed = c->seed;
    c->quantize.skip = r->skip;
    c->quantize.wide = r->wide;
    return ERR_NONE;
}

static int check(const train_recipe *r, err *e)
{
    const train_config *c = &r->config;
    if (r->start && r->weights)
        return err_set(e, ERR_INVALID,
                       "weights are for an architecture; a pair to start from (start) has all its "
                       "own");
    if (!r->architecture == !r->start)
        return err_set(e, ERR_INVALID,
                       r->start ? "architecture and start exclude each other"
                                : "it needs an architecture, or a pair to start "
                                  "from (start)");
    if (!*r->scenario)
        return err_set(e, ERR_INVALID,
                       "it needs a scenario, the last part of the model's name: indoor");
    if (r->cr == 0)
        return err_set(e, ERR_INVALID, "it needs a compression ratio: cr, or --cr");
    if (c->feed.n_sources == 0)
        return err_set(e, ERR_INVALID, "it needs sources of samples: a list of channels");
    if (c->objective.snr_min_db > c->objective.snr_max_db)
        return err_set(e, ERR_INVALID, "snr.min %g is above snr.max %g", c->objective.snr_min_db,
                       c->objective.snr_max_db);
    if (c->objective.lambda > 0 && (r->start || c->feed.align != CSI_ALIGN_NONE))
        return err_set(
            e, ERR_INVALID,
            "lambda is for an architecture and images that are not aligned (align: none)");
    if (c->final_rate > c->learning_rate)
        return err_set(e, ERR_INVALID, "optimizer.final %g is above optimizer.rate %g",
                       c->final_rate, c->learning_rate);
    return ERR_NONE;
}

/* "models/architectures/csilink-net.yaml" names the family csilink-net. */
static int resolve_name(train_recipe *r, err *e)
{
    if (!*r->family && r->architecture) {
        const char *slash = strrchr(r->architecture, '/');
        char base[256];
        snprintf(base, sizeof base, "%s", slash ? slash + 1 : r->architecture);
        char *dot = strstr(base, ".yaml");
        if (dot)
            *dot = '\0';
        if (recipe_take(r, &recipe_keys[RECIPE_FAMILY], base, e) != ERR_NONE)
            return err_prefix(e, "family, from the architecture's name");
    }
    if (!*r->family)
        return err_set(e, ERR_INVALID, "it needs a family, the first part of the model's name");
    snprintf(r->name, sizeof r->name, "%s-cr%u-%s", r->family, r->cr, r->scenario);
    return ERR_NONE;
}

int train_recipe_complete(train_recipe *r, err *e)
{
    int status = check(r, e);
    if (status == ERR_NONE)
        status = resolve_name(r, e);
    if (status == ERR_NONE)
        status = resolve_samples(r, e);
    if (status == ERR_NONE)
        status = resolve_steps(r, e);
    if (status == ERR_NONE && r->config.warmup > r->config.samples)
        status = err_set(e, ERR_INVALID, "optimizer.warmup is longer than the run's %llu samples",
                         (unsigned long long)r->config.samples);
    return status;
}
