#include "csi/metrics.h"

#include <math.h>

#include "csi/metrics_simd.h"

static double energy(const float *a, size_t n, double offset)
{
    static metrics_energy_fn *const levels[CPU_LEVELS] = SIMD_TABLE(metrics_energy);
    return levels[cpu_level()](a, n, offset);
}

static double squared_error(const float *a, const float *b, size_t n)
{
    static metrics_error_fn *const levels[CPU_LEVELS] = SIMD_TABLE(metrics_error);
    return levels[cpu_level()](a, b, n);
}

static double normalised_error(double error, double energy)
{
    if (energy > 0)
        return error / energy;
    return error > 0 ? INFINITY : 0;
}

double csi_energy(const float complex *h, size_t n)
{
    return energy((const float *)h, 2 * n, 0);
}

double csi_nmse(const float complex *truth, const float complex *estimate, size_t n)
{
    double error = squared_error((const float *)truth, (const float *)estimate, 2 * n);
    return normalised_error(error, csi_energy(truth, n));
}

double csi_nmse_image(const float *truth, const float *estimate, size_t n)
{
    return normalised_error(squared_error(truth, estimate, n), energy(truth, n, 0.5));
}

double csi_squared_product(const float complex *a, const float complex *b, size_t n,
                           double *energy_a, double *energy_b)
{
    static metrics_product_fn *const levels[CPU_LEVELS] = SIMD_TABLE(metrics_product);
    metrics_product p = levels[cpu_level()]((const float *)a, (const float *)b, n);
    *energy_a = p.a;
    *energy_b = p.b;
    return p.squared;
}

/* 0 if either vector is zero. */
static double squared_cosine(const float complex *a, const float complex *b, size_t n)
{
    double energy_a, energy_b, squared = csi_squared_product(a, b, n, &energy_a, &energy_b);
    return energy_a * energy_b > 0 ? squared / (energy_a * energy_b) : 0;
}

double csi_rho(const float complex *h, const float complex *hhat, size_t subcarriers, size_t nt)
{
    double sum = 0;
    for (size_t n = 0; n < subcarriers; n++)
        sum += sqrt(squared_cosine(h + n * nt, hhat + n * nt, nt));
    return sum / (double)subcarriers;
}

double csi_sgcs(const float complex *h, const float complex *hhat, size_t subcarriers, size_t nt)
{
    double sum = 0;
    for (size_t n = 0; n < subcarriers; n++)
        sum += squared_cosine(h + n * nt, hhat + n * nt, nt);
    return sum / (double)subcarriers;
}

double csi_error_db(double sum, double sum_of_squares, size_t n)
{
    double count = (double)n, mean = sum / count;
    if (n < 2)
        return NAN;
    double variance = fmax(sum_of_squares / count - mean * mean, 0) * count / (count - 1);
    return 10 / M_LN10 * sqrt(variance / count) / mean;
}
