#include "base/vector.h"
#include "nn/kernels/gemm_internal.h"

enum { ROWS = 4 }; /* outputs at a time: x is loaded once for all of them */

VEC_INLINE float sum_lanes(vec v)
{
    float x[VEC_LANES];
    vec_store(x, v);
    for (int half = VEC_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            x[i] += x[i + half];
    return x[0];
}

/* `rows` products of x with rows of w. Two sums for each row hide the latency of the additions. */
VEC_INLINE void products(int64_t in, const float *x, const float *w, float *y, const int rows)
{
    vec even[ROWS] = {0}, odd[ROWS] = {0};
    int64_t i = 0;
    for (; i + 2 * VEC_LANES <= in; i += 2 * VEC_LANES) {
        const vec x0 = vec_load(x + i), x1 = vec_load(x + i + VEC_LANES);
        VEC_UNROLL
        for (int r = 0; r < rows; r++) {
            even[r] += vec_load(w + r * in + i) * x0;
            odd[r] += vec_load(w + r * in + i + VEC_LANES) * x1;
        }
    }
    for (; i < in; i += VEC_LANES) {
        const int32_t lanes = in - i < VEC_LANES ? (int32_t)(in - i) : VEC_LANES;
        const vec part = vec_load_part(x + i, lanes);
        for (int r = 0; r < rows; r++)
            even[r] += vec_load_part(w + r * in + i, lanes) * part;
    }
    VEC_UNROLL
    for (int r = 0; r < rows; r++)
        y[r] = sum_lanes(even[r] + odd[r]);
}

void SIMD(linear_one)(int64_t in, int64_t out, const float *x, const float *w, const float *bias,
                      float *y)
{
    int64_t o = 0;
    for (; o + ROWS <= out; o += ROWS)
        products(in, x, w + o * in, y + o, ROWS);
    for (; o < out; o++)
        products(in, x, w + o * in, y + o, 1);
    for (o = 0; bias && o < out; o++)
        y[o] += bias[o];
}
