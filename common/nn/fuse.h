/* fuse.h: new weights for fused convolutions. Internal to nn. */
#ifndef NN_FUSE_H
#define NN_FUSE_H

#include "nn/session.h"

/* Is input k there, and known before any run? */
bool nn_is_constant(const nn_session *s, const nn_step *step, int k);

/* conv := -conv. */
int nn_negate_conv(nn_session *s, nn_step *conv, err *e);

/* conv := norm(conv), with the statistics as constants 1 to 4 of `norm`. */
int nn_fold_batch_norm(nn_session *s, nn_step *conv, const nn_step *norm, err *e);

#endif
