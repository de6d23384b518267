#include "uplink/snr.h"

#include <math.h>
#include <stdint.h>

#include "base/decibel.h"

/* The weight of a new report in the averaged estimate, once there have been enough reports. */
static const double forgetting = 0.25;

/* The deviation, in standard deviations of one report's estimate, that restarts the average. */
static const double restart_sigmas = 4;

/* p_k: the bits of a number without structure, so that neither an offset nor a tone looks like the
 * pattern. */
float snr_reference_sign(size_t k)
{
    uint32_t x = (uint32_t)k * 2654435761u + 0x9e3779b9u;
    x ^= x >> 15;
    x *= 2246822519u;
    return (x >> 31) ? -1.0f : 1.0f;
}

void snr_references(float complex *symbol, size_t references)
{
    const float amplitude = (float)sqrt(0.5);
    float *real = (float *)symbol;
    for (size_t k = 0; k < 2 * references; k++)
        real[k] = snr_reference_sign(k) * amplitude;
}

/* z of one report. Symbols without power, or with NaN, read as no signal. */
static double estimate_z(const float *received, size_t count)
{
    double sum = 0, squares = 0, k = (double)count;
    for (size_t i = 0; i < count; i++) {
        double y = (double)(received[i] * snr_reference_sign(i));
        sum += y;
        squares += y * y;
    }
    if (!(squares > 0) || !isfinite(squares))
        return 0;
    double mean = sum / k, variance = fmax((squares - sum * mean) / (k - 1), 0);
    double ceiling = asinh(amplitude_of_db(UPLINK_SNR_MAX_DB));
    double m = mean / sqrt(mean * mean + variance);
    return fmax(fmin(atanh(m) - m / (2 * (k - 1)), ceiling), -ceiling);
}

static double z_to_db(double z)
{
    double ratio = z > 0 ? sinh(z) : 0;
    return fmin(fmax(db_of_amplitude(ratio), UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB);
}

double snr_track_reals(snr_tracker *t, const float *received, size_t count)
{
    double now = estimate_z(received, count);
    /* A mean over old reports is worthless once the channel has stepped: where this report is
     * further away than both spreads explain, the mean restarts. */
    if (t->reports > 0) {
        double m = tanh(t->mean_z), variance = (1 - m * m / 2) / (double)count;
        double weight = fmax(forgetting, 1.0 / t->reports); /* of the average's own variance */
        if (fabs(now - t->mean_z) > restart_sigmas * sqrt(variance * (1 + weight)))
            t->reports = 0;
    }
    t->reports++;
    double weight = fmax(forgetting, 1.0 / t->reports);
    t->mean_z = t->reports == 1 ? now : t->mean_z + weight * (now - t->mean_z);
    return z_to_db(t->mean_z);
}

double snr_track(snr_tracker *t, const float complex *received, size_t references)
{
    return snr_track_reals(t, (const float *)received, 2 * references);
}
