/* Normalisations and softmax. Sums run in double: rows are short, and the result does not depend on
 * the order of a vectorised sum. */
#include <math.h>

#include "nn/kernels/elementwise.h"
#include "nn/ops/ops.h"

static int need_channel_vectors(const nn_step *step, int first, int last, int64_t channels, err *e)
{
    for (int k = first; k <= last; k++) {
        const nn_tensor *t = nn_in(step, k);
        int rc = nn_need_dtype(step, k, NN_FLOAT, e);
        if (rc)
            return rc;
        if (t && (t->rank != 1 || t->dims[0] != channels))
            return err_set(e, ERR_FORMAT, "input %d has %zu values for %lld channels", k, t->count,
                           (long long)channels);
    }
    return 0;
}

/* --- BatchNormalization, in evaluation mode ----------------------------------------------------
 */

static int infer_batch_norm(nn_step *step, err *e)
{
    int rc = nn_need_rank(step, 0, 1, NN_MAX_RANK, e);
    if (rc)
        return rc;
    const nn_tensor *x = step->in[0];
    if (nn_attr_int(step->node, "training_mode", 0) || step->n_out > 1)
        return err_set(e, ERR_UNSUPPORTED,
                       "it is in training mode; export the model in evaluation mode");
    rc = need_channel_vectors(step, 1, 4, x->rank > 1 ? x->dims[1] : 1, e);
    return rc ? rc : nn_infer_same_float(step, e);
}

static int run_batch_norm(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0];
    const float *gamma = step->in[1]->data, *beta = step->in[2]->data;
    const float *mean = step->in[3]->data, *variance = step->in[4]->data;
    float epsilon = nn_attr_float(step->node, "epsilon", 1e-5f);
    int64_t channels = x->rank > 1 ? x->dims[1] : 1;
    size_t plane = (size_t)nn_dims_product(x, 2, x->rank), at = 0;
    for (int64_t i = 0; at < x->count; i++, at += plane) {
        int64_t c = i % channels;
        float scale = gamma[c] / sqrtf(variance[c] + epsilon);
        nn_scale_shift(scale, beta[c] - mean[c] * scale, (const float *)x->data + at,
                       (float *)step->out[0]->data + at, plane);
    }
    if (step->activation != NN_ACT_NONE)
        nn_activate(step->activation, step->alpha, step->out[0]->data, step->out[0]->data,
                    x->count);
    return 0;
}

/* --- mean and spread of rows -------------------------------------------------------------------
 */

typedef struct moments {
    float mean, inverse; /* 1 / sqrt(variance + epsilon) */
} moments;

static moments row_moments(const float *x, size_t n, float epsilon)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    return (moments){(float)mean, (float)(1 / sqrt(squares / (double)n + (double)epsilon))};
}

static int infer_instance_norm(nn_step *step, err *e)
{
    int rc = nn_need_rank(step, 0, 3, NN_MAX_RANK, e);
    if (!rc)
        rc = need_channel_vectors(step, 1, 2, step->in[0]->dims[1], e);
    return rc ? rc : nn_infer_same_float(step, e);
}

static int run_instance_norm(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0];
    float epsilon = nn_attr_float(step->node, "epsilon", 1e-5f);
    size_t plane = (size_t)nn_dims_product(x, 2, x->rank), at = 0;
    for (int64_t i = 0; at < x->count; i++, at += plane) {
        const float *row = (const float *)x->data + at;
        int64_t c = i % x->dims[1];
        moments m = row_moments(row, plane, epsilon);
        float scale = ((const float *)step->in[1]->data)[c] * m.inverse;
        nn_scale_shift(scale, ((const float *)step->in[2]->data)[c] - m.mean * scale, row,
                       (float *)step->out[0]->data + at, plane);
    }
    return 0;
}

/* --- GroupNormalization ------------------------------------------------------------------------
 */

/* There is a scale and bias for each channel; before opset 21, for each group. */
static int infer_group_norm(nn_step *step, err *e)
{
    int rc = nn_need_rank(step, 0, 2, NN_MAX_RANK, e);
    if (rc)
        return rc;
    int64_t channels = step->in[0]->dims[1], groups = nn_attr_int(step->node, "num_groups", 0);
    if (groups < 1 || channels % groups != 0)
        return err_set(e, ERR_FORMAT, "its num_groups is %lld; it must divide the %lld channels",
                       (long long)groups, (long long)channels);
    rc = need_channel_vectors(step, 1, 2, step->node->opset < 21 ? groups : channels, e);
    return rc ? rc : nn_infer_same_float(step, e);
}

static int run_group_norm(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0];
    int64_t channels = x->dims[1], groups = nn_attr_int(step->node, "num_groups", 1);
    int64_t each = channels / groups;
    bool by_group = step->node->opset < 21;
    float epsilon = nn_attr_float(step->node, "epsilon", 1e-5f);
    size_t plane = (size_t)nn_dims_product(x, 2, x->rank), group = plane * (size_t)each;
    for (int64_t g = 0; (size_t)g * group < x->count; g++) {
        const float *from = (const float *)x->data + (size_t)g * group;
        float *to = (float *)step->out[0]->data + (size_t)g * group;
        moments m = row_moments(from, group, epsilon);
        for (int64_t c = 0; c < each; c++) {
            int64_t k = by_group ? g % groups : g % groups * each + c;
            float scale = ((const float *)step->in[1]->data)[k] * m.inverse;
            nn_scale_shift(scale, ((const float *)step->in[2]->data)[k] - m.mean * scale,
                           from + (size_t)c * plane, to + (size_t)c * plane, plane);
        }
    }
    return 0;
}

/* --- LayerNormalization ------------------------------------------------------------------------
 */

static int layer_axis(const nn_step *step, int *axis, err *e)
{
    return nn_need_axis(nn_attr_int(step->node, "axis", -1), step->in[0]->rank, axis, e);
}

static int infer_layer_norm(nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0];
    int axis;
    int rc = layer_axis(step, &axis, e);
    for (int k = 0; !rc && k < 3; k++)
        rc = nn_need_dtype(step, k, NN_FLOAT, e);
    if (rc)
        return rc;
    size_t row = (size_t)nn_dims_product(x, axis, x->rank);
    for (int k = 1; k < 3; k++)
        if (nn_in(step, k) && nn_in(step, k)->count != row)
            return err_set(e, ERR_UNSUPPORTED,
                           "input %d has %zu values; csilink takes as many as "
                           "are normalised together, %zu",
                           k, nn_in(step, k)->count, row);
    int64_t dims[NN_MAX_RANK];
    for (int i = 0; i < x->rank; i++)
        dims[i] = i < axis ? x->dims[i] : 1;
    for (int k = 1; !rc && k < 3; k++)
        if (nn_out(step, k))
            rc = nn_tensor_shape(step->out[k], NN_FLOAT, x->rank, dims, e);
    return rc ? rc : nn_infer_same_float(step, e);
}

static void normalise_row(const float *x, moments m, const float *gamma, const float *beta,
                          float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] - m.mean) * m.inverse * gamma[i] + (beta ? beta[i] : 0);
}

static int run_layer_norm(const nn_step *step, err *e)
{
    const nn_tensor *x = step->in[0], *beta = nn_in(step, 2);
    int axis;
    int rc = layer_axis(step, &axis, e);
    if (rc)
        return rc;
    float epsilon = nn_attr_float(step->node, "epsilon", 1e-5f);
    size_t n = (size_t)nn_dims_product(x, axis, x->rank);
    for (size_t row = 0; row * n < x->count; row++) {
        const float *from = (const float *)x->data + row * n;
        moments m = row_moments(from, n, epsilon);
        normalise_row(from, m, step->in[1]->data, beta ? beta->data : NULL,
                      (float *)step->out[0]->data + row * n, n);
        if (nn_out(step, 1))
            ((float *)step->out[1]->data)[row] = m.mean;
        if (nn_out(step, 2))
            ((float *)step->out[2]->data)[row] = m.inverse;
    }
    return 0;
}

/* --- Softmax, LogSoftmax -----------------------------------------------------------------------
 */

/* To opset 12 everything from `axis` on is one row; from 13 on, only the axis. */
typedef struct softmax_shape {
    size_t outer, n, inner;
} softmax_shape;

static int read_softmax(const nn_step *step, softmax_shape *s, err *e)
{
    const nn_tensor *x = step->in[0];
    bool rows = step->node->opset < 13;
    int64_t given = nn_attr_int(step->node, "axis", rows ? 1 : -1);
    int axis = x->rank;
    int rc = rows && given == x->rank ? 0 : nn_need_axis(given, x->rank, &axis, e);
    if (rc)
        return rc;
    int end = rows ? x->rank : axis + 1;
    s->outer = (size_t)nn_dims_product(x, 0, axis);
    s->n = (size_t)nn_dims_product(x, axis, end);
    s->inner = (size_t)nn_dims_product(x, end, x->rank);
    return 0;
}

static int infer_softmax(nn_step *step, err *e)
{
    softmax_shape s;
    int rc = read_softmax(step, &s, e);
    return rc ? rc : nn_infer_same_float(step, e);
}

/* One row of n values `stride` apart, minus the largest, so that nothing overflows. */
static void softmax_row(const float *x, float *y, size_t n, size_t stride, bool log_of)
{
    float top = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        top = x[i * stride] > top ? x[i * stride] : top;
    for (size_t i = 0; i < n; i++)
        y[i * stride] = x[i * stride] - top;
    if (stride == 1 && !log_of) {
        nn_exp(y, y, n);
        for (size_t i = 0; i < n; i++)
            sum += (double)y[i];
        nn_scale_shift((float)(1 / sum), 0, y, y, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        sum += (double)expf(y[i * stride]);
    float inverse = (float)(1 / sum), shift = (float)log(sum);
    for (size_t i = 0; i < n; i++)
        y[i * stride] = log_of ? y[i * stride] - shift : expf(y[i * stride]) * inverse;
}

static int run_softmax(const nn_step *step, err *e)
{
    softmax_shape s;
    int rc = read_softmax(step, &s, e);
    if (rc)
        return rc;
    for (size_t o = 0; o < s.outer; o++)
        for (size_t i = 0; i < s.inner; i++) {
            size_t at = o * s.n * s.inner + i;
            softmax_row((const float *)step->in[0]->data + at, (float *)step->out[0]->data + at,
                        s.n, s.inner, step->op->variant == 1);
        }
    return 0;
}

const nn_op nn_ops_norm[] = {
    NN_OP("BatchNormalization", 5, 5, 1, 5, "epsilon:f momentum:f training_mode:i spatial:i",
          .infer = infer_batch_norm, .run = run_batch_norm, .flags = NN_OP_ACTIVATES),
    NN_OP("InstanceNormalization", 3, 3, 1, 1, "epsilon:f", .infer = infer_instance_norm,
          .run = run_instance_norm),
    NN_OP("GroupNormalization", 3, 3, 1, 1, "epsilon:f num_groups:i stash_type:i",
          .infer = infer_group_norm, .run = run_group_norm),
    NN_OP("LayerNormalization", 2, 3, 1, 3, "axis:i epsilon:f stash_type:i",
          .infer = infer_layer_norm, .run = run_layer_norm),
    NN_OP("Softmax", 1, 1, 1, 1, "axis:i", .infer = infer_softmax, .run = run_softmax),
    NN_OP("LogSoftmax", 1, 1, 1, 1, "axis:i", .infer = infer_softmax, .run = run_softmax,
          .variant = 1),
    {0},
};
