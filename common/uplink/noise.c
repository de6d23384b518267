#include "uplink/noise.h"

#include <math.h>

#include "base/decibel.h"
#include "uplink/snr.h"

double csi_codeword_power(const float *codeword, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)codeword[i] * (double)codeword[i];
    return n ? sum / (double)n : 0;
}

float csi_uplink_sigma(double power, double snr_db)
{
    return isinf(snr_db) ? 0.0f : (float)sqrt(power * power_of_db(-snr_db));
}

void csi_reference_symbols(double power, float *reference, size_t count)
{
    float amplitude = (float)sqrt(power);
    for (size_t k = 0; k < count; k++)
        reference[k] = snr_reference_sign(k) * amplitude;
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
