/* Replay of raw channels (csi/raw/raw.h) from other tools, over their whole band. Each sample is
 * scaled to mean |H_freq|^2 = 1 over the kept taps, as in COST 2100; H_freq gets the same factor
 * and includes the channel beyond them. UE u starts at a sample drawn from (seed, u) (for
 * sequences, at the start of one), advances by one with each report, and wraps around at the end.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "csi/raw/raw.h"
#include "fading/model.h"

typedef struct raw_channel {
    csi_raw *raw;
    csi_dims dims;
    uint64_t seed;
} raw_channel;

typedef struct raw_ue {
    const raw_channel *channel;
    size_t first;
    float complex *h_ad; /* [nt][ni] */
} raw_ue;

static void raw_close(void *model)
{
    raw_channel *c = model;
    csi_raw_close(c->raw);
    free(c);
}

static void *raw_open(const char *text, const fading_config *config,
                      char description[FADING_DESCRIPTION_MAX], err *e)
{
    csi_raw_spec spec;
    raw_channel *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        return NULL;
    }
    *c = (raw_channel){.dims = config->dims, .seed = config->seed};
    if (csi_raw_spec_parse(text, &spec, e) == ERR_NONE)
        c->raw = csi_raw_open(&spec, &c->dims, config->bandwidth_hz, e);
    const csi_raw_facts *f = c->raw ? csi_raw_facts_of(c->raw) : NULL;
    if (f && f->nc != c->dims.nc) {
        err_set(e, ERR_MISMATCH,
                "'%.128s' has %u subcarriers, the link %u: give --nc %u, or make images of it with "
                "csilink data import",
                spec.path, f->nc, c->dims.nc, f->nc);
        f = NULL;
    }
    if (!f) {
        raw_close(c);
        return NULL;
    }
    const char *slash = strrchr(spec.path, '/');
    snprintf(description, FADING_DESCRIPTION_MAX, "replay of %zu samples of %.96s: %.180s, %.150s",
             f->samples, slash ? slash + 1 : spec.path, f->shape, f->convention);
    return c;
}

static uint64_t raw_samples(const void *model)
{
    return csi_raw_facts_of(((const raw_channel *)model)->raw)->samples;
}

static void raw_ue_free(void *state)
{
    raw_ue *u = state;
    free(u->h_ad);
    free(u);
}

static void *raw_ue_create(const void *model, uint32_t ue, err *e)
{
    const raw_channel *c = model;
    const csi_raw_facts *f = csi_raw_facts_of(c->raw);
    raw_ue *u = calloc(1, sizeof *u);
    float complex *h_ad = calloc((size_t)c->dims.nt * c->dims.ni, sizeof *h_ad);
    if (!u || !h_ad) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        free(u);
        free(h_ad);
        return NULL;
    }
    rng r = rng_at(c->seed, RNG_ORDER, ue, 0);
    size_t sequences = f->samples / f->steps;
    *u = (raw_ue){.channel = c, .h_ad = h_ad};
    u->first = (size_t)(rng_uniform(&r) * (double)sequences) * f->steps;
    return u;
}

static size_t sample_of(const raw_ue *u, uint32_t seq)
{
    return (u->first + seq) % csi_raw_facts_of(u->channel->raw)->samples;
}

/* The factor that scales h_ad; 0 and an error if it has no energy. */
static float find_scale(const raw_ue *u, size_t i, const float complex *h_ad, err *e)
{
    const csi_dims *d = &u->channel->dims;
    const float *x = (const float *)h_ad;
    double energy = 0;
    for (size_t j = 0; j < (size_t)2 * d->nt * d->ni; j++)
        energy += (double)x[j] * (double)x[j];
    double scale = sqrt((double)d->nt * d->nc / energy);
    if (energy > 0 && isfinite(energy) && scale < 1e30)
        return (float)scale;
    err_set(e, ERR_UNSUPPORTED,
            "sample %zu of the file has no energy in the first %u taps, or too much to be scaled",
            i, d->ni);
    return 0;
}

static void scale_by(float factor, float complex *h, size_t n)
{
    for (size_t j = 0; j < n; j++)
        h[j] *= factor;
}

static int raw_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                           float complex *h_ad, err *e)
{
    (void)t, (void)time_s;
    const raw_ue *u = state;
    size_t i = sample_of(u, seq);
    int rc = csi_raw_angle_delay(u->channel->raw, i, h_ad, NULL, e);
    float scale = rc ? 0 : find_scale(u, i, h_ad, e);
    if (!rc && scale == 0)
        return ERR_UNSUPPORTED;
    if (!rc)
        scale_by(scale, h_ad, (size_t)u->channel->dims.nt * u->channel->dims.ni);
    return rc;
}

static int raw_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                         float complex *h_freq, err *e)
{
    (void)time_s;
    raw_ue *u = state;
    size_t i = sample_of(u, seq);
    int rc = csi_raw_frequency(u->channel->raw, i, h_freq, e);
    if (rc)
        return rc;
    csi_transform_forward(t, h_freq, u->h_ad);
    float scale = find_scale(u, i, u->h_ad, e);
    if (scale == 0)
        return ERR_UNSUPPORTED;
    scale_by(scale, h_freq, (size_t)u->channel->dims.nc * u->channel->dims.nt);
    return ERR_NONE;
}

/* Picks rows of the whole band, since the file has no shorter form. */
static int raw_grid(void *state, csi_transform *t, uint32_t seq, double time_s,
                    const csi_grid *grid, float complex *h_grid, err *e)
{
    const csi_dims *d = &((raw_ue *)state)->channel->dims;
    float complex *h_freq = malloc((size_t)d->nc * d->nt * sizeof *h_freq);
    if (!h_freq)
        return err_set(e, ERR_NOMEM, "out of memory for a channel of %u x %u", d->nc, d->nt);
    int rc = raw_frequency(state, t, seq, time_s, h_freq, e);
    for (uint32_t i = 0; !rc && i < grid->count; i++)
        memcpy(h_grid + (size_t)i * d->nt, h_freq + (size_t)csi_grid_subcarrier(grid, i) * d->nt,
               d->nt * sizeof *h_grid);
    free(h_freq);
    return rc;
}

const fading_model_ops fading_raw = {.open = raw_open,
                                     .close = raw_close,
                                     .samples = raw_samples,
                                     .ue_create = raw_ue_create,
                                     .ue_free = raw_ue_free,
                                     .frequency = raw_frequency,
                                     .grid = raw_grid,
                                     .angle_delay = raw_angle_delay};
