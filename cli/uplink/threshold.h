/* threshold.h: the Es/N0 at which a code block is lost once in a hundred times. */
#ifndef CLI_UPLINK_THRESHOLD_H
#define CLI_UPLINK_THRESHOLD_H

#include "count.h"

/* Near its cliff a block error rate is about that of a Gaussian threshold,
 *
 *     BLER(s) = Q((s - snr_db) / spread_db + z),   Q(z) = 1e-2,   s in dB. */
typedef struct threshold {
    double snr_db;    /* of a BLER of 1e-2 */
    double spread_db; /* of one standard deviation */
    uint64_t blocks;  /* words that the search and the measurement used */
} threshold;

/* Searches from *found, a guess that may be far off. Then measures at least four points,
 * alternately above and below the threshold, and fits a line to them by least squares. Together
 * they have `errors` word errors if the spread is 1 dB, and otherwise in proportion to its square,
 * but at least 60, so that thresholds are about equally accurate. All points have the same noise,
 * only at another power: two at one SNR count the same errors twice. A word of two code blocks
 * counts as two that are lost independently: the threshold is that of one of them. ERR_NOMEM;
 * ERR_FORMAT if the search does not converge. */
int threshold_find(const trial_link *link, uint64_t errors, size_t threads, threshold *found,
                   err *e);

#endif
