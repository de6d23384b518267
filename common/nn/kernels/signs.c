#include "nn/kernels/signs.h"

#include <math.h>
#include <string.h>

#include "nn/kernels/signs_internal.h"

bool nn_signs_find(int64_t out, int64_t in, const float *w, float *sizes)
{
    if (in < 1)
        return false;
    for (int64_t o = 0; o < out; o++, w += in) {
        sizes[o] = fabsf(w[0]);
        if (!(sizes[o] > 0) || !isfinite(sizes[o]))
            return false;
        for (int64_t i = 1; i < in; i++)
            if (fabsf(w[i]) != sizes[o])
                return false;
    }
    return true;
}

void nn_signs_pack(int64_t out, int64_t in, const float *w, uint16_t *bits)
{
    const size_t words = nn_signs_words(in);
    memset(bits, 0, (size_t)out * words * sizeof *bits);
    for (int64_t o = 0; o < out; o++, bits += words)
        for (int64_t i = 0; i < in; i++)
            if (*w++ < 0)
                bits[i / NN_SIGNS_BLOCK] |= (uint16_t)(1u << i % NN_SIGNS_BLOCK);
}

/* Not in the loops of an instruction set: some fuse a product and a sum into one rounding, and
 * results would differ. */
static void finish(int64_t out, const float *sizes, const float *bias, float *y)
{
    for (int64_t o = 0; o < out; o++)
        y[o] = bias ? y[o] * sizes[o] + bias[o] : y[o] * sizes[o];
}

void nn_signs_product(int64_t in, int64_t out, const float *x, const uint16_t *bits,
                      const float *sizes, const float *bias, float *y)
{
    static void (*const sums[])(int64_t, int64_t, const float *, const uint16_t *, float *) =
        SIMD_TABLE(nn_signs_sums);
    sums[cpu_level()](in, out, x, bits, y);
    finish(out, sizes, bias, y);
}

void nn_signs_reference(int64_t in, int64_t out, const float *x, const uint16_t *bits,
                        const float *sizes, const float *bias, float *y)
{
    const size_t words = nn_signs_words(in);
    for (int64_t o = 0; o < out; o++, bits += words) {
        float sum[NN_SIGNS_BLOCK] = {0};
        for (size_t i = 0; i < words * NN_SIGNS_BLOCK; i++) {
            float value = (int64_t)i < in ? x[i] : 0;
            bool negative = bits[i / NN_SIGNS_BLOCK] >> i % NN_SIGNS_BLOCK & 1;
            sum[i % NN_SIGNS_BLOCK] += negative ? -value : value;
        }
        for (int half = NN_SIGNS_BLOCK / 2; half > 0; half /= 2)
            for (int i = 0; i < half; i++)
                sum[i] += sum[i + half];
        y[o] = sum[0];
    }
    finish(out, sizes, bias, y);
}
