#include "csi/metrics.h"

#include <math.h>

/* Sums of squares keep several running sums: the loops vectorise, and the order of summation is
 * the same at every instruction set level. */
enum { LANES = 8 };

static double sum_lanes(const double lanes[LANES])
{
    double sum = 0;
    for (int j = 0; j < LANES; j++)
        sum += lanes[j];
    return sum;
}

/* sum (a[i] - offset)^2 */
static double sum_squares(const float *a, size_t n, double offset)
{
    double lanes[LANES] = {0};
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            double x = (double)a[i + j] - offset;
            lanes[j] += x * x;
        }
    }
    for (size_t i = whole; i < n; i++)
        lanes[0] += ((double)a[i] - offset) * ((double)a[i] - offset);
    return sum_lanes(lanes);
}

/* sum (a[i] - b[i])^2 */
static double sum_squared_differences(const float *a, const float *b, size_t n)
{
    double lanes[LANES] = {0};
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES) {
        for (size_t j = 0; j < LANES; j++) {
            double x = (double)a[i + j] - (double)b[i + j];
            lanes[j] += x * x;
        }
    }
    for (size_t i = whole; i < n; i++)
        lanes[0] += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum_lanes(lanes);
}

static double normalised_error(double error, double energy)
{
    if (energy > 0)
        return error / energy;
    return error > 0 ? INFINITY : 0;
}

double csi_energy(const float complex *h, size_t n)
{
    return sum_squares((const float *)h, 2 * n, 0);
}

double csi_nmse(const float complex *truth, const float complex *estimate, size_t n)
{
    double error = sum_squared_differences((const float *)truth, (const float *)estimate, 2 * n);
    return normalised_error(error, csi_energy(truth, n));
}

double csi_nmse_image(const float *truth, const float *estimate, size_t n)
{
    return normalised_error(sum_squared_differences(truth, estimate, n),
                            sum_squares(truth, n, 0.5));
}

/* |<b, a>|^2 / (||a||^2 ||b||^2), 0 where either is zero. */
static double squared_cosine(const float complex *a, const float complex *b, size_t n)
{
    const float *x = (const float *)a, *y = (const float *)b;
    double re = 0, im = 0;
    for (size_t i = 0; i < 2 * n; i += 2) {
        re += (double)x[i] * (double)y[i] + (double)x[i + 1] * (double)y[i + 1];
        im += (double)x[i + 1] * (double)y[i] - (double)x[i] * (double)y[i + 1];
    }
    double energies = csi_energy(a, n) * csi_energy(b, n);
    return energies > 0 ? (re * re + im * im) / energies : 0;
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

double csi_to_db(double linear)
{
    return 10 * log10(linear);
}

double csi_error_db(double sum, double sum_of_squares, size_t n)
{
    double count = (double)n, mean = sum / count;
    if (n < 2)
        return NAN;
    double variance = fmax(sum_of_squares / count - mean * mean, 0) * count / (count - 1);
    return 10 / M_LN10 * sqrt(variance / count) / mean;
}
