#include "train/settings.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- checks ----------------------------------------------------------------------------------- */

enum { SAMPLES_HELD_MAX = 100000 }; /* in a validation set: 800 MB at 2 x 32 x 32 */

typedef struct range {
    const char *name;
    double value, min, max; /* min and max are allowed */
} range;

static int check_ranges(const range *ranges, size_t count, err *e)
{
    for (size_t i = 0; i < count; i++)
        if (!(ranges[i].value >= ranges[i].min && ranges[i].value <= ranges[i].max))
            return err_set(e, ERR_INVALID, "training's %s is %g; it must be %g to %g",
                           ranges[i].name, ranges[i].value, ranges[i].min, ranges[i].max);
    return 0;
}

static int check_counts(const train_config *c, err *e)
{
    double reports = c->feed.reports ? c->feed.reports : 1;
    const range ranges[] = {
        {"reports", reports, 1, TRAIN_REPORTS_MAX},
        {"threads", c->threads, 1, TRAIN_THREADS_MAX},
        {"batch", (double)c->batch, 1, 1 << 20},
        {"chunk", (double)c->chunk, 1, 1 << 20},
        {"samples", (double)c->samples, 1, 0x1p62},
        {"warmup", (double)c->warmup, 0, (double)c->samples},
        {"validate_every", (double)c->validate_every, 1, 0x1p62},
        {"validation", (double)c->validation, 1, SAMPLES_HELD_MAX / reports},
        {"statistics", (double)c->statistics, 0, SAMPLES_HELD_MAX / reports},
        {"checks", (double)c->checks, 1, TRAIN_CHECKS_MAX},
    };
    int rc = check_ranges(ranges, sizeof ranges / sizeof ranges[0], e);
    if (!rc && c->batch % c->threads)
        rc = err_set(e, ERR_INVALID, "a batch of %zu samples cannot be cut into %u equal shards",
                     c->batch, c->threads);
    return rc;
}

static int check_rates(const train_config *c, err *e)
{
    const double under_1 = nextafter(1, 0);
    const range ranges[] = {
        {"learning_rate", c->learning_rate, 0, 1e3},
        {"final_rate", c->final_rate, 0, 1e3},
        {"beta1", c->beta1, 0, under_1},
        {"beta2", c->beta2, 0, under_1},
        {"epsilon", c->epsilon, 1e-30, 1},
        {"weight_decay", c->weight_decay, 0, 1e3},
        {"clip", c->clip, 0, INFINITY},
        {"ema", c->ema, 0, under_1},
        {"clean share", c->objective.clean, 0, 1},
        {"balance", c->objective.balance, 0, 1},
        {"lambda", c->objective.lambda, 0, 1e12},
        {"snr_max_db", c->objective.snr_max_db, c->objective.snr_min_db, INFINITY},
    };
    return check_ranges(ranges, sizeof ranges / sizeof ranges[0], e);
}

static int check_quantization(const train_quantize *q, err *e)
{
    if (q->scheme != GRAD_STATIC)
        return 0;
    if (q->decoder)
        return err_set(e, ERR_INVALID,
                       "a decoder has no static ranges, since its input depends on the SNR; "
                       "quantize it with the scheme dynamic");
    const range calibration = {"calibration", (double)q->calibration, 1, SAMPLES_HELD_MAX};
    return check_ranges(&calibration, 1, e);
}

int train_settings_check(const train_config *c, err *e)
{
    int rc = check_counts(c, e);
    if (!rc)
        rc = check_rates(c, e);
    if (!rc)
        rc = check_quantization(&c->quantize, e);
    if (!rc && c->objective.lambda > 0 && c->quantize.scheme != GRAD_UNQUANTIZED)
        rc = err_set(e, ERR_INVALID,
                     "lambda, the weight of the distortion against bits, does not train networks "
                     "of 8-bit integers");
    if (!rc && c->feed.reports > 1 && c->quantize.scheme != GRAD_UNQUANTIZED)
        rc = err_set(e, ERR_UNSUPPORTED,
                     "training over sequences does not quantize networks; quantize the trained "
                     "encoder");
    if (!rc && c->feed.reports > 1)
        rc = train_sequence_check(&c->sequence, e);
    if (!rc && c->feed.reports > 1 && c->objective.lambda > 0)
        rc = err_set(e, ERR_UNSUPPORTED,
                     "lambda trains single reports; leave out the recipe's sequence");
    for (size_t i = 0; !rc && i < c->checks; i++)
        if (isnan(c->check_snr_db[i]) || c->check_snr_db[i] == -INFINITY)
            rc = err_set(e, ERR_INVALID, "validation at an SNR of %g dB", c->check_snr_db[i]);
    return rc;
}

/* --- as text ---------------------------------------------------------------------------------- */

static void put(FILE *f, const char *name, double value)
{
    fprintf(f, "%s %.17g\n", name, value);
}

static void put_count(FILE *f, const char *name, uint64_t value)
{
    fprintf(f, "%s %" PRIu64 "\n", name, value);
}

static void put_feed(FILE *f, const train_feed_config *c)
{
    put_count(f, "feed.nt", c->dims.nt);
    put_count(f, "feed.nc", c->dims.nc);
    put_count(f, "feed.ni", c->dims.ni);
    put_count(f, "feed.layout", (uint64_t)c->layout);
    put_count(f, "feed.align", (uint64_t)c->align);
    put_count(f, "feed.sources", (uint64_t)c->n_sources);
    for (int i = 0; i < c->n_sources; i++) {
        const train_source *s = &c->sources[i];
        fprintf(f, "feed.source.%d %s\n", i + 1, s->channel);
        fprintf(f, "feed.source.%d.carrier_hz %.17g\n", i + 1, s->carrier_hz);
        fprintf(f, "feed.source.%d.weight %.17g\n", i + 1, s->weight);
    }
    put_count(f, "feed.pool", c->pool);
    put_count(f, "feed.reuse", c->reuse);
    put_count(f, "feed.turn", c->rotate);
    put_count(f, "feed.seed", c->seed);
}

/* Writes nothing for single reports, so that checkpoints from before sequences still match. */
static void put_sequence(FILE *f, const train_config *c)
{
    if (c->feed.reports < 2)
        return;
    put_count(f, "sequence.length", c->feed.reports);
    put(f, "sequence.period_s", c->feed.period_s);
    put(f, "sequence.loss", c->sequence.loss);
    put(f, "sequence.burst", c->sequence.burst);
    put(f, "sequence.key", c->sequence.key);
    put_count(f, "sequence.delay", c->sequence.delay);
    for (int i = 0; i < c->feed.n_sources; i++)
        fprintf(f, "feed.source.%d.speed_kmh %.17g\n", i + 1, c->feed.sources[i].speed_kmh);
}

static void put_objective(FILE *f, const train_objective *o)
{
    put_count(f, "objective.loss", (uint64_t)o->loss);
    put(f, "objective.snr_min_db", o->snr_min_db);
    put(f, "objective.snr_max_db", o->snr_max_db);
    put(f, "objective.clean", o->clean);
    put(f, "objective.balance", o->balance);
    if (o->lambda > 0) /* otherwise absent, so that older checkpoints match */
        put(f, "objective.lambda", o->lambda);
    put_count(f, "objective.references", o->references);
    put_count(f, "objective.seed", o->seed);
}

static void put_steps(FILE *f, const train_config *c)
{
    put_count(f, "threads", c->threads);
    put_count(f, "batch", c->batch);
    put_count(f, "chunk", c->chunk);
    put(f, "learning_rate", c->learning_rate);
    put(f, "final_rate", c->final_rate);
    put_count(f, "warmup", c->warmup);
    put(f, "beta1", c->beta1);
    put(f, "beta2", c->beta2);
    put(f, "epsilon", c->epsilon);
    put(f, "weight_decay", c->weight_decay);
    put(f, "clip", c->clip);
    put(f, "ema", c->ema);
}

/* Writes nothing without quantization, so that checkpoints from before it still match. */
static void put_quantization(FILE *f, const train_quantize *q)
{
    if (q->scheme == GRAD_UNQUANTIZED)
        return;
    put_count(f, "quantize.scheme", (uint64_t)q->scheme);
    put_count(f, "quantize.decoder", q->decoder);
    fprintf(f, "quantize.skip %s\n", q->skip ? q->skip : "");
    fprintf(f, "quantize.wide %s\n", q->wide ? q->wide : "");
    if (q->scheme == GRAD_STATIC)
        put_count(f, "quantize.calibration", q->calibration);
}

/* Part of the settings, because the best score holds for these samples and SNRs. */
static void put_validation(FILE *f, const train_config *c)
{
    put_count(f, "validation", c->validation);
    put_count(f, "statistics", c->statistics);
    put_count(f, "checks", c->checks);
    for (size_t i = 0; i < c->checks; i++)
        fprintf(f, "check_snr_db.%zu %.17g\n", i + 1, c->check_snr_db[i]);
    put_count(f, "seed", c->seed);
}

char *train_settings_text(const train_config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    put_feed(f, &config->feed);
    put_sequence(f, config);
    put_objective(f, &config->objective);
    put_quantization(f, &config->quantize);
    put_steps(f, config);
    put_validation(f, config);
    bool failed = ferror(f);
    if (fclose(f) || failed) {
        free(text);
        return NULL;
    }
    return text;
}

int train_settings_compare(const char *stored, const char *wanted, err *e)
{
    while (*stored || *wanted) {
        size_t a = strcspn(stored, "\n"), b = strcspn(wanted, "\n");
        if (a != b || memcmp(stored, wanted, a) != 0)
            return err_set(e, ERR_MISMATCH, "it was made with the setting '%.*s', not with '%.*s'",
                           a > 120 ? 120 : (int)a, stored, b > 120 ? 120 : (int)b, wanted);
        stored += a + (stored[a] == '\n');
        wanted += b + (wanted[b] == '\n');
    }
    return 0;
}
