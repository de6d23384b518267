/* fuse_weights.h: changes a convolution's weights for fusion. Internal to nn. */
#ifndef NN_FUSE_WEIGHTS_H
#define NN_FUSE_WEIGHTS_H

#include "nn/steps.h"

/* conv := -conv. */
int nn_negate_conv(nn_session *s, nn_step *conv, err *e);

/* conv := norm(conv), with the statistics as constants 1 to 4 of `norm`. */
int nn_fold_batch_norm(nn_session *s, nn_step *conv, const nn_step *norm, err *e);

#endif
