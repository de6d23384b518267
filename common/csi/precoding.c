#include "csi/precoding.h"

#include <math.h>

#include "base/decibel.h"
#include "csi/metrics.h"

/* |h w|^2 for w = known^H / ||known||, or the unit vector of antenna 0 if `known` is zero, from
 * |<h, known>|^2 and the energy of `known`. */
static double gain_of(double squared, double known, const float complex *h)
{
    return known > 0 ? squared / known : csi_energy(h, 1);
}

csi_quality csi_quality_of(const float complex *h, const float complex *known, size_t subcarriers,
                           size_t nt, double snr_db)
{
    double mean_power = csi_energy(h, subcarriers * nt) / (double)(subcarriers * nt);
    double snr = mean_power > 0 ? power_of_db(snr_db) / mean_power : 0;
    csi_quality sum = {0};
    for (size_t n = 0; n < subcarriers; n++) {
        const float complex *row = h + n * nt;
        double energy, believed, squared;
        squared = csi_squared_product(row, known + n * nt, nt, &energy, &believed);
        double cosine = energy * believed > 0 ? squared / (energy * believed) : 0;
        sum.rho += sqrt(cosine);
        sum.sgcs += cosine;
        sum.se += log2(1 + snr * gain_of(squared, believed, row));
    }
    return (csi_quality){.rho = sum.rho / (double)subcarriers,
                         .sgcs = sum.sgcs / (double)subcarriers,
                         .se = sum.se / (double)subcarriers};
}

double csi_spectral_efficiency(const float complex *h, const float complex *known,
                               size_t subcarriers, size_t nt, double snr_db)
{
    return csi_quality_of(h, known, subcarriers, nt, snr_db).se;
}
