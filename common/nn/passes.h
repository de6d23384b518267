/* passes.h: the passes that convert a model's nodes to the steps of a session. A pass works on the
 * session (steps.h) and calls no other pass. Internal to nn. */
#ifndef NN_PASSES_H
#define NN_PASSES_H

#include "nn/steps.h"

/* The passes, in order. Each returns 0 or an error that names the node. */
int nn_infer(nn_session *s, err *e);         /* shapes; folds steps that depend only on constants */
int nn_fuse_training(nn_session *s, err *e); /* instead, for training */
int nn_fuse(nn_session *s, err *e); /* batch norm, activations, residuals into convolutions */
int nn_plan(nn_session *s, err *e); /* views, concat in place, kernels, one arena */
int nn_count_weights(nn_session *s, err *e); /* weights that each step owns */

#endif
