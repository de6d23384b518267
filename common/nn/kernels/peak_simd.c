#include "base/vector.h"
#include "nn/kernels/peak_internal.h"

/* Independent sums: more than latency x units of any current core, and with the two factors they
 * fit 16 registers. */
enum { CHAINS = 12 };

int SIMD(peak_run)(int64_t rounds, float *sink)
{
    vec sum[CHAINS];
    /* The sums converge to 1 from different sides: no overflow, no denormals, and no constant
     * folding. */
    const vec factor = vec_all(*sink * 0.999f), term = vec_all(*sink * 0.001f);
    VEC_UNROLL
    for (int i = 0; i < CHAINS; i++)
        sum[i] = vec_all((float)i);
    for (int64_t n = 0; n < rounds; n++) {
        VEC_UNROLL
        for (int i = 0; i < CHAINS; i++)
            sum[i] = sum[i] * factor + term;
    }
    VEC_UNROLL
    for (int i = 1; i < CHAINS; i++)
        sum[0] += sum[i];
    *sink = sum[0][0];
    return 2 * CHAINS * VEC_LANES;
}
