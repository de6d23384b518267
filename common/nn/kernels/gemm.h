/* gemm.h: matrix products in single precision, row-major. OpenBLAS computes large ones, on the
 * calling thread only; own loops compute the few-row products of a network at batch 1. Do not call
 * it between fork and exec. Every dimension is from 0 to 2^31 - 1 (OpenBLAS counts in int). */
#ifndef NN_KERNELS_GEMM_H
#define NN_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

/* Fully connected layer: y[batch][out] = x[batch][in] w[out][in]^T + bias[out]. bias may be NULL;
 * y must not overlap the others. The last bits of a sample's result can depend on the batch. */
void nn_linear(int64_t batch, int64_t in, int64_t out, const float *x, const float *w,
               const float *bias, float *y);

/* c[m][n] = alpha op(a) op(b) + beta c, as ONNX Gemm: op(a) is [m][k], op(b) [k][n], each stored
 * transposed if its flag is set. With beta = 0, c may be uninitialised. */
void nn_gemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
             const float *a, const float *b, float beta, float *c);

#endif
