/* hist.h: a histogram that keeps percentiles of many values in constant memory.
 *
 * Values are unsigned integers (nanoseconds, here). Buckets are linear up to 128 and then 128 per
 * power of two, so a percentile is within 0.8 % of the true value; the smallest and the largest
 * value are exact. Histograms of several processes can be merged. */
#ifndef BASE_HIST_H
#define BASE_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    HIST_SUB_BITS = 7,
    HIST_SUB = 1 << HIST_SUB_BITS,
    HIST_OCTAVES = 34, /* values up to 2^41 ns, 36 minutes; larger ones count in the last bucket */
    HIST_BUCKETS = HIST_SUB * (HIST_OCTAVES + 1)
};

typedef struct hist {
    uint64_t count, min, max;
    double sum;
    uint64_t bucket[HIST_BUCKETS];
} hist; /* zero-initialise; no other memory */

void hist_add(hist *h, uint64_t value);
void hist_merge(hist *into, const hist *from);

/* The value below which a fraction q (0 to 1) of the values lie; 0 when there are none. */
uint64_t hist_percentile(const hist *h, double q);
double hist_mean(const hist *h);

/* Text form for records: "count sum min max index:count index:count ...", with the filled buckets
 * only. The caller frees the string; NULL when memory ran out. hist_from_text returns ERR_FORMAT,
 * and leaves the histogram empty, for text that hist_to_text cannot have written. */
char *hist_to_text(const hist *h);
int hist_from_text(hist *h, const char *text, err *e);

#endif
