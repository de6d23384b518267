/* registry.h: finds operators by name. It depends on the families, so a family must not call it. */
#ifndef NN_OPS_REGISTRY_H
#define NN_OPS_REGISTRY_H

#include "nn/graph.h"

/* NULL where csilink lacks the operator. */
const nn_op *nn_find_op(const char *name);

#endif
