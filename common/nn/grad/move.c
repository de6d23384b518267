/* The reverse of operators that move elements: each gradient goes back to the element's source, and
 * the gradients of repeated elements are summed. */
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/kernels/elementwise_gradient.h"
#include "nn/ops/move.h"
#include "nn/ops/ops.h"

/* Zeroes a target that is not fully covered, or whose elements receive sums. */
static void begin(grad_step *t)
{
    if (!t->add[0])
        memset(t->d_in[0], 0, t->forward->in[0]->bytes);
}

/* --- the same elements in another shape --------------------------------------------------------
 */

static int prepare_copy(grad_step *t, err *e)
{
    if (t->forward->in[0]->dtype != NN_FLOAT || t->forward->out[0]->dtype != NN_FLOAT)
        return err_set(
            e, ERR_UNSUPPORTED, "it converts %s into %s; csilink differentiates floats only",
            nn_dtype_name(t->forward->in[0]->dtype), nn_dtype_name(t->forward->out[0]->dtype));
    return 0;
}

static void backward_copy(grad_step *t)
{
    nn_scale_to(1, t->d_out[0], t->d_in[0], t->forward->in[0]->count, t->add[0]);
}

/* --- Concat, Split -----------------------------------------------------------------------------
 */

static int known_axis(const nn_step *step)
{
    int64_t axis = nn_attr_int(step->node, "axis", 0);
    return (int)(axis < 0 ? axis + step->in[0]->rank : axis);
}

static size_t row_floats(const nn_tensor *t, int axis)
{
    return (size_t)nn_dims_product(t, axis, t->rank);
}

static void backward_concat(grad_step *t)
{
    const nn_step *step = t->forward;
    int axis = known_axis(step);
    size_t rows = (size_t)nn_dims_product(step->out[0], 0, axis);
    size_t width = row_floats(step->out[0], axis);
    const float *from = t->d_out[0];
    for (int k = 0; k < step->n_in; k++) {
        size_t n = row_floats(step->in[k], axis);
        for (size_t r = 0; t->d_in[k] && r < rows; r++)
            nn_scale_to(1, from + r * width, t->d_in[k] + r * n, n, t->add[k]);
        from += n;
    }
}

static void backward_split(grad_step *t)
{
    const nn_step *step = t->forward;
    int axis = known_axis(step);
    size_t rows = (size_t)nn_dims_product(step->in[0], 0, axis);
    size_t width = row_floats(step->in[0], axis);
    float *to = t->d_in[0];
    for (int k = 0; k < step->n_out; k++) {
        size_t n = row_floats(step->out[k], axis);
        for (size_t r = 0; r < rows; r++) {
            if (t->d_out[k])
                nn_scale_to(1, t->d_out[k] + r * n, to + r * width, n, t->add[0]);
            else if (!t->add[0])
                memset(to + r * width, 0, n * sizeof *to);
        }
        to += n;
    }
}

/* --- Slice, Transpose, Expand: the engine's own loops, backward --------------------------------
 */

typedef struct move_run {
    const float *from;
    float *to;
    int64_t from_step, to_step; /* of the innermost dimension */
    bool add;
} move_run;

static int move_row(void *context, int64_t n, const int64_t *at)
{
    const move_run *r = context;
    const float *from = r->from + at[0];
    float *to = r->to + at[1];
    if (r->from_step == 1 && r->to_step == 1) {
        nn_scale_to(1, from, to, (size_t)n, r->add);
    } else if (r->to_step == 0) {
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (double)from[i * r->from_step];
        *to += (float)sum;
    } else {
        for (int64_t i = 0; i < n; i++) {
            float *one = &to[i * r->to_step];
            *one = from[i * r->from_step] + (r->add ? *one : 0);
        }
    }
    return 0;
}

static void move_back(grad_step *t, bool add)
{
    const nn_move *m = t->forward->state;
    int last = m->loops.rank - 1;
    move_run r = {.from = t->d_out[0],
                  .to = t->d_in[0] + m->first,
                  .from_step = m->loops.strides[0][last],
                  .to_step = m->loops.strides[1][last],
                  .add = add};
    nn_strided_rows(&m->loops, move_row, &r);
}

/* A permutation covers the whole target, so nothing is zeroed first. */
static void backward_transpose(grad_step *t)
{
    move_back(t, t->add[0]);
}

static void backward_move(grad_step *t)
{
    begin(t);
    move_back(t, true);
}

/* --- Pad, Tile ---------------------------------------------------------------------------------
 */

/* The input index along dimension d at output index i; -1: none. */
static int64_t source(const nn_step *step, int d, int64_t i)
{
    int64_t n = step->in[0]->dims[d];
    const nn_pad *p = step->state;
    /* Tile keeps no state. */
    return p ? nn_pad_source(p->mode, i - p->before[d], n) : i % n;
}

static void add_rows(grad_step *t, int d, int64_t from, int64_t to)
{
    const nn_tensor *x = t->forward->in[0], *y = t->forward->out[0];
    for (int64_t i = 0; i < y->dims[d]; i++) {
        int64_t at = source(t->forward, d, i);
        if (at < 0)
            continue;
        if (d < x->rank - 1)
            add_rows(t, d + 1, (from + i) * y->dims[d + 1], (to + at) * x->dims[d + 1]);
        else
            t->d_in[0][to + at] += t->d_out[0][from + i];
    }
}

static void backward_rows(grad_step *t)
{
    begin(t);
    if (t->forward->in[0]->rank == 0)
        t->d_in[0][0] += t->d_out[0][0];
    else
        add_rows(t, 0, 0, 0);
}

/* --- Gather ------------------------------------------------------------------------------------
 */

static void backward_gather(grad_step *t)
{
    const nn_tensor *x = t->forward->in[0], *index = t->forward->in[1];
    int axis = known_axis(t->forward);
    size_t n = (size_t)x->dims[axis], inner = row_floats(x, axis + 1);
    size_t outer = (size_t)nn_dims_product(x, 0, axis);
    const float *from = t->d_out[0];
    begin(t);
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < index->count; i++, from += inner) {
            int64_t at = index->dtype == NN_INT64 ? ((const int64_t *)index->data)[i]
                                                  : ((const int32_t *)index->data)[i];
            size_t row = (size_t)(at < 0 ? at + (int64_t)n : at);
            float *to = t->d_in[0] + (o * n + row) * inner;
            if (inner == 1)
                *to += *from;
            else
                nn_scale_to(1, from, to, inner, true);
        }
}

/* --- TopK --------------------------------------------------------------------------------------
 */

static void backward_topk(grad_step *t)
{
    const nn_topk *s = t->forward->state;
    begin(t);
    for (int64_t i = 0; t->d_out[0] && i < s->outer * s->k * s->inner; i++) {
        int64_t outer = i / (s->k * s->inner), inner = i % s->inner;
        t->d_in[0][(outer * s->n + s->index[i]) * s->inner + inner] += t->d_out[0][i];
    }
}

#define COPY(op)                                                                                   \
    {                                                                                              \
        .name = op, .prepare = prepare_copy, .backward = backward_copy                             \
    }

const grad_op grad_ops_move[] = {
    COPY("Identity"),
    COPY("Reshape"),
    COPY("Flatten"),
    COPY("Squeeze"),
    COPY("Unsqueeze"),
    COPY("Dropout"),
    COPY("Cast"),
    {.name = "Concat", .backward = backward_concat},
    {.name = "Split", .backward = backward_split},
    {.name = "Slice", .backward = backward_move},
    {.name = "Transpose", .backward = backward_transpose},
    {.name = "Expand", .backward = backward_move},
    {.name = "Pad", .backward = backward_rows},
    {.name = "Tile", .backward = backward_rows},
    {.name = "Gather", .backward = backward_gather},
    {.name = "TopK", .backward = backward_topk},
    {0},
};
