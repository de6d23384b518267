#include "codec/beams/r15.h"

#include <math.h>
#include <string.h>

enum { AMPLITUDE_BITS = 3, AMPLITUDE_MAX = 7 };

static float amplitude_value(uint32_t k)
{
    return k == 0 ? 0 : exp2f(-(float)(AMPLITUDE_MAX - k) / 2);
}

static uint8_t nearest_amplitude(float wanted)
{
    uint8_t best = AMPLITUDE_MAX;
    for (uint8_t k = AMPLITUDE_MAX; k-- > 0;)
        if (fabsf(amplitude_value(k) - wanted) < fabsf(amplitude_value(best) - wanted))
            best = k;
    return best;
}

/* What a row sends for each subband. */
typedef struct row_format {
    uint32_t phases; /* 0: nothing */
    unsigned phase_bits, amplitude_bits;
} row_format;

static void find_formats(const beams_config *c, const beams_r15 *p, row_format *format)
{
    for (uint32_t row = 0; row < c->rows; row++) {
        uint32_t stronger = 0;
        for (uint32_t other = 0; other < c->rows; other++)
            stronger +=
                other != row && (p->amplitude[other] > p->amplitude[row] || other == p->strongest ||
                                 (p->amplitude[other] == p->amplitude[row] && other < row));
        bool full = !c->subband_amplitudes || stronger < c->strongest;
        bool sends = row != p->strongest && p->amplitude[row] > 0;
        format[row].phases = sends ? (full ? c->psk : 4) : 0;
        format[row].phase_bits = bits_for(format[row].phases);
        format[row].amplitude_bits = sends && full && c->subband_amplitudes;
    }
}

/* --- quantizing ------------------------------------------------------------------------------- */

/* The root mean square of each row over the subbands; returns the strongest row. */
static uint32_t measure_rows(const beams_config *c, const float complex *coefficient, float *rms)
{
    uint32_t best = 0;
    for (uint32_t row = 0; row < c->rows; row++) {
        float power = 0;
        for (uint32_t s = 0; s < c->subbands; s++) {
            float complex x = coefficient[(size_t)row * c->subbands + s];
            power += crealf(x) * crealf(x) + cimagf(x) * cimagf(x);
        }
        rms[row] = sqrtf(power / (float)c->subbands);
        if (rms[row] > rms[best])
            best = row;
    }
    return best;
}

void beams_r15_quantize(const beams_config *c, const float complex *coefficient, beams_r15 *p)
{
    float rms[BEAMS_ROWS_MAX];
    row_format format[BEAMS_ROWS_MAX];
    memset(p, 0, sizeof *p);
    p->strongest = measure_rows(c, coefficient, rms);
    for (uint32_t row = 0; row < c->rows; row++)
        p->amplitude[row] = nearest_amplitude(rms[row] / rms[p->strongest]);
    p->amplitude[p->strongest] = AMPLITUDE_MAX;
    find_formats(c, p, format);
    for (uint32_t s = 0; s < c->subbands; s++) {
        float complex unit = coefficient[(size_t)p->strongest * c->subbands + s];
        for (uint32_t row = 0; row < c->rows; row++) {
            if (format[row].phases == 0)
                continue;
            float complex x = coefficient[(size_t)row * c->subbands + s];
            int phases = (int)format[row].phases;
            float index = cargf(x * conjf(unit)) * (float)(phases / (2 * M_PI));
            p->phase[s][row] = (uint8_t)(((int)lrintf(index) + phases) % phases);
            /* Nearer to 1 / sqrt(2) than to 1, relative to p1 times the strongest. */
            float full = cabsf(unit) * amplitude_value(p->amplitude[row]);
            p->weaker[s][row] =
                format[row].amplitude_bits && cabsf(x) < full * (float)(1 + M_SQRT1_2) / 2;
        }
    }
}

void beams_r15_coefficients(const beams_config *c, const beams_r15 *p, float complex *coefficient)
{
    row_format format[BEAMS_ROWS_MAX];
    find_formats(c, p, format);
    for (uint32_t row = 0; row < c->rows; row++) {
        float amplitude = row == p->strongest ? 1 : amplitude_value(p->amplitude[row]);
        for (uint32_t s = 0; s < c->subbands; s++) {
            float cycles =
                format[row].phases ? (float)p->phase[s][row] / (float)format[row].phases : 0;
            coefficient[(size_t)row * c->subbands + s] =
                amplitude * (p->weaker[s][row] ? (float)M_SQRT1_2 : 1) *
                cexpf(2 * (float)M_PI * I * cycles);
        }
    }
}

/* --- the report ------------------------------------------------------------------------------- */

uint32_t beams_r15_bits(const beams_config *c, uint32_t rows)
{
    uint32_t full = rows - 1;
    if (c->subband_amplitudes && full > c->strongest - 1)
        full = c->strongest - 1;
    uint32_t each = full * (bits_for(c->psk) + c->subband_amplitudes) + (rows - 1 - full) * 2;
    return bits_for(c->rows) + AMPLITUDE_BITS * (c->rows - 1) + c->subbands * each;
}

void beams_r15_pack(const beams_config *c, const beams_r15 *p, bit_writer *to)
{
    row_format format[BEAMS_ROWS_MAX];
    find_formats(c, p, format);
    bits_put(to, p->strongest, bits_for(c->rows));
    for (uint32_t row = 0; row < c->rows; row++)
        if (row != p->strongest)
            bits_put(to, p->amplitude[row], AMPLITUDE_BITS);
    for (uint32_t s = 0; s < c->subbands; s++)
        for (uint32_t row = 0; row < c->rows; row++)
            bits_put(to, p->phase[s][row], format[row].phase_bits);
    for (uint32_t s = 0; s < c->subbands; s++)
        for (uint32_t row = 0; row < c->rows; row++)
            bits_put(to, p->weaker[s][row], format[row].amplitude_bits);
}

int beams_r15_unpack(const beams_config *c, bit_reader *from, beams_r15 *p, err *e)
{
    row_format format[BEAMS_ROWS_MAX];
    memset(p, 0, sizeof *p);
    p->strongest = bits_get(from, bits_for(c->rows));
    if (p->strongest >= c->rows)
        return err_set(e, ERR_FORMAT, "the strongest coefficient is number %u; it must be below %u",
                       p->strongest, c->rows);
    for (uint32_t row = 0; row < c->rows; row++)
        p->amplitude[row] =
            row == p->strongest ? AMPLITUDE_MAX : (uint8_t)bits_get(from, AMPLITUDE_BITS);
    find_formats(c, p, format);
    for (uint32_t s = 0; s < c->subbands; s++)
        for (uint32_t row = 0; row < c->rows; row++)
            p->phase[s][row] = (uint8_t)bits_get(from, format[row].phase_bits);
    for (uint32_t s = 0; s < c->subbands; s++)
        for (uint32_t row = 0; row < c->rows; row++)
            p->weaker[s][row] = (uint8_t)bits_get(from, format[row].amplitude_bits);
    return ERR_NONE;
}
