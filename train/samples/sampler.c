#include "train/samples/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csi/dataset.h"
#include "csi/image.h"
#include "train/samples/permute.h"
#include "train/samples/rotate.h"

enum { PIECE = 16, HELD_OUT_SHARE = 10 };

static size_t image_values(const csi_dims *d)
{
    return (size_t)2 * d->nt * d->ni;
}

int train_workspace_open(train_workspace *w, const csi_dims *dims, err *e)
{
    size_t values = image_values(dims);
    *w = (train_workspace){.h_ad = malloc(values / 2 * sizeof *w->h_ad),
                           .image = malloc(values * sizeof(float)),
                           .aligned = malloc(values * sizeof(float)),
                           .arranged = malloc(values * sizeof(float))};
    if (!w->h_ad || !w->image || !w->aligned || !w->arranged)
        return err_set(e, ERR_NOMEM, "out of memory for a thread's samples");
    w->transform = csi_transform_create(dims, e);
    return w->transform ? ERR_NONE : ERR_NOMEM;
}

void train_workspace_close(train_workspace *w)
{
    csi_transform_free(w->transform);
    free(w->h_ad);
    free(w->image);
    free(w->aligned);
    free(w->arranged);
    *w = (train_workspace){0};
}

/* Aligns and lays out an image (angle rows) for the network. A later phase changes no power, so the
 * alignment stays right. */
static void arrange(const train_sampler *s, train_workspace *w, const float *image, float *out)
{
    bool transpose = s->layout == ONNX_DELAY_ANGLE;
    float *aligned = transpose ? w->aligned : out;
    csi_shift shift = csi_align_find(s->align, &s->dims, image);
    csi_align_apply(&s->dims, &shift, image, aligned);
    if (transpose)
        csi_image_transpose(&s->dims, aligned, out);
}

/* Stores an image, scaled so that its largest part is 0 or 1, zero-centred and at full scale. */
static void quantize(const float *image, size_t values, int16_t *out)
{
    for (size_t i = 0; i < values; i++)
        out[i] = (int16_t)lrintf((image[i] - 0.5f) * (2 * TRAIN_FULL_SCALE));
}

/* --- a channel model -------------------------------------------------------------------------- */

static fading *open_channel(const train_sampler *s, uint64_t seed, err *e)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    c.dims = s->dims;
    c.carrier_hz = s->carrier_hz;
    c.speed_kmh = s->speed_kmh;
    c.seed = seed;
    return fading_open(s->name, &c, e);
}

static uint64_t ues_per_pool(const train_sampler *s)
{
    uint64_t shared = s->environment_ues;
    return (s->per_pool + shared - 1) / shared * shared;
}

/* The number of pools after which a channel's 32-bit UE numbers run out. */
static uint64_t pools_per_channel(const train_sampler *s)
{
    return ((uint64_t)1 << 32) / ues_per_pool(s);
}

int train_sampler_seek(train_sampler *s, uint64_t pool, err *e)
{
    if (s->file)
        return ERR_NONE;
    uint64_t number = pool / pools_per_channel(s);
    if (number == s->channel_number)
        return ERR_NONE;
    uint64_t seed = train_seed_derive(s->seed, TRAIN_SEED_CHANNEL, s->number, number);
    fading *channel = open_channel(s, seed, e);
    if (!channel)
        return ERR_STATE;
    fading_close(s->channel);
    s->channel = channel;
    s->channel_number = number;
    return ERR_NONE;
}

/* One report of a UE as the network's input. */
static int make_report(const train_sampler *s, train_workspace *w, fading_ue *u, uint32_t ue,
                       unsigned report, float *out, err *e)
{
    int code = fading_ue_angle_delay(u, w->transform, report, report * s->period_s, w->h_ad, e);
    if (code)
        return err_prefix(e, "channel '%s'", s->name);
    if (csi_image_from_ad(&s->dims, w->h_ad, w->image) <= 0)
        return err_set(e, ERR_UNSUPPORTED, "channel '%s', UE %u: no energy within %u delay taps",
                       s->name, ue, s->dims.ni);
    arrange(s, w, w->image, out);
    return ERR_NONE;
}

/* A whole sample: the reports of UE `ue` from the first on. Writes floats to `out` or the form of
 * the pools to `stored`; the other is NULL. */
static int make_sample(const train_sampler *s, train_workspace *w, const fading *channel,
                       uint32_t ue, float *out, int16_t *stored, err *e)
{
    size_t values = image_values(&s->dims);
    int code = ERR_NONE;
    fading_ue *u = fading_ue_create(channel, ue, e);
    if (!u)
        return ERR_NOMEM;
    for (unsigned i = 0; i < s->reports && !code; i++) {
        float *image = out ? out + i * values : w->arranged;
        code = make_report(s, w, u, ue, i, image, e);
        if (!code && stored)
            quantize(image, values, stored + i * values);
    }
    fading_ue_free(u);
    return code;
}

/* --- a file ----------------------------------------------------------------------------------- */

/* Scales the sample by its largest part, lays it out for the network and stores it. */
static int store_sample(const train_sampler *s, train_workspace *w, const float *x, int16_t *out)
{
    size_t values = image_values(&s->dims);
    float most = 0;
    for (size_t i = 0; i < values; i++)
        most = fmaxf(most, fabsf(x[i] - 0.5f));
    if (most <= 0)
        return ERR_FORMAT;
    for (size_t i = 0; i < values; i++)
        w->image[i] = 0.5f + (x[i] - 0.5f) / (2 * most);
    arrange(s, w, w->image, w->arranged);
    quantize(w->arranged, values, out);
    return ERR_NONE;
}

static int store_file(train_sampler *s, train_workspace *w, const csi_dataset *set, err *e)
{
    size_t values = image_values(&s->dims);
    if (set->samples < HELD_OUT_SHARE || set->samples > INT32_MAX)
        return err_set(e, ERR_FORMAT, "'%s' has %zu samples; training takes %d to 2^31", s->name,
                       set->samples, HELD_OUT_SHARE);
    s->held_out = set->samples / HELD_OUT_SHARE;
    s->trained = set->samples - s->held_out;
    s->file = malloc(set->samples * values * sizeof *s->file);
    if (!s->file)
        return err_set(e, ERR_NOMEM, "out of memory for the samples of '%s'", s->name);
    for (size_t i = 0; i < set->samples; i++)
        if (store_sample(s, w, set->x + i * values, s->file + i * values))
            return err_set(e, ERR_FORMAT, "'%s': sample %zu is 0.5 throughout: no channel", s->name,
                           i);
    return ERR_NONE;
}

static int open_file(train_sampler *s, err *e)
{
    csi_dataset set = {0};
    train_workspace w;
    int code = train_workspace_open(&w, &s->dims, e);
    if (!code)
        code = csi_dataset_read(s->name, &s->dims, &set, e);
    if (!code)
        code = store_file(s, &w, &set, e);
    csi_dataset_free(&set);
    train_workspace_close(&w);
    return code;
}

/* Sample n of endless passes over `count` samples, each in another order. Every `row` has other
 * orders. */
static size_t pick(const train_sampler *s, train_seed purpose, uint64_t row, size_t count,
                   uint64_t n)
{
    uint64_t key = train_seed_derive(s->seed, purpose, s->number, (row << 32) + n / count);
    return train_permute(key, (uint32_t)count, (uint32_t)(n % count));
}

/* --- either ----------------------------------------------------------------------------------- */

int train_sampler_open(train_sampler *s, const train_feed_config *config, int number, err *e)
{
    const train_source *source = &config->sources[number];
    s->dims = config->dims;
    s->layout = config->layout;
    s->align = config->align;
    s->seed = config->seed;
    s->number = number;
    s->carrier_hz = source->carrier_hz;
    s->speed_kmh = source->speed_kmh;
    s->period_s = config->period_s;
    s->reports = config->reports ? config->reports : 1;
    s->name = strdup(source->channel);
    if (!s->name)
        return err_set(e, ERR_NOMEM, "out of memory for a source");
    bool file = fading_is_file(s->name);
    if (file && s->reports > 1)
        return err_set(e, ERR_UNSUPPORTED,
                       "'%s' is a file of single samples; sequences come from channel models",
                       s->name);
    if (file)
        return open_file(s, e);
    s->channel = open_channel(s, train_seed_derive(s->seed, TRAIN_SEED_CHANNEL, number, 0), e);
    if (!s->channel)
        return e ? e->code : ERR_INVALID;
    s->environment_ues = fading_environment_ues(s->channel);
    return ERR_NONE;
}

void train_sampler_close(train_sampler *s)
{
    fading_close(s->channel);
    free(s->file);
    free(s->name);
    *s = (train_sampler){0};
}

size_t train_sampler_piece(const train_sampler *s)
{
    return s->environment_ues > 1 ? s->environment_ues : PIECE;
}

int train_sampler_draw(const train_sampler *s, train_workspace *w, uint64_t pool, size_t first,
                       size_t count, const atomic_bool *stop, int16_t *out, err *e)
{
    size_t values = image_values(&s->dims) * s->reports;
    uint64_t ue = s->file ? 0 : pool % pools_per_channel(s) * ues_per_pool(s) + first;
    for (size_t i = 0; i < count && !atomic_load(stop); i++, out += values) {
        if (s->file) {
            uint64_t n = pool * s->per_pool + first + i;
            size_t at = pick(s, TRAIN_SEED_FILE, 0, s->trained, n);
            memcpy(out, s->file + at * values, values * sizeof *out);
            continue;
        }
        int code = make_sample(s, w, s->channel, (uint32_t)(ue + i), NULL, out, e);
        if (code)
            return code;
    }
    return ERR_NONE;
}

static void holdout_of_file(const train_sampler *s, uint64_t set, size_t count, size_t stride,
                            float *images)
{
    size_t values = image_values(&s->dims);
    for (size_t i = 0; i < count; i++, images += stride) {
        size_t at = pick(s, TRAIN_SEED_HELD_OUT, set, s->held_out, i);
        const int16_t *x = s->file + (s->trained + at) * values;
        for (size_t j = 0; j < values; j++)
            images[j] = 0.5f + (float)x[j] / (2 * TRAIN_FULL_SCALE);
    }
}

int train_sampler_holdout(const train_sampler *s, train_workspace *w, uint64_t set, size_t count,
                          size_t stride, float *images, err *e)
{
    if (s->file) {
        holdout_of_file(s, set, count, stride, images);
        return ERR_NONE;
    }
    fading *channel =
        open_channel(s, train_seed_derive(s->seed, TRAIN_SEED_HOLDOUT, s->number, set), e);
    if (!channel)
        return e ? e->code : ERR_INVALID;
    int code = ERR_NONE;
    for (size_t i = 0; i < count && !code; i++, images += stride)
        code = make_sample(s, w, channel, (uint32_t)i, images, NULL, e);
    fading_close(channel);
    return code;
}
