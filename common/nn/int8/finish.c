#include "nn/int8/finish.h"

void nn_finish_row(const nn_finish *f, const int32_t *sums, float *y, size_t n, nn_range *range)
{
    static void (*const table[])(const nn_finish *, const int32_t *, float *, size_t, nn_range *) =
        SIMD_TABLE(nn_finish_row);
    table[cpu_level()](f, sums, y, n, range);
}

void nn_range_of(const float *x, size_t n, nn_range *range)
{
    static void (*const table[])(const float *, size_t, nn_range *) = SIMD_TABLE(nn_range_of);
    table[cpu_level()](x, n, range);
}

void nn_quantize_row(const float *x, float scale, uint8_t zero, uint8_t *y, size_t n)
{
    static void (*const table[])(const float *, float, uint8_t, uint8_t *, size_t) =
        SIMD_TABLE(nn_quantize_row);
    table[cpu_level()](x, scale, zero, y, n);
}
