/* session.h: sessions whose weights change between runs, beside those of nn.h. Internal to nn. */
#ifndef NN_SESSION_H
#define NN_SESSION_H

#include "nn/nn.h"

/* For training: one step for each node, no views, nothing fused but Relu and LeakyRelu into the
 * batch norms before them (memory traffic is what they cost); every value keeps memory of its own
 * until the next run. trained[v], for each of the model's values (NULL: it stays as the model
 * has it), stands in place of the data of constant v. It belongs to the caller, several sessions
 * may share it, and nothing computed from it is folded. The array of pointers is read while the
 * session is opened only. */
nn_session *nn_session_open_training(const nn_model *model, int64_t batch, float *const *trained,
                                     err *e);

/* After values in `trained` changed: operators that keep something computed from them (packed
 * weights) compute it anew. */
void nn_session_refresh(nn_session *s);

#endif
