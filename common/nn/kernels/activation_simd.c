#include "nn/kernels/activation_internal.h"
#include "nn/kernels/vector_math.h"

/* A loop over whole vectors, then the tail through a part of one. */
#define FOR_ALL(n, x, y, value)                                                                    \
    do {                                                                                           \
        int64_t at = 0;                                                                            \
        for (; at + VEC_LANES <= (n); at += VEC_LANES) {                                           \
            vec v = vec_load((x) + at);                                                            \
            vec_store((y) + at, (value));                                                          \
        }                                                                                          \
        if (at < (n)) {                                                                            \
            vec v = vec_load_part((x) + at, (int32_t)((n)-at));                                    \
            vec_store_part((y) + at, (value), (int32_t)((n)-at));                                  \
        }                                                                                          \
    } while (0)

void SIMD(activate_all)(nn_activation activation, float alpha, int64_t n, const float *x, float *y)
{
    switch (activation) {
    case NN_ACT_RELU:
        FOR_ALL(n, x, y, vec_relu(v));
        break;
    case NN_ACT_LEAKY_RELU:
        FOR_ALL(n, x, y, vec_leaky_relu(v, alpha));
        break;
    case NN_ACT_SIGMOID:
        FOR_ALL(n, x, y, vec_sigmoid(v));
        break;
    case NN_ACT_TANH:
        FOR_ALL(n, x, y, vec_tanh(v));
        break;
    case NN_ACT_NONE:
    default:
        if (y != x)
            memcpy(y, x, (size_t)n * sizeof *y);
        break;
    }
}

void SIMD(exp_all)(int64_t n, const float *x, float *y)
{
    FOR_ALL(n, x, y, vec_exp(v));
}

void SIMD(erf_all)(int64_t n, const float *x, float *y)
{
    FOR_ALL(n, x, y, vec_erf(v));
}
