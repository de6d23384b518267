/* binary_rows.h: one row of a binary operator, by operator and type. Internal to nn/ops. */
#ifndef NN_OPS_BINARY_ROWS_H
#define NN_OPS_BINARY_ROWS_H

#include "nn/nn.h"

typedef enum nn_binary {
    NN_BIN_ADD,
    NN_BIN_SUB,
    NN_BIN_MUL,
    NN_BIN_DIV,
    NN_BIN_MAX,
    NN_BIN_MIN,
    NN_BIN_POW,
    NN_BIN_PRELU,
    NN_BIN_EQUAL,
    NN_BIN_LESS,
    NN_BIN_LESS_EQUAL,
    NN_BIN_GREATER,
    NN_BIN_GREATER_EQUAL,
    NN_BIN_AND,
    NN_BIN_OR,
    NN_BIN_XOR,
} nn_binary;

/* out[i] = a[i * a_step] op b[i * b_step] for i < n, each step 0 or 1; `out` may be `a`.
 * Comparisons write bytes, 0 or 1. Integers wrap around as in numpy; -1 when one is divided by
 * zero. */
typedef int (*nn_binary_row)(const void *a, int a_step, const void *b, int b_step, void *out,
                             size_t n);

/* NULL if the operator does not support the types. `b_type` differs for NN_BIN_POW only. */
nn_binary_row nn_binary_find(nn_binary op, nn_dtype type, nn_dtype b_type);

#endif
