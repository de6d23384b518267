/* fuse_int8.h: the part of fusion that builds integer layers. Internal to nn. */
#ifndef NN_FUSE_INT8_H
#define NN_FUSE_INT8_H

#include "nn/steps.h"

/* nn_fuse_int8, before float fusion, makes each integer layer with its scales and bias one step;
 * nn_fuse_requantize, after it, adds the quantization that follows. */
int nn_fuse_int8(nn_session *s, err *e);
int nn_fuse_requantize(nn_session *s, err *e);

#endif
