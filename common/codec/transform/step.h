/* step.h: the step of a quantizer, its code in a payload, and an estimate of the step that fits a
 * budget. Private to transform. */
#ifndef CODEC_TRANSFORM_STEP_H
#define CODEC_TRANSFORM_STEP_H

#include <stddef.h>
#include <stdint.h>

#include "payload/level.h"

/* Steps 0.18 dB apart. Finer ones would gain 0.06 dB at 1,024 bits and lose 0.1 dB at 64. */
#define STEP_LAW ((level_law){.bits = 11, .low_db = -240, .high_db = 120})

typedef struct step_guess {
    uint32_t code;
    double bits_per_code; /* added to the string by the next finer step */
} step_guess;

/* An estimate, from their histogram, of the step at which the string of these n magnitudes takes
 * about `bits`: K taps above a step D take
 *
 *     K (4.9 + 30 / sqrt(bits)) + 2 sum log2(|h| / D)
 *
 * bits, within some 5 % on the channels of docs/channels.md. `largest` > 0 is the largest
 * magnitude. The estimate saves trials; nothing else depends on it. */
step_guess step_guess_of(const float *size, size_t n, float largest, uint32_t bits);

#endif
