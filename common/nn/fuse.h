/* fuse.h: what the passes of fusion share. Internal to nn. */
#ifndef NN_FUSE_H
#define NN_FUSE_H

#include "nn/session.h"

bool nn_is_op(const nn_step *step, const char *name);

/* The step that makes input k, if nothing else reads what it makes. */
nn_step *nn_only_producer(nn_session *s, const nn_step *step, int k);

/* Is input k there, and known before any run? */
bool nn_is_constant(const nn_session *s, const nn_step *step, int k);

/* conv := -conv. */
int nn_negate_conv(nn_session *s, nn_step *conv, err *e);

/* conv := norm(conv), with the statistics as constants 1 to 4 of `norm`. */
int nn_fold_batch_norm(nn_session *s, nn_step *conv, const nn_step *norm, err *e);

/* Integer layers: each with its scales and bias one step, before floats are fused; and, after it,
 * the quantization that follows one made part of it. */
int nn_fuse_int8(nn_session *s, err *e);
int nn_fuse_requantize(nn_session *s, err *e);

#endif
