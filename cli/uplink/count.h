/* count.h: block errors at one SNR, counted by several threads. */
#ifndef CLI_UPLINK_COUNT_H
#define CLI_UPLINK_COUNT_H

#include "trial.h"

/* Blocks are counted in whole batches, in order, and the errors are looked at after each: how many
 * threads there are changes nothing. */
enum { COUNT_BATCH = 64, COUNT_THREADS_MAX = 256 };

/* When to stop: at so many errors, or blocks. */
typedef struct count_limits {
    uint64_t errors;
    uint32_t blocks;
} count_limits;

typedef struct count_row {
    double snr_db;
    uint64_t blocks;
    uint64_t errors;     /* blocks whose check failed, or whose bits are wrong */
    uint64_t undetected; /* of these, those whose check passed */
} count_row;

/* The number of cores, within COUNT_THREADS_MAX. */
uint64_t count_threads(void);

/* Counts at row->snr_db. on_batch, called by one thread at a time, gets the share of the work that
 * is done. ERR_NOMEM. */
int count_blocks(const trial_link *link, const count_limits *limits, size_t threads,
                 void (*on_batch)(void *user, double share), void *user, count_row *row, err *e);

/* The ends of the 95 % Wilson interval of a probability of which `hits` of `trials` were seen. */
typedef struct count_interval {
    double low, high;
} count_interval;
count_interval count_wilson(uint64_t hits, uint64_t trials);

#endif
