/* signs.h: the operator that replaces a Gemm if each row of its matrix is one number times signs:
 * additions only (kernels/signs.h). Internal to nn. */
#ifndef NN_OPS_SIGNS_H
#define NN_OPS_SIGNS_H

#include "nn/graph.h"

extern const nn_op nn_sign_gemm;

/* Bytes that it stores for a matrix of `out` rows and `in` columns. */
size_t nn_sign_gemm_bytes(int64_t out, int64_t in);

#endif
