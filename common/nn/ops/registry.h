/* registry.h: every operator that csilink has, by name. It stands above the families: a family that
 * called it would close a circle. */
#ifndef NN_OPS_REGISTRY_H
#define NN_OPS_REGISTRY_H

#include "nn/graph.h"

/* NULL where csilink lacks the operator. */
const nn_op *nn_find_op(const char *name);

#endif
