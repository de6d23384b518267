/* air.h: all that the air does to a burst: additive white Gaussian noise.
 *
 * A burst has mean power 1, so that noise at snr_db has the power 10^(-snr_db / 10) on each complex
 * symbol, half of it in each real dimension. The air knows neither codec nor uplink. */
#ifndef UPLINK_AIR_H
#define UPLINK_AIR_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Mean power of n symbols; 0 for none. */
double air_power(const float complex *symbol, size_t n);

/* A transmitter may send less than unit power, never more: ERR_FORMAT, with the power, for a burst
 * whose symbols are not finite or whose mean power exceeds air_power_limit. The SNR would else be
 * whatever a transmitter likes.
 *
 * QAM has unit power over its points, not in every burst: the power of a point of 256-QAM has a
 * variance of 0.395, so that the mean of n has a standard deviation of sqrt(0.395 / n). The limit
 * is 1 and six of those, and AIR_POWER_TOLERANCE for rounding: an honest burst exceeds it less than
 * once in 10^8. A transmitter of another kind gains at most as much, 0.9 dB for 264 symbols. */
#define AIR_POWER_TOLERANCE 1e-3
double air_power_limit(size_t n);
int air_check_power(const float complex *symbol, size_t n, err *e);

/* Adds the noise of report (seed, ue, seq) to n symbols, in place: the numbers depend on nothing
 * else. snr_db +inf adds none. Returns the mean power of the noise that was added. */
double air_add_noise(uint64_t seed, uint32_t ue, uint32_t seq, double snr_db, float complex *symbol,
                     size_t n);

#endif
