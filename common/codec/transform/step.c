#include "codec/transform/step.h"

#include <math.h>
#include <string.h>

/* The upper bits of a float, down to the third of its fraction, give 8 bins in each octave. */
enum { BIN_SHIFT = 20, BINS_PER_OCTAVE = 8, BINS = 256 };

static uint32_t bin_of(float size)
{
    uint32_t bits;
    memcpy(&bits, &size, sizeof bits);
    return bits >> BIN_SHIFT;
}

static double lower_edge(uint32_t bin)
{
    uint32_t bits = bin << BIN_SHIFT;
    float size;
    memcpy(&size, &bits, sizeof size);
    return (double)size;
}

step_guess step_guess_of(const float *size, size_t n, float largest, uint32_t bits)
{
    const level_law law = STEP_LAW;
    const double step_db = (law.high_db - law.low_db) / ((1 << law.bits) - 3);
    const double codes_per_bin = 20 * log10(2) / BINS_PER_OCTAVE / step_db;
    const double tap_bits = 4.9 + 30 / sqrt(bits);
    uint16_t count[BINS] = {0};
    uint32_t top = bin_of(largest);
    for (size_t i = 0; i < n; i++) {
        uint32_t below = top - bin_of(size[i]);
        count[below < BINS ? below : BINS - 1]++;
    }
    double taps = 0, octaves = 0, before = 0, now = 0;
    uint32_t below = 0;
    for (; below < BINS - 1 && below < top && now <= bits; below++) {
        octaves += (taps + count[below] / 2.0) / BINS_PER_OCTAVE;
        taps += count[below];
        before = now;
        now = taps * tap_bits + 2 * octaves;
    }
    /* From the lower edge of the bin back to where the line between its edges meets the budget. */
    double rise = now - before, back = now > bits ? (now - bits) / rise * codes_per_bin : 0;
    uint32_t code = level_code(law, lower_edge(top - below + 1), LEVEL_NEAREST);
    return (step_guess){code + (uint32_t)back, fmax(rise / codes_per_bin, 1)};
}
