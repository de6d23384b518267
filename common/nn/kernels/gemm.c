#include "nn/kernels/gemm.h"

#include <cblas.h>
#include <pthread.h>
#include <string.h>

#include "nn/kernels/gemm_internal.h"

static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

static void keep_to_one_thread(void)
{
    openblas_set_num_threads(1);
}

void nn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
             const float *a, const float *b, float beta, float *c)
{
    pthread_once(&blas_once, keep_to_one_thread);
    const int64_t row_a = transpose_a ? m : k, row_b = transpose_b ? k : n;
    /* OpenBLAS refuses a leading dimension of 0, which an empty matrix would have. */
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, alpha,
                a, (blasint)(row_a ? row_a : 1), b, (blasint)(row_b ? row_b : 1), beta, c,
                (blasint)(n ? n : 1));
}

/* Our loops read the weights once for each sample. Above a million multiply-adds OpenBLAS packs
 * them first, which costs more until about 8 samples share it; below that it has a fast path
 * (measured with weights from 64 x 64 to 2048 x 512). */
static bool prefers_own_loops(int64_t batch, int64_t in, int64_t out)
{
    const double multiply_adds = (double)batch * (double)in * (double)out;
    return batch == 1 || (batch < 8 && multiply_adds > 1e6);
}

void nn_linear(int64_t batch, int64_t in, int64_t out, const float *x, const float *w,
               const float *bias, float *y)
{
    static void (*const one[])(int64_t, int64_t, const float *, const float *, const float *,
                               float *) = SIMD_TABLE(linear_one);
    if (prefers_own_loops(batch, in, out)) {
        for (int64_t n = 0; n < batch; n++)
            one[cpu_level()](in, out, x + n * in, w, bias, y + n * out);
        return;
    }
    for (int64_t n = 0; bias && n < batch; n++)
        memcpy(y + n * out, bias, (size_t)out * sizeof *y);
    nn_gemm(false, true, batch, out, in, 1, x, w, bias ? 1 : 0, y);
}
