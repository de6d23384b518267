/* product.h: the products of Gemm and MatMul, for their forward runs and their reverses. */
#ifndef NN_OPS_PRODUCT_H
#define NN_OPS_PRODUCT_H

#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

/* c[m][n] = alpha op(a) op(b): op(a) is [m][k], op(b) [k][n], each stored transposed if its flag is
 * set. */
typedef struct nn_product {
    int64_t m, n, k;
    bool a_transposed, b_transposed;
    float alpha;
    int a, b; /* their input numbers: 0 and 1, or 1 and 0 */
} nn_product;

/* A MatMul: the same product for each matrix of a batch. */
typedef struct nn_matmul {
    nn_product p;
    nn_strided batches; /* offsets of output, input 0 and input 1 of each, in elements */
} nn_matmul;

/* Sets the shape of a MatMul's output, with the given type, and the step's macs. */
int nn_matmul_infer(nn_step *step, nn_dtype dtype, err *e);

/* Reads a MatMul's product; a stack of matrices (or vectors) times one matrix becomes one tall
 * product. */
int nn_matmul_read(const nn_step *step, nn_matmul *m, err *e);

/* Reads the product of a Gemm, without C. */
int nn_gemm_read(const nn_step *step, nn_product *p, err *e);

#endif
