/* finish.h: what becomes of 32-bit sums, and of floats on their way to bytes. Compiled for each
 * instruction set level; every level gives the same bits, and those of the operators one by one
 * (Cast, Mul, Add, an activation, QuantizeLinear): no multiply-adds are fused here. */
#ifndef NN_INT8_FINISH_H
#define NN_INT8_FINISH_H

#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"
#include "nn/kernels/conv.h"

/* The least and the largest of values, and 0. NaNs are passed over. */
typedef struct nn_range {
    float least, most;
} nn_range;

/* What happens to the n sums of a row. */
typedef struct nn_finish {
    float scale, bias;
    const float *addend; /* n values, or NULL */
    nn_activation activation;
    float alpha;
} nn_finish;

/* y[i] = activation(sums[i] * scale + bias + addend[i]); *range, if there, takes in every y[i]. y
 * may be sums' own memory. */
void nn_finish_row(const nn_finish *f, const int32_t *sums, float *y, size_t n, nn_range *range);

/* *range takes in every x[i]. */
void nn_range_of(const float *x, size_t n, nn_range *range);

/* y[i] = saturate(round(x[i] / scale) + zero) in 0..255; NaN gives 0. */
void nn_quantize_row(const float *x, float scale, uint8_t zero, uint8_t *y, size_t n);

SIMD_DECLARE(void, nn_finish_row,
             (const nn_finish *, const int32_t *, float *, size_t, nn_range *));
SIMD_DECLARE(void, nn_range_of, (const float *, size_t, nn_range *));
SIMD_DECLARE(void, nn_quantize_row, (const float *, float, uint8_t, uint8_t *, size_t));

#endif
