/* Replay of a data set in the field's convention: variable HT [n x 2 Nt Ni], each row a sample of
 * two planes (real, imaginary) of angle rows x delay columns, scaled into [0,1] with zero at 0.5.
 * The files have lost each sample's scale; here each is brought to mean |H_freq|^2 = 1. UE u starts
 * at a sample drawn from (seed, u) and walks on by one with each report, past the end to the
 * beginning. Successive samples are independent channels, so neither time nor speed has a
 * meaning. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mat.h"
#include "base/rng.h"
#include "fading/model.h"

typedef struct dataset {
    csi_dims dims;
    uint64_t seed;
    mat_array ht;
    float *scale; /* [n]: from x - 0.5 to mean |H_freq|^2 = 1 */
} dataset;

typedef struct dataset_ue {
    const dataset *set;
    size_t first;
    float complex *h_ad; /* [nt][ni] */
} dataset_ue;

static int check_shape(const dataset *d, err *e)
{
    size_t width = 2 * (size_t)d->dims.nt * d->dims.ni;
    if (d->ht.rank == 2 && d->ht.dims[1] == width && !d->ht.is_complex)
        return ERR_NONE;
    return err_set(e, ERR_MISMATCH,
                   "HT is a %s array of %zu x %zu%s, not real [n x %zu] (2 planes x %u angles x "
                   "%u taps)",
                   d->ht.is_complex ? "complex" : "real", d->ht.dims[0], d->ht.dims[1],
                   d->ht.rank > 2 ? " x ..." : "", width, d->dims.nt, d->dims.ni);
}

/* ||x - 0.5||^2 of one sample; negative when a value is outside [0,1]. */
static double sample_energy(const float *x, size_t width)
{
    double energy = 0;
    for (size_t i = 0; i < width; i++) {
        if (!(x[i] >= 0 && x[i] <= 1))
            return -1;
        energy += ((double)x[i] - 0.5) * ((double)x[i] - 0.5);
    }
    return energy;
}

static int scan_samples(dataset *d, err *e)
{
    size_t n = d->ht.dims[0], width = d->ht.dims[1];
    d->scale = calloc(n, sizeof *d->scale);
    if (!d->scale)
        return err_set(e, ERR_NOMEM, "out of memory for %zu samples", n);
    for (size_t i = 0; i < n; i++) {
        double energy = sample_energy(d->ht.data + i * width, width);
        if (energy < 0)
            return err_set(e, ERR_FORMAT,
                           "sample %zu of HT has values outside [0,1]; expected are channels "
                           "scaled into [0,1] with zero at 0.5",
                           i);
        if (energy == 0)
            return err_set(e, ERR_FORMAT, "sample %zu of HT is 0.5 throughout: no channel", i);
        d->scale[i] = (float)sqrt((double)d->dims.nt * d->dims.nc / energy);
    }
    return ERR_NONE;
}

static void dataset_close(void *model)
{
    dataset *d = model;
    mat_array_free(&d->ht);
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
    int code = mat_read_float(path, "HT", &d->ht, e);
    if (!code && (check_shape(d, e) || scan_samples(d, e)))
        code = err_prefix(e, "'%s'", path);
    if (code) {
        dataset_close(d);
        return NULL;
    }
    const char *slash = strrchr(path, '/');
    snprintf(description, FADING_DESCRIPTION_MAX, "replay of %zu samples of %.96s", d->ht.dims[0],
             slash ? slash + 1 : path);
    return d;
}

static uint64_t dataset_samples(const void *model)
{
    return ((const dataset *)model)->ht.dims[0];
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
    u->first = (size_t)(rng_uniform(&r) * (double)d->ht.dims[0]);
    u->h_ad = h_ad;
    return u;
}

static int dataset_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                               float complex *h_ad, err *e)
{
    (void)t, (void)time_s, (void)e;
    const dataset_ue *u = state;
    const dataset *d = u->set;
    size_t i = (u->first + seq) % d->ht.dims[0], entries = (size_t)d->dims.nt * d->dims.ni;
    const float *x = d->ht.data + i * 2 * entries;
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

const fading_model_ops fading_dataset = {.open = dataset_open,
                                         .close = dataset_close,
                                         .samples = dataset_samples,
                                         .ue_create = dataset_ue_create,
                                         .ue_free = dataset_ue_free,
                                         .frequency = dataset_frequency,
                                         .angle_delay = dataset_angle_delay};
