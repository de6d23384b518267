/* measure.h: timing of a function for `csilink bench`, and the table of results. */
#ifndef CLI_BENCH_MEASURE_H
#define CLI_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { BENCH_ROWS_MAX = 128, BENCH_NAME_MAX = 96, BENCH_CALLS_MAX = 20000 };

/* One line of the result. Times are per sample (report, codeword, round trip). */
typedef struct bench_row {
    char group[16], name[BENCH_NAME_MAX], unit[16];
    double median_us, p99_us;
    double gflops; /* reached, at two operations per multiply-accumulate; 0: does not apply */
} bench_row;

typedef struct bench {
    const char *only;    /* a group's name, or NULL for all */
    const char *encoder; /* the user's files, or NULL */
    const char *decoder;
    double seconds; /* spent on each measurement */
    bench_row row[BENCH_ROWS_MAX];
    size_t rows;
    bool failed;
} bench;

/* Calls run(context) for b->seconds, after a tenth of that to warm up, timing each call; adds a row
 * of the median and 99th percentile over the calls, divided by `samples` per call. `macs` is per
 * sample, 0 where there are none. */
void bench_measure(bench *b, const char *group, const char *name, void (*run)(void *context),
                   void *context, unsigned samples, int64_t macs);

/* Adds a row from times in ns that the caller measured; sorts them. */
bench_row *bench_add(bench *b, const char *group, const char *name, const char *unit,
                     uint64_t *times_ns, size_t count, unsigned samples);

/* Logs why a part could not run, and makes the exit status 1. */
void bench_fail(bench *b, const char *what, const err *e);

#endif
