/* backward.h: the reverse of one operator, and the contract that all of them keep.
 *
 * A grad_net (nn/grad.h) runs a graph forward by the engine's own steps, keeps every value, and
 * then asks the steps in reverse order for the gradients of their inputs: vector-Jacobian products,
 *
 *     d_in[k] = sum_j (d out[j] / d in[k])^T d_out[j].
 */
#ifndef NN_GRAD_BACKWARD_H
#define NN_GRAD_BACKWARD_H

#include <stdbool.h>

#include "nn/graph.h"

typedef struct grad_op grad_op;

/* A step of the forward run and what its reverse needs. Two inputs of a step may be the same value
 * (x * x): then d_in[] has the same array twice, and the later one has `add`; so a reverse finishes
 * input k before it begins input k + 1. */
typedef struct grad_step {
    const nn_step *forward; /* shapes, attributes, and the values of in[] and out[] */
    const grad_op *op;
    float **d_in; /* [n_in] gradient of in[k], in its shape; NULL where none is wanted */
    bool *add;    /* [n_in] d_in[k] holds a part of the sum already: add to it; else overwrite it */
    const bool *weight;        /* [n_in] in[k] is a weight itself, not computed */
    const float *const *d_out; /* [n_out] NULL: nothing depends on that output */
    double *const *sums;       /* [n_in] where in[k] is a statistic: forward adds its sums here */
    nn_pool *pool;             /* the net's, for what prepare allocates */
    void *state;               /* the operator's own */
    void *scratch;             /* shared by all steps, valid inside one call */
    size_t scratch_bytes;      /* set by prepare */
} grad_step;

struct grad_op {
    const char *name; /* of the ONNX operator */
    /* NULL, or takes what it needs: chooses a kernel, allocates state, states scratch_bytes. The
     * shapes are known, d_in[] and d_out[] say by NULL what is not wanted (all of d_in: nothing,
     * then only `forward` is called); refuses
     * (ERR_UNSUPPORTED, with what would be right) a form whose gradient csilink lacks. */
    int (*prepare)(grad_step *step, err *e);
    /* NULL, or replaces the forward run where training computes something else: batch norm. */
    int (*forward)(grad_step *step, err *e);
    /* NULL, or takes the weights anew after they changed: what prepare packed is packed again. */
    void (*refresh)(grad_step *step);
    /* At least one of d_in and of d_out is not NULL. Allocates nothing. Deterministic. */
    void (*backward)(grad_step *step);
    /* NULL, or frees what prepare made outside the pool. */
    void (*release)(grad_step *step);
};

/* State of a step: zeroed memory of the net. NULL sets *e. */
void *grad_new_state(grad_step *step, size_t bytes, err *e);

/* Each family's operators, ended by a nameless one. */
extern const grad_op grad_ops_conv[], grad_ops_gemm[], grad_ops_unary[], grad_ops_binary[],
    grad_ops_norm[], grad_ops_move[], grad_ops_reduce[], grad_ops_pool[];

#endif
