#include "cli/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

bench_row *bench_add(bench *b, const char *group, const char *name, const char *unit,
                     uint64_t *times_ns, size_t count, unsigned samples)
{
    static bench_row spare; /* receives rows beyond BENCH_ROWS_MAX */
    bench_row *row = b->rows < BENCH_ROWS_MAX ? &b->row[b->rows++] : &spare;
    *row = (bench_row){0};
    snprintf(row->group, sizeof row->group, "%s", group);
    snprintf(row->name, sizeof row->name, "%s", name);
    snprintf(row->unit, sizeof row->unit, "%s", unit);
    if (count > 0) {
        qsort(times_ns, count, sizeof *times_ns, compare);
        row->median_us = (double)times_ns[count / 2] / 1e3 / samples;
        row->p99_us = (double)times_ns[count - 1 - count / 100] / 1e3 / samples;
    }
    return row;
}

void bench_measure(bench *b, const char *group, const char *name, void (*run)(void *context),
                   void *context, unsigned samples, int64_t macs)
{
    static uint64_t times[BENCH_CALLS_MAX];
    uint64_t span = (uint64_t)(b->seconds * 1e9), start = clock_ns();
    while (clock_ns() - start < span / 10)
        run(context);
    size_t count = 0;
    for (start = clock_ns(); count < BENCH_CALLS_MAX; count++) {
        uint64_t before = clock_ns();
        if (count > 10 && before - start > span)
            break;
        run(context);
        times[count] = clock_ns() - before;
    }
    bench_row *row = bench_add(b, group, name, "sample", times, count, samples);
    row->gflops = row->median_us > 0 ? 2e-3 * (double)macs / row->median_us : 0;
}

void bench_fail(bench *b, const char *what, const err *e)
{
    log_error("%s: %s", what, e->text);
    b->failed = true;
}
