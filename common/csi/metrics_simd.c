#include "csi/metrics_simd.h"

/* Vectors of the same size at every level, which the compiler splits where registers are smaller:
 * so the order of summation, and the result, is the same everywhere. Several running sums, since
 * each addition to a single sum would wait for the one before. */
typedef float four_floats __attribute__((vector_size(16), aligned(4), may_alias));
typedef double four __attribute__((vector_size(32)));

#define LOAD(p) __builtin_convertvector(*(const four_floats *)(p), four)
#define SUM(v) (((v)[0] + (v)[1]) + ((v)[2] + (v)[3]))

double SIMD(metrics_energy)(const float *a, size_t n, double offset)
{
    four sum0 = {0}, sum1 = {0}, sum2 = {0}, sum3 = {0};
    double rest = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        four x0 = LOAD(a + i) - offset, x1 = LOAD(a + i + 4) - offset;
        four x2 = LOAD(a + i + 8) - offset, x3 = LOAD(a + i + 12) - offset;
        sum0 += x0 * x0;
        sum1 += x1 * x1;
        sum2 += x2 * x2;
        sum3 += x3 * x3;
    }
    for (; i < n; i++)
        rest += ((double)a[i] - offset) * ((double)a[i] - offset);
    four sum = (sum0 + sum1) + (sum2 + sum3);
    return SUM(sum) + rest;
}

double SIMD(metrics_error)(const float *a, const float *b, size_t n)
{
    four sum0 = {0}, sum1 = {0}, sum2 = {0}, sum3 = {0};
    double rest = 0;
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        four x0 = LOAD(a + i) - LOAD(b + i), x1 = LOAD(a + i + 4) - LOAD(b + i + 4);
        four x2 = LOAD(a + i + 8) - LOAD(b + i + 8), x3 = LOAD(a + i + 12) - LOAD(b + i + 12);
        sum0 += x0 * x0;
        sum1 += x1 * x1;
        sum2 += x2 * x2;
        sum3 += x3 * x3;
    }
    for (; i < n; i++)
        rest += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    four sum = (sum0 + sum1) + (sum2 + sum3);
    return SUM(sum) + rest;
}

/* `cross` holds im(a) re(b) in odd lanes and re(a) im(b) in even ones. */
metrics_product SIMD(metrics_product)(const float *a, const float *b, size_t n)
{
    four dot0 = {0}, dot1 = {0}, cross0 = {0}, cross1 = {0};
    four a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0};
    double re = 0, im = 0, energy_a = 0, energy_b = 0;
    size_t i = 0;
    for (; i + 8 <= 2 * n; i += 8) {
        four x0 = LOAD(a + i), y0 = LOAD(b + i), x1 = LOAD(a + i + 4), y1 = LOAD(b + i + 4);
        dot0 += x0 * y0;
        dot1 += x1 * y1;
        cross0 += x0 * __builtin_shufflevector(y0, y0, 1, 0, 3, 2);
        cross1 += x1 * __builtin_shufflevector(y1, y1, 1, 0, 3, 2);
        a0 += x0 * x0;
        a1 += x1 * x1;
        b0 += y0 * y0;
        b1 += y1 * y1;
    }
    for (; i < 2 * n; i += 2) {
        double x = (double)a[i], jx = (double)a[i + 1], y = (double)b[i], jy = (double)b[i + 1];
        re += x * y + jx * jy;
        im += jx * y - x * jy;
        energy_a += x * x + jx * jx;
        energy_b += y * y + jy * jy;
    }
    four dot = dot0 + dot1, cross = cross0 + cross1, of_a = a0 + a1, of_b = b0 + b1;
    re += SUM(dot);
    im += (cross[1] + cross[3]) - (cross[0] + cross[2]);
    return (metrics_product){
        .squared = re * re + im * im, .a = energy_a + SUM(of_a), .b = energy_b + SUM(of_b)};
}
