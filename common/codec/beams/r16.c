#include "codec/beams/r16.h"

#include <math.h>
#include <string.h>

#include "codec/beams/basis.h"
#include "codec/beams/combination.h"

enum {
    REFERENCE_BITS = 4,
    REFERENCE_MAX = 15,
    AMPLITUDE_BITS = 3,
    AMPLITUDE_MAX = 7,
    PHASE_BITS = 4,
    PHASES = 16,
};

static float reference_value(uint32_t k)
{
    return exp2f(-(float)(REFERENCE_MAX - k) / 4);
}

static float amplitude_value(uint32_t k)
{
    return exp2f(-(float)(AMPLITUDE_MAX - k) / 2);
}

/* The index from `least` to `most` with the value nearest to `wanted`. */
static uint8_t nearest_index(float wanted, float (*value)(uint32_t), uint32_t least, uint32_t most)
{
    uint32_t best = most;
    for (uint32_t k = most; k-- > least;)
        if (fabsf(value(k) - wanted) < fabsf(value(best) - wanted))
            best = k;
    return (uint8_t)best;
}

static uint32_t polarisation_of(const beams_config *c, uint32_t row)
{
    return row / c->beams;
}

/* Lists the taps that have coefficients, shifted so that the strongest coefficient's tap is 0, and
 * fills up with empty taps. */
static void list_taps(const beams_config *c, const beams_taps *w, uint32_t origin, beams_r16 *p)
{
    bool used[BEAMS_TAPS_MAX] = {false};
    uint32_t n3 = c->subbands, count = 0, missing = c->taps;
    for (uint32_t i = 0; i < c->rows * n3; i++)
        if (w->kept[i] != 0) {
            uint32_t n = (i % n3 + n3 - origin) % n3;
            missing -= !used[n];
            used[n] = true;
        }
    for (uint32_t n = 0; n < n3; n++) {
        bool spare = !used[n] && missing > 0;
        missing -= spare;
        if (used[n] || spare)
            p->tap[count++] = (uint16_t)n;
    }
}

void beams_r16_quantize(const beams_config *c, const beams_taps *w, beams_r16 *p)
{
    uint32_t n3 = c->subbands, best = 0;
    memset(p, 0, sizeof *p);
    for (uint32_t i = 1; i < c->rows * n3; i++)
        if (cabsf(w->kept[i]) > cabsf(w->kept[best]))
            best = i;
    p->strongest = best / n3;
    uint32_t own = polarisation_of(c, p->strongest), origin = best % n3;
    list_taps(c, w, origin, p);
    float complex unit = w->kept[best];
    float other = 0; /* the largest of the other polarisation, relative to the strongest overall */
    for (uint32_t i = 0; i < c->rows * n3; i++)
        if (polarisation_of(c, i / n3) != own)
            other = fmaxf(other, cabsf(w->kept[i] / unit));
    p->reference = nearest_index(other, reference_value, 1, REFERENCE_MAX);

    for (uint32_t row = 0; row < c->rows; row++)
        for (uint32_t f = 0; f < c->taps; f++) {
            /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): n3 > 0 */
            float complex a = w->kept[row * n3 + (p->tap[f] + origin) % n3] / unit;
            bool strongest = row == p->strongest && f == 0;
            float reference = polarisation_of(c, row) == own ? 1 : reference_value(p->reference);
            uint8_t k = nearest_index(cabsf(a) / reference, amplitude_value, 0, AMPLITUDE_MAX);
            /* There is no code for zero: leaving out a coefficient below half of the lowest
             * amplitude is better. */
            p->kept[row][f] = strongest || amplitude_value(k) * reference < 2 * cabsf(a);
            if (!p->kept[row][f] || strongest)
                continue;
            float index = cargf(a) * (float)(PHASES / (2 * M_PI));
            p->amplitude[row][f] = k;
            p->phase[row][f] = (uint8_t)(((int)lrintf(index) + PHASES) % PHASES);
        }
}

void beams_r16_coefficients(const beams_config *c, beams_taps *w, const beams_r16 *p,
                            float complex *coefficient)
{
    uint32_t own = polarisation_of(c, p->strongest), n3 = c->subbands;
    memset(w->kept, 0, sizeof *w->kept * c->rows * n3);
    for (uint32_t row = 0; row < c->rows; row++)
        for (uint32_t f = 0; f < c->taps; f++) {
            if (!p->kept[row][f])
                continue;
            float reference = polarisation_of(c, row) == own ? 1 : reference_value(p->reference);
            float complex a = reference * amplitude_value(p->amplitude[row][f]) *
                              cexpf(2 * (float)M_PI * I * (float)p->phase[row][f] / PHASES);
            w->kept[row * n3 + p->tap[f]] = row == p->strongest && f == 0 ? 1 : a;
        }
    fftwf_execute(w->backward);
    memcpy(coefficient, w->kept, sizeof *w->kept * c->rows * n3);
}

/* --- the report ------------------------------------------------------------------------------- */

uint32_t beams_r16_bits(const beams_config *c, uint32_t kept)
{
    return beams_combination_bits(c->subbands - 1, c->taps - 1) + c->rows * c->taps +
           bits_for(kept) + (c->polarisations == 2 ? REFERENCE_BITS : 0) +
           (kept - 1) * (AMPLITUDE_BITS + PHASE_BITS);
}

/* Loops over every kept coefficient except the strongest, tap by tap. */
#define FOR_EACH_OTHER(c, p, row, f)                                                               \
    for (uint32_t f = 0; f < (c)->taps; f++)                                                       \
        for (uint32_t row = 0; row < (c)->rows; row++)                                             \
            if ((p)->kept[row][f] && !(f == 0 && row == (p)->strongest))

static uint32_t count_kept(const beams_config *c, const beams_r16 *p)
{
    uint32_t kept = 1;
    FOR_EACH_OTHER(c, p, row, f) kept++;
    return kept;
}

void beams_r16_pack(const beams_config *c, const beams_r16 *p, bit_writer *to)
{
    uint16_t others[BEAMS_TAPS_MAX];
    uint32_t before = 0;
    for (uint32_t f = 1; f < c->taps; f++)
        others[f - 1] = (uint16_t)(p->tap[f] - 1);
    beams_put_index(to, beams_combination_index(c->subbands - 1, c->taps - 1, others),
                    beams_combination_bits(c->subbands - 1, c->taps - 1));
    for (uint32_t f = 0; f < c->taps; f++)
        for (uint32_t row = 0; row < c->rows; row++)
            bits_put(to, p->kept[row][f], 1);
    for (uint32_t row = 0; row < p->strongest; row++)
        before += p->kept[row][0];
    bits_put(to, before, bits_for(count_kept(c, p)));
    if (c->polarisations == 2)
        bits_put(to, p->reference, REFERENCE_BITS);
    FOR_EACH_OTHER(c, p, row, f) bits_put(to, p->amplitude[row][f], AMPLITUDE_BITS);
    FOR_EACH_OTHER(c, p, row, f) bits_put(to, p->phase[row][f], PHASE_BITS);
}

static int unpack_taps(const beams_config *c, bit_reader *from, beams_r16 *p, err *e)
{
    uint16_t others[BEAMS_TAPS_MAX];
    uint32_t n = c->subbands - 1, k = c->taps - 1;
    uint64_t index = beams_get_index(from, beams_combination_bits(n, k));
    if (!beams_combination_of(n, k, index, others))
        return err_set(e, ERR_FORMAT,
                       "combination %llu of %u taps out of %u; it must be below "
                       "%llu",
                       (unsigned long long)index, k, n,
                       (unsigned long long)beams_combinations(n, k));
    for (uint32_t f = 1; f < c->taps; f++)
        p->tap[f] = (uint16_t)(others[f - 1] + 1);
    return ERR_NONE;
}

/* The bitmap and the strongest coefficient in it. */
static int unpack_kept(const beams_config *c, bit_reader *from, beams_r16 *p, err *e)
{
    uint32_t kept = 0, in_tap_0 = 0;
    for (uint32_t f = 0; f < c->taps; f++)
        for (uint32_t row = 0; row < c->rows; row++) {
            p->kept[row][f] = bits_get(from, 1) != 0;
            kept += p->kept[row][f];
            in_tap_0 += f == 0 && p->kept[row][f];
        }
    if (kept > c->coefficients || in_tap_0 == 0)
        return err_set(e, ERR_FORMAT,
                       "%u coefficients, %u of them in tap 0; there are 1 to %u, the strongest in "
                       "tap 0",
                       kept, in_tap_0, c->coefficients);
    uint32_t before = bits_get(from, bits_for(kept));
    if (before >= in_tap_0)
        return err_set(e, ERR_FORMAT, "the strongest of %u coefficients in tap 0 is number %u",
                       in_tap_0, before);
    for (p->strongest = 0; !p->kept[p->strongest][0] || before > 0; p->strongest++)
        before -= p->kept[p->strongest][0];
    return ERR_NONE;
}

int beams_r16_unpack(const beams_config *c, bit_reader *from, beams_r16 *p, err *e)
{
    memset(p, 0, sizeof *p);
    int rc = unpack_taps(c, from, p, e);
    if (rc == ERR_NONE)
        rc = unpack_kept(c, from, p, e);
    if (rc != ERR_NONE)
        return rc;
    if (c->polarisations == 2) {
        p->reference = (uint8_t)bits_get(from, REFERENCE_BITS);
        if (p->reference == 0)
            return err_set(e, ERR_FORMAT, "a reference amplitude of 0, which is reserved");
    }
    FOR_EACH_OTHER(c, p, row, f)
    p->amplitude[row][f] = (uint8_t)bits_get(from, AMPLITUDE_BITS);
    FOR_EACH_OTHER(c, p, row, f) p->phase[row][f] = (uint8_t)bits_get(from, PHASE_BITS);
    return ERR_NONE;
}
