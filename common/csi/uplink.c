#include "csi/uplink.h"

#include <math.h>

/* The averaged estimate weighs a new report by this, once it has seen enough of them. */
static const double forgetting = 0.25;

/* The deviation, in standard deviations of one report's estimate, that restarts the average. */
static const double restart_sigmas = 4;

double csi_codeword_power(const float *codeword, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)codeword[i] * (double)codeword[i];
    return n ? sum / (double)n : 0;
}

float csi_uplink_sigma(double power, double snr_db)
{
    return isinf(snr_db) ? 0.0f : (float)sqrt(power * pow(10, -snr_db / 10));
}

/* p_k: the bits of a number without structure, so that no offset or tone looks like the pattern. */
static float reference_sign(size_t k)
{
    uint32_t x = (uint32_t)k * 2654435761u + 0x9e3779b9u;
    x ^= x >> 15;
    x *= 2246822519u;
    return (x >> 31) ? -1.0f : 1.0f;
}

void csi_reference_symbols(double power, float *reference, size_t count)
{
    float amplitude = (float)sqrt(power);
    for (size_t k = 0; k < count; k++)
        reference[k] = reference_sign(k) * amplitude;
}

double csi_uplink_add_noise(uint64_t seed, uint32_t ue, uint32_t seq, double snr_db,
                            float *codeword, size_t n, float *reference, size_t references)
{
    float sigma = csi_uplink_sigma(csi_codeword_power(codeword, n), snr_db);
    if (sigma <= 0)
        return 0;
    enum { CHUNK = 256 };
    float noise[CHUNK];
    double sum = 0;
    rng r = rng_at(seed, RNG_UPLINK_NOISE, ue, seq);
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t length = n - start < CHUNK ? n - start : CHUNK;
        rng_normal_fill(&r, noise, length, sigma);
        for (size_t i = 0; i < length; i++)
            codeword[start + i] += noise[i];
        sum += csi_codeword_power(noise, length) * (double)length;
    }
    rng_normal_add(&r, reference, references, sigma);
    return n ? sum / (double)n : 0;
}

/* One report's estimate in dB, and its standard deviation: v^ is chi-square with count - 1 degrees
 * of freedom, a^ normal with variance v / count (delta method). */
static double estimate_db(const float *received, size_t count, double *deviation_db)
{
    double sum = 0, squares = 0, k = (double)count;
    for (size_t i = 0; i < count; i++) {
        double y = (double)(received[i] * reference_sign(i));
        sum += y;
        squares += y * y;
    }
    double mean = sum / k, variance = (squares - sum * mean) / (k - 1);
    double floor_ratio = pow(10, CSI_SNR_MIN_DB / 10), ceiling = pow(10, CSI_SNR_MAX_DB / 10);
    double ratio = variance > 0 ? mean * mean / variance - 1 / k : ceiling;
    ratio = fmin(fmax(mean > 0 ? ratio : 0, floor_ratio), ceiling);
    *deviation_db = 10 / log(10) * sqrt(2 / (k - 1) + 4 / (k * ratio));
    return 10 * log10(ratio);
}

double csi_snr_track(csi_snr_tracker *t, const float *received, size_t count)
{
    double deviation, now = estimate_db(received, count, &deviation);
    if (t->reports > 0 && fabs(now - t->mean_db) > restart_sigmas * deviation)
        t->reports = 0;
    t->reports++;
    double weight = fmax(forgetting, 1.0 / t->reports);
    t->mean_db += t->reports == 1 ? now - t->mean_db : weight * (now - t->mean_db);
    return t->mean_db;
}
