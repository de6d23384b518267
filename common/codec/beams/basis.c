#include "codec/beams/basis.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "codec/beams/combination.h"

/* Writes the L strongest beams of rotation q, in rising order; returns their power. */
static double take_strongest(const beams_config *c, const float *power, uint32_t q, uint16_t *beam)
{
    bool taken[CSI_NT_MAX] = {false};
    double sum = 0;
    for (uint32_t i = 0; i < c->beams; i++) {
        uint32_t best = c->n1;
        for (uint32_t n = 0; n < c->n1; n++)
            if (!taken[n] && (best == c->n1 ||
                              power[n * c->oversampling + q] > power[best * c->oversampling + q]))
                best = n;
        taken[best] = true;
        sum += (double)power[best * c->oversampling + q];
    }
    uint32_t count = 0;
    for (uint32_t n = 0; n < c->n1; n++)
        if (taken[n])
            beam[count++] = (uint16_t)n;
    return sum;
}

void beams_basis_choose(const beams_config *c, const float complex *part, float *power,
                        beams_basis *basis)
{
    uint32_t all = c->oversampling * c->n1, vectors = c->subbands * c->polarisations;
    memset(power, 0, all * sizeof *power);
    for (uint32_t i = 0; i < vectors; i++)
        for (uint32_t m = 0; m < all; m++) {
            float complex x = part[(size_t)i * all + m];
            power[m] += crealf(x) * crealf(x) + cimagf(x) * cimagf(x);
        }
    double most = -1;
    for (uint32_t q = 0; q < c->oversampling; q++) {
        beams_basis tried = {.rotation = q};
        double sum = take_strongest(c, power, q, tried.beam);
        if (sum > most) {
            most = sum;
            *basis = tried;
        }
    }
}

void beams_basis_project(const beams_config *c, const beams_basis *basis, const float complex *part,
                         float complex *coefficient)
{
    uint32_t all = c->oversampling * c->n1;
    for (uint32_t p = 0; p < c->polarisations; p++)
        for (uint32_t i = 0; i < c->beams; i++) {
            uint32_t m = basis->beam[i] * c->oversampling + basis->rotation;
            float complex *row = coefficient + (size_t)(p * c->beams + i) * c->subbands;
            for (uint32_t s = 0; s < c->subbands; s++)
                row[s] = part[(size_t)(s * c->polarisations + p) * all + m];
        }
}

/* Normalises the coefficients of a subband. They are sums of few terms of 2^-11 to 1: anything
 * below this threshold is rounding error. */
static void normalise_subband(const beams_config *c, const float complex *coefficient, uint32_t s,
                              uint32_t fallback, float complex *unit)
{
    const double cancelled = 1e-9;
    double power = 0;
    for (uint32_t row = 0; row < c->rows; row++) {
        unit[row] = coefficient[(size_t)row * c->subbands + s];
        double re = (double)crealf(unit[row]), im = (double)cimagf(unit[row]);
        power += re * re + im * im;
    }
    for (uint32_t row = 0; row < c->rows; row++)
        unit[row] = power > cancelled ? unit[row] * (float)(1 / sqrt(power)) : row == fallback;
}

void beams_basis_precoders(const beams_config *c, const beams_basis *basis,
                           const float complex *table, const float complex *coefficient,
                           uint32_t fallback, float complex *w)
{
    uint32_t all = c->oversampling * c->n1;
    memset(w, 0, (size_t)c->subbands * c->nt * sizeof *w);
    for (uint32_t s = 0; s < c->subbands; s++) {
        float complex unit[BEAMS_ROWS_MAX];
        normalise_subband(c, coefficient, s, fallback, unit);
        for (uint32_t row = 0; row < c->rows; row++) {
            uint32_t m = basis->beam[row % c->beams] * c->oversampling + basis->rotation;
            float complex *to = w + (size_t)s * c->nt + row / c->beams * c->n1;
            for (uint32_t k = 0; k < c->n1; k++)
                to[k] += unit[row] * table[k * m % all];
        }
    }
}

unsigned beams_basis_bits(const beams_config *c)
{
    return bits_for(c->oversampling) + beams_combination_bits(c->n1, c->beams);
}

void beams_put_index(bit_writer *to, uint64_t index, unsigned bits)
{
    unsigned low = bits < 32 ? bits : 32;
    bits_put(to, (uint32_t)index, low);
    bits_put(to, (uint32_t)(index >> 32), bits - low);
}

uint64_t beams_get_index(bit_reader *from, unsigned bits)
{
    unsigned low = bits < 32 ? bits : 32;
    uint64_t index = bits_get(from, low);
    return index | (uint64_t)bits_get(from, bits - low) << 32;
}

void beams_basis_pack(const beams_config *c, const beams_basis *basis, bit_writer *to)
{
    bits_put(to, basis->rotation, bits_for(c->oversampling));
    beams_put_index(to, beams_combination_index(c->n1, c->beams, basis->beam),
                    beams_combination_bits(c->n1, c->beams));
}

int beams_basis_unpack(const beams_config *c, bit_reader *from, beams_basis *basis, err *e)
{
    basis->rotation = bits_get(from, bits_for(c->oversampling));
    if (basis->rotation >= c->oversampling)
        return err_set(e, ERR_FORMAT, "rotation %u of the beams; it must be below %u",
                       basis->rotation, c->oversampling);
    uint64_t index = beams_get_index(from, beams_combination_bits(c->n1, c->beams));
    if (!beams_combination_of(c->n1, c->beams, index, basis->beam))
        return err_set(e, ERR_FORMAT,
                       "combination %llu of %u beams out of %u; it must be below "
                       "%llu",
                       (unsigned long long)index, c->beams, c->n1,
                       (unsigned long long)beams_combinations(c->n1, c->beams));
    return ERR_NONE;
}
