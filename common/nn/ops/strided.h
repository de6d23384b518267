/* strided.h: loops over several arrays of one shape, each with separate strides: the common part of
 * transposes, slices, broadcasts and pads. Strides are in elements and may be 0 or negative. */
#ifndef NN_OPS_STRIDED_H
#define NN_OPS_STRIDED_H

#include "nn/tensor.h"

enum { NN_MAX_OPERANDS = 4 };

typedef struct nn_strided {
    int rank, operands;
    int64_t dims[NN_MAX_RANK];
    int64_t strides[NN_MAX_OPERANDS][NN_MAX_RANK];
} nn_strided;

/* Strides of a dense tensor in the broadcast shape `dims`: 0 where it repeats. */
void nn_broadcast_strides(const nn_tensor *t, int rank, const int64_t *dims, int64_t *strides);

/* Drops dimensions of size 1 and merges those that all operands step through in the same way. The
 * result has at least one dimension. */
void nn_strided_collapse(nn_strided *s);

/* Calls row(context, n, at) for every innermost row of n elements; at[k] is the offset of operand
 * k's row, in elements. Makes no call if a dimension is 0. Stops at a non-zero result, and returns
 * it. */
typedef int (*nn_row)(void *context, int64_t n, const int64_t *at);
int nn_strided_rows(const nn_strided *s, nn_row row, void *context);

/* Copies operand 1 to operand 0, elements of 1, 4 or 8 bytes. The plan is already collapsed. */
void nn_strided_copy(const nn_strided *s, void *to, const void *from, size_t element);

#endif
