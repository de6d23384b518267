/* supply.h: one source of the feed, open: a channel model, or a file. Private to the feed.
 *
 * What draw number n of a source is, n = 0, 1, ... through all pools, follows from (seed, source,
 * n). A model: pool p takes whole environments, those after pool p - 1's, so that none is met
 * twice; where the UE numbers run out, the channel is opened anew with another seed (its era). A
 * file: all of it is held as int16, the last tenth set aside; draw n is sample n of an endless row
 * of passes over the rest, each in another order. */
#ifndef TRAIN_SAMPLES_SUPPLY_H
#define TRAIN_SAMPLES_SUPPLY_H

#include <complex.h>
#include <stdatomic.h>

#include "csi/transform.h"
#include "fading/fading.h"
#include "train/samples/config.h"

typedef struct train_supply {
    csi_dims dims;
    onnx_layout layout;
    csi_align align;
    uint64_t seed; /* the feed's */
    int number;    /* of the source */
    char *name;
    double carrier_hz;
    double speed_kmh, period_s;
    unsigned reports; /* of a sample */
    size_t per_pool;  /* samples it gives to every pool */

    fading *channel; /* of era `era`; NULL for a file */
    uint64_t era;
    uint32_t environment_ues;

    int16_t *file; /* [trained + held_out][2 nt ni], see turn.h */
    size_t trained, held_out;
} train_supply;

/* One thread's workspace. */
typedef struct train_workplace {
    csi_transform *transform;
    float complex *h_ad;               /* [nt][ni] */
    float *image, *aligned, *arranged; /* [2 nt ni] each, what a sample becomes step by step */
} train_workplace;

int train_workplace_open(train_workplace *w, const csi_dims *dims, err *e);
void train_workplace_close(train_workplace *w);

/* Opens source `number` of the configuration, its channel at the era of `pool`. per_pool must be
 * set by the caller. To be closed even after a failure. */
int train_supply_open(train_supply *s, const train_feed_config *config, int number, err *e);
void train_supply_close(train_supply *s);

/* Makes it ready to draw for that pool; while nobody draws. */
int train_supply_turn_to(train_supply *s, uint64_t pool, err *e);

/* Samples that one thread is to draw at once: whole environments. */
size_t train_supply_piece(const train_supply *s);

/* Samples first .. first + count - 1 of the source's share of that pool, aligned, in the layout
 * asked for, as int16 (see turn.h). Returns early, successfully, when *stop becomes true. */
int train_supply_draw(const train_supply *s, train_workplace *w, uint64_t pool, size_t first,
                      size_t count, const atomic_bool *stop, int16_t *out, err *e);

/* The first `count` samples of set `set` that training never meets, `stride` floats apart. */
int train_supply_holdout(const train_supply *s, train_workplace *w, uint64_t set, size_t count,
                         size_t stride, float *images, err *e);

#endif
