/* dense_int8.h: a matrix of bytes times a constant matrix of signed bytes, with 32-bit sums, exact
 * on every path:
 *
 *     sum[i][j] = offset[j] + sum_k (x[i][k] - zero) w[k][j]
 */
#ifndef NN_INT8_DENSE_INT8_H
#define NN_INT8_DENSE_INT8_H

#include "base/error.h"
#include "nn/int8/finish.h"

/* Packed weights and the chosen kernel. Threads can share one. */
typedef struct nn_dense_int8 nn_dense_int8;

/* weights[depth][columns], copied. NULL on failure: no memory, or a depth outside 1..65793 (sums
 * could exceed 32 bits; ERR_UNSUPPORTED). */
nn_dense_int8 *nn_dense_int8_create(int32_t depth, int32_t columns, const int8_t *weights, err *e);
void nn_dense_int8_free(nn_dense_int8 *dense);

/* The layout of the sums of `rows` rows for finish.h: one channel, scales across. */
nn_sums_layout nn_dense_int8_layout(const nn_dense_int8 *dense, int32_t rows);

/* x[rows][depth]; `offset` has `columns` values, or is NULL: zeros. */
void nn_dense_int8_run(const nn_dense_int8 *dense, int32_t rows, const uint8_t *x, uint8_t zero,
                       const int32_t *offset, int32_t *sums);

#endif
