#include "codec/delta/state.h"

#include <math.h>

/* Where a prediction removes a smaller share of the power than this, its bits are better spent on a
 * key. */
static const double worth = 0.1;

static const float own_share = 0.5f;

/* A UE must not be able to send c = 1: an error of the base station would never decay. */
static const double first_db = 1, step_db = 2.5;

size_t delta_state_bytes(size_t values, size_t variances)
{
    return sizeof(delta_state) + (values + variances) * sizeof(float);
}

void delta_law_set(delta_law *law, double rho, unsigned form)
{
    *law = (delta_law){.fixed = rho, .form = form};
    for (int k = 1; k < DELTA_CORRELATIONS; k++)
        law->rho[k] = (float)sqrt(1 - pow(10, -(first_db + (k - 1) * step_db) / 10));
    for (int k = 0; k < DELTA_PHASES; k++)
        law->phasor[k] = (float complex)cexp(2 * M_PI * I * k / DELTA_PHASES);
    if (rho >= 0)
        law->rho[1] = (float)rho;
}

static unsigned correlation_bits(const delta_law *law)
{
    return law->fixed < 0 ? DELTA_CORRELATION_BITS : law->fixed > 0 ? 1 : 0;
}

static unsigned phase_bits(const delta_law *law)
{
    return law->fixed < 0 && law->form == 2 ? DELTA_PHASE_BITS : 0;
}

uint32_t delta_law_bits(const delta_law *law, bool key)
{
    return correlation_bits(law) + (key ? 0 : phase_bits(law));
}

static delta_step step_of(const delta_law *law, uint32_t correlation, uint32_t phase)
{
    float rho = law->rho[correlation];
    return (delta_step){.correlation = correlation,
                        .phase = phase,
                        .rho = rho,
                        .innovation = 1 - rho * rho,
                        .phasor = law->phasor[phase]};
}

delta_step delta_key(void)
{
    return (delta_step){.innovation = 1, .phasor = 1};
}

/* sum |y - c m|^2 = E_y - 2 Re(c* P) + |c|^2 E_m, with P = sum y m*: minimal at c = P / E_m. */
delta_step delta_choose(const delta_law *law, const float *y, const float *m, size_t values)
{
    double real = 0, imaginary = 0, of_m = 0, of_y = 0;
    if (law->fixed >= 0)
        return law->fixed > 0 ? step_of(law, 1, 0) : delta_key();
    for (size_t i = 0; i < values; i++) {
        real += (double)y[i] * (double)m[i];
        of_m += (double)m[i] * (double)m[i];
        of_y += (double)y[i] * (double)y[i];
    }
    for (size_t i = 0; law->form == 2 && i + 1 < values; i += 2)
        imaginary += (double)y[i + 1] * (double)m[i] - (double)y[i] * (double)m[i + 1];
    long phase = law->form == 2 ? lrint(atan2(imaginary, real) / (2 * M_PI) * DELTA_PHASES) : 0;
    uint32_t wrapped = (uint32_t)((phase + DELTA_PHASES) % DELTA_PHASES), best = 0;
    double product = real * (double)crealf(law->phasor[wrapped]) +
                     imaginary * (double)cimagf(law->phasor[wrapped]);
    double least = of_y * (1 - worth);
    for (uint32_t k = 1; k < DELTA_CORRELATIONS; k++) {
        double rho = (double)law->rho[k], left = of_y - 2 * rho * product + rho * rho * of_m;
        if (left < least) {
            least = left;
            best = k;
        }
    }
    return best ? step_of(law, best, wrapped) : delta_key();
}

void delta_step_put(const delta_law *law, const delta_step *step, bit_writer *w)
{
    bits_put(w, step->correlation, correlation_bits(law));
    if (step->correlation > 0)
        bits_put(w, step->phase, phase_bits(law));
}

delta_step delta_step_get(const delta_law *law, bit_reader *r)
{
    uint32_t correlation = bits_get(r, correlation_bits(law));
    return correlation > 0 ? step_of(law, correlation, bits_get(r, phase_bits(law))) : delta_key();
}

void delta_variances_of(const delta_law *law, const float *prior, const float *m, size_t sent,
                        float scale, float *variance)
{
    for (size_t i = 0; i < sent; i++) {
        float power = m[i * law->form] * m[i * law->form];
        if (law->form == 2)
            power = (power + m[2 * i + 1] * m[2 * i + 1]) / 2;
        variance[i] = own_share * (power * scale) + (1 - own_share) * prior[i];
    }
}

/* Products and sums of floats in a fixed order: both ends must get the same bits. */
void delta_predict(const delta_law *law, const delta_step *step, const float *m, size_t values,
                   float scale, float *to)
{
    float c = scale * crealf(step->phasor), s = scale * cimagf(step->phasor);
    if (law->form == 1) {
        for (size_t i = 0; i < values; i++)
            to[i] = c * m[i];
        return;
    }
    for (size_t i = 0; i + 1 < values; i += 2) {
        float real = m[i], imaginary = m[i + 1];
        to[i] = c * real - s * imaginary;
        to[i + 1] = s * real + c * imaginary;
    }
}
