#include "nn/kernels/elementwise.h"

void nn_activate(nn_activation activation, float alpha, const float *x, float *y, size_t n)
{
    static void (*const table[])(nn_activation, float, const float *, float *, size_t) =
        SIMD_TABLE(nn_activate);
    table[cpu_level()](activation, alpha, x, y, n);
}

void nn_exp(const float *x, float *y, size_t n)
{
    static void (*const table[])(const float *, float *, size_t) = SIMD_TABLE(nn_exp);
    table[cpu_level()](x, y, n);
}

void nn_arithmetic_row(nn_arithmetic op, const float *a, int a_step, const float *b, int b_step,
                       float *y, size_t n)
{
    static void (*const table[])(nn_arithmetic, const float *, int, const float *, int, float *,
                                 size_t) = SIMD_TABLE(nn_arithmetic_row);
    table[cpu_level()](op, a, a_step, b, b_step, y, n);
}

void nn_scale_shift(float scale, float shift, const float *x, float *y, size_t n)
{
    static void (*const table[])(float, float, const float *, float *, size_t) =
        SIMD_TABLE(nn_scale_shift);
    table[cpu_level()](scale, shift, x, y, n);
}
