/* snr.h: how the base station estimates a UE's SNR: only from the reference symbols at the start of
 * every burst.
 *
 * Reference k is (p_2k + j p_2k+1) / sqrt(2) with signs p known to both ends. The received symbols'
 * real and imaginary parts are `count` = 2 x references reals y_k = p_k a + n_k. From those of one
 * report,
 *     a^ = mean(p_k y_k),  v^ = sum (p_k y_k - a^)^2 / (count - 1),
 *     m = a^ / sqrt(a^^2 + v^),  z = artanh(m) - m / (2 (count - 1)),
 * and the SNR is sinh(z)^2, since m^2 tends to SNR / (1 + SNR). This z (Fisher's transform of the
 * correlation with the known symbols, minus its bias) has nearly the same variance at every SNR,
 * from 1 / (2 count) at high SNR to 1 / count at low SNR. So z can be averaged over reports, with a
 * forgetting factor (about the last seven count). The average restarts where a report is further
 * from it than chance explains, so it follows a step at once. */
#ifndef UPLINK_SNR_H
#define UPLINK_SNR_H

#include <complex.h>
#include <stddef.h>

/* Limits of the estimate; a noiseless link reads as the upper one. */
#define UPLINK_SNR_MIN_DB (-20.0)
#define UPLINK_SNR_MAX_DB 60.0

/* The transmitted reference symbols, of power 1 each. */
void snr_references(float complex *symbol, size_t references);

/* What the base station stores about one UE; zero-initialise. */
typedef struct snr_tracker {
    double mean_z;
    unsigned reports; /* since the last start */
} snr_tracker;

/* Takes the received reference symbols of the UE's next report; returns the SNR in dB. */
double snr_track(snr_tracker *t, const float complex *received, size_t references);

/* The same for `count` >= 2 reals, where the symbols are real (uplink/noise.h). */
double snr_track_reals(snr_tracker *t, const float *received, size_t count);

/* The sign p_k of real k. */
float snr_reference_sign(size_t k);

#endif
