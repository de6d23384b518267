#include "uplink/noise.h"

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

/* One report's z. Symbols without power read as no signal. */
static double estimate_z(const float *received, size_t count)
{
    double sum = 0, squares = 0, k = (double)count;
    for (size_t i = 0; i < count; i++) {
        double y = (double)(received[i] * reference_sign(i));
        sum += y;
        squares += y * y;
    }
    if (squares <= 0)
        return 0;
    double mean = sum / k, variance = fmax((squares - sum * mean) / (k - 1), 0);
    double ceiling = asinh(pow(10, CSI_SNR_MAX_DB / 20));
    double m = mean / sqrt(mean * mean + variance);
    return fmax(fmin(atanh(m) - m / (2 * (k - 1)), ceiling), -ceiling);
}

static double z_to_db(double z)
{
    double ratio = z > 0 ? sinh(z) : 0;
    return fmin(fmax(20 * log10(ratio), CSI_SNR_MIN_DB), CSI_SNR_MAX_DB);
}

double csi_snr_track(csi_snr_tracker *t, const float *received, size_t count)
{
    double now = estimate_z(received, count);
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
