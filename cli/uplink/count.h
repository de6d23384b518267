/* count.h: block errors at one SNR, counted by several threads. */
#ifndef CLI_UPLINK_COUNT_H
#define CLI_UPLINK_COUNT_H

#include "trial.h"

/* Blocks are counted in whole batches, in order, with a check of the errors after each, so the
 * result does not depend on the number of threads. */
enum { COUNT_BATCH = 64, COUNT_THREADS_MAX = 256 };

/* Counting stops at this many errors, or blocks. */
typedef struct count_limits {
    uint64_t errors;
    uint32_t blocks;
} count_limits;

typedef struct count_row {
    double snr_db;
    uint64_t blocks;
    uint64_t errors;     /* blocks whose check failed, or whose bits are wrong */
    uint64_t undetected; /* of these, blocks that passed their check */
} count_row;

/* The number of cores, within COUNT_THREADS_MAX. */
uint64_t count_threads(void);

/* Counts at row->snr_db. Calls on_batch, on one thread at a time, with the finished share of the
 * work. ERR_NOMEM. */
int count_blocks(const trial_link *link, const count_limits *limits, size_t threads,
                 void (*on_batch)(void *user, double share), void *user, count_row *row, err *e);

/* The 95 % Wilson interval of a probability, from `hits` in `trials`. */
typedef struct count_interval {
    double low, high;
} count_interval;
count_interval count_wilson(uint64_t hits, uint64_t trials);

#endif
