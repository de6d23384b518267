/* Codebooks from training samples, stage by stage.
 *
 * Samples have norm 1, the shape of a shape-gain quantizer, and are transformed to principal
 * components. The residual of a group's components after the stages so far is the training set of
 * its next stage. The design then chooses, greedily, the stage with the codebook that removes the
 * most distortion: measured distortion allocates the bits among groups. Groups that were not chosen
 * keep their codebook for the next choice, so a design of S stages for M / G groups trains S + M /
 * G - 1 codebooks. */
#include "codec/vq/design.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/klt/file.h"
#include "codec/models.h"
#include "codec/options.h"
#include "codec/vq/file.h"
#include "codec/vq/lloyd.h"
#include "payload/level.h"

enum { BLOCK = 256 }; /* samples taken at once */

static const double least_fall = 1e-4; /* of the distortion; less ends the rounds */

typedef struct design {
    char klt[CODEC_SPEC_MAX];
    uint32_t bits, components, group, index_bits, seed, starts, rounds;
    klt_components basis;
    size_t samples, room; /* with energy */
    float *rest;          /* [groups][room][2 group]: the residual after the stages so far */
    float *next;          /* [groups] codebooks of the groups' next stages */
    double *gain;         /* [groups] what they remove from the mean squared norm */
    double outside;       /* mean squared norm outside the components */
} design;

static uint32_t groups(const design *d)
{
    return d->components / d->group;
}

static uint32_t parts(const design *d)
{
    return 2 * d->group;
}

static size_t codebook(const design *d)
{
    return ((size_t)1 << d->index_bits) * parts(d);
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    design *d = user;
    const struct {
        const char *key;
        uint32_t least, most, *to;
    } whole[] = {
        {"bits", 32, 8192, &d->bits},          {"components", 1, VQ_COMPONENTS_MAX, &d->components},
        {"group", 1, VQ_GROUP_MAX, &d->group}, {"index", 1, VQ_INDEX_BITS_MAX, &d->index_bits},
        {"starts", 1, 100, &d->starts},        {"rounds", 1, 1000, &d->rounds},
        {"seed", 0, UINT32_MAX, &d->seed}};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(key, whole[i].key) == 0 &&
            codec_whole_option(value, whole[i].least, whole[i].most, whole[i].to))
            return ERR_NONE;
    if (strcmp(key, "klt") == 0 && *value) {
        snprintf(d->klt, sizeof d->klt, "%s", value);
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID,
                   "option %.20s=%.40s; vq is designed with klt=NAME, bits=N from 32 to 8192, "
                   "components=N from 1 to %d, group=N from 1 to %d, index=N from 1 to %d, "
                   "starts=N, rounds=N, seed=N",
                   key, value, VQ_COMPONENTS_MAX, VQ_GROUP_MAX, VQ_INDEX_BITS_MAX);
}

static int read_basis(design *d, const codec_training *t, err *e)
{
    void *file = NULL;
    size_t size;
    if (!*d->klt)
        return err_set(e, ERR_INVALID,
                       "vq is designed in the components of a klt file: klt=NAME is missing");
    int rc = models_read(d->klt, ".klt", KLT_FILE_BYTES_MAX, &file, &size, e);
    if (rc == ERR_NONE)
        rc = klt_file_read(file, size, &d->basis, e);
    free(file);
    if (rc != ERR_NONE)
        return err_prefix(e, "%s", d->klt);
    const klt_components *b = &d->basis;
    if (b->form != KLT_COMPLEX)
        return err_set(e, ERR_INVALID, "%s has real components; vq takes complex ones", d->klt);
    if (t->nr != 1 || t->nt != b->nt || t->ni != b->ni || b->nt * b->ni > VQ_ENTRIES_MAX)
        return err_set(e, ERR_INVALID, "samples of %u x %u x %u for a klt of 1 x %u x %u, of %d",
                       t->nr, t->nt, t->ni, b->nt, b->ni, VQ_ENTRIES_MAX);
    if (d->components > b->vectors || d->components % d->group != 0)
        return err_set(e, ERR_INVALID,
                       "components=%u; it must be a multiple of group=%u, and at most the %u of %s",
                       d->components, d->group, b->vectors, d->klt);
    return ERR_NONE;
}

/* The components of a sample of norm 1, into the residuals of all groups. */
static void add_sample(design *d, const float complex *h, float complex *unit, float complex *y)
{
    size_t n = (size_t)d->basis.nt * d->basis.ni;
    const float complex one = 1, none = 0;
    double energy = 0, inside = 0;
    for (size_t i = 0; i < n; i++)
        energy += (double)crealf(h[i]) * (double)crealf(h[i]) +
                  (double)cimagf(h[i]) * (double)cimagf(h[i]);
    if (!(energy > 0 && isfinite(energy)))
        return;
    for (size_t i = 0; i < n; i++)
        unit[i] = h[i] / (float)sqrt(energy);
    /* y = conj(U) x, as conj(U conj(x)): BLAS conjugates only what it transposes. */
    for (size_t i = 0; i < n; i++)
        unit[i] = conjf(unit[i]);
    cblas_cgemv(CblasRowMajor, CblasNoTrans, (int)d->components, (int)n, &one, d->basis.vector,
                (int)n, unit, 1, &none, y, 1);
    for (uint32_t i = 0; i < d->components; i++) {
        float *to = d->rest + ((i / d->group * d->room) + d->samples) * parts(d) +
                    (size_t)2 * (i % d->group);
        to[0] = crealf(y[i]);
        to[1] = -cimagf(y[i]);
        inside += (double)to[0] * (double)to[0] + (double)to[1] * (double)to[1];
    }
    d->outside += 1 - inside;
    d->samples++;
}

static int take_samples(design *d, const codec_training *t, err *e)
{
    size_t n = (size_t)t->nt * t->ni;
    float complex *h = malloc(BLOCK * n * sizeof *h), *unit = malloc(n * sizeof *unit);
    float complex *y = malloc(d->components * sizeof *y);
    d->room = t->samples;
    d->rest = calloc(d->room ? d->room : 1, (size_t)2 * d->components * sizeof *d->rest);
    int rc = h && unit && y && d->rest
                 ? ERR_NONE
                 : err_set(e, ERR_NOMEM, "out of memory for %zu training samples", d->room);
    for (size_t count = 1; rc == ERR_NONE && count > 0;) {
        rc = t->next(t->user, h, BLOCK, &count, e);
        for (size_t i = 0; rc == ERR_NONE && i < count && d->samples < d->room; i++)
            add_sample(d, h + i * n, unit, y);
    }
    if (rc == ERR_NONE && d->samples < (size_t)1 << d->index_bits)
        rc = err_set(e, ERR_INVALID,
                     "%zu samples with energy for codebooks of %u vectors; take more samples or a "
                     "smaller index=N",
                     d->samples, 1u << d->index_bits);
    d->outside /= d->samples ? (double)d->samples : 1;
    free(h);
    free(unit);
    free(y);
    return rc;
}

static float *rest_of(const design *d, uint32_t group)
{
    return d->rest + group * d->room * parts(d);
}

static double mean_squared_norm(const design *d, uint32_t group)
{
    const float *x = rest_of(d, group);
    double sum = 0;
    for (size_t i = 0; i < d->samples * parts(d); i++)
        sum += (double)x[i] * (double)x[i];
    return sum / (double)d->samples;
}

static int train_next(design *d, uint32_t group, uint32_t stream, err *e)
{
    const lloyd_config config = {.codes = 1u << d->index_bits,
                                 .dimensions = parts(d),
                                 .starts = d->starts,
                                 .rounds = d->rounds,
                                 .least = least_fall,
                                 .seed = d->seed,
                                 .stream = stream};
    double distance;
    int rc = lloyd_train(&config, rest_of(d, group), d->samples, d->next + group * codebook(d),
                         &distance, NULL, e);
    d->gain[group] = mean_squared_norm(d, group) - distance;
    return rc;
}

/* Subtracts the chosen stage from its group. */
static int apply_next(design *d, uint32_t group, err *e)
{
    const float *code = d->next + group * codebook(d);
    float *x = rest_of(d, group);
    uint16_t *index = malloc(d->samples * sizeof *index);
    double distance;
    int rc = index ? lloyd_assign(code, 1u << d->index_bits, parts(d), x, d->samples, index,
                                  &distance, e)
                   : err_set(e, ERR_NOMEM, "out of memory for a stage");
    for (size_t i = 0; rc == ERR_NONE && i < d->samples; i++)
        for (uint32_t k = 0; k < parts(d); k++)
            x[i * parts(d) + k] -= code[(size_t)index[i] * parts(d) + k];
    free(index);
    return rc;
}

static int train_stages(design *d, vq_codebooks *c, err *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): a codebook has entries */
    d->next = calloc(groups(d), codebook(d) * sizeof *d->next);
    d->gain = calloc(groups(d), sizeof *d->gain);
    int rc = d->next && d->gain ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for codebooks");
    for (uint32_t g = 0; rc == ERR_NONE && g < groups(d); g++)
        rc = train_next(d, g, g, e);
    for (uint32_t s = 0; rc == ERR_NONE && s < c->stages; s++) {
        uint32_t best = 0;
        for (uint32_t g = 1; g < groups(d); g++)
            best = d->gain[g] > d->gain[best] ? g : best;
        c->target[s] = (uint16_t)best;
        memcpy(c->code + s * codebook(d), d->next + best * codebook(d),
               codebook(d) * sizeof *c->code);
        rc = apply_next(d, best, e);
        if (rc == ERR_NONE && s + 1 < c->stages)
            rc = train_next(d, best, groups(d) + s, e);
    }
    return rc;
}

static int plan(const design *d, vq_codebooks *c, err *e)
{
    c->nt = d->basis.nt;
    c->ni = d->basis.ni;
    c->components = d->components;
    c->group = d->group;
    c->index_bits = d->index_bits;
    c->stages = (d->bits - LEVEL_IMAGE_SCALE.bits) / d->index_bits;
    c->stages = c->stages < VQ_STAGES_MAX ? c->stages : VQ_STAGES_MAX;
    int rc = vq_codebooks_allocate(c, e);
    if (rc == ERR_NONE)
        memcpy(c->component, d->basis.vector,
               (size_t)2 * c->nt * c->ni * c->components * sizeof *c->component);
    return rc;
}

int vq_design(const char *arguments, const codec_training *training, void **file, size_t *size,
              char note[CODEC_NOTE_MAX], err *e)
{
    design d = {.bits = 512,
                .components = 64,
                .group = 8,
                .index_bits = 10,
                .seed = 1,
                .starts = 2,
                .rounds = 12};
    vq_codebooks c = {0};
    *file = NULL;
    openblas_set_num_threads(1); /* the threads that encode samples already use the cores */
    int rc = codec_options("vq", arguments, take_option, &d, e);
    if (rc == ERR_NONE)
        rc = read_basis(&d, training, e);
    if (rc == ERR_NONE)
        rc = plan(&d, &c, e);
    if (rc == ERR_NONE)
        rc = take_samples(&d, training, e);
    if (rc == ERR_NONE)
        rc = train_stages(&d, &c, e);
    if (rc == ERR_NONE) {
        double left = d.outside;
        for (uint32_t g = 0; g < groups(&d); g++)
            left += mean_squared_norm(&d, g);
        c.samples = d.samples < UINT32_MAX ? (uint32_t)d.samples : UINT32_MAX;
        snprintf(c.scenario, sizeof c.scenario, "%s", training->scenario);
        rc = vq_file_write(&c, file, size, e);
        snprintf(note, CODEC_NOTE_MAX,
                 "%u stages of %u bits over %u components: NMSE %.2f dB on %zu samples, of which "
                 "%.2f dB are outside the components",
                 c.stages, c.index_bits, c.components, 10 * log10(left), d.samples,
                 10 * log10(d.outside));
    }
    vq_codebooks_free(&c);
    klt_components_free(&d.basis);
    free(d.rest);
    free(d.next);
    free(d.gain);
    return rc;
}
