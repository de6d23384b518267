/* The matrix kernels, and the rate that they are measured against. Apart from the convolutions, as
 * they need OpenBLAS. */
#include "base/rng.h"
#include "harness.h"
#include "nn/kernels/gemm.h"
#include "nn/kernels/gemm_internal.h"
#include "nn/nn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *new_floats(size_t n)
{
    float *p = malloc((n ? n : 1) * sizeof *p);
    REQUIRE(p != NULL);
    return p;
}

/* With `integers`, whole numbers from -4 to 4: their sums here are exact in float. */
static float *new_random(rng *r, size_t n, bool integers)
{
    float *p = new_floats(n);
    for (size_t i = 0; i < n; i++)
        p[i] = integers ? (float)((int)(rng_u32(r) % 9) - 4) : (float)(2 * rng_uniform(r) - 1);
    return p;
}

/* |got - want| <= 1e-6 sum |x| |w|, for y = x w^T + bias in double. */
static bool linear_is_close(int64_t batch, int64_t in, int64_t out, const float *x, const float *w,
                            const float *bias, const float *y)
{
    for (int64_t n = 0; n < batch; n++)
        for (int64_t o = 0; o < out; o++) {
            double sum = bias ? (double)bias[o] : 0, size = fabs(sum);
            for (int64_t i = 0; i < in; i++) {
                double term = (double)x[n * in + i] * (double)w[o * in + i];
                sum += term;
                size += fabs(term);
            }
            if (!(fabs((double)y[n * out + o] - sum) <= 1e-6 * size))
                return false;
        }
    return true;
}

static void linear_layers_match_the_definition(void)
{
    static void (*const one[])(int64_t, int64_t, const float *, const float *, const float *,
                               float *) = SIMD_TABLE(linear_one);
    static const int64_t sizes[][3] = {{1, 1, 1},   {1, 7, 5},     {1, 64, 64}, {1, 2048, 33},
                                       {2, 100, 3}, {3, 700, 600}, {9, 31, 17}, {20, 512, 64}};
    rng r = rng_at(1, RNG_TEST, 6, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int64_t batch = sizes[i][0], in = sizes[i][1], out = sizes[i][2];
        float *x = new_random(&r, (size_t)(batch * in), false);
        float *w = new_random(&r, (size_t)(in * out), false);
        float *bias = new_random(&r, (size_t)out, false), *y = new_floats((size_t)(batch * out));
        nn_linear(batch, in, out, x, w, bias, y);
        CHECK(linear_is_close(batch, in, out, x, w, bias, y));
        nn_linear(batch, in, out, x, w, NULL, y);
        CHECK(linear_is_close(batch, in, out, x, w, NULL, y));
        for (int level = CPU_BASE; level <= (int)cpu_level(); level++) {
            one[level](in, out, x, w, bias, y);
            CHECK(linear_is_close(1, in, out, x, w, bias, y));
        }
        free(x);
        free(w);
        free(bias);
        free(y);
    }
}

/* c = 2 a b + 3 c of small whole numbers is exact however a and b are stored. */
static void products_do_not_depend_on_storage(void)
{
    enum { M = 5, N = 7, K = 3 };
    rng r = rng_at(1, RNG_TEST, 7, 0);
    float *a = new_random(&r, M * K, true), *b = new_random(&r, K * N, true);
    float a_transposed[K * M], b_transposed[N * K], want[M * N];
    for (int m = 0; m < M; m++)
        for (int n = 0; n < N; n++) {
            want[m * N + n] = 3;
            for (int k = 0; k < K; k++) {
                a_transposed[k * M + m] = a[m * K + k];
                b_transposed[n * K + k] = b[k * N + n];
                want[m * N + n] += 2 * a[m * K + k] * b[k * N + n];
            }
        }
    for (int flags = 0; flags < 4; flags++) {
        float c[M * N];
        for (int i = 0; i < M * N; i++)
            c[i] = 1;
        nn_gemm(flags & 1, flags & 2, M, N, K, 2, flags & 1 ? a_transposed : a,
                flags & 2 ? b_transposed : b, 3, c);
        CHECK(memcmp(c, want, sizeof c) == 0);
    }
    free(a);
    free(b);
}

/* One multiply-add of 4 lanes in 10 ns is slower than any machine of the last 20 years; 10 TFLOP/s
 * on one core is beyond any. valgrind and sanitizers, which CSILINK_TEST_SLOW tells of, are slower
 * by more than that factor. */
static void peak_is_plausible(void)
{
    if (getenv("CSILINK_TEST_SLOW") && atof(getenv("CSILINK_TEST_SLOW")) > 1) {
        harness_skip("the rate of a slowed program says nothing");
        return;
    }
    double peak = nn_peak_gflops();
    CHECK(peak > 0.8 && peak < 10000);
}

static const harness_test tests[] = {
    {"linear layers equal the definition at every level", linear_layers_match_the_definition},
    {"a matrix product does not depend on how its factors are stored",
     products_do_not_depend_on_storage},
    {"the measured peak rate is plausible", peak_is_plausible},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "matrix kernels", tests, sizeof tests / sizeof tests[0]);
}
