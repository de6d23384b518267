/* fuse_int8.h: the part of fusion that makes integer layers. Internal to nn. */
#ifndef NN_FUSE_INT8_H
#define NN_FUSE_INT8_H

#include "nn/steps.h"

/* Integer layers: each with its scales and bias one step, before floats are fused; and, after it,
 * the quantization that follows one made part of it. */
int nn_fuse_int8(nn_session *s, err *e);
int nn_fuse_requantize(nn_session *s, err *e);

#endif
