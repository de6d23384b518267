/* sampler.h: an open source of the feed: a channel model or a file. Private to the feed.
 *
 * Draw number n of a source, n = 0, 1, ... through all pools, depends only on (seed, source, n).
 * From a model, pool p takes whole environments, those after pool p - 1's, so none is used twice.
 * When the UE numbers run out, the sampler opens the channel again with a new seed and counts up
 * channel_number. A file is held as int16, with its last tenth set aside; draw n is sample n of
 * endless passes over the rest, each in another order. */
#ifndef TRAIN_SAMPLES_SAMPLER_H
#define TRAIN_SAMPLES_SAMPLER_H

#include <complex.h>
#include <stdatomic.h>

#include "csi/transform.h"
#include "fading/fading.h"
#include "train/samples/config.h"

typedef struct train_sampler {
    csi_dims dims;
    onnx_layout layout;
    csi_align align;
    uint64_t seed; /* the feed's */
    int number;    /* of the source */
    char *name;
    double carrier_hz;
    double speed_kmh, period_s;
    unsigned reports; /* of a sample */
    size_t per_pool;  /* samples in every pool */

    fading *channel; /* NULL for a file */
    uint64_t channel_number;
    uint32_t environment_ues;

    int16_t *file; /* [trained + held_out][2 nt ni], see rotate.h */
    size_t trained, held_out;
} train_sampler;

/* One thread's workspace. */
typedef struct train_workspace {
    csi_transform *transform;
    float complex *h_ad;               /* [nt][ni] */
    float *image, *aligned, *arranged; /* [2 nt ni] each, the stages of a sample */
} train_workspace;

int train_workspace_open(train_workspace *w, const csi_dims *dims, err *e);
void train_workspace_close(train_workspace *w);

/* Opens source number `number` of the configuration, at pool 0; train_sampler_seek goes to another.
 * The caller sets per_pool. Call train_sampler_close even after a failure. */
int train_sampler_open(train_sampler *s, const train_feed_config *config, int number, err *e);
void train_sampler_close(train_sampler *s);

/* Prepares to draw for that pool. No thread may be in train_sampler_draw. */
int train_sampler_seek(train_sampler *s, uint64_t pool, err *e);

/* The number of samples that one thread draws at once: whole environments. */
size_t train_sampler_piece(const train_sampler *s);

/* Draws samples first .. first + count - 1 of the source's share of that pool: aligned, in the
 * configured layout, as int16 (see rotate.h). Returns 0 early when *stop becomes true. */
int train_sampler_draw(const train_sampler *s, train_workspace *w, uint64_t pool, size_t first,
                       size_t count, const atomic_bool *stop, int16_t *out, err *e);

/* The first `count` samples of set `set`, which training never uses, `stride` floats apart. */
int train_sampler_holdout(const train_sampler *s, train_workspace *w, uint64_t set, size_t count,
                          size_t stride, float *images, err *e);

#endif
