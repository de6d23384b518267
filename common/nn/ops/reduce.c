/* Reductions over any axes. Dimensions are merged into alternating runs of kept and reduced ones;
 * the innermost run is a plain loop. */
#include <math.h>
#include <string.h>

#include "nn/ops/ops.h"

typedef enum reduction { SUM, MEAN, MAXIMUM, MINIMUM, PRODUCT, L1, L2, SQUARES, LOG_SUM } reduction;

typedef struct reduce_state {
    int rank;
    int64_t dims[NN_MAX_RANK], out_strides[NN_MAX_RANK]; /* stride 0: reduced */
    int64_t in_strides[NN_MAX_RANK];
} reduce_state;

int nn_reduced_axes(const nn_step *step, bool *reduced, err *e)
{
    const nn_tensor *x = step->in[0];
    int64_t axes[NN_MAX_RANK];
    int count;
    int rc = nn_ints_either(step, 1, "axes", axes, NN_MAX_RANK, &count, e);
    if (rc)
        return rc;
    bool nothing = nn_attr_int(step->node, "noop_with_empty_axes", 0) != 0;
    for (int i = 0; i < NN_MAX_RANK; i++)
        reduced[i] = count <= 0 && !nothing;
    for (int i = 0; i < count; i++) {
        int axis;
        rc = nn_need_axis(axes[i], x->rank, &axis, e);
        if (rc)
            return rc;
        reduced[axis] = true;
    }
    return 0;
}

static int infer_reduce(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    bool reduced[NN_MAX_RANK], keep = nn_attr_int(step->node, "keepdims", 1) != 0;
    int64_t dims[NN_MAX_RANK];
    int rank = 0;
    int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    if (!rc)
        rc = nn_reduced_axes(step, reduced, e);
    for (int i = 0; !rc && i < x->rank; i++)
        if (keep || !reduced[i])
            dims[rank++] = reduced[i] ? 1 : x->dims[i];
    return rc ? rc : nn_tensor_shape(step->out[0], NN_FLOAT, rank, dims, e);
}

static void merge_dims(reduce_state *s, const nn_tensor *x, const bool *reduced)
{
    int64_t in_stride = 1, out_stride = 1;
    int64_t in_strides[NN_MAX_RANK], out_strides[NN_MAX_RANK];
    for (int i = x->rank - 1; i >= 0; i--) {
        in_strides[i] = in_stride;
        out_strides[i] = reduced[i] ? 0 : out_stride;
        in_stride *= x->dims[i];
        out_stride *= reduced[i] ? 1 : x->dims[i];
    }
    for (int i = 0; i < x->rank; i++) {
        int last = s->rank - 1;
        if (i > 0 && reduced[i] == reduced[i - 1]) {
            s->dims[last] *= x->dims[i];
            s->in_strides[last] = in_strides[i];
            s->out_strides[last] = out_strides[i];
            continue;
        }
        s->dims[s->rank] = x->dims[i];
        s->in_strides[s->rank] = in_strides[i];
        s->out_strides[s->rank++] = out_strides[i];
    }
}

static int prepare_reduce(nn_step *step, err *e)
{
    reduce_state *s = nn_new_state(step, sizeof *s, e);
    bool reduced[NN_MAX_RANK];
    if (!s)
        return ERR_NOMEM;
    int rc = nn_reduced_axes(step, reduced, e);
    if (rc)
        return rc;
    merge_dims(s, step->in[0], reduced);
    step->scratch_bytes = step->out[0]->count * sizeof(double);
    return 0;
}

static double start_of(reduction r)
{
    return r == PRODUCT ? 1 : r == MAXIMUM ? -INFINITY : r == MINIMUM ? INFINITY : 0;
}

#define TAKE(expression)                                                                           \
    for (int64_t i = 0; i < n; i++) {                                                              \
        double *a = &sums[i * step], v = (double)x[i];                                             \
        *a = (expression);                                                                         \
    }                                                                                              \
    break

/* Adds n neighbouring inputs to sums `step` apart: 0 if they are reduced, 1 if kept. */
static void take(reduction r, const float *x, int64_t n, double *sums, int64_t step)
{
    switch (r) {
    case SUM:
    case MEAN:
    case LOG_SUM:
        TAKE(*a + v);
    case MAXIMUM:
        TAKE(v > *a || isnan(v) ? v : *a);
    case MINIMUM:
        TAKE(v < *a || isnan(v) ? v : *a);
    case PRODUCT:
        TAKE(*a * v);
    case L1:
        TAKE(*a + fabs(v));
    case L2:
    case SQUARES:
        TAKE(*a + v * v);
    }
}

static void walk(const reduce_state *s, reduction r, int d, const float *x, double *sums)
{
    if (d >= s->rank - 1) {
        take(r, x, s->rank ? s->dims[d] : 1, sums, s->rank ? s->out_strides[d] : 0);
        return;
    }
    for (int64_t i = 0; i < s->dims[d]; i++)
        walk(s, r, d + 1, x + i * s->in_strides[d], sums + i * s->out_strides[d]);
}

static double finish(reduction r, double sum, double n)
{
    return r == MEAN ? sum / n : r == L2 ? sqrt(sum) : r == LOG_SUM ? log(sum) : sum;
}

static int run_reduce(const nn_step *step, err *e)
{
    (void)e;
    reduction r = (reduction)step->op->variant;
    size_t outputs = step->out[0]->count;
    double *sums = step->scratch;
    for (size_t i = 0; i < outputs; i++)
        sums[i] = start_of(r);
    if (step->in[0]->count)
        walk(step->state, r, 0, step->in[0]->data, sums);
    double n = outputs ? (double)step->in[0]->count / (double)outputs : 0;
    for (size_t i = 0; i < outputs; i++)
        ((float *)step->out[0]->data)[i] = (float)finish(r, sums[i], n);
    return 0;
}

#define REDUCE(op, which)                                                                          \
    NN_OP(op, 1, 2, 1, 1, "axes:I keepdims:i noop_with_empty_axes:i", .infer = infer_reduce,       \
          .prepare = prepare_reduce, .run = run_reduce, .variant = which)

const nn_op nn_ops_reduce[] = {
    REDUCE("ReduceSum", SUM),        REDUCE("ReduceMean", MEAN),
    REDUCE("ReduceMax", MAXIMUM),    REDUCE("ReduceMin", MINIMUM),
    REDUCE("ReduceProd", PRODUCT),   REDUCE("ReduceL1", L1),
    REDUCE("ReduceL2", L2),          REDUCE("ReduceSumSquare", SQUARES),
    REDUCE("ReduceLogSum", LOG_SUM), {0},
};
