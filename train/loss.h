/* loss.h: the sums behind the loss, vectorised. */
#ifndef TRAIN_LOSS_H
#define TRAIN_LOSS_H

#include <stddef.h>

#include "base/simd.h"

typedef struct train_squares {
    double error;  /* sum (output - target)^2 */
    double energy; /* sum (target - 0.5)^2 */
} train_squares;

/* Sums 16 terms at a time in float and these partial sums in double: within 1e-6 of the exact sums
 * of the floats. Every CPU level gives the same bits. */
typedef train_squares train_squares_fn(const float *target, const float *output, size_t count);

/* d[i] = factor (output[i] - target[i]). */
typedef void train_difference_fn(const float *target, const float *output, size_t count,
                                 float factor, float *d);

SIMD_DECLARE(train_squares, train_loss_squares,
             (const float *target, const float *output, size_t count));
SIMD_DECLARE(void, train_loss_difference,
             (const float *target, const float *output, size_t count, float factor, float *d));

#endif
