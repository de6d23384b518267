/* level.h: codes a positive number in a few bits on a logarithmic scale: the power of a codeword,
 * the scale of an image.
 *
 * A law of n bits spreads 2^n - 1 levels evenly in dB (20 log10) over low_db .. high_db; with the
 * step d = (high_db - low_db) / (2^n - 2),
 *
 *     code 0 means 0, code c = 1 .. 2^n - 1 means 10^((low_db + (c - 1) d) / 20).
 *
 * Every code of n bits is valid, so a reader has nothing to check.
 *
 * LEVEL_NEAREST takes the level nearest in dB: the relative error is at most 10^(d/40) - 1, or
 * about 0.0576 d. A value below the lowest level becomes that level or 0, whichever is nearer: the
 * error is at most half of that level.
 *
 * LEVEL_UPWARDS takes the smallest level that is not below the value: too large by at most
 * 10^(d/20) - 1, or about 0.115 d, and never too small. Only 0 becomes 0. This is for a scale that
 * must not be exceeded.
 *
 * Either way a value above the highest level becomes that level: only then does LEVEL_UPWARDS give
 * less than the value. */
#ifndef PAYLOAD_LEVEL_H
#define PAYLOAD_LEVEL_H

#include <stdint.h>

enum { LEVEL_BITS_MIN = 2, LEVEL_BITS_MAX = 24 };

typedef struct level_law {
    unsigned bits;          /* LEVEL_BITS_MIN .. LEVEL_BITS_MAX */
    double low_db, high_db; /* of the lowest and the highest level; low_db < high_db */
} level_law;

typedef enum level_rounding { LEVEL_NEAREST, LEVEL_UPWARDS } level_rounding;

/* For a codec whose image is scaled to [0, 1] by its largest part (csi/image.h), to the nearest
 * level: the image is then up to 0.42 % too large or too small. Steps are 0.073 dB. At the golden
 * points without noise this moves NMSE by 0.006 dB at most (cllwcsinet-cr4-indoor, whose output
 * saturates at the image's bounds; 10 bits move it by 0.010, 10 bits rounded upwards by 0.17 dB).
 * The scales of the shipped channel models at 32 antennas and 1024 subcarriers range from 18 to 47
 * dB; the wider range covers other channels that include path loss. */
#define LEVEL_IMAGE_SCALE ((level_law){.bits = 12, .low_db = -180, .high_db = 120})

/* The code of a value >= 0. NaN and negative values count as 0, infinity as the highest level. */
uint32_t level_code(level_law law, double value, level_rounding rounding);

/* The value of a code; ignores bits above the law's. */
float level_value(level_law law, uint32_t code);

#endif
