#include "uplink/digital/modulation.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { AXIS_BITS_MAX = 4, LEVELS_MAX = 1 << AXIS_BITS_MAX };

static const float LLR_MOST = 1e6f;

static const struct {
    const char *name;
    unsigned bits; /* Qm */
} table[MODULATIONS] = {
    [MODULATION_PI2_BPSK] = {"pi2bpsk", 1}, [MODULATION_QPSK] = {"qpsk", 2},
    [MODULATION_16QAM] = {"16qam", 4},      [MODULATION_64QAM] = {"64qam", 6},
    [MODULATION_256QAM] = {"256qam", 8},
};

const char *modulation_name(modulation m)
{
    return table[m].name;
}

modulation modulation_named(const char *name)
{
    for (unsigned m = 0; m < MODULATIONS; m++)
        if (strcmp(table[m].name, name) == 0)
            return (modulation)m;
    return MODULATIONS;
}

unsigned modulation_bits(modulation m)
{
    return table[m].bits;
}

/* --- one axis ----------------------------------------------------------------------------------
 */

/* The PAM of an axis: level[i] belongs to the bits with the first as the highest bit of i. */
typedef struct axis {
    unsigned bits, levels;
    float level[LEVELS_MAX];
} axis;

/* s(b0) (2^(n-1) - s(b1) (2^(n-2) - ... )), from the last bit outwards; the divisor is the square
 * root of the sum over both axes of its mean square. */
static axis axis_of(unsigned bits)
{
    axis a = {.bits = bits, .levels = 1u << bits};
    double power = 0;
    for (unsigned i = 0; i < a.levels; i++) {
        int value = 0;
        for (unsigned b = bits; b-- > 0;) {
            int sign = i >> (bits - 1 - b) & 1 ? -1 : 1;
            value = sign * (b + 1 < bits ? (1 << (bits - 1 - b)) - value : 1);
        }
        a.level[i] = (float)value;
        power += (double)value * value / a.levels;
    }
    for (unsigned i = 0; i < a.levels; i++)
        a.level[i] /= (float)sqrt(2 * power);
    return a;
}

/* LLRs of an axis' bits, `step` apart. */
static void axis_llr(const axis *a, float y, float noise, float *llr, size_t step)
{
    float nearest[AXIS_BITS_MAX][2];
    for (unsigned b = 0; b < a->bits; b++)
        nearest[b][0] = nearest[b][1] = INFINITY;
    for (unsigned i = 0; i < a->levels; i++) {
        float distance = (y - a->level[i]) * (y - a->level[i]);
        for (unsigned b = 0; b < a->bits; b++) {
            float *best = &nearest[b][i >> (a->bits - 1 - b) & 1];
            *best = fminf(*best, distance);
        }
    }
    for (unsigned b = 0; b < a->bits; b++) {
        float l = (nearest[b][1] - nearest[b][0]) / noise;
        llr[b * step] = isnan(l) ? 0 : fmaxf(-LLR_MOST, fminf(l, LLR_MOST));
    }
}

/* --- pi/2-BPSK ---------------------------------------------------------------------------------
 */

static float complex half_turned(size_t i)
{
    return i % 2 ? (float complex)I : 1;
}

static void map_bpsk(const uint8_t *bits, size_t count, float complex *symbols)
{
    const float part = (float)M_SQRT1_2;
    for (size_t i = 0; i < count; i++)
        symbols[i] = half_turned(i) * (bits[i] ? -part - I * part : part + I * part);
}

/* Rotated back, the two points lie on the diagonal, at distance 1 from 0: both parts count. */
static void llr_bpsk(const float complex *symbols, size_t count, float noise, float *llr)
{
    for (size_t i = 0; i < count; i++) {
        float complex y = symbols[i] * conjf(half_turned(i));
        float l = 4 * (float)M_SQRT1_2 * (crealf(y) + cimagf(y)) / noise;
        llr[i] = isnan(l) ? 0 : fmaxf(-LLR_MOST, fminf(l, LLR_MOST));
    }
}

/* --- all ---------------------------------------------------------------------------------------
 */

void modulation_map(modulation m, const uint8_t *bits, size_t count, float complex *symbols)
{
    if (m == MODULATION_PI2_BPSK) {
        map_bpsk(bits, count, symbols);
        return;
    }
    axis a = axis_of(table[m].bits / 2);
    for (size_t i = 0; i < count; i++, bits += 2 * a.bits) {
        unsigned re = 0, im = 0;
        for (unsigned b = 0; b < a.bits; b++) {
            re = re << 1 | bits[2 * b];
            im = im << 1 | bits[2 * b + 1];
        }
        symbols[i] = a.level[re] + I * a.level[im];
    }
}

void modulation_llr(modulation m, const float complex *symbols, size_t count, float noise,
                    float *llr)
{
    if (m == MODULATION_PI2_BPSK) {
        llr_bpsk(symbols, count, noise, llr);
        return;
    }
    axis a = axis_of(table[m].bits / 2);
    for (size_t i = 0; i < count; i++, llr += 2 * a.bits) {
        bool finite = isfinite(crealf(symbols[i])) && isfinite(cimagf(symbols[i]));
        axis_llr(&a, finite ? crealf(symbols[i]) : NAN, noise, llr, 2);
        axis_llr(&a, finite ? cimagf(symbols[i]) : NAN, noise, llr + 1, 2);
    }
}
