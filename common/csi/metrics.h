/* metrics.h: how close an estimate is to the true channel. All figures are for one sample and
 * linear; average the linear figures over a test set, then call db_of_power() (base/decibel.h). */
#ifndef CSI_METRICS_H
#define CSI_METRICS_H

#include <complex.h>
#include <stddef.h>

/* ||h||^2 = sum |h_i|^2 over n entries, in double precision. */
double csi_energy(const float complex *h, size_t n);

/* ||truth - estimate||^2 / ||truth||^2 over n complex entries. For an all-zero truth: 0 if the
 * estimate is all zero as well, else infinity. */
double csi_nmse(const float complex *truth, const float complex *estimate, size_t n);

/* The same for images of n floats in [0,1] with zero at 0.5 (the published form): the offset
 * cancels in the difference and is removed from the denominator. */
double csi_nmse_image(const float *truth, const float *estimate, size_t n);

/* |<a, b>|^2 over n complex entries, and both energies, in one pass: rho, SGCS and the gain of a
 * precoder follow from these. */
double csi_squared_product(const float complex *a, const float complex *b, size_t n,
                           double *energy_a, double *energy_b);

/* Cosine similarity (CsiNet's rho): the mean over subcarriers of
 * |<hhat_n, h_n>| / (||hhat_n|| ||h_n||), for h and hhat [subcarriers][nt]. In [0,1]; ignores the
 * scale and a phase per subcarrier. A subcarrier where either vector is zero counts as 0. */
double csi_rho(const float complex *h, const float complex *hhat, size_t subcarriers, size_t nt);

/* Squared generalised cosine similarity (3GPP): the mean of the squared ratio. */
double csi_sgcs(const float complex *h, const float complex *hhat, size_t subcarriers, size_t nt);

/* Standard error in dB of a mean in dB over n samples, from their sum and the sum of their squares:
 *     10 / ln 10  s / (sqrt(n) mean),    s^2 = sum (x - mean)^2 / (n - 1),
 * which assumes independent samples: reports of one UE on one channel are not independent. NaN for
 * fewer than two. */
double csi_error_db(double sum, double sum_of_squares, size_t n);

#endif
