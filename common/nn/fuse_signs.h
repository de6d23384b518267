/* fuse_signs.h: finds dense layers with sign weights. Internal to nn. */
#ifndef NN_FUSE_SIGNS_H
#define NN_FUSE_SIGNS_H

#include "nn/steps.h"

/* A Gemm x W^T + b of constant W and b, each row of W one number times signs, becomes a step of
 * additions (ops/signs.h), however the file computes W. */
int nn_fuse_signs(nn_session *s, err *e);

#endif
