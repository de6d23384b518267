/* gemm.h: matrix products in single precision, row-major. Large ones go to OpenBLAS, on the calling
 * thread only; the few-row products of a network at batch 1 to own loops. Not to be called between
 * fork and exec. Every dimension is from 0 to 2^31 - 1 (OpenBLAS counts in int). */
#ifndef NN_KERNELS_GEMM_H
#define NN_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

/* Fully connected layer: y[batch][out] = x[batch][in] w[out][in]^T + bias[out]. bias may be NULL;
 * y must not overlap the others. A sample's result may differ in its last bits with the batch. */
void nn_linear(int64_t batch, int64_t in, int64_t out, const float *x, const float *w,
               const float *bias, float *y);

/* c[m][n] = alpha op(a) op(b) + beta c, as ONNX Gemm: op(a) is [m][k], op(b) [k][n], each stored
 * transposed where its flag says so. With beta = 0, c need not hold anything. */
void nn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
             const float *a, const float *b, float beta, float *c);

#endif
