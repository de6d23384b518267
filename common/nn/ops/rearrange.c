/* DepthToSpace, SpaceToDepth, Trilu, GatherElements: move elements of any type by rules beyond
 * strides. */
#include <inttypes.h>
#include <string.h>

#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

/* --- DepthToSpace, SpaceToDepth -----------------------------------------------------------------
 */

enum { TO_SPACE, TO_DEPTH };

static int read_block(const nn_step *step, int64_t *block, bool *column_first, err *e)
{
    const char *mode = nn_attr_string(step->node, "mode", "DCR");
    *block = nn_attr_int(step->node, "blocksize", 0);
    *column_first = strcmp(mode, "CRD") == 0;
    if (!*column_first && strcmp(mode, "DCR") != 0)
        return err_set(e, ERR_FORMAT, "its mode is '%.40s'; it must be DCR or CRD", mode);
    if (*block < 1 || *block > 1 << 15)
        return err_set(e, ERR_FORMAT, "its blocksize is %" PRId64 "; it must be 1 to %d", *block,
                       1 << 15);
    return nn_need_rank(step, 0, 4, 4, e);
}

static int infer_block(nn_step *step, err *e)
{
    int64_t block, dims[4];
    bool column_first;
    int rc = read_block(step, &block, &column_first, e);
    if (rc)
        return rc;
    const int64_t *x = step->in[0]->dims;
    bool space = step->op->variant == TO_SPACE;
    if (space ? x[1] % (block * block) != 0 : x[2] % block != 0 || x[3] % block != 0) {
        nn_dims_text shape;
        return err_set(e, ERR_FORMAT, "shape %s does not divide into blocks of %" PRId64,
                       nn_dims_print(&shape, 4, x), block);
    }
    dims[0] = x[0];
    dims[1] = space ? x[1] / (block * block) : x[1];
    dims[2] = space ? x[2] : x[2] / block;
    dims[3] = space ? x[3] : x[3] / block;
    if (__builtin_mul_overflow(dims[space ? 2 : 1], space ? block : block * block,
                               &dims[space ? 2 : 1]) ||
        (space && __builtin_mul_overflow(dims[3], block, &dims[3])))
        return err_set(e, ERR_FORMAT, "the result is too large");
    return nn_tensor_shape(step->out[0], step->in[0]->dtype, 4, dims, e);
}

/* Both sides as [n][c][row of blocks][row in it][column of blocks][column in it]. */
static int prepare_block(nn_step *step, err *e)
{
    int64_t b;
    bool column_first;
    nn_strided *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    int rc = read_block(step, &b, &column_first, e);
    if (rc)
        return rc;
    bool space = step->op->variant == TO_SPACE;
    const int64_t *wide = step->in[0]->dims, *flat = step->out[0]->dims; /* wide: the deep one */
    if (!space) {
        wide = step->out[0]->dims;
        flat = step->in[0]->dims;
    }
    int64_t n = wide[0], c = flat[1], h = wide[2], w = wide[3], plane = h * w;
    int64_t channel = column_first ? b * b * plane : plane, part = column_first ? plane : c * plane;
    const int64_t deep[] = {c * b * b * plane, channel, w, part * b, 1, part};
    const int64_t spread[] = {c * b * b * plane, b * b * plane, b * b * w, b * w, b, 1};
    *s = (nn_strided){.rank = 6, .operands = 2, .dims = {n, c, h, b, w, b}};
    memcpy(s->strides[0], space ? spread : deep, sizeof deep);
    memcpy(s->strides[1], space ? deep : spread, sizeof deep);
    nn_strided_collapse(s);
    return 0;
}

static int run_block(const nn_step *step, err *e)
{
    (void)e;
    nn_strided_copy(step->state, step->out[0]->data, step->in[0]->data,
                    nn_dtype_size(step->in[0]->dtype));
    return 0;
}

/* --- Trilu --------------------------------------------------------------------------------------
 */

static int infer_trilu(nn_step *step, err *e)
{
    const nn_tensor *k = nn_in(step, 1);
    int rc = nn_need_rank(step, 0, 2, NN_MAX_RANK, e);
    if (!rc)
        rc = nn_need_dtype(step, 1, NN_INT64, e);
    if (!rc && k && k->count != 1)
        rc = err_set(e, ERR_FORMAT, "input 1 has %zu values; the diagonal is one number", k->count);
    return rc ? rc : nn_infer_same(step, e);
}

/* Keeps the diagonal k columns to the right of the main one and everything on one side of it. */
static int run_trilu(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0], *given = nn_in(step, 1);
    bool upper = nn_attr_int(step->node, "upper", 1) != 0;
    int64_t k = given ? *(const int64_t *)given->data : 0;
    int64_t rows = x->dims[x->rank - 2], columns = x->dims[x->rank - 1];
    size_t size = nn_dtype_size(x->dtype);
    k = k < -rows ? -rows : k > columns ? columns : k;
    char *y = step->out[0]->data;
    if (x->bytes)
        memcpy(y, x->data, x->bytes);
    for (size_t at = 0; at < x->count; at += (size_t)columns) {
        int64_t row = (int64_t)(at / (size_t)columns) % rows, edge = row + k;
        int64_t from = upper ? 0 : edge + 1, to = upper ? edge : columns;
        from = from < 0 ? 0 : from;
        to = to > columns ? columns : to;
        if (from < to)
            memset(y + (at + (size_t)from) * size, 0, (size_t)(to - from) * size);
    }
    return 0;
}

/* --- GatherElements -----------------------------------------------------------------------------
 */

static int infer_gather_elements(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0], *index = step->in[1];
    int axis;
    if (index->dtype != NN_INT64 && index->dtype != NN_INT32)
        return nn_need_dtype(step, 1, NN_INT64, e);
    int rc = nn_need_axis(nn_attr_int(step->node, "axis", 0), x->rank, &axis, e);
    if (rc)
        return rc;
    bool fits = index->rank == x->rank;
    for (int i = 0; fits && i < x->rank; i++)
        fits = i == axis || index->dims[i] <= x->dims[i];
    if (!fits) {
        nn_dims_text a, b;
        return err_set(e, ERR_FORMAT, "indices of shape %s do not fit data of shape %s",
                       nn_dims_print(&a, index->rank, index->dims),
                       nn_dims_print(&b, x->rank, x->dims));
    }
    return nn_tensor_like(step->out[0], x->dtype, index, e);
}

static int run_gather_elements(const nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0], *index = step->in[1];
    int axis = (int)nn_attr_int(step->node, "axis", 0);
    axis += axis < 0 ? x->rank : 0;
    int64_t stride[NN_MAX_RANK], at[NN_MAX_RANK] = {0}, n = x->dims[axis];
    size_t size = nn_dtype_size(x->dtype);
    nn_broadcast_strides(x, x->rank, x->dims, stride);
    for (size_t i = 0; i < index->count; i++) {
        int64_t chosen = index->dtype == NN_INT64 ? ((const int64_t *)index->data)[i]
                                                  : ((const int32_t *)index->data)[i];
        if (chosen < -n || chosen >= n)
            return err_set(e, ERR_INVALID,
                           "index %" PRId64 " is out of range; it must be %" PRId64 " to %" PRId64,
                           chosen, -n, n - 1);
        int64_t from = (chosen < 0 ? chosen + n : chosen) * stride[axis];
        for (int d = 0; d < x->rank; d++)
            from += d == axis ? 0 : at[d] * stride[d];
        memcpy((char *)step->out[0]->data + i * size, (const char *)x->data + (size_t)from * size,
               size);
        for (int d = x->rank - 1; d >= 0 && ++at[d] == index->dims[d]; d--)
            at[d] = 0;
    }
    return 0;
}

const nn_op nn_ops_rearrange[] = {
    NN_OP("DepthToSpace", 1, 1, 1, 1, "blocksize:i mode:s", .infer = infer_block,
          .prepare = prepare_block, .run = run_block, .variant = TO_SPACE),
    NN_OP("SpaceToDepth", 1, 1, 1, 1, "blocksize:i", .infer = infer_block, .prepare = prepare_block,
          .run = run_block, .variant = TO_DEPTH),
    NN_OP("Trilu", 1, 2, 1, 1, "upper:i", .infer = infer_trilu, .run = run_trilu),
    NN_OP("GatherElements", 2, 2, 1, 1, "axis:i", .infer = infer_gather_elements,
          .run = run_gather_elements),
    {0},
};
