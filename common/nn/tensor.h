/* tensor.h: shapes and element types, with every product checked. */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include <stdbool.h>

#include "nn/nn.h"

/* Bytes of one element. */
size_t nn_dtype_size(nn_dtype dtype);

/* Sets type and shape, and count and bytes from them; `data` stays. Refuses a rank above
 * NN_MAX_RANK, a negative size and a product beyond 2^40 bytes. `dims` may be t->dims. */
int nn_tensor_shape(nn_tensor *t, nn_dtype dtype, int rank, const int64_t *dims, err *e);

/* The same shape as another tensor, in the given type. */
int nn_tensor_like(nn_tensor *t, nn_dtype dtype, const nn_tensor *like, err *e);

bool nn_same_dims(const nn_tensor *a, const nn_tensor *b);

/* Product of dims[from..to), which a successful nn_tensor_shape has checked. */
int64_t nn_dims_product(const nn_tensor *t, int from, int to);

/* Bytes of a weight in the file, or of what was computed from it: fewer than t->bytes where it is
 * stored in 16 bits. */
size_t nn_stored_bytes(const nn_tensor *t);

#endif
