/* Replay of a data set in the field's convention (csi/dataset.h). The files do not keep each
 * sample's scale; here each is scaled to mean |H_freq|^2 = 1, or as near to it as the
 * configuration's image_scale allows: then an image equals the file's sample up to rounding. UE u
 * starts at a sample drawn from (seed, u), advances by one with each report, and wraps around at
 * the end. Successive samples are independent channels, so time and speed have no effect. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "csi/dataset.h"
#include "fading/model.h"

typedef struct dataset {
    csi_dims dims;
    uint64_t seed;
    csi_dataset set;
    float *scale; /* [n]: factor from x - 0.5 to mean |H_freq|^2 = 1 */
} dataset;

typedef struct dataset_ue {
    const dataset *set;
    size_t first;
    float complex *h_ad; /* [nt][ni] */
} dataset_ue;

static int find_scales(dataset *d, float (*image_scale)(float), err *e)
{
    d->scale = calloc(d->set.samples, sizeof *d->scale);
    if (!d->scale)
        return err_set(e, ERR_NOMEM, "out of memory for %zu samples", d->set.samples);
    for (size_t i = 0; i < d->set.samples; i++) {
        double energy = csi_dataset_energy(&d->set, i);
        if (energy == 0)
            return err_set(e, ERR_FORMAT, "sample %zu of HT is 0.5 throughout: no channel", i);
        d->scale[i] = (float)sqrt((double)d->dims.nt * d->dims.nc / energy);
        if (image_scale)
            d->scale[i] = 2 * image_scale(d->scale[i] / 2);
    }
    return ERR_NONE;
}

static void dataset_close(void *model)
{
    dataset *d = model;
    csi_dataset_free(&d->set);
    free(d->scale);
    free(d);
}

static void *dataset_open(const char *path, const fading_config *c,
                          char description[FADING_DESCRIPTION_MAX], err *e)
{
    dataset *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        return NULL;
    }
    d->dims = c->dims;
    d->seed = c->seed;
    int code = csi_dataset_read(path, &d->dims, &d->set, e);
    if (!code && (code = find_scales(d, c->image_scale, e)))
        code = err_prefix(e, "'%s'", path);
    if (code) {
        dataset_close(d);
        return NULL;
    }
    const char *slash = strrchr(path, '/');
    snprintf(description, FADING_DESCRIPTION_MAX, "replay of %zu samples of %.96s", d->set.samples,
             slash ? slash + 1 : path);
    return d;
}

static uint64_t dataset_samples(const void *model)
{
    return ((const dataset *)model)->set.samples;
}

/* If the samples were scaled separately, the largest part of each is 0 or 1. */
static float dataset_image_fill(const void *model)
{
    const csi_dataset *set = &((const dataset *)model)->set;
    size_t width = (size_t)2 * set->nt * set->ni;
    float least = 1;
    for (size_t i = 0; i < set->samples; i++) {
        float most = 0;
        for (size_t j = 0; j < width; j++)
            most = fmaxf(most, fabsf(set->x[i * width + j] - 0.5f));
        least = fminf(least, 2 * most);
    }
    return least;
}

static size_t sample_of(const dataset_ue *u, uint32_t seq)
{
    return (u->first + seq) % u->set->set.samples;
}

/* h = scale (x - 0.5), and an image is h / (2 image scale) + 0.5. */
static float dataset_image_scale(const void *state, uint32_t seq)
{
    const dataset_ue *u = state;
    return u->set->scale[sample_of(u, seq)] / 2;
}

static void dataset_ue_free(void *state)
{
    dataset_ue *u = state;
    free(u->h_ad);
    free(u);
}

static void *dataset_ue_create(const void *model, uint32_t ue, err *e)
{
    const dataset *d = model;
    dataset_ue *u = calloc(1, sizeof *u);
    float complex *h_ad = calloc((size_t)d->dims.nt * d->dims.ni, sizeof *h_ad);
    if (!u || !h_ad) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        free(u);
        free(h_ad);
        return NULL;
    }
    rng r = rng_at(d->seed, RNG_ORDER, ue, 0);
    u->set = d;
    u->first = (size_t)(rng_uniform(&r) * (double)d->set.samples);
    u->h_ad = h_ad;
    return u;
}

static int dataset_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                               float complex *h_ad, err *e)
{
    (void)t, (void)time_s, (void)e;
    const dataset_ue *u = state;
    const dataset *d = u->set;
    size_t i = sample_of(u, seq), entries = (size_t)d->dims.nt * d->dims.ni;
    const float *x = d->set.x + i * 2 * entries;
    float *out = (float *)h_ad, scale = d->scale[i];
    for (size_t j = 0; j < entries; j++) {
        out[2 * j] = scale * (x[j] - 0.5f);
        out[2 * j + 1] = scale * (x[entries + j] - 0.5f);
    }
    return ERR_NONE;
}

static int dataset_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                             float complex *h_freq, err *e)
{
    dataset_ue *u = state;
    dataset_angle_delay(u, t, seq, time_s, u->h_ad, e);
    csi_transform_inverse(t, u->h_ad, h_freq);
    return ERR_NONE;
}

static int dataset_grid(void *state, csi_transform *t, uint32_t seq, double time_s,
                        const csi_grid *grid, float complex *h_grid, err *e)
{
    dataset_ue *u = state;
    dataset_angle_delay(u, t, seq, time_s, u->h_ad, e);
    csi_transform_inverse_on_grid(t, u->h_ad, grid, h_grid);
    return ERR_NONE;
}

const fading_model_ops fading_dataset = {.open = dataset_open,
                                         .close = dataset_close,
                                         .samples = dataset_samples,
                                         .image_fill = dataset_image_fill,
                                         .image_scale = dataset_image_scale,
                                         .ue_create = dataset_ue_create,
                                         .ue_free = dataset_ue_free,
                                         .frequency = dataset_frequency,
                                         .grid = dataset_grid,
                                         .angle_delay = dataset_angle_delay};
