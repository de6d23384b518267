/* backward.h: the contract of the reverse of an operator.
 *
 * A grad_net (nn/grad.h) runs a graph forward with the engine's steps, keeps every value, and then
 * computes in reverse order the gradients of the steps' inputs: vector-Jacobian products,
 *
 *     d_in[k] = sum_j (d out[j] / d in[k])^T d_out[j].
 */
#ifndef NN_GRAD_BACKWARD_H
#define NN_GRAD_BACKWARD_H

#include <stdbool.h>

#include "nn/graph.h"

typedef struct grad_op grad_op;

/* A step of the forward run and the data of its reverse. Two inputs of a step can be the same value
 * (x * x): then d_in[] has the same array twice, and the later one has `add`; so a reverse must
 * finish input k before it begins input k + 1. */
typedef struct grad_step {
    const nn_step *forward; /* shapes, attributes, and the values of in[] and out[] */
    const grad_op *op;
    float **d_in; /* [n_in] gradient of in[k], in its shape; NULL if not wanted */
    bool *add;    /* [n_in] d_in[k] already holds a part of the sum: add to it; else overwrite it */
    const bool *weight;        /* [n_in] in[k] is a weight itself, not computed */
    const float *const *d_out; /* [n_out] NULL: nothing depends on that output */
    double *const *sums;       /* [n_in] if in[k] is a statistic: forward adds its sums here */
    nn_pool *pool;             /* the net's, for what prepare allocates */
    void *state;               /* private to the operator */
    void *scratch;             /* shared by all steps, valid inside one call */
    size_t scratch_bytes;      /* set by prepare */
} grad_step;

struct grad_op {
    const char *name; /* of the ONNX operator */
    /* NULL, or prepares: chooses a kernel, allocates state, sets scratch_bytes. Shapes are known;
     * entries of d_in[] and d_out[] that are not wanted are NULL (if all of d_in is NULL, only
     * `forward` will be called). ERR_UNSUPPORTED, with the supported forms, if csilink lacks the
     * gradient of this form. */
    int (*prepare)(grad_step *step, err *e);
    /* NULL, or replaces the forward run where training computes something else: batch norm. */
    int (*forward)(grad_step *step, err *e);
    /* NULL, or repacks the weights that prepare packed, after they changed. */
    void (*refresh)(grad_step *step);
    /* At least one of d_in and one of d_out is not NULL. Allocates nothing. Deterministic. */
    void (*backward)(grad_step *step);
    /* NULL, or frees what prepare allocated outside the pool. */
    void (*release)(grad_step *step);
};

/* State of a step: zeroed memory of the net. NULL sets *e. */
void *grad_new_state(grad_step *step, size_t bytes, err *e);

/* Each family's operators; the last entry has no name. */
extern const grad_op grad_ops_conv[], grad_ops_gemm[], grad_ops_unary[], grad_ops_binary[],
    grad_ops_norm[], grad_ops_move[], grad_ops_reduce[], grad_ops_pool[];

#endif
