#include "nn/kernels/elementwise_gradient.h"

void nn_scale_to(float scale, const float *from, float *to, size_t n, bool add)
{
    static void (*const table[])(float, const float *, float *, size_t, bool) =
        SIMD_TABLE(nn_scale_to);
    table[cpu_level()](scale, from, to, n, add);
}

void nn_activate_gradient(nn_activation activation, float alpha, const float *x, const float *y,
                          const float *d_y, float *d_x, size_t n, bool add)
{
    static void (*const table[])(nn_activation, float, const float *, const float *, const float *,
                                 float *, size_t, bool) = SIMD_TABLE(nn_activate_gradient);
    table[cpu_level()](activation, alpha, x, y, d_y, d_x, n, add);
}

void nn_pair_gradient_row(nn_pair_gradient which, const float *d, const float *a, int a_step,
                          const float *b, int b_step, float *to, size_t n, bool add, bool sum)
{
    static void (*const table[])(nn_pair_gradient, const float *, const float *, int, const float *,
                                 int, float *, size_t, bool, bool) =
        SIMD_TABLE(nn_pair_gradient_row);
    table[cpu_level()](which, d, a, a_step, b, b_step, to, n, add, sum);
}

void nn_channel_moments(const nn_channels *c, const float *x, double *sum, double *squares)
{
    static void (*const table[])(const nn_channels *, const float *, double *, double *) =
        SIMD_TABLE(nn_channel_moments);
    table[cpu_level()](c, x, sum, squares);
}

void nn_channel_scale(const nn_channels *c, const float *x, const float *scale, const float *offset,
                      float *y)
{
    static void (*const table[])(const nn_channels *, const float *, const float *, const float *,
                                 float *) = SIMD_TABLE(nn_channel_scale);
    table[cpu_level()](c, x, scale, offset, y);
}

void nn_channel_products(const nn_channels *c, const float *d_y, const float *x, double *sum,
                         double *products)
{
    static void (*const table[])(const nn_channels *, const float *, const float *, double *,
                                 double *) = SIMD_TABLE(nn_channel_products);
    table[cpu_level()](c, d_y, x, sum, products);
}

void nn_channel_gradient(const nn_channels *c, const float *d_y, const float *x, const float *scale,
                         const float *tilt, const float *offset, float *d_x, bool add)
{
    static void (*const table[])(const nn_channels *, const float *, const float *, const float *,
                                 const float *, const float *, float *, bool) =
        SIMD_TABLE(nn_channel_gradient);
    table[cpu_level()](c, d_y, x, scale, tilt, offset, d_x, add);
}
