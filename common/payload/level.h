/* level.h: a positive number in a few bits, on a logarithmic scale: the power of a codeword, the
 * scale of an image.
 *
 * A law of n bits spreads 2^n - 1 levels evenly in dB (20 log10) over low_db .. high_db; with the
 * step d = (high_db - low_db) / (2^n - 2),
 *
 *     code 0 stands for 0,   code c = 1 .. 2^n - 1 for 10^((low_db + (c - 1) d) / 20).
 *
 * Every code of n bits has a meaning, so that a reader has nothing to check.
 *
 * LEVEL_NEAREST takes the level nearest in dB: the relative error is at most 10^(d/40) - 1, or
 * about 0.0576 d. A value below the lowest level goes there or to 0, whichever is nearer: the error
 * is at most half of that level.
 *
 * LEVEL_UPWARDS takes the smallest level that is not below the value: too large by at most
 * 10^(d/20) - 1, or about 0.115 d, and never too small. Only 0 becomes 0. This is for a scale that
 * must cover what it scales.
 *
 * Either way a value above the highest level becomes that level: the one case in which
 * LEVEL_UPWARDS gives less than the value. */
#ifndef PAYLOAD_LEVEL_H
#define PAYLOAD_LEVEL_H

#include <stdint.h>

enum { LEVEL_BITS_MIN = 2, LEVEL_BITS_MAX = 24 };

typedef struct level_law {
    unsigned bits;          /* LEVEL_BITS_MIN .. LEVEL_BITS_MAX */
    double low_db, high_db; /* of the lowest and the highest level; low_db < high_db */
} level_law;

typedef enum level_rounding { LEVEL_NEAREST, LEVEL_UPWARDS } level_rounding;

/* For a codec whose image is scaled to [0, 1] by its largest part (csi/image.h): rounded upwards,
 * so that the image divided by the quantized scale stays in [0, 1], up to 5.6 % smaller than it
 * could be. Over the 2000 samples of DATA_Htestin.mat that costs csilink-net-cr4-indoor, at -37.02
 * dB, 0.0006 dB, and csilink-net-xl-cr4-indoor, at -37.68 dB, 0.0007 dB. The scales of the shipped
 * channel models at 32 antennas and 1024 subcarriers go from 8.3 (18 dB) to 234 (47 dB); 256
 * antennas and 8192 subcarriers add 18 dB, and the rest is for fades and for strong samples. */
#define LEVEL_IMAGE_SCALE ((level_law){.bits = 8, .low_db = -20, .high_db = 100})

/* The code of a value >= 0. A NaN and what is negative read as 0, infinity as the highest level. */
uint32_t level_code(level_law law, double value, level_rounding rounding);

/* What a code stands for; bits above the law's are ignored. */
float level_value(level_law law, uint32_t code);

#endif
