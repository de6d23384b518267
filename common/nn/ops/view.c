/* Operators that give the same elements another shape, and those that return shapes. They cost
 * nothing: the planner makes their outputs views. */
#include <inttypes.h>
#include <string.h>

#include "nn/ops/ops.h"

static int run_copy(const nn_step *step, err *e)
{
    (void)e;
    if (step->in[0]->bytes)
        memcpy(step->out[0]->data, step->in[0]->data, step->in[0]->bytes);
    return 0;
}

static bool view_whole(const nn_step *step, int k, size_t *offset)
{
    *offset = 0;
    return k == 0 || !nn_out(step, k);
}

/* --- Reshape, Flatten, Squeeze, Unsqueeze ------------------------------------------------------
 */

static int set_view_shape(nn_step *step, int rank, const int64_t *dims, err *e)
{
    int rc = nn_tensor_shape(step->out[0], step->in[0]->dtype, rank, dims, e);
    if (!rc && step->out[0]->count != step->in[0]->count) {
        nn_dims_text from, to;
        return err_set(e, ERR_FORMAT, "%s does not have as many elements as %s",
                       nn_dims_print(&to, rank, dims),
                       nn_dims_print(&from, step->in[0]->rank, step->in[0]->dims));
    }
    return rc;
}

/* Replaces -1 by the size that remains from the others. */
static int fill_free_dim(const nn_tensor *in, int64_t *dims, int rank, int free, err *e)
{
    int64_t known = 1;
    for (int i = 0; i < rank; i++)
        if (i != free && (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known)))
            return err_set(e, ERR_FORMAT, "its shape has size %" PRId64 " in dimension %d", dims[i],
                           i);
    if (known == 0 || (int64_t)in->count % known)
        return err_set(e, ERR_FORMAT,
                       "%zu elements do not divide into the %" PRId64 " that its shape fixes",
                       in->count, known);
    dims[free] = (int64_t)in->count / known;
    return 0;
}

static int infer_reshape(nn_step *step, err *e)
{
    const nn_tensor *in = step->in[0];
    int64_t dims[NN_MAX_RANK];
    int rank, free = -1;
    int rc = nn_need_ints(step, 1, dims, NN_MAX_RANK, &rank, e);
    if (rc)
        return rc;
    bool keep_zero = nn_attr_int(step->node, "allowzero", 0) != 0;
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 0 && !keep_zero) {
            if (i >= in->rank)
                return err_set(e, ERR_FORMAT,
                               "its shape copies dimension %d of an input of rank %d", i, in->rank);
            dims[i] = in->dims[i];
        }
        if (dims[i] == -1 && free >= 0)
            return err_set(e, ERR_FORMAT,
                           "its shape has -1 in dimensions %d and %d; at most one "
                           "may be -1",
                           free, i);
        free = dims[i] == -1 ? i : free;
    }
    if (free >= 0)
        rc = fill_free_dim(in, dims, rank, free, e);
    return rc ? rc : set_view_shape(step, rank, dims, e);
}

static int infer_flatten(nn_step *step, err *e)
{
    const nn_tensor *in = step->in[0];
    int64_t axis = nn_attr_int(step->node, "axis", 1);
    int at = in->rank;
    int rc = axis == in->rank ? 0 : nn_need_axis(axis, in->rank, &at, e);
    int64_t dims[2] = {nn_dims_product(in, 0, at), nn_dims_product(in, at, in->rank)};
    return rc ? rc : set_view_shape(step, 2, dims, e);
}

/* Marks the axes of a list in marked[rank]; each at most once. */
static int mark_axes(const int64_t *axes, int count, int rank, bool *marked, err *e)
{
    memset(marked, 0, (size_t)rank * sizeof *marked);
    for (int i = 0; i < count; i++) {
        int axis;
        int rc = nn_need_axis(axes[i], rank, &axis, e);
        if (rc)
            return rc;
        if (marked[axis])
            return err_set(e, ERR_FORMAT, "axis %d is given twice", axis);
        marked[axis] = true;
    }
    return 0;
}

static int infer_squeeze(nn_step *step, err *e)
{
    const nn_tensor *in = step->in[0];
    int64_t axes[NN_MAX_RANK], dims[NN_MAX_RANK];
    bool marked[NN_MAX_RANK];
    int count, rank = 0;
    int rc = nn_ints_either(step, 1, "axes", axes, NN_MAX_RANK, &count, e);
    if (!rc && count >= 0)
        rc = mark_axes(axes, count, in->rank, marked, e);
    if (rc)
        return rc;
    for (int i = 0; i < in->rank; i++) {
        bool out = count < 0 ? in->dims[i] == 1 : marked[i];
        if (out && in->dims[i] != 1)
            return err_set(e, ERR_FORMAT,
                           "it squeezes dimension %d, whose size is %" PRId64 ", not 1", i,
                           in->dims[i]);
        if (!out)
            dims[rank++] = in->dims[i];
    }
    return set_view_shape(step, rank, dims, e);
}

static int infer_unsqueeze(nn_step *step, err *e)
{
    const nn_tensor *in = step->in[0];
    int64_t axes[NN_MAX_RANK], dims[NN_MAX_RANK];
    bool marked[NN_MAX_RANK];
    int count, from = 0;
    int rc = nn_ints_either(step, 1, "axes", axes, NN_MAX_RANK, &count, e);
    if (rc)
        return rc;
    int rank = in->rank + (count < 0 ? 0 : count);
    if (count < 0 || rank > NN_MAX_RANK)
        return err_set(e, ERR_FORMAT, "it adds %d axes to rank %d; csilink handles ranks to %d",
                       count, in->rank, NN_MAX_RANK);
    rc = mark_axes(axes, count, rank, marked, e);
    for (int i = 0; !rc && i < rank; i++)
        dims[i] = marked[i] ? 1 : in->dims[from++];
    return rc ? rc : set_view_shape(step, rank, dims, e);
}

/* --- Identity, Dropout -------------------------------------------------------------------------
 */

static int infer_dropout(nn_step *step, err *e)
{
    const nn_tensor *training = nn_in(step, 2);
    if (training && (training->dtype != NN_BOOL || !training->data || training->count != 1))
        return err_set(e, ERR_UNSUPPORTED, "its training_mode must be a constant boolean");
    if (training && *(const uint8_t *)training->data)
        return err_set(e, ERR_UNSUPPORTED,
                       "it is in training mode; export the model in evaluation mode");
    int rc = nn_infer_same(step, e);
    if (!rc && nn_out(step, 1))
        rc = nn_tensor_like(step->out[1], NN_BOOL, step->in[0], e);
    return rc;
}

static int run_dropout(const nn_step *step, err *e)
{
    if (nn_out(step, 1))
        memset(step->out[1]->data, 1, step->out[1]->bytes);
    return run_copy(step, e);
}

/* --- Shape, Size -------------------------------------------------------------------------------
 */

static int clamp_axis(int64_t at, int rank)
{
    at = at < 0 ? at + rank : at;
    return (int)(at < 0 ? 0 : at > rank ? rank : at);
}

static int infer_shape(nn_step *step, err *e)
{
    int rank = step->in[0]->rank;
    int start = clamp_axis(nn_attr_int(step->node, "start", 0), rank);
    int end = clamp_axis(nn_attr_int(step->node, "end", rank), rank);
    int64_t count = end > start ? end - start : 0;
    return nn_tensor_shape(step->out[0], NN_INT64, 1, &count, e);
}

static int run_shape(const nn_step *step, err *e)
{
    (void)e;
    int start = clamp_axis(nn_attr_int(step->node, "start", 0), step->in[0]->rank);
    if (step->out[0]->bytes)
        memcpy(step->out[0]->data, step->in[0]->dims + start, step->out[0]->bytes);
    return 0;
}

static int infer_size(nn_step *step, err *e)
{
    return nn_tensor_shape(step->out[0], NN_INT64, 0, NULL, e);
}

static int run_size(const nn_step *step, err *e)
{
    (void)e;
    *(int64_t *)step->out[0]->data = (int64_t)step->in[0]->count;
    return 0;
}

/* The loader reads a Constant, which never becomes a step. */
static int infer_constant(nn_step *step, err *e)
{
    (void)step;
    return err_set(e, ERR_STATE, "a Constant is not a step");
}

#define VIEW(op, most_in, list, how)                                                               \
    NN_OP(op, 1, most_in, 1, 1, list, .infer = how, .run = run_copy, .view = view_whole)

const nn_op nn_ops_view[] = {
    NN_OP("Reshape", 2, 2, 1, 1, "allowzero:i", .infer = infer_reshape, .run = run_copy,
          .view = view_whole),
    VIEW("Flatten", 1, "axis:i", infer_flatten),
    VIEW("Squeeze", 2, "axes:I", infer_squeeze),
    VIEW("Unsqueeze", 2, "axes:I", infer_unsqueeze),
    VIEW("Identity", 1, "", nn_infer_same),
    NN_OP("Dropout", 1, 3, 1, 2, "ratio:f seed:i", .infer = infer_dropout, .run = run_dropout,
          .view = view_whole),
    NN_OP("Shape", 1, 1, 1, 1, "start:i end:i", .infer = infer_shape, .run = run_shape,
          .flags = NN_OP_SHAPE_ONLY),
    NN_OP("Size", 1, 1, 1, 1, "", .infer = infer_size, .run = run_size, .flags = NN_OP_SHAPE_ONLY),
    NN_OP("Constant", 0, 0, 1, 1, "value:t value_int:i value_ints:I value_float:f value_floats:F",
          .infer = infer_constant),
    {0},
};
