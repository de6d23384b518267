/* hist_coarse.h: a histogram (base/hist.h) with an eighth of its buckets, for telemetry: 16 per
 * power of two, so a percentile is within 6.3 % of the true value. Bucket i holds the values from
 * hist_coarse_low(i) to hist_coarse_low(i + 1) - 1; every power of two from 16 up starts a bucket,
 * so counts below such a bound are exact. */
#ifndef BASE_HIST_COARSE_H
#define BASE_HIST_COARSE_H

#include <stddef.h>
#include <stdint.h>

#include "base/hist.h"

enum { HIST_COARSE_FOLD = 8, HIST_COARSE = HIST_BUCKETS / HIST_COARSE_FOLD };

void hist_coarsen(const hist *h, uint64_t count[HIST_COARSE]);

/* The smallest value of bucket `index` <= HIST_COARSE; the last bucket has no upper end. */
uint64_t hist_coarse_low(size_t index);

/* The value below which a fraction q (0 to 1) of the values lie, interpolated within its bucket;
 * NaN when there are none. */
double hist_coarse_percentile(const uint64_t count[HIST_COARSE], double q);

#endif
