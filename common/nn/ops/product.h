/* product.h: what Gemm and MatMul compute, for their forward runs and for what reverses them. */
#ifndef NN_OPS_PRODUCT_H
#define NN_OPS_PRODUCT_H

#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

/* c[m][n] = alpha op(a) op(b): op(a) is [m][k], op(b) [k][n], each stored transposed where its flag
 * says so. */
typedef struct nn_product {
    int64_t m, n, k;
    bool a_transposed, b_transposed;
    float alpha;
    int a, b; /* the inputs that they are: 0 and 1, or 1 and 0 */
} nn_product;

/* A MatMul: the same product for each matrix of a batch. */
typedef struct nn_matmul {
    nn_product p;
    nn_strided batches; /* where output, input 0 and input 1 of each begin, in elements */
} nn_matmul;

/* Shape of a MatMul's output, of the type given, and the step's macs. */
int nn_matmul_infer(nn_step *step, nn_dtype dtype, err *e);

/* A stack of matrices (or vectors) times one matrix becomes one tall product. */
int nn_matmul_read(const nn_step *step, nn_matmul *m, err *e);

/* The product of a Gemm, C left out. */
int nn_gemm_read(const nn_step *step, nn_product *p, err *e);

#endif
