/* Range, ArgMax, ArgMin: outputs are indices. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "nn/ops/ops.h"

/* --- Range --------------------------------------------------------------------------------------
 */

static double number_of(const nn_tensor *t)
{
    switch (t->dtype) {
    case NN_FLOAT:
        return (double)*(const float *)t->data;
    case NN_DOUBLE:
        return *(const double *)t->data;
    case NN_INT64:
        return (double)*(const int64_t *)t->data;
    default:
        return *(const int32_t *)t->data;
    }
}

/* The length is part of the shape, so start, limit and delta must be known before a run. */
static int infer_range(nn_step *step, err *e)
{
    nn_dtype dtype = step->in[0]->dtype;
    for (int k = 0; k < 3; k++) {
        const nn_tensor *t = step->in[k];
        if (t->count != 1 || t->dtype != dtype)
            return err_set(e, ERR_FORMAT, "its inputs must be one number each, of one type");
        if (!t->data)
            return err_set(e, ERR_UNSUPPORTED,
                           "input %d depends on the data; csilink needs it constant", k);
    }
    if (dtype != NN_FLOAT && dtype != NN_DOUBLE && dtype != NN_INT64 && dtype != NN_INT32)
        return nn_need_dtype(step, 0, NN_FLOAT, e);
    double first = number_of(step->in[0]), limit = number_of(step->in[1]);
    double count = ceil((limit - first) / number_of(step->in[2]));
    if (!(fabs(count) < 0x1p40))
        return err_set(e, ERR_FORMAT, "it counts from %g to %g in steps of %g", first, limit,
                       number_of(step->in[2]));
    return nn_tensor_shape(step->out[0], dtype, 1, (int64_t[]){count > 0 ? (int64_t)count : 0}, e);
}

static int run_range(const nn_step *step, err *e)
{
    (void)e;
    nn_tensor *y = step->out[0];
    double first = number_of(step->in[0]), delta = number_of(step->in[2]);
    for (size_t i = 0; i < y->count; i++) {
        double value = first + (double)i * delta;
        if (y->dtype == NN_FLOAT)
            ((float *)y->data)[i] = (float)value;
        else if (y->dtype == NN_DOUBLE)
            ((double *)y->data)[i] = value;
        else if (y->dtype == NN_INT64)
            ((int64_t *)y->data)[i] = (int64_t)value;
        else
            ((int32_t *)y->data)[i] = (int32_t)value;
    }
    return 0;
}

/* --- ArgMax, ArgMin -----------------------------------------------------------------------------
 */

enum { GREATEST, LEAST };

static int infer_index(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    int64_t dims[NN_MAX_RANK];
    bool keep = nn_attr_int(step->node, "keepdims", 1) != 0;
    int axis, rank = 0;
    int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    if (!rc)
        rc = nn_need_axis(nn_attr_int(step->node, "axis", 0), x->rank, &axis, e);
    if (rc)
        return rc;
    if (x->dims[axis] == 0)
        return err_set(e, ERR_FORMAT, "axis %d has no elements", axis);
    for (int i = 0; i < x->rank; i++)
        if (i != axis || keep)
            dims[rank++] = i == axis ? 1 : x->dims[i];
    return nn_tensor_shape(step->out[0], NN_INT64, rank, dims, e);
}

static int run_index(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0];
    int axis = (int)nn_attr_int(step->node, "axis", 0);
    axis += axis < 0 ? x->rank : 0;
    bool last = nn_attr_int(step->node, "select_last_index", 0) != 0;
    float sign = step->op->variant == LEAST ? -1 : 1;
    size_t n = (size_t)x->dims[axis], inner = (size_t)nn_dims_product(x, axis + 1, x->rank);
    int64_t *y = step->out[0]->data;
    for (size_t i = 0; i < step->out[0]->count; i++) {
        const float *row = (const float *)x->data + i / inner * n * inner + i % inner;
        size_t best = 0;
        for (size_t k = 1; k < n; k++) {
            float value = sign * row[k * inner], most = sign * row[best * inner];
            if (value > most || (last && value == most))
                best = k;
        }
        y[i] = (int64_t)best;
    }
    return 0;
}

#define PLACE(op, which)                                                                           \
    NN_OP(op, 1, 1, 1, 1, "axis:i keepdims:i select_last_index:i", .infer = infer_index,           \
          .run = run_index, .variant = which)

const nn_op nn_ops_range[] = {
    NN_OP("Range", 3, 3, 1, 1, "", .infer = infer_range, .run = run_range),
    PLACE("ArgMax", GREATEST),
    PLACE("ArgMin", LEAST),
    {0},
};
