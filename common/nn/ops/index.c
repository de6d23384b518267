/* Pad, Gather, Tile, Cast, ConstantOfShape. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "nn/ops/move.h"
#include "nn/ops/ops.h"

/* --- Pad ---------------------------------------------------------------------------------------
 */

static int pad_mode_of(const nn_step *step, nn_pad_mode *mode, err *e)
{
    const char *name = nn_attr_string(step->node, "mode", "constant");
    static const char *const names[] = {"constant", "reflect", "edge", "wrap"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            *mode = (nn_pad_mode)i;
            return 0;
        }
    return err_set(e, ERR_FORMAT, "its mode is '%s'; it must be constant, reflect, edge or wrap",
                   name);
}

/* Expands the pads of the axes in input 3 (opset 18) to all axes. */
static int spread_pads(const nn_step *step, int64_t *pads, int *count, err *e)
{
    int64_t axes[NN_MAX_RANK], all[2 * NN_MAX_RANK] = {0};
    int n, rank = step->in[0]->rank;
    int rc = nn_need_ints(step, 3, axes, NN_MAX_RANK, &n, e);
    if (!rc && *count != 2 * n)
        return err_set(e, ERR_FORMAT, "it has %d pads for %d axes; it must be twice as many",
                       *count, n);
    for (int i = 0; !rc && i < n; i++) {
        int axis = 0;
        rc = nn_need_axis(axes[i], rank, &axis, e);
        all[axis] = pads[i];
        all[rank + axis] = pads[n + i];
    }
    memcpy(pads, all, sizeof all);
    *count = 2 * rank;
    return rc;
}

static int read_pads(const nn_step *step, nn_pad *p, err *e)
{
    const int64_t limit = (int64_t)1 << 40;
    int64_t pads[2 * NN_MAX_RANK];
    int count = -1, rank = step->in[0]->rank;
    int rc = pad_mode_of(step, &p->mode, e);
    if (!rc)
        rc = nn_ints_either(step, 1, "pads", pads, 2 * NN_MAX_RANK, &count, e);
    if (!rc && nn_in(step, 3))
        rc = spread_pads(step, pads, &count, e);
    if (!rc && count != 2 * rank)
        return err_set(e, ERR_FORMAT, "it has %d pads for rank %d; it must be twice the rank",
                       count, rank);
    for (int i = 0; !rc && i < rank; i++) {
        int64_t n = step->in[0]->dims[i], before = pads[i], after = pads[rank + i];
        bool repeats = p->mode == NN_PAD_EDGE || p->mode == NN_PAD_WRAP;
        int64_t most = p->mode == NN_PAD_REFLECT ? n - 1 : repeats && !n ? 0 : limit;
        bool each_fits = before <= most && after <= most && before >= -n && after >= -n;
        if (!each_fits || n + (before < 0 ? before : 0) + (after < 0 ? after : 0) < 0)
            return err_set(e, ERR_FORMAT,
                           "pads %" PRId64 " and %" PRId64
                           " do not fit dimension %d of size %" PRId64,
                           before, after, i, n);
        p->before[i] = before;
        p->after[i] = after;
    }
    return rc;
}

static int infer_pad(nn_step *step, err *e)
{
    nn_pad p = {0};
    const nn_tensor *x = step->in[0], *value = nn_in(step, 2);
    int64_t dims[NN_MAX_RANK];
    if (value && (value->count != 1 || value->dtype != x->dtype))
        return err_set(e, ERR_FORMAT, "input 2 must be one %s", nn_dtype_name(x->dtype));
    if (!value && nn_find_attr(step->node, "value") && x->dtype != NN_FLOAT)
        return nn_need_dtype(step, 0, NN_FLOAT, e);
    int rc = read_pads(step, &p, e);
    for (int i = 0; !rc && i < x->rank; i++)
        dims[i] = x->dims[i] + p.before[i] + p.after[i];
    return rc ? rc : nn_tensor_shape(step->out[0], x->dtype, x->rank, dims, e);
}

static int prepare_pad(nn_step *step, err *e)
{
    nn_pad *p = nn_new_state(step, sizeof *p, e);
    return p ? read_pads(step, p, e) : ERR_NOMEM;
}

int64_t nn_pad_source(nn_pad_mode mode, int64_t at, int64_t n)
{
    if (at >= 0 && at < n)
        return at;
    if (mode == NN_PAD_CONSTANT)
        return -1;
    if (mode == NN_PAD_WRAP)
        return (at % n + n) % n;
    if (mode == NN_PAD_EDGE)
        return at < 0 ? 0 : n - 1;
    return at < 0 ? -at : 2 * (n - 1) - at;
}

static void pad_rows(const nn_step *step, const void *value, int d, bool inside, int64_t from,
                     int64_t to)
{
    const nn_pad *p = step->state;
    const nn_tensor *x = step->in[0], *y = step->out[0];
    size_t size = nn_dtype_size(x->dtype);
    for (int64_t i = 0; i < (x->rank ? y->dims[d] : 1); i++) {
        int64_t at = x->rank ? nn_pad_source(p->mode, i - p->before[d], x->dims[d]) : 0;
        bool in = inside && at >= 0;
        if (d < x->rank - 1) {
            pad_rows(step, value, d + 1, in, from * x->dims[d + 1] + at * x->dims[d + 1],
                     (to + i) * y->dims[d + 1]);
            continue;
        }
        const void *element = in ? (const char *)x->data + (size_t)(from + at) * size : value;
        memcpy((char *)y->data + (size_t)(to + i) * size, element, size);
    }
}

static int run_pad(const nn_step *step, err *e)
{
    (void)e;
    static const char zero[8] = {0};
    const nn_tensor *given = nn_in(step, 2);
    float attribute = nn_attr_float(step->node, "value", 0);
    const void *value = given                            ? given->data
                        : step->in[0]->dtype == NN_FLOAT ? (const void *)&attribute
                                                         : zero;
    if (step->out[0]->count)
        pad_rows(step, value, 0, true, 0, 0);
    return 0;
}

/* --- Gather ------------------------------------------------------------------------------------
 */

static int infer_gather(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0], *index = step->in[1];
    int axis, rank = x->rank - 1 + index->rank;
    int64_t dims[2 * NN_MAX_RANK];
    if (index->dtype != NN_INT64 && index->dtype != NN_INT32)
        return nn_need_dtype(step, 1, NN_INT64, e);
    int rc = nn_need_axis(nn_attr_int(step->node, "axis", 0), x->rank, &axis, e);
    if (rc)
        return rc;
    memcpy(dims, x->dims, (size_t)axis * sizeof *dims);
    memcpy(dims + axis, index->dims, (size_t)index->rank * sizeof *dims);
    memcpy(dims + axis + index->rank, x->dims + axis + 1,
           (size_t)(x->rank - axis - 1) * sizeof *dims);
    return nn_tensor_shape(step->out[0], x->dtype, rank, dims, e);
}

static int64_t index_at(const nn_tensor *index, size_t i)
{
    return index->dtype == NN_INT64 ? ((const int64_t *)index->data)[i]
                                    : ((const int32_t *)index->data)[i];
}

/* Gathers single elements of four bytes. */
static void gather_words(const nn_tensor *x, const nn_tensor *index, int64_t n, size_t outer,
                         char *to)
{
    const char *from = x->data;
    for (size_t o = 0; o < outer; o++, from += (size_t)n * 4)
        for (size_t i = 0; i < index->count; i++, to += 4) {
            int64_t at = index_at(index, i);
            memcpy(to, from + (at < 0 ? at + n : at) * 4, 4);
        }
}

static int run_gather(const nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0], *index = step->in[1];
    int axis = (int)nn_attr_int(step->node, "axis", 0);
    axis += axis < 0 ? x->rank : 0;
    int64_t n = x->dims[axis];
    size_t outer = (size_t)nn_dims_product(x, 0, axis);
    size_t inner = (size_t)nn_dims_product(x, axis + 1, x->rank) * nn_dtype_size(x->dtype);
    char *to = step->out[0]->data;
    for (size_t i = 0; i < index->count; i++) {
        int64_t at = index_at(index, i);
        if (at < -n || at >= n)
            return err_set(e, ERR_INVALID,
                           "index %" PRId64 " is out of range; it must be %" PRId64 " to %" PRId64,
                           at, -n, n - 1);
    }
    if (inner == sizeof(uint32_t)) {
        gather_words(x, index, n, outer, step->out[0]->data);
        return 0;
    }
    for (size_t o = 0; o < outer && inner; o++)
        for (size_t i = 0; i < index->count; i++, to += inner) {
            int64_t at = index_at(index, i);
            at += at < 0 ? n : 0;
            memcpy(to, (const char *)x->data + (o * (size_t)n + (size_t)at) * inner, inner);
        }
    return 0;
}

/* --- Tile --------------------------------------------------------------------------------------
 */

static int infer_tile(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    int64_t repeats[NN_MAX_RANK], dims[NN_MAX_RANK];
    int count = 0;
    int rc = nn_need_ints(step, 1, repeats, NN_MAX_RANK, &count, e);
    if (!rc && count != x->rank)
        return err_set(e, ERR_FORMAT, "it has %d repeats for rank %d", count, x->rank);
    for (int i = 0; !rc && i < x->rank; i++)
        if (repeats[i] < 0 || __builtin_mul_overflow(x->dims[i], repeats[i], &dims[i]))
            return err_set(e, ERR_FORMAT, "it repeats dimension %d %" PRId64 " times", i,
                           repeats[i]);
    return rc ? rc : nn_tensor_shape(step->out[0], x->dtype, x->rank, dims, e);
}

/* Copies the input's part of each output row, then repeats it. */
static void tile_rows(const nn_step *step, int d, const char *from, char *to)
{
    const nn_tensor *x = step->in[0], *y = step->out[0];
    size_t size = nn_dtype_size(x->dtype);
    size_t in = (size_t)nn_dims_product(x, d + 1, x->rank) * size;
    size_t out = (size_t)nn_dims_product(y, d + 1, y->rank) * size;
    size_t once = (size_t)x->dims[d] * out, whole = (size_t)y->dims[d] * out;
    for (size_t i = 0; i < (size_t)x->dims[d]; i++) {
        if (d == x->rank - 1)
            memcpy(to + i * out, from + i * in, size);
        else
            tile_rows(step, d + 1, from + i * in, to + i * out);
    }
    for (size_t at = once; at < whole; at += once)
        memcpy(to + at, to, once);
}

static int run_tile(const nn_step *step, err *e)
{
    (void)e;
    if (step->out[0]->count && step->in[0]->rank == 0)
        memcpy(step->out[0]->data, step->in[0]->data, step->in[0]->bytes);
    else if (step->out[0]->count)
        tile_rows(step, 0, step->in[0]->data, step->out[0]->data);
    return 0;
}

/* --- ConstantOfShape ---------------------------------------------------------------------------
 */

static int infer_constant_of_shape(nn_step *step, err *e)
{
    const nn_attr *value = nn_find_attr(step->node, "value");
    int64_t dims[NN_MAX_RANK];
    int rank = 0;
    if (value && value->tensor->count != 1)
        return err_set(e, ERR_FORMAT, "attribute 'value' has %zu values; it must be one",
                       value->tensor->count);
    int rc = nn_need_ints(step, 0, dims, NN_MAX_RANK, &rank, e);
    return rc ? rc
              : nn_tensor_shape(step->out[0], value ? value->tensor->dtype : NN_FLOAT, rank, dims,
                                e);
}

static int run_constant_of_shape(const nn_step *step, err *e)
{
    (void)e;
    const nn_attr *value = nn_find_attr(step->node, "value");
    size_t size = nn_dtype_size(step->out[0]->dtype);
    for (size_t i = 0; i < step->out[0]->count; i++)
        if (value)
            memcpy((char *)step->out[0]->data + i * size, value->tensor->data, size);
        else
            ((float *)step->out[0]->data)[i] = 0;
    return 0;
}

const nn_op nn_ops_index[] = {
    NN_OP("Pad", 1, 4, 1, 1, "mode:s pads:I value:f", .infer = infer_pad, .prepare = prepare_pad,
          .run = run_pad),
    NN_OP("Gather", 2, 2, 1, 1, "axis:i", .infer = infer_gather, .run = run_gather),
    NN_OP("Tile", 2, 2, 1, 1, "", .infer = infer_tile, .run = run_tile),
    NN_OP("ConstantOfShape", 1, 1, 1, 1, "value:t", .infer = infer_constant_of_shape,
          .run = run_constant_of_shape),
    {0},
};
