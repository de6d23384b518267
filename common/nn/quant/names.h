/* names.h: names of operators and of values that the quantizer adds to a graph. Internal to
 * nn/quant. */
#ifndef NN_QUANT_NAMES_H
#define NN_QUANT_NAMES_H

#include "nn/graph.h"

bool quant_is_op(const nn_node *node, const char *op);

/* "<name><ending>", allocated in the pool; NULL when memory ran out. */
const char *quant_name(nn_pool *pool, const char *name, const char *ending);

#endif
