#include "nn/tensor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t max_bytes = (int64_t)1 << 40;

size_t nn_dtype_size(nn_dtype dtype)
{
    switch (dtype) {
    case NN_FLOAT:
    case NN_INT32:
        return 4;
    case NN_INT64:
    case NN_DOUBLE:
        return 8;
    case NN_BOOL:
    case NN_UINT8:
    case NN_INT8:
        return 1;
    }
    return 1;
}

const char *nn_dtype_name(nn_dtype dtype)
{
    static const char *const names[] = {"float", "int64", "int32", "bool",
                                        "uint8", "int8",  "double"};
    return names[dtype];
}

int nn_tensor_shape(nn_tensor *t, nn_dtype dtype, int rank, const int64_t *dims, err *e)
{
    if (rank < 0 || rank > NN_MAX_RANK)
        return err_set(e, ERR_UNSUPPORTED, "a tensor has rank %d; csilink handles 0 to %d", rank,
                       NN_MAX_RANK);
    int64_t elements = 1, bytes = (int64_t)nn_dtype_size(dtype);
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return err_set(e, ERR_FORMAT, "a tensor has size %" PRId64 " in dimension %d", dims[i],
                           i);
        /* A zero must not hide an overflow of the other sizes. */
        if (dims[i] && (__builtin_mul_overflow(bytes, dims[i], &bytes) || bytes > max_bytes))
            return err_set(e, ERR_FORMAT, "a tensor is larger than 2^40 bytes at dimension %d", i);
        elements *= dims[i];
    }
    t->dtype = dtype;
    t->rank = rank;
    if (rank)
        memmove(t->dims, dims, (size_t)rank * sizeof *dims);
    t->count = (size_t)elements;
    t->bytes = (size_t)elements * nn_dtype_size(dtype);
    return 0;
}

int nn_tensor_like(nn_tensor *t, nn_dtype dtype, const nn_tensor *like, err *e)
{
    return nn_tensor_shape(t, dtype, like->rank, like->dims, e);
}

bool nn_same_dims(const nn_tensor *a, const nn_tensor *b)
{
    return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof a->dims[0]) == 0;
}

int64_t nn_dims_product(const nn_tensor *t, int from, int to)
{
    int64_t product = 1;
    for (int i = from; i < to; i++)
        product *= t->dims[i];
    return product;
}

const char *nn_dims_print(nn_dims_text *into, int rank, const int64_t *dims)
{
    size_t at = 0;
    snprintf(into->text, sizeof into->text, "%s", rank ? "" : "scalar");
    for (int i = 0; i < rank && at < sizeof into->text; i++) {
        int n = snprintf(into->text + at, sizeof into->text - at, "%s%" PRId64, i ? " x " : "",
                         dims[i]);
        at += n > 0 ? (size_t)n : 0;
    }
    return into->text;
}
