#include "nn/int8/finish.h"

#include "nn/int8/quantize_simd.h"

void nn_finish_sums(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums, float *y)
{
    static void (*const table[])(const nn_finish *, const nn_sums_layout *, const int32_t *,
                                 float *) = SIMD_TABLE(nn_finish_sums);
    table[cpu_level()](f, layout, sums, y);
}

void nn_finish_range(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                     nn_range *range)
{
    static void (*const table[])(const nn_finish *, const nn_sums_layout *, const int32_t *,
                                 nn_range *) = SIMD_TABLE(nn_finish_range);
    table[cpu_level()](f, layout, sums, range);
}

void nn_finish_bytes(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                     nn_quantization q, bool within, uint8_t *bytes)
{
    static void (*const table[])(const nn_finish *, const nn_sums_layout *, const int32_t *,
                                 nn_quantization, bool, uint8_t *) = SIMD_TABLE(nn_finish_bytes);
    table[cpu_level()](f, layout, sums, q, within, bytes);
}

bool nn_finish_by_sums(const nn_finish *f)
{
    const bool bends = f->activation == NN_ACT_LEAKY_RELU && f->alpha >= 0 && f->alpha <= 1;
    return !f->addend && !f->fine && !f->across &&
           (f->activation == NN_ACT_NONE || f->activation == NN_ACT_RELU || bends);
}

void nn_range_row(const float *x, size_t n, nn_range *range)
{
    static void (*const table[])(const float *, size_t, nn_range *) = SIMD_TABLE(nn_range_row);
    table[cpu_level()](x, n, range);
}

void nn_quantize_row(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    static void (*const table[])(const float *, nn_quantization, uint8_t *, size_t) =
        SIMD_TABLE(nn_quantize_row);
    table[cpu_level()](x, q, y, n);
}

void nn_quantize_within(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    static void (*const table[])(const float *, nn_quantization, uint8_t *, size_t) =
        SIMD_TABLE(nn_quantize_within);
    table[cpu_level()](x, q, y, n);
}

void nn_dequantize_row(const uint8_t *x, nn_quantization q, float *y, size_t n)
{
    static void (*const table[])(const uint8_t *, nn_quantization, float *, size_t) =
        SIMD_TABLE(nn_dequantize_row);
    table[cpu_level()](x, q, y, n);
}
