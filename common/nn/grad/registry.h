/* registry.h: finds reverses by the name of the operator. It depends on the families, which do not
 * call it. Internal to nn/grad. */
#ifndef NN_GRAD_REGISTRY_H
#define NN_GRAD_REGISTRY_H

#include "nn/grad/backward.h"

/* NULL where csilink cannot differentiate that operator. */
const grad_op *grad_find_op(const char *name);

#endif
