#include "codec/klt/allocation.h"

#include <math.h>
#include <string.h>

enum { HALVINGS = 100 };

/* The step from b bits, to at most `most`, with the largest gain per bit. */
static unsigned best_step(const double *distortion, unsigned b, uint32_t most, double *gain)
{
    unsigned best = 0;
    *gain = 0;
    for (unsigned k = 1; k <= most && b + k <= LLOYD_BITS_MAX; k++) {
        double each = (distortion[b] - distortion[b + k]) / k;
        if (each > *gain) {
            *gain = each;
            best = k;
        }
    }
    return best;
}

static void allocate_greedy(const float *variance, size_t n, const double *distortion,
                            uint32_t budget, uint8_t *width)
{
    for (uint32_t left = budget; left > 0;) {
        unsigned step[LLOYD_BITS_MAX + 1], taken = 0;
        double gain[LLOYD_BITS_MAX + 1], most = 0;
        size_t best = 0;
        for (unsigned b = 0; b <= LLOYD_BITS_MAX; b++)
            step[b] = best_step(distortion, b, left, &gain[b]);
        for (size_t i = 0; i < n; i++) {
            /* Among values with the same bits the first has the largest variance. */
            if (i > 0 && width[i] == width[i - 1])
                continue;
            if ((double)variance[i] * gain[width[i]] > most) {
                most = (double)variance[i] * gain[width[i]];
                best = i;
                taken = step[width[i]];
            }
        }
        if (taken == 0)
            return;
        width[best] = (uint8_t)(width[best] + taken);
        left -= taken;
    }
}

static double rate(float variance, double log2_theta)
{
    return fmin(fmax((log2((double)variance) - log2_theta) / 2, 0), LLOYD_BITS_MAX);
}

static void allocate_water(const float *variance, size_t n, uint32_t budget, uint8_t *width)
{
    /* The water level lies between these: every rate is at its maximum, or none is above 0. */
    double low = log2((double)variance[n - 1]) - 2 * LLOYD_BITS_MAX;
    double high = log2((double)variance[0]), sum;
    for (int k = 0; k < HALVINGS; k++) {
        double middle = (low + high) / 2;
        sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += rate(variance[i], middle);
        if (sum > budget)
            low = middle;
        else
            high = middle;
    }
    uint32_t left = budget;
    for (size_t i = 0; i < n; i++) {
        width[i] = (uint8_t)rate(variance[i], high);
        left -= width[i];
    }
    for (; left > 0; left--) {
        size_t best = n;
        double most = -1;
        for (size_t i = 0; i < n; i++) {
            double rest = rate(variance[i], high) - width[i];
            if (rest > most && width[i] < LLOYD_BITS_MAX) {
                most = rest;
                best = i;
            }
        }
        if (best == n)
            return;
        width[best]++;
    }
}

uint32_t klt_allocate(klt_allocation how, const float *variance, size_t n,
                      const double distortion[LLOYD_BITS_MAX + 1], uint32_t budget, uint8_t *width)
{
    uint32_t sum = 0;
    if (budget > n * LLOYD_BITS_MAX)
        budget = (uint32_t)(n * LLOYD_BITS_MAX);
    memset(width, 0, n);
    if (how == KLT_GREEDY)
        allocate_greedy(variance, n, distortion, budget, width);
    else if (how == KLT_WATER)
        allocate_water(variance, n, budget, width);
    else
        for (size_t i = 0; i < n; i++)
            width[i] = (uint8_t)(budget / n + (i < budget % n));
    for (size_t i = 0; i < n; i++)
        sum += width[i];
    return sum;
}
