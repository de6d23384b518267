#include "train/optimizer_simd.h"

#include <math.h>

/* Plain loops that the compiler turns into vectors; square root and division are correctly rounded
 * at every width. */

void SIMD(train_adam_run)(const train_update *update, float decay, size_t n,
                          const float *restrict gradient, float *restrict values, float *restrict m,
                          float *restrict v, float *restrict average)
{
    const train_update u = *update;
    for (size_t i = 0; i < n; i++) {
        float g = u.clip * gradient[i];
        m[i] = u.keep1 * m[i] + u.take1 * g;
        v[i] = u.keep2 * v[i] + u.take2 * (g * g);
        values[i] = decay * values[i] - u.rate * m[i] / (sqrtf(v[i]) * u.root + u.epsilon);
        average[i] = u.keep_average * average[i] + u.take_average * values[i];
    }
}

void SIMD(train_add_run)(size_t n, const float *restrict from, float *restrict into)
{
    for (size_t i = 0; i < n; i++)
        into[i] += from[i];
}

double SIMD(train_square_run)(size_t n, const float *x)
{
    double sums[TRAIN_BLOCK] = {0}, sum = 0;
    for (size_t i = 0; i < n; i += TRAIN_BLOCK)
        for (size_t j = 0; j < TRAIN_BLOCK; j++)
            sums[j] += (double)x[i + j] * x[i + j];
    for (size_t j = 0; j < TRAIN_BLOCK; j++)
        sum += sums[j];
    return sum;
}
