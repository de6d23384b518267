#include "base/hist_coarse.h"

#include <math.h>

void hist_coarsen(const hist *h, uint64_t count[HIST_COARSE])
{
    for (size_t i = 0; i < HIST_COARSE; i++) {
        count[i] = 0;
        for (size_t k = 0; k < HIST_COARSE_FOLD; k++)
            count[i] += h->bucket[i * HIST_COARSE_FOLD + k];
    }
}

uint64_t hist_coarse_low(size_t index)
{
    size_t fine = index * HIST_COARSE_FOLD;
    if (fine < HIST_SUB)
        return fine;
    return (uint64_t)(HIST_SUB + fine % HIST_SUB) << (fine / HIST_SUB - 1);
}

double hist_coarse_percentile(const uint64_t count[HIST_COARSE], double q)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < HIST_COARSE; i++)
        total += count[i];
    if (total == 0)
        return NAN;
    double rank = q * (double)total;
    size_t last = 0;
    for (size_t i = 0; i < HIST_COARSE; i++) {
        if (count[i] == 0)
            continue;
        last = i;
        if ((double)(seen + count[i]) >= rank)
            break;
        seen += count[i];
    }
    double low = (double)hist_coarse_low(last), high = (double)hist_coarse_low(last + 1);
    double share = (rank - (double)seen) / (double)count[last];
    return low + (high - low) * fmin(fmax(share, 0), 1);
}
