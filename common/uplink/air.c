#include "uplink/air.h"

#include <math.h>

#include "base/decibel.h"
#include "base/rng.h"

/* Sum of the squares of n reals. */
static double energy(const float *real, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)real[i] * (double)real[i];
    return sum;
}

double air_power(const float complex *symbol, size_t n)
{
    return n ? energy((const float *)symbol, 2 * n) / (double)n : 0;
}

double air_power_limit(size_t n)
{
    const double variance = 0.395, deviations = 6; /* of |x|^2 of 256-QAM: 1.395 - 1 */
    return 1 + AIR_POWER_TOLERANCE + (n ? deviations * sqrt(variance / (double)n) : 0);
}

/* The power shows whether all symbols are finite: one that is not makes the sum NaN or infinite.
 * Only then does a search find its index, for the message. */
int air_check_power(const float complex *symbol, size_t n, err *e)
{
    double power = air_power(symbol, n); /* squares of floats cannot overflow a double */
    if (!isfinite(power)) {
        size_t k = 0;
        while (isfinite(crealf(symbol[k])) && isfinite(cimagf(symbol[k])))
            k++;
        return err_set(e, ERR_FORMAT, "symbol %zu of the burst is not finite", k);
    }
    if (power > air_power_limit(n))
        return err_set(e, ERR_FORMAT,
                       "the burst has a mean power of %.6g; at most %.6g is allowed for its %zu "
                       "symbols",
                       power, air_power_limit(n), n);
    return ERR_NONE;
}

double air_add_noise(uint64_t seed, uint32_t ue, uint32_t seq, double snr_db, float complex *symbol,
                     size_t n)
{
    enum { CHUNK = 256 }; /* whole blocks of the generator, so chunks do not change the numbers */
    float noise[CHUNK], *real = (float *)symbol;
    float sigma = isinf(snr_db) && snr_db > 0 ? 0 : (float)sqrt(power_of_db(-snr_db) / 2);
    double sum = 0;
    if (!(sigma > 0))
        return 0;
    rng r = rng_at(seed, RNG_UPLINK_NOISE, ue, seq);
    for (size_t start = 0; start < 2 * n; start += CHUNK) {
        size_t length = 2 * n - start < CHUNK ? 2 * n - start : CHUNK;
        rng_normal_fill(&r, noise, length, sigma);
        for (size_t i = 0; i < length; i++)
            real[start + i] += noise[i];
        sum += energy(noise, length);
    }
    return n ? sum / (double)n : 0;
}
