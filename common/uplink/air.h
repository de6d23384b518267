/* air.h: what the air does to a burst: additive white Gaussian noise.
 *
 * A burst has mean power 1, so noise at snr_db has power 10^(-snr_db / 10) on each complex symbol,
 * half of it in each real dimension. The air knows neither codec nor uplink. */
#ifndef UPLINK_AIR_H
#define UPLINK_AIR_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Mean power of n symbols; 0 for none. */
double air_power(const float complex *symbol, size_t n);

/* A transmitter may send less than unit power, never more; otherwise it could choose its own SNR.
 * ERR_FORMAT, with the power, for a burst with symbols that are not finite or with a mean power
 * above air_power_limit.
 *
 * QAM has unit power over its points, not in every burst: the power of a point of 256-QAM has a
 * variance of 0.395, so the mean of n has a standard deviation of sqrt(0.395 / n). The limit is 1
 * plus six of those, plus AIR_POWER_TOLERANCE for rounding: an honest burst exceeds it less than
 * once in 10^8. A cheating transmitter gains at most that much, 0.9 dB for 264 symbols. */
#define AIR_POWER_TOLERANCE 1e-3
double air_power_limit(size_t n);
int air_check_power(const float complex *symbol, size_t n, err *e);

/* Adds the noise of report (seed, ue, seq) to n symbols, in place; the noise depends on nothing
 * else. snr_db +inf adds none. Returns the mean power of the added noise. */
double air_add_noise(uint64_t seed, uint32_t ue, uint32_t seq, double snr_db, float complex *symbol,
                     size_t n);

#endif
