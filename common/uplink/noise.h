/* noise.h: the feedback channel: noise on a codeword, and what the base station can know of it.
 *
 * s~ = s + n, n ~ N(0, sigma^2), sigma^2 = mean(s^2) / 10^(SNR/10), per codeword. Behind the
 * codeword travel reference symbols r_k = p_k sqrt(mean(s^2)), p_k = +-1 known to both ends,
 * through the same noise. From them, and from nothing else, the base station estimates the SNR. */
#ifndef UPLINK_NOISE_H
#define UPLINK_NOISE_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

enum { CSI_REFERENCES_DEFAULT = 16, CSI_REFERENCES_MIN = 2, CSI_REFERENCES_MAX = 1024 };

/* mean(s^2) of a codeword of n values. */
double csi_codeword_power(const float *codeword, size_t n);

/* Standard deviation of the noise at snr_db for a codeword of that power; 0 when snr_db is +inf. */
float csi_uplink_sigma(double power, double snr_db);

/* The transmitted reference symbols of a codeword of that power: reference[k], k < count. */
void csi_reference_symbols(double power, float *reference, size_t count);

/* Adds the noise of report (seed, ue, seq) to the codeword, then to its reference symbols, in
 * place: the numbers depend on nothing else. Returns the mean square of the noise that was added
 * to the codeword. */
double csi_uplink_add_noise(uint64_t seed, uint32_t ue, uint32_t seq, double snr_db,
                            float *codeword, size_t n, float *reference, size_t references);

/* What the base station keeps of one UE to estimate its SNR; zero-initialise. From `count` symbols
 * y_k = p_k a + n_k of one report,
 *     a^ = mean(p_k y_k),  v^ = sum (p_k y_k - a^)^2 / (count - 1),
 *     m = a^ / sqrt(a^^2 + v^),  z = artanh(m) - m / (2 (count - 1)),
 * and the SNR is sinh(z)^2, since m^2 tends to SNR / (1 + SNR). This z (Fisher's transform of the
 * correlation with the known symbols, less its bias) has about the same spread at every SNR, from
 * 1 / (2 count) in variance high up to 1 / count low down, so that z can be averaged over reports,
 * with a forgetting factor (about the last seven count), whatever the codeword's power. The average
 * starts anew where a report lies further from it than chance explains, so that it follows a step
 * at once. */
typedef struct csi_snr_tracker {
    double mean_z;
    unsigned reports; /* since the last start */
} csi_snr_tracker;

/* Estimates outside this range are held at its ends; a noiseless link reads as the upper one. */
#define CSI_SNR_MIN_DB (-20.0)
#define CSI_SNR_MAX_DB 60.0

/* Takes the received reference symbols of the UE's next report; returns the SNR in dB. */
double csi_snr_track(csi_snr_tracker *tracker, const float *received, size_t count);

#endif
