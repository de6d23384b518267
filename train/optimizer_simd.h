/* optimizer_simd.h: a step of Adam over consecutive weights of one kind; see optimizer.h. */
#ifndef TRAIN_OPTIMIZER_SIMD_H
#define TRAIN_OPTIMIZER_SIMD_H

#include <stddef.h>

#include "base/simd.h"

/* Slices begin and end at multiples of this many floats. */
enum { TRAIN_BLOCK = 16 };

/* The numbers of one step, the same for every weight. */
typedef struct train_update {
    float clip; /* factor of the gradient */
    float keep1, take1, keep2, take2;
    float rate, root, epsilon; /* rate / (1 - b1^t), 1 / sqrt(1 - b2^t) */
    float decay;               /* 1 - rate lambda */
    float keep_average, take_average;
} train_update;

/* Uses `decay` in place of update->decay. Every CPU level gives the same bits. */
SIMD_DECLARE(void, train_adam_run,
             (const train_update *update, float decay, size_t n, const float *gradient,
              float *values, float *m, float *v, float *average));

/* into[i] += from[i]. */
SIMD_DECLARE(void, train_add_run, (size_t n, const float *from, float *into));

/* Sum of squares in double precision, as 16 running sums. n is a multiple of 16. */
SIMD_DECLARE(double, train_square_run, (size_t n, const float *x));

#endif
