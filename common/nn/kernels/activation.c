#include "nn/kernels/activation.h"

#include "nn/kernels/activation_internal.h"

typedef void map_function(int64_t n, const float *x, float *y);

void nn_activate(nn_activation activation, float alpha, int64_t n, const float *x, float *y)
{
    static void (*const all[])(nn_activation, float, int64_t, const float *, float *) =
        SIMD_TABLE(activate_all);
    all[cpu_level()](activation, alpha, n, x, y);
}

void nn_exp(int64_t n, const float *x, float *y)
{
    static map_function *const all[] = SIMD_TABLE(exp_all);
    all[cpu_level()](n, x, y);
}

void nn_erf(int64_t n, const float *x, float *y)
{
    static map_function *const all[] = SIMD_TABLE(erf_all);
    all[cpu_level()](n, x, y);
}
