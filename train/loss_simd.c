#include "train/loss.h"

#include "base/vector.h"

/* Sums run in LANES columns for every register width, so that every CPU level rounds alike. */
enum { LANES = 16, VECTORS = LANES / VEC_LANES, RUN = 16 };

VEC_INLINE double sum_lanes(const vec v[VECTORS])
{
    double sum = 0;
    for (int j = 0; j < VECTORS; j++) {
        float lanes[VEC_LANES];
        vec_store(lanes, v[j]);
        for (int k = 0; k < VEC_LANES; k++)
            sum += (double)lanes[k];
    }
    return sum;
}

/* `rows` <= RUN rows of LANES values. */
VEC_INLINE void sum_run(const float *target, const float *output, size_t rows, train_squares *sum)
{
    vec error[VECTORS] = {0}, energy[VECTORS] = {0};
    for (size_t r = 0; r < rows; r++, target += LANES, output += LANES) {
        VEC_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            vec t = vec_load(target + j * VEC_LANES), d = vec_load(output + j * VEC_LANES) - t;
            t -= 0.5f;
            error[j] += d * d;
            energy[j] += t * t;
        }
    }
    sum->error += sum_lanes(error);
    sum->energy += sum_lanes(energy);
}

train_squares SIMD(train_loss_squares)(const float *target, const float *output, size_t count)
{
    train_squares sum = {0};
    size_t i = 0, rows = count / LANES;
    for (; rows > 0; rows -= rows < RUN ? rows : RUN) {
        size_t now = rows < RUN ? rows : RUN;
        sum_run(target + i, output + i, now, &sum);
        i += now * LANES;
    }
    for (; i < count; i++) {
        double d = (double)output[i] - (double)target[i], t = (double)target[i] - 0.5;
        sum.error += d * d;
        sum.energy += t * t;
    }
    return sum;
}

void SIMD(train_loss_difference)(const float *target, const float *output, size_t count,
                                 float factor, float *d)
{
    size_t i = 0;
    for (; i + VEC_LANES <= count; i += VEC_LANES)
        vec_store(d + i, factor * (vec_load(output + i) - vec_load(target + i)));
    for (; i < count; i++)
        d[i] = factor * (output[i] - target[i]);
}
