/* move.h: the state of operators that move elements, for their reverse. Internal to nn and to code
 * built on the graph. */
#ifndef NN_OPS_MOVE_H
#define NN_OPS_MOVE_H

#include "nn/ops/strided.h"

/* State of Slice, Transpose and Expand. */
typedef struct nn_move {
    nn_strided loops; /* 0: output, 1: input */
    int64_t first;    /* input element at the start of the output */
} nn_move;

typedef enum nn_pad_mode { NN_PAD_CONSTANT, NN_PAD_REFLECT, NN_PAD_EDGE, NN_PAD_WRAP } nn_pad_mode;

/* State of Pad. */
typedef struct nn_pad {
    nn_pad_mode mode;
    int64_t before[NN_MAX_RANK], after[NN_MAX_RANK];
} nn_pad;

/* State of TopK: lanes of n elements, `inner` apart; k of them are chosen. */
typedef struct nn_topk {
    int64_t outer, n, inner, k;
    float sign;     /* -1: the smallest ones */
    int64_t *index; /* of each output in its lane, from the last run */
} nn_topk;

/* The index, among n inputs, of the element at position `at` (0: the first of the input); -1: the
 * constant. */
int64_t nn_pad_source(nn_pad_mode mode, int64_t at, int64_t n);

#endif
