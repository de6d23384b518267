/* TopK: the k greatest or least elements along an axis, and where they were. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "nn/ops/move.h"
#include "nn/ops/ops.h"

/* k is an input since opset 10 and was an attribute before. */
static int read_k(const nn_step *step, int64_t *k, err *e)
{
    int count = 1;
    int rc = nn_in(step, 1) ? nn_need_ints(step, 1, k, 1, &count, e) : 0;
    if (!nn_in(step, 1))
        *k = nn_attr_int(step->node, "k", -1);
    return rc || count == 1 ? rc : err_set(e, ERR_FORMAT, "it must have one k");
}

static int infer_topk(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    int64_t dims[NN_MAX_RANK], k = 0;
    int axis = 0, rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    if (!rc)
        rc = nn_need_axis(nn_attr_int(step->node, "axis", -1), x->rank, &axis, e);
    if (!rc)
        rc = read_k(step, &k, e);
    if (rc)
        return rc;
    if (k < 0 || k > x->dims[axis])
        return err_set(e, ERR_FORMAT, "k is %" PRId64 ", and axis %d has %" PRId64 " elements", k,
                       axis, x->dims[axis]);
    memcpy(dims, x->dims, sizeof x->dims);
    dims[axis] = k;
    const nn_dtype types[] = {NN_FLOAT, NN_INT64};
    for (int i = 0; !rc && i < 2; i++)
        if (nn_out(step, i))
            rc = nn_tensor_shape(step->out[i], types[i], x->rank, dims, e);
    return rc;
}

static int prepare_topk(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    int axis = (int)nn_attr_int(step->node, "axis", -1);
    axis += axis < 0 ? x->rank : 0;
    nn_topk *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    int rc = read_k(step, &s->k, e);
    s->n = x->dims[axis];
    s->inner = nn_dims_product(x, axis + 1, x->rank);
    s->outer = nn_dims_product(x, 0, axis);
    s->sign = nn_attr_int(step->node, "largest", 1) ? 1 : -1;
    size_t count = (size_t)(s->outer * s->inner * s->k);
    if (!rc && !(s->index = nn_pool_alloc(step->pool, (count ? count : 1) * sizeof *s->index)))
        rc = err_set(e, ERR_NOMEM, "out of memory for %zu indices", count);
    step->scratch_bytes = (size_t)s->k * sizeof(int64_t);
    return rc;
}

typedef struct lane {
    const float *x;
    int64_t step;
    float sign;
} lane;

/* Whether element a comes before element b: the first of equal ones, and NaN last. */
static bool precedes(const lane *l, int64_t a, int64_t b)
{
    float u = l->sign * l->x[a * l->step], v = l->sign * l->x[b * l->step];
    if (u > v || u < v)
        return u > v;
    if (isnan(u) != isnan(v))
        return isnan(v);
    return a < b;
}

/* Sifts the element at `at` down a heap with the last element in order at its root. */
static void sink(const lane *l, int64_t *heap, int64_t count, int64_t at)
{
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && precedes(l, heap[child], heap[child + 1]))
            child++;
        if (!precedes(l, heap[at], heap[child]))
            return;
        int64_t moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

/* Selects the first k of n elements in order, in n log k steps for any input. */
static void choose(const lane *l, int64_t n, int64_t k, int64_t *heap)
{
    for (int64_t i = 0; i < k; i++)
        heap[i] = i;
    for (int64_t i = k / 2; i-- > 0;)
        sink(l, heap, k, i);
    for (int64_t i = k; i < n; i++)
        if (precedes(l, i, heap[0])) {
            heap[0] = i;
            sink(l, heap, k, 0);
        }
    for (int64_t left = k - 1; left > 0; left--) {
        int64_t last = heap[0];
        heap[0] = heap[left];
        heap[left] = last;
        sink(l, heap, left, 0);
    }
}

static int run_topk(const nn_step *step, err *e)
{
    (void)e;
    const nn_topk *s = step->state;
    const float *x = step->in[0]->data;
    float *values = nn_out(step, 0) ? step->out[0]->data : NULL;
    int64_t *indices = nn_out(step, 1) ? step->out[1]->data : NULL, *heap = step->scratch;
    for (int64_t row = 0; s->k > 0 && row < s->outer * s->inner; row++) {
        int64_t outer = row / s->inner, inner = row % s->inner;
        const lane l = {x + outer * s->n * s->inner + inner, s->inner, s->sign};
        choose(&l, s->n, s->k, heap);
        for (int64_t i = 0; i < s->k; i++) {
            int64_t to = (outer * s->k + i) * s->inner + inner;
            s->index[to] = heap[i];
            if (indices)
                indices[to] = heap[i];
            if (values)
                values[to] = l.x[heap[i] * l.step];
        }
    }
    return 0;
}

const nn_op nn_ops_topk[] = {
    /* Those that come unsorted may come in any order. */
    NN_OP("TopK", 1, 2, 1, 2, "axis:i k:i largest:i sorted:i", .infer = infer_topk,
          .prepare = prepare_topk, .run = run_topk),
    {0},
};
