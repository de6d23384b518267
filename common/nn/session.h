/* session.h: sessions with weights that change between runs. Internal to nn. */
#ifndef NN_SESSION_H
#define NN_SESSION_H

#include "nn/nn.h"

/* For training: one step for each node, no views, and no fusion except Relu and LeakyRelu into the
 * batch norms before them (which saves memory traffic); every value has separate memory until the
 * next run. trained[v], one for each of the model's values, replaces the data of constant v (NULL:
 * the model's). The caller owns it, several sessions can share it, and nothing computed from it is
 * folded. The array of pointers is read only while opening the session. */
nn_session *nn_session_open_training(const nn_model *model, int64_t batch, float *const *trained,
                                     err *e);

/* Call it after values in `trained` changed: operators recompute what they derived from them
 * (packed weights). */
void nn_session_refresh(nn_session *s);

#endif
