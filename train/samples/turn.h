/* turn.h: stored samples back into images, turned by a phase.
 *
 * A sample is stored as int16, zero-centred, its largest part at TRAIN_FULL_SCALE. Rounding to that
 * is noise of 1/12 step^2 in each of its values. */
#ifndef TRAIN_SAMPLES_TURN_H
#define TRAIN_SAMPLES_TURN_H

#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"

enum { TRAIN_FULL_SCALE = 32767 };

/* Planes re, im of `entries` values each -> image[2][entries] in [0,1]: (re + j im) times
 * (cosine + j sine), scaled so that the largest |part| is 1, then 0.5 + part / 2. The same bits at
 * every level. */
typedef void train_turn_fn(const int16_t *stored, size_t entries, float cosine, float sine,
                           float *image);

SIMD_DECLARE(void, train_turn,
             (const int16_t *stored, size_t entries, float cosine, float sine, float *image));

#endif
