/* metrics_simd.h: sums over complex vectors in double precision, private to metrics.c and
 * precoding.c. The same bits at every level. */
#ifndef CSI_METRICS_SIMD_H
#define CSI_METRICS_SIMD_H

#include <stddef.h>

#include "base/simd.h"

/* sum (a[i] - offset)^2 over n floats. */
typedef double metrics_energy_fn(const float *a, size_t n, double offset);

/* sum (a[i] - b[i])^2 over n floats. */
typedef double metrics_error_fn(const float *a, const float *b, size_t n);

/* The inner product and the energies of two complex vectors. */
typedef struct metrics_product {
    double squared; /* |sum a_i conj(b_i)|^2 */
    double a, b;    /* their energies */
} metrics_product;

/* `a` and `b` have n complex entries each. */
typedef metrics_product metrics_product_fn(const float *a, const float *b, size_t n);

SIMD_DECLARE(double, metrics_energy, (const float *a, size_t n, double offset));
SIMD_DECLARE(double, metrics_error, (const float *a, const float *b, size_t n));
SIMD_DECLARE(metrics_product, metrics_product, (const float *a, const float *b, size_t n));

#endif
