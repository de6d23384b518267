#include "csi/precoding.h"

#include <math.h>

#include "csi/metrics.h"

/* |h w|^2 for w = known^H / ||known||, the unit vector of antenna 0 where `known` is zero. */
static double beamforming_gain(const float complex *h, const float complex *known, size_t nt)
{
    const float *x = (const float *)h, *y = (const float *)known;
    double norm = csi_energy(known, nt), re = 0, im = 0;
    if (!(norm > 0))
        return csi_energy(h, 1);
    for (size_t i = 0; i < 2 * nt; i += 2) {
        re += (double)x[i] * (double)y[i] + (double)x[i + 1] * (double)y[i + 1];
        im += (double)x[i + 1] * (double)y[i] - (double)x[i] * (double)y[i + 1];
    }
    return (re * re + im * im) / norm;
}

double csi_spectral_efficiency(const float complex *h, const float complex *known,
                               size_t subcarriers, size_t nt, double snr_db)
{
    double mean_power = csi_energy(h, subcarriers * nt) / (double)(subcarriers * nt);
    if (!(mean_power > 0))
        return 0;
    double snr = pow(10, snr_db / 10) / mean_power, sum = 0;
    for (size_t n = 0; n < subcarriers; n++)
        sum += log2(1 + snr * beamforming_gain(h + n * nt, known + n * nt, nt));
    return sum / (double)subcarriers;
}
