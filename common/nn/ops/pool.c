/* Pools over 1 to 3 spatial dimensions. */
#include <math.h>
#include <string.h>

#include "nn/ops/window.h"

static int infer_pool(nn_step *step, err *e)
{
    nn_window w;
    int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    if (!rc)
        rc = nn_need_rank(step, 0, 3, 5, e);
    if (!rc)
        rc = nn_window_read(step, NULL, &w, e);
    const nn_tensor *x = step->in[0];
    for (int i = 0; !rc && i < 3; i++)
        if (w.pad[i] > 0 && (w.pad[i] >= w.kernel[i] * w.dilation[i] ||
                             w.pad_end[i] >= w.kernel[i] * w.dilation[i]))
            return err_set(e, ERR_FORMAT, "its pads are as large as its kernel");
    if (!rc)
        rc = nn_window_shape(&w, step->out[0], NN_FLOAT, x->dims[0], x->dims[1], e);
    if (!rc && nn_out(step, 1))
        rc = nn_window_shape(&w, step->out[1], NN_INT64, x->dims[0], x->dims[1], e);
    return rc;
}

static int prepare_pool(nn_step *step, err *e)
{
    nn_window *w = nn_new_state(step, sizeof *w, e);
    return w ? nn_window_read(step, NULL, w, e) : ERR_NOMEM;
}

/* The values of one window on one plane. */
typedef struct window_values {
    double sum;
    float top;
    int64_t top_at;         /* index in the plane; -1: nothing inside */
    int64_t inside, padded; /* taps on the input; on input and pads */
} window_values;

static void add_value(window_values *g, float value, int64_t at)
{
    g->sum += (double)value;
    if (g->top_at < 0 || value > g->top || isnan(value)) {
        g->top = value;
        g->top_at = at;
    }
}

static window_values read_window(const nn_window *w, const float *x, const int64_t *o)
{
    window_values g = {.top = -INFINITY, .top_at = -1, .inside = 1, .padded = 1};
    int64_t from[3], to[3], start[3];
    for (int d = 0; d < 3; d++) {
        nn_window_taps(w, d, o[d], &from[d], &to[d]);
        start[d] = o[d] * w->stride[d] - w->pad[d];
        g.inside *= to[d] > from[d] ? to[d] - from[d] : 0;
        g.padded *= nn_window_padded_taps(w, d, o[d]);
    }
    for (int64_t a = from[0]; a < to[0]; a++)
        for (int64_t b = from[1]; b < to[1]; b++)
            for (int64_t c = from[2]; c < to[2]; c++) {
                int64_t row = (start[0] + a * w->dilation[0]) * w->in[1];
                row = (row + start[1] + b * w->dilation[1]) * w->in[2];
                int64_t at = row + start[2] + c * w->dilation[2];
                add_value(&g, x[at], at);
            }
    return g;
}

/* With storage_order 1, indices count columns first. */
static int64_t argument(const nn_window *w, int64_t plane, int64_t at, bool columns)
{
    int64_t size = w->in[0] * w->in[1] * w->in[2];
    if (columns) {
        int64_t z = at / (w->in[1] * w->in[2]), y = at / w->in[2] % w->in[1], x = at % w->in[2];
        at = (x * w->in[1] + y) * w->in[0] + z;
    }
    return plane * size + at;
}

static int run_average(const nn_step *step, err *e)
{
    (void)e;
    const nn_window *w = step->state;
    bool count_pads = nn_attr_int(step->node, "count_include_pad", 0) != 0;
    const float *x = step->in[0]->data;
    float *y = step->out[0]->data, *end = y + step->out[0]->count;
    int64_t o[3];
    for (; y < end; x += w->in[0] * w->in[1] * w->in[2])
        for (o[0] = 0; o[0] < w->out[0]; o[0]++)
            for (o[1] = 0; o[1] < w->out[1]; o[1]++)
                for (o[2] = 0; o[2] < w->out[2]; o[2]++) {
                    window_values g = read_window(w, x, o);
                    int64_t n = count_pads ? g.padded : g.inside;
                    *y++ = n ? (float)(g.sum / (double)n) : 0;
                }
    return 0;
}

static int run_max(const nn_step *step, err *e)
{
    (void)e;
    const nn_window *w = step->state;
    bool columns = nn_attr_int(step->node, "storage_order", 0) != 0;
    const float *x = step->in[0]->data;
    float *y = step->out[0]->data, *end = y + step->out[0]->count;
    int64_t o[3], *where = nn_out(step, 1) ? step->out[1]->data : NULL;
    for (int64_t plane = 0; y < end; plane++, x += w->in[0] * w->in[1] * w->in[2])
        for (o[0] = 0; o[0] < w->out[0]; o[0]++)
            for (o[1] = 0; o[1] < w->out[1]; o[1]++)
                for (o[2] = 0; o[2] < w->out[2]; o[2]++) {
                    window_values g = read_window(w, x, o);
                    *y++ = g.top;
                    if (where)
                        *where++ = argument(w, plane, g.top_at, columns);
                }
    return 0;
}

/* --- global pools ------------------------------------------------------------------------------
 */

static int infer_global(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    if (!rc)
        rc = nn_need_rank(step, 0, 3, NN_MAX_RANK, e);
    int64_t dims[NN_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = i < 2 ? x->dims[i] : 1;
    return rc ? rc : nn_tensor_shape(step->out[0], NN_FLOAT, x->rank, dims, e);
}

static int run_global(const nn_step *step, err *e)
{
    (void)e;
    size_t n = (size_t)nn_dims_product(step->in[0], 2, step->in[0]->rank);
    const float *x = step->in[0]->data;
    float *y = step->out[0]->data;
    for (size_t i = 0; i < step->out[0]->count; i++, x += n) {
        double sum = 0;
        float top = -INFINITY;
        for (size_t k = 0; k < n; k++) {
            sum += (double)x[k];
            top = x[k] > top ? x[k] : top;
        }
        y[i] = step->op->variant == 1 ? top : (float)(sum / (double)n);
    }
    return 0;
}

#define POOL_ATTRS                                                                                 \
    "auto_pad:s ceil_mode:i count_include_pad:i dilations:I kernel_shape:I pads:I "                \
    "storage_order:i strides:I"

const nn_op nn_ops_pool[] = {
    NN_OP("AveragePool", 1, 1, 1, 1, POOL_ATTRS, .infer = infer_pool, .prepare = prepare_pool,
          .run = run_average),
    NN_OP("MaxPool", 1, 1, 1, 2, POOL_ATTRS, .infer = infer_pool, .prepare = prepare_pool,
          .run = run_max),
    NN_OP("GlobalAveragePool", 1, 1, 1, 1, "", .infer = infer_global, .run = run_global),
    NN_OP("GlobalMaxPool", 1, 1, 1, 1, "", .infer = infer_global, .run = run_global, .variant = 1),
    {0},
};
