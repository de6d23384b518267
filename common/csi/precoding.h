/* precoding.h: the rate that the BS achieves with its CSI. */
#ifndef CSI_PRECODING_H
#define CSI_PRECODING_H

#include <complex.h>
#include <stddef.h>

/* Spectral efficiency in bit/s/Hz of single-user matched-filter precoding (MRT). The BS believes
 * `known` and sends along w_n = known_n^H / ||known_n|| over the true channel h; both are
 * [subcarriers][nt]:
 *
 *     SE = mean_n log2(1 + SNR |h_n w_n|^2 / hbar),  hbar = mean |h|^2 over all entries
 *
 * hbar normalises the sample, so `snr_db` is the mean receive SNR from one antenna at full power;
 * a perfectly known channel adds the array gain. known == h maximises SE over unit-norm precoders
 * (Cauchy-Schwarz). A zero known_n sends along antenna 0; a zero h gives 0. */
double csi_spectral_efficiency(const float complex *h, const float complex *known,
                               size_t subcarriers, size_t nt, double snr_db);

/* SE and the similarities of csi/metrics.h for the same two [subcarriers][nt]: together they cost
 * little more than one of them. */
typedef struct csi_quality {
    double rho, sgcs; /* csi_rho, csi_sgcs */
    double se;        /* csi_spectral_efficiency */
} csi_quality;

csi_quality csi_quality_of(const float complex *h, const float complex *known, size_t subcarriers,
                           size_t nt, double snr_db);

#endif
