/* tensor.h: shapes and element types; every product is checked for overflow. */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include <stdbool.h>

#include "nn/nn.h"

/* Bytes of one element. */
size_t nn_dtype_size(nn_dtype dtype);

/* Sets type and shape, and derives count and bytes; keeps `data`. Refuses a rank above NN_MAX_RANK,
 * a negative size and a product beyond 2^40 bytes. `dims` may be t->dims. */
int nn_tensor_shape(nn_tensor *t, nn_dtype dtype, int rank, const int64_t *dims, err *e);

/* Sets the shape of another tensor, with the given type. */
int nn_tensor_like(nn_tensor *t, nn_dtype dtype, const nn_tensor *like, err *e);

bool nn_same_dims(const nn_tensor *a, const nn_tensor *b);

/* Product of dims[from..to), which a successful nn_tensor_shape has checked. */
int64_t nn_dims_product(const nn_tensor *t, int from, int to);

/* Bytes of a weight, or of a tensor computed from it, as in the file: fewer than t->bytes if stored
 * in 16 bits. */
size_t nn_stored_bytes(const nn_tensor *t);

#endif
