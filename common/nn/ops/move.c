/* Operators that move elements of any type: Concat, Split, Slice, Transpose, Expand. A result that
 * is a contiguous piece of the input is a view and costs nothing. */
#include <inttypes.h>
#include <string.h>

#include "nn/ops/move.h"
#include "nn/ops/ops.h"

static void dense_strides(const nn_tensor *t, int64_t *strides)
{
    nn_broadcast_strides(t, t->rank, t->dims, strides);
}

/* --- Concat ------------------------------------------------------------------------------------
 */

static int infer_concat(nn_step *step, err *e)
{
    const nn_tensor *first = step->in[0];
    int axis;
    if (!nn_find_attr(step->node, "axis"))
        return err_set(e, ERR_FORMAT, "attribute 'axis' is missing");
    int rc = nn_need_axis(nn_attr_int(step->node, "axis", 0), first->rank, &axis, e);
    if (rc)
        return rc;
    int64_t dims[NN_MAX_RANK];
    memcpy(dims, first->dims, sizeof dims);
    for (int k = 1; k < step->n_in; k++) {
        const nn_tensor *t = step->in[k];
        bool fits = t->rank == first->rank && t->dtype == first->dtype;
        for (int i = 0; fits && i < t->rank; i++)
            fits = i == axis || t->dims[i] == first->dims[i];
        if (!fits) {
            nn_dims_text a, b;
            return err_set(e, ERR_FORMAT,
                           "input %d, %s %s, does not fit input 0, %s %s, along axis "
                           "%d",
                           k, nn_dtype_name(t->dtype), nn_dims_print(&a, t->rank, t->dims),
                           nn_dtype_name(first->dtype), nn_dims_print(&b, first->rank, first->dims),
                           axis);
        }
        if (__builtin_add_overflow(dims[axis], t->dims[axis], &dims[axis]))
            return err_set(e, ERR_FORMAT, "the result is too large");
    }
    return nn_tensor_shape(step->out[0], first->dtype, first->rank, dims, e);
}

/* The axis; infer has checked it. */
static int known_axis(const nn_step *step)
{
    int64_t axis = nn_attr_int(step->node, "axis", 0);
    return (int)(axis < 0 ? axis + step->in[0]->rank : axis);
}

/* Bytes of tensor t from the axis on: one row of a Concat or a Split. */
static size_t row_bytes(const nn_tensor *t, int axis)
{
    return (size_t)nn_dims_product(t, axis, t->rank) * nn_dtype_size(t->dtype);
}

static bool inside_concat(const nn_step *step, int k, size_t *offset)
{
    int axis = known_axis(step);
    if (nn_dims_product(step->out[0], 0, axis) != 1)
        return false;
    *offset = 0;
    for (int i = 0; i < k; i++)
        *offset += step->in[i]->bytes;
    return true;
}

static int run_concat(const nn_step *step, err *e)
{
    (void)e;
    int axis = known_axis(step);
    size_t rows = (size_t)nn_dims_product(step->out[0], 0, axis);
    size_t width = row_bytes(step->out[0], axis);
    char *to = step->out[0]->data;
    for (int k = 0; k < step->n_in; k++) {
        size_t n = row_bytes(step->in[k], axis);
        const char *from = step->in[k]->data;
        if (from != to && n) /* equal: its producer has written it there */
            for (size_t r = 0; r < rows; r++)
                memcpy(to + r * width, from + r * n, n);
        to += n;
    }
    return 0;
}

/* --- Split -------------------------------------------------------------------------------------
 */

/* Sizes of the parts: from the list, or equal without one (the last can be smaller). */
static int split_sizes(const nn_step *step, int axis, int64_t *sizes, err *e)
{
    int64_t total = step->in[0]->dims[axis], sum = 0;
    int64_t stated = nn_attr_int(step->node, "num_outputs", step->n_out);
    int count, parts = step->n_out;
    int rc = nn_ints_either(step, 1, "split", sizes, parts, &count, e);
    if (rc)
        return rc;
    if (stated != parts)
        return err_set(e, ERR_FORMAT, "its num_outputs is %" PRId64 "; it has %d", stated, parts);
    if (count >= 0 && count != parts)
        return err_set(e, ERR_FORMAT, "it gives %d sizes for %d outputs", count, parts);
    for (int k = 0; k < parts; k++) {
        int64_t equal = (total + parts - 1) / parts;
        int64_t left = total - sum;
        if (count < 0)
            sizes[k] = equal < left ? equal : left;
        if (sizes[k] < 0 || sizes[k] > left)
            return err_set(e, ERR_FORMAT, "part %d has size %" PRId64 "; %" PRId64 " are left", k,
                           sizes[k], left);
        sum += sizes[k];
    }
    if (sum != total)
        return err_set(e, ERR_FORMAT, "its parts add up to %" PRId64 ", not to %" PRId64, sum,
                       total);
    return 0;
}

static int infer_split(nn_step *step, err *e)
{
    int axis;
    int rc = nn_need_axis(nn_attr_int(step->node, "axis", 0), step->in[0]->rank, &axis, e);
    if (rc)
        return rc;
    int64_t *sizes = nn_pool_array(step->pool, (size_t)step->n_out, sizeof *sizes);
    if (!sizes)
        return err_set(e, ERR_NOMEM, "no memory for its sizes");
    rc = split_sizes(step, axis, sizes, e);
    for (int k = 0; !rc && k < step->n_out; k++) {
        int64_t dims[NN_MAX_RANK];
        memcpy(dims, step->in[0]->dims, sizeof dims);
        dims[axis] = sizes[k];
        if (!nn_out(step, k))
            return err_set(e, ERR_UNSUPPORTED, "output %d is left out; name all of them", k);
        rc = nn_tensor_shape(step->out[k], step->in[0]->dtype, step->in[0]->rank, dims, e);
    }
    return rc;
}

static bool view_split(const nn_step *step, int k, size_t *offset)
{
    *offset = 0;
    for (int i = 0; i < k; i++)
        *offset += step->out[i]->bytes;
    return nn_dims_product(step->in[0], 0, known_axis(step)) == 1;
}

static int run_split(const nn_step *step, err *e)
{
    (void)e;
    int axis = known_axis(step);
    size_t rows = (size_t)nn_dims_product(step->in[0], 0, axis);
    size_t width = row_bytes(step->in[0], axis);
    const char *from = step->in[0]->data;
    for (int k = 0; k < step->n_out; k++) {
        size_t n = row_bytes(step->out[k], axis);
        for (size_t r = 0; n && r < rows; r++)
            memcpy((char *)step->out[k]->data + r * n, from + r * width, n);
        from += n;
    }
    return 0;
}

/* --- Slice -------------------------------------------------------------------------------------
 */

typedef struct slice {
    int64_t start[NN_MAX_RANK], step[NN_MAX_RANK], size[NN_MAX_RANK];
} slice;

/* Sets one axis, with numpy's clamping of starts and ends. */
static int slice_axis(slice *s, int axis, int64_t n, int64_t start, int64_t end, int64_t step,
                      err *e)
{
    if (step == 0 || step == INT64_MIN)
        return err_set(e, ERR_FORMAT, "its step along axis %d is %" PRId64, axis, step);
    int64_t least = step < 0 ? -1 : 0, most = step < 0 ? n - 1 : n;
    start = start < 0 ? (start < -n ? -1 : start + n) : start;
    start = start < 0 ? 0 : start > most ? most : start;
    end = end < 0 ? (end < -n ? least : end + n) : end;
    end = end < least ? least : end > most && step > 0 ? most : end > n ? n : end;
    int64_t span = step > 0 ? end - start : start - end;
    int64_t stride = step > 0 ? step : -step;
    s->start[axis] = start;
    s->step[axis] = step;
    s->size[axis] = n == 0 || span <= 0 ? 0 : (span - 1) / stride + 1;
    return 0;
}

static int read_slice(const nn_step *step, slice *s, err *e)
{
    const nn_tensor *x = step->in[0];
    int64_t starts[NN_MAX_RANK], ends[NN_MAX_RANK], axes[NN_MAX_RANK], steps[NN_MAX_RANK];
    int n = -1, n_ends = -1, n_axes = -1, n_steps = -1;
    int rc = nn_ints_either(step, 1, "starts", starts, NN_MAX_RANK, &n, e);
    if (!rc)
        rc = nn_ints_either(step, 2, "ends", ends, NN_MAX_RANK, &n_ends, e);
    if (!rc)
        rc = nn_ints_either(step, 3, "axes", axes, NN_MAX_RANK, &n_axes, e);
    if (!rc && nn_in(step, 4))
        rc = nn_need_ints(step, 4, steps, NN_MAX_RANK, &n_steps, e);
    if (rc)
        return rc;
    if (n < 0 || n != n_ends || (n_axes >= 0 && n_axes != n) || (n_steps >= 0 && n_steps != n) ||
        n > x->rank)
        return err_set(e, ERR_FORMAT, "its %d starts, %d ends, axes and steps do not match", n,
                       n_ends);
    for (int i = 0; i < x->rank; i++)
        slice_axis(s, i, x->dims[i], 0, x->dims[i], 1, e);
    for (int i = 0; !rc && i < n; i++) {
        int axis = i;
        rc = n_axes >= 0 ? nn_need_axis(axes[i], x->rank, &axis, e) : 0;
        if (!rc)
            rc = slice_axis(s, axis, x->dims[axis], starts[i], ends[i], n_steps < 0 ? 1 : steps[i],
                            e);
    }
    return rc;
}

static int infer_slice(nn_step *step, err *e)
{
    slice s;
    int rc = read_slice(step, &s, e);
    return rc ? rc
              : nn_tensor_shape(step->out[0], step->in[0]->dtype, step->in[0]->rank, s.size, e);
}

/* Contiguous if every axis before the sliced one has size 1 and every axis behind it is whole. */
static bool view_slice(const nn_step *step, int k, size_t *offset)
{
    const nn_tensor *x = step->in[0];
    slice s;
    if (k || read_slice(step, &s, NULL))
        return false;
    int axis = x->rank - 1;
    while (axis > 0 && s.size[axis] == x->dims[axis] && s.step[axis] == 1)
        axis--;
    *offset = 0;
    for (int i = 0; i <= axis; i++) {
        if ((i < axis && s.size[i] != 1) || (s.size[i] > 1 && s.step[i] != 1) || s.size[i] == 0)
            return false;
        *offset +=
            (size_t)(s.start[i] * nn_dims_product(x, i + 1, x->rank)) * nn_dtype_size(x->dtype);
    }
    return true;
}

static int prepare_slice(nn_step *step, err *e)
{
    nn_move *m = nn_new_state(step, sizeof *m, e);
    slice s;
    if (!m)
        return ERR_NOMEM;
    int rc = read_slice(step, &s, e);
    if (rc)
        return rc;
    const nn_tensor *x = step->in[0], *y = step->out[0];
    m->loops.rank = y->rank;
    m->loops.operands = 2;
    memcpy(m->loops.dims, y->dims, sizeof y->dims);
    dense_strides(y, m->loops.strides[0]);
    dense_strides(x, m->loops.strides[1]);
    for (int i = 0; i < x->rank; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): s has x->rank axes */
        m->first += s.start[i] * m->loops.strides[1][i];
        m->loops.strides[1][i] = s.size[i] > 1 ? m->loops.strides[1][i] * s.step[i] : 0;
    }
    nn_strided_collapse(&m->loops);
    return 0;
}

static int run_move(const nn_step *step, err *e)
{
    (void)e;
    const nn_move *m = step->state;
    size_t size = nn_dtype_size(step->out[0]->dtype);
    if (step->out[0]->count)
        nn_strided_copy(&m->loops, step->out[0]->data,
                        (const char *)step->in[0]->data + (size_t)m->first * size, size);
    return 0;
}

/* --- Transpose ---------------------------------------------------------------------------------
 */

static int read_perm(const nn_step *step, int64_t *perm, err *e)
{
    int rank = step->in[0]->rank, count;
    bool seen[NN_MAX_RANK] = {false};
    int rc = nn_attr_ints(step, "perm", perm, NN_MAX_RANK, &count, e);
    if (rc)
        return rc;
    for (int i = 0; count < 0 && i < rank; i++)
        perm[i] = rank - 1 - i;
    if (count >= 0 && count != rank)
        return err_set(e, ERR_FORMAT, "attribute 'perm' has %d values for rank %d", count, rank);
    for (int i = 0; i < rank; i++) {
        if (perm[i] < 0 || perm[i] >= rank || seen[perm[i]])
            return err_set(e, ERR_FORMAT,
                           "attribute 'perm' is no permutation: %" PRId64 " at position %d",
                           perm[i], i);
        seen[perm[i]] = true;
    }
    return 0;
}

static int infer_transpose(nn_step *step, err *e)
{
    int64_t perm[NN_MAX_RANK], dims[NN_MAX_RANK];
    int rc = read_perm(step, perm, e);
    for (int i = 0; !rc && i < step->in[0]->rank; i++)
        dims[i] = step->in[0]->dims[perm[i]];
    return rc ? rc : nn_tensor_shape(step->out[0], step->in[0]->dtype, step->in[0]->rank, dims, e);
}

static int prepare_transpose(nn_step *step, err *e)
{
    nn_move *m = nn_new_state(step, sizeof *m, e);
    int64_t perm[NN_MAX_RANK], strides[NN_MAX_RANK];
    if (!m)
        return ERR_NOMEM;
    int rc = read_perm(step, perm, e);
    if (rc)
        return rc;
    m->loops.rank = step->in[0]->rank;
    m->loops.operands = 2;
    memcpy(m->loops.dims, step->out[0]->dims, sizeof m->loops.dims);
    dense_strides(step->out[0], m->loops.strides[0]);
    dense_strides(step->in[0], strides);
    for (int i = 0; i < m->loops.rank; i++)
        m->loops.strides[1][i] = strides[perm[i]];
    nn_strided_collapse(&m->loops);
    return 0;
}

/* Moving dimensions of size 1 changes nothing in memory. */
static bool view_transpose(const nn_step *step, int k, size_t *offset)
{
    int64_t perm[NN_MAX_RANK], last = -1;
    *offset = 0;
    if (k || read_perm(step, perm, NULL))
        return false;
    for (int i = 0; i < step->in[0]->rank; i++) {
        if (step->in[0]->dims[perm[i]] == 1)
            continue;
        if (perm[i] < last)
            return false;
        last = perm[i];
    }
    return true;
}

/* --- Expand ------------------------------------------------------------------------------------
 */

static int infer_expand(nn_step *step, err *e)
{
    nn_tensor want = {0};
    int64_t dims[NN_MAX_RANK];
    int rank = 0;
    int rc = nn_need_ints(step, 1, dims, NN_MAX_RANK, &rank, e);
    if (!rc)
        rc = nn_tensor_shape(&want, step->in[0]->dtype, rank, dims, e);
    if (!rc)
        rc = nn_broadcast(step->in[0], &want, dims, &rank, e);
    return rc ? rc : nn_tensor_shape(step->out[0], step->in[0]->dtype, rank, dims, e);
}

static int prepare_expand(nn_step *step, err *e)
{
    nn_move *m = nn_new_state(step, sizeof *m, e);
    if (!m)
        return ERR_NOMEM;
    const nn_tensor *y = step->out[0];
    m->loops.rank = y->rank;
    m->loops.operands = 2;
    memcpy(m->loops.dims, y->dims, sizeof y->dims);
    dense_strides(y, m->loops.strides[0]);
    nn_broadcast_strides(step->in[0], y->rank, y->dims, m->loops.strides[1]);
    nn_strided_collapse(&m->loops);
    return 0;
}

static bool view_expand(const nn_step *step, int k, size_t *offset)
{
    *offset = 0;
    return k == 0 && step->in[0]->count == step->out[0]->count;
}

const nn_op nn_ops_move[] = {
    NN_OP("Concat", 1, NN_MANY, 1, 1, "axis:i", .infer = infer_concat, .run = run_concat,
          .inside = inside_concat),
    NN_OP("Split", 1, 2, 1, NN_MANY, "axis:i num_outputs:i split:I", .infer = infer_split,
          .run = run_split, .view = view_split),
    NN_OP("Slice", 1, 5, 1, 1, "axes:I ends:I starts:I", .infer = infer_slice,
          .prepare = prepare_slice, .run = run_move, .view = view_slice),
    NN_OP("Transpose", 1, 1, 1, 1, "perm:I", .infer = infer_transpose, .prepare = prepare_transpose,
          .run = run_move, .view = view_transpose),
    NN_OP("Expand", 2, 2, 1, 1, "", .infer = infer_expand, .prepare = prepare_expand,
          .run = run_move, .view = view_expand),
    {0},
};
