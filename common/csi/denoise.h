/* denoise.h: denoises a UE's LS estimate in the truncated angle-delay domain.
 *
 * The error of LS is CN(0, sigma^2) on every entry of the angle-delay matrix (csi/pilots.h; both
 * DFTs are unitary). The UE knows neither sigma nor its channel: it derives everything below from
 * its received pilots.
 *
 * Noise. A channel with short delays has no power at the far delay taps, half-way between the last
 * kept tap and the first tap of the next period. With n_r,t the received pilot t at far tap r, for
 * K taps and T pilots,
 *
 *     sigma^2 = 1 / ((K - 1) T) sum_t sum_r |n_r,t - mean_r n_r,t|^2,   K = 16 where nc has room.
 *
 * This is unbiased, and independent of the noise on the kept taps. Its standard error is sigma^2 /
 * sqrt((K - 1) T): 9 % for T = 8, the first eight pilots, which have the same noise as the others.
 * The estimate reads every subcarrier: with every fourth only, late paths of uma-nlos would reach
 * the far taps. A path whose delay is not a whole number of taps leaks up to 1 / Nc of its power to
 * each far tap, nearly the same to all of them; subtracting the mean removes that leakage. Where
 * only one far tap fits, the estimate is its mean square.
 *
 * MMSE. The prior of delay column r is h ~ CN(0, p_r) at every angle, with p_r estimated from the
 * column:
 *
 *     h^ = h max(1 - sigma^2 / S_r, 0),   S_r = 1 / Nt sum_a |h[a][r]|^2,   E S_r = p_r + sigma^2
 *
 * This is the positive-part James-Stein estimator of 2 Nt real means: for Nt >= 3 and sigma^2 from
 * 8 pilots and 16 far taps, its mean squared error is below that of LS whatever the channel on the
 * kept taps (James, Stein: Estimation with quadratic loss, 1961).
 *
 * Soft thresholding shrinks magnitudes and keeps phases, which leaves few angles in a column:
 *
 *     h^ = h max(1 - t_r / |h|, 0)
 *
 * t_r minimises Stein's unbiased estimate of the column's risk (SURE), here for complex entries:
 *
 *     SURE(t) = sum over |h| <= t of (|h|^2 - sigma^2)
 *             + sum over |h| > t of (sigma^2 + t^2 - sigma^2 t / |h|)
 *
 * (Donoho, Johnstone: Adapting to unknown smoothness via wavelet shrinkage, 1995). The universal
 * threshold, sigma sqrt(ln n) for n complex entries, removes too much of the channel: on the indoor
 * test set it lost 6 dB against LS at a downlink SNR of 20 dB. */
#ifndef CSI_DENOISE_H
#define CSI_DENOISE_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"

typedef enum csi_denoise_method {
    CSI_DENOISE_NONE,
    CSI_DENOISE_MMSE,
    CSI_DENOISE_SOFT,
} csi_denoise_method;

/* "none", "mmse", "soft". Static storage. */
const char *csi_denoise_name(csi_denoise_method method);

enum { CSI_DENOISE_FAR_TAPS_MAX = 16, CSI_DENOISE_PILOTS_MAX = 8 }; /* K, T */

typedef struct csi_denoiser csi_denoiser;

/* ERR_INVALID for dimensions out of range, and for ni = nc: then no tap is free of signal. */
int csi_denoise_check(const csi_dims *dims, err *e);

/* One object per thread: it owns workspace. `method` is MMSE or SOFT. NULL where
 * csi_denoise_check fails or memory runs out. Free with csi_denoiser_free (NULL allowed). */
csi_denoiser *csi_denoiser_create(const csi_dims *dims, csi_denoise_method method, err *e);
void csi_denoiser_free(csi_denoiser *d);

/* K and the first far tap, between ni and nc. */
uint32_t csi_denoiser_far_taps(const csi_denoiser *d, uint32_t *first);

/* The estimate of sigma^2 from received pilots y[nc][tp]. No allocation. */
double csi_denoiser_noise(csi_denoiser *d, const float complex *y);

/* Denoises h[nt][ni] in place with the denoiser's method, for noise of variance `noise` on each
 * entry. If `noise` <= 0, h stays the same, bit for bit. No allocation. */
void csi_denoiser_apply(csi_denoiser *d, double noise, float complex *h);

/* The threshold, from 0 to the largest magnitude, that minimises SURE over n magnitudes (>= 0, in
 * ascending order) at noise variance `noise`. Exact: between two magnitudes SURE is a parabola in
 * t. */
double csi_denoise_threshold(const float *magnitude, uint32_t n, double noise);

#endif
