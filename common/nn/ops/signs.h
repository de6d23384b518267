/* signs.h: what a session puts in place of a Gemm whose matrix is one number and signs for each
 * row: the kernel of additions, kernels/signs.h. Internal to nn. */
#ifndef NN_OPS_SIGNS_H
#define NN_OPS_SIGNS_H

#include "nn/graph.h"

extern const nn_op nn_sign_gemm;

/* Bytes that it keeps of its matrix of `out` rows and `in` columns. */
size_t nn_sign_gemm_bytes(int64_t out, int64_t in);

#endif
