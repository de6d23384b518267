/* denoiser_tools.h: a denoiser of a small codec's codewords, for the tests of denoisers. */
#ifndef TESTS_DENOISER_TOOLS_H
#define TESTS_DENOISER_TOOLS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "codec/denoiser.h"
#include "codec/denoiser/design.h"
#include "codec/denoiser/file.h"
#include "harness.h"
#include "io/file.h"

enum { VALUES = 32, NT = 32, NI = 32, ENTRIES = NT * NI };

static const char codec_name[] = "klt:klt-indoor,cr=64";

/* Channels of a few paths near the first taps, whose codewords are far from white. */
typedef struct drawing {
    rng r;
    size_t left;
} drawing;

static inline int draw_samples(void *user, float complex *h, size_t room, size_t *count, err *e)
{
    drawing *d = user;
    (void)e;
    for (*count = 0; *count < room && d->left > 0; ++*count, d->left--, h += ENTRIES)
        for (size_t i = 0; i < ENTRIES; i++) {
            float gain = (float)exp(-0.4 * (double)(i % NI) - 0.1 * (double)(i / NI));
            h[i] = gain * (float)(1 + rng_normal(&d->r)) + I * gain * (float)rng_normal(&d->r);
        }
    return ERR_NONE;
}

static inline codec_training training_of(drawing *d, size_t samples)
{
    *d = (drawing){.r = rng_at(5, RNG_CHANNEL, 0, 0), .left = samples};
    return (codec_training){.nr = 1,
                            .nt = NT,
                            .ni = NI,
                            .samples = samples,
                            .scenario = "",
                            .user = d,
                            .next = draw_samples};
}

/* The codec's denoiser of `samples` such channels, into a file; false, and why, where there is
 * none. To be called before the harness runs. */
static inline bool design_denoiser(const char *path, size_t samples, denoiser_take_codeword *take,
                                   void *user)
{
    drawing d;
    codec_training t = training_of(&d, samples);
    char note[CODEC_NOTE_MAX];
    void *file = NULL;
    size_t size = 0;
    err e = {0};
    codec *encoder = codec_load(CODEC_ENCODER, codec_name, &e);
    bool done = encoder &&
                denoiser_design(encoder, &t, take, user, &file, &size, note, &e) == ERR_NONE &&
                file_replace(path, file, size, &e) == ERR_NONE;
    if (!done)
        printf("%s\n", e.text);
    free(file);
    codec_unload(encoder);
    return done;
}

#endif
