#include "nn/ops/ops.h"

#include <inttypes.h>
#include <string.h>

int nn_need_dtype(const nn_step *step, int k, nn_dtype dtype, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    if (t && t->dtype != dtype)
        return err_set(e, ERR_UNSUPPORTED, "input %d is of type %s; csilink's operator takes %s", k,
                       nn_dtype_name(t->dtype), nn_dtype_name(dtype));
    return 0;
}

int nn_need_rank(const nn_step *step, int k, int least, int most, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    nn_dims_text shape;
    if (t && (t->rank < least || t->rank > most))
        return err_set(e, ERR_FORMAT, "input %d has shape %s; its rank must be %d to %d", k,
                       nn_dims_print(&shape, t->rank, t->dims), least, most);
    return 0;
}

int nn_need_axis(int64_t axis, int rank, int *out, err *e)
{
    if (axis < -rank || axis >= rank)
        return err_set(e, ERR_FORMAT, "axis %" PRId64 " is out of range; it must be %d to %d", axis,
                       -rank, rank - 1);
    *out = (int)(axis < 0 ? axis + rank : axis);
    return 0;
}

int nn_need_ints(const nn_step *step, int k, int64_t *values, int most, int *count, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    if (!t)
        return err_set(e, ERR_FORMAT, "input %d is missing", k);
    if (t->dtype != NN_INT64 && t->dtype != NN_INT32)
        return err_set(e, ERR_FORMAT, "input %d is of type %s; it must be int64 or int32", k,
                       nn_dtype_name(t->dtype));
    if (!t->data)
        return err_set(e, ERR_UNSUPPORTED,
                       "input %d depends on the data; csilink needs it constant, as shapes are "
                       "fixed before a run",
                       k);
    if (t->rank > 1 || t->count > (size_t)most)
        return err_set(e, ERR_FORMAT, "input %d has %zu values; at most %d fit", k, t->count, most);
    *count = (int)t->count;
    for (size_t i = 0; i < t->count; i++)
        values[i] =
            t->dtype == NN_INT64 ? ((const int64_t *)t->data)[i] : ((const int32_t *)t->data)[i];
    return 0;
}

int nn_attr_ints(const nn_step *step, const char *name, int64_t *values, int most, int *count,
                 err *e)
{
    const nn_attr *a = nn_find_attr(step->node, name);
    *count = -1;
    if (!a)
        return 0;
    if (a->count > (size_t)most)
        return err_set(e, ERR_FORMAT, "attribute '%s' has %zu values; at most %d fit", name,
                       a->count, most);
    *count = (int)a->count;
    if (a->count)
        memcpy(values, a->ints, a->count * sizeof *values);
    return 0;
}

int nn_ints_either(const nn_step *step, int k, const char *name, int64_t *values, int most,
                   int *count, err *e)
{
    if (nn_in(step, k))
        return nn_need_ints(step, k, values, most, count, e);
    return nn_attr_ints(step, name, values, most, count, e);
}

int nn_infer_same(nn_step *step, err *e)
{
    return nn_tensor_like(step->out[0], step->in[0]->dtype, step->in[0], e);
}

int nn_infer_same_float(nn_step *step, err *e)
{
    int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    return rc ? rc : nn_infer_same(step, e);
}

int nn_broadcast(const nn_tensor *a, const nn_tensor *b, int64_t *dims, int *rank, err *e)
{
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < *rank; i++) {
        int ia = i - (*rank - a->rank), ib = i - (*rank - b->rank);
        int64_t da = ia < 0 ? 1 : a->dims[ia], db = ib < 0 ? 1 : b->dims[ib];
        if (da != db && da != 1 && db != 1) {
            nn_dims_text ta, tb;
            return err_set(e, ERR_FORMAT, "shapes %s and %s do not broadcast together",
                           nn_dims_print(&ta, a->rank, a->dims),
                           nn_dims_print(&tb, b->rank, b->dims));
        }
        dims[i] = da == 1 ? db : da;
    }
    return 0;
}

void *nn_new_state(nn_step *step, size_t bytes, err *e)
{
    step->state = nn_pool_alloc(step->pool, bytes);
    if (!step->state)
        err_set(e, ERR_NOMEM, "no memory for its %zu bytes of state within the session's limit",
                bytes);
    return step->state;
}
