/* rotate.h: converts stored samples to images, rotated by a phase.
 *
 * A sample is stored as int16, zero-centred, with its largest part at TRAIN_FULL_SCALE. Rounding
 * adds noise of 1/12 step^2 to each value. */
#ifndef TRAIN_SAMPLES_ROTATE_H
#define TRAIN_SAMPLES_ROTATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"

enum { TRAIN_FULL_SCALE = 32767 };

/* Planes re, im of `entries` values each -> image[2][entries] in [0,1]: (re + j im) times (cosine +
 * j sine), scaled so that the largest |part| is 1, then 0.5 + part / 2. Every CPU level gives the
 * same bits. */
typedef void train_rotate_fn(const int16_t *stored, size_t entries, float cosine, float sine,
                             float *image);

SIMD_DECLARE(void, train_rotate,
             (const int16_t *stored, size_t entries, float cosine, float sine, float *image));

#endif
