/* noise.h: the air for training and calibration: noise directly on a codeword's values, without
 * packing them into a burst.
 *
 * s~ = s + n, n ~ N(0, sigma^2), sigma^2 = mean(s^2) / 10^(SNR/10), per codeword. Reference symbols
 * r_k = p_k sqrt(mean(s^2)), with the signs p of uplink/snr.h, go through the same noise.
 *
 * This is equivalent to the analog uplink over uplink/air.h. That uplink divides the values by
 * their rms, packs two into each complex symbol of power 1, and multiplies by the rms again; noise
 * of power 10^(-SNR/10) on a symbol is half of that on each of its reals, which have half the
 * power, too. So the SNR of each value is the same, and 2 n reals of references carry as much
 * information as n symbols. Only the random numbers differ, in order and count. */
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
 * place; the noise depends on nothing else. Returns the mean square of the noise added to the
 * codeword. */
double csi_uplink_add_noise(uint64_t seed, uint32_t ue, uint32_t seq, double snr_db,
                            float *codeword, size_t n, float *reference, size_t references);

#endif
