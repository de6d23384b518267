#include "nn/nn.h"

#include "base/clock.h"
#include "nn/kernels/peak_internal.h"

double nn_peak_gflops(void)
{
    static int (*const run[])(int64_t, float *) = SIMD_TABLE(peak_run);
    const int64_t rounds = 200000; /* under a millisecond, so that some runs are not interrupted */
    const uint64_t end = clock_ns() + 50000000;
    double best = 0;
    float sink = 1;
    for (uint64_t now = clock_ns(); now < end;) {
        const uint64_t start = now;
        const int per_round = run[cpu_level()](rounds, &sink);
        now = clock_ns();
        /* Operations per nanosecond. sink stays near 1, and using it keeps the sums alive. */
        const double rate = (double)rounds * per_round / (double)(now - start + 1);
        best = rate > best && sink > 0 ? rate : best;
        sink = 1;
    }
    return best;
}
