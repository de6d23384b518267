/* The reverse of normalisations and softmax, and batch norm's forward run in training.
 *
 * With xhat = (x - mean) inverse, y = gain xhat + shift over M values:
 *     dx = gain inverse (d - mean(d) - xhat mean(d xhat)). */
#include <math.h>
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/kernels/elementwise_gradient.h"
#include "nn/ops/ops.h"

static void put(grad_step *t, int k, size_t i, double value)
{
    if (t->d_in[k])
        t->d_in[k][i] = (float)((t->add[k] ? (double)t->d_in[k][i] : 0) + value);
}

/* Zeroes the target of row-by-row sums, unless they add to it. */
static void begin(grad_step *t, int k)
{
    if (k < t->forward->n_in && t->d_in[k] && !t->add[k])
        memset(t->d_in[k], 0, t->forward->in[k]->bytes);
}

/* --- BatchNormalization: the statistics of the batch -------------------------------------------
 */

typedef struct batch_norm {
    nn_channels rows; /* centered at the mean of the last forward run */
    double epsilon;
    double *first, *second; /* [channels] sums of one pass */
    float *mean, *inverse;  /* [channels] of the last forward run */
    float *scale, *tilt, *offset;
} batch_norm;

/* The slope below zero of the activation that the session fused behind it. */
static float slope_behind(const nn_step *step)
{
    return step->activation == NN_ACT_NONE ? 1 : step->activation == NN_ACT_RELU ? 0 : step->alpha;
}

static int prepare_batch_norm(grad_step *t, err *e)
{
    const nn_tensor *x = t->forward->in[0];
    batch_norm *b = grad_new_state(t, sizeof *b, e);
    if (!b)
        return ERR_NOMEM;
    if (t->d_in[3] || t->d_in[4])
        return err_set(e, ERR_UNSUPPORTED,
                       "its running mean or variance is computed from weights or from the input");
    size_t channels = x->rank > 1 ? (size_t)x->dims[1] : 1;
    double *doubles = nn_pool_array(t->pool, 2 * channels, sizeof *doubles);
    float *floats = nn_pool_array(t->pool, 5 * channels, sizeof *floats);
    if (!doubles || !floats)
        return err_set(e, ERR_NOMEM, "no memory for its statistics");
    *b = (batch_norm){.rows = {.batch = (size_t)x->dims[0],
                               .channels = channels,
                               .plane = (size_t)nn_dims_product(x, 2, x->rank),
                               .center = floats,
                               .slope = slope_behind(t->forward)},
                      .epsilon = (double)nn_attr_float(t->forward->node, "epsilon", 1e-5f),
                      .first = doubles,
                      .second = doubles + channels,
                      .mean = floats,
                      .inverse = floats + channels,
                      .scale = floats + 2 * channels,
                      .tilt = floats + 3 * channels,
                      .offset = floats + 4 * channels};
    return 0;
}

/* Moments about a value of the channel, so that a mean far from zero causes no cancellation. */
static void take_statistics(grad_step *t, batch_norm *b)
{
    const float *x = t->forward->in[0]->data;
    double m = (double)(b->rows.batch * b->rows.plane);
    memset(b->first, 0, 2 * b->rows.channels * sizeof *b->first);
    for (size_t c = 0; c < b->rows.channels; c++)
        b->mean[c] = x[c * b->rows.plane];
    nn_channel_moments(&b->rows, x, b->first, b->second);
    for (size_t c = 0; c < b->rows.channels; c++) {
        double offset = b->first[c] / m, mean = (double)b->mean[c] + offset;
        double variance = b->second[c] / m - offset * offset;
        variance = variance < 0 ? 0 : variance;
        b->mean[c] = (float)mean;
        b->inverse[c] = (float)(1 / sqrt(variance + b->epsilon));
        if (t->sums[3])
            t->sums[3][c] += mean;
        if (t->sums[4])
            t->sums[4][c] += variance + mean * mean;
    }
}

static int forward_batch_norm(grad_step *t, err *e)
{
    (void)e;
    batch_norm *b = t->state;
    const float *gain = t->forward->in[1]->data;
    take_statistics(t, b);
    for (size_t c = 0; c < b->rows.channels; c++)
        b->scale[c] = gain[c] * b->inverse[c];
    nn_channel_scale(&b->rows, t->forward->in[0]->data, b->scale, t->forward->in[2]->data,
                     t->forward->out[0]->data);
    return 0;
}

static void backward_batch_norm(grad_step *t)
{
    batch_norm *b = t->state;
    const float *x = t->forward->in[0]->data, *gain = t->forward->in[1]->data;
    double m = (double)(b->rows.batch * b->rows.plane);
    memset(b->first, 0, 2 * b->rows.channels * sizeof *b->first);
    b->rows.image = t->forward->out[0]->data;
    nn_channel_products(&b->rows, t->d_out[0], x, b->first, b->second);
    for (size_t c = 0; c < b->rows.channels; c++) {
        double inverse = (double)b->inverse[c], scale = (double)gain[c] * inverse;
        b->scale[c] = (float)scale;
        b->tilt[c] = (float)(-scale * inverse * inverse * b->second[c] / m);
        b->offset[c] = (float)(-scale * b->first[c] / m);
    }
    if (t->d_in[0])
        nn_channel_gradient(&b->rows, t->d_out[0], x, b->scale, b->tilt, b->offset, t->d_in[0],
                            t->add[0]);
    for (size_t c = 0; c < b->rows.channels; c++)
        put(t, 1, c, b->second[c] * (double)b->inverse[c]);
    for (size_t c = 0; c < b->rows.channels; c++)
        put(t, 2, c, b->first[c]);
}

/* --- rows that are normalised separately -------------------------------------------------------
 */

typedef struct moments {
    float mean;
    double inverse;
} moments;

static nn_channels one_row(size_t n, const float *center)
{
    return (nn_channels){.batch = 1, .channels = 1, .plane = n, .center = center, .slope = 1};
}

static moments row_moments(const float *x, size_t n, float epsilon)
{
    double sum = 0, squares = 0;
    nn_channels row = one_row(n, x);
    nn_channel_moments(&row, x, &sum, &squares);
    double offset = sum / (double)n, variance = squares / (double)n - offset * offset;
    variance = variance < 0 ? 0 : variance;
    return (moments){(float)((double)x[0] + offset), 1 / sqrt(variance + (double)epsilon)};
}

/* Returns the sums of d and of d xhat; d_x may be NULL. */
static void reverse_row(const float *d, const float *x, size_t n, moments m, float gain, float *d_x,
                        bool add, double *sum, double *product)
{
    double first = 0, second = 0;
    nn_channels row = one_row(n, &m.mean);
    nn_channel_products(&row, d, x, &first, &second);
    double gain_inverse = (double)gain * m.inverse;
    float scale = (float)gain_inverse, offset = (float)(-gain_inverse * first / (double)n);
    float tilt = (float)(-gain_inverse * m.inverse * m.inverse * second / (double)n);
    if (d_x)
        nn_channel_gradient(&row, d, x, &scale, &tilt, &offset, d_x, add);
    *sum = first;
    *product = second * m.inverse;
}

static void backward_instance_norm(grad_step *t)
{
    const nn_tensor *x = t->forward->in[0];
    const float *gain = t->forward->in[1]->data;
    float epsilon = nn_attr_float(t->forward->node, "epsilon", 1e-5f);
    size_t plane = (size_t)nn_dims_product(x, 2, x->rank), channels = (size_t)x->dims[1];
    begin(t, 1);
    begin(t, 2);
    for (size_t row = 0, at = 0; at < x->count; row++, at += plane) {
        const float *from = (const float *)x->data + at;
        double sum, product;
        reverse_row(t->d_out[0] + at, from, plane, row_moments(from, plane, epsilon),
                    gain[row % channels], t->d_in[0] ? t->d_in[0] + at : NULL, t->add[0], &sum,
                    &product);
        if (t->d_in[1])
            t->d_in[1][row % channels] += (float)product;
        if (t->d_in[2])
            t->d_in[2][row % channels] += (float)sum;
    }
}

static int prepare_group_norm(grad_step *t, err *e)
{
    const nn_tensor *x = t->forward->in[0];
    (void)e;
    t->scratch_bytes = (size_t)nn_dims_product(x, 1, x->rank) * sizeof(float);
    return 0;
}

/* A group is a row whose channels have separate gains: they multiply the incoming gradient, as in
 * layer normalisation. */
static void backward_group_norm(grad_step *t)
{
    const nn_tensor *x = t->forward->in[0];
    const nn_node *node = t->forward->node;
    const float *gain = t->forward->in[1]->data;
    float epsilon = nn_attr_float(node, "epsilon", 1e-5f), *work = t->scratch;
    size_t groups = (size_t)nn_attr_int(node, "num_groups", 1), each = (size_t)x->dims[1] / groups;
    size_t plane = (size_t)nn_dims_product(x, 2, x->rank), n = plane * each;
    bool by_group = node->opset < 21;
    begin(t, 1);
    begin(t, 2);
    for (size_t g = 0, at = 0; at < x->count; g++, at += n) {
        const float *from = (const float *)x->data + at, *d = t->d_out[0] + at;
        moments m = row_moments(from, n, epsilon);
        double sum, product;
        for (size_t c = 0; c < each; c++) {
            size_t k = by_group ? g % groups : g % groups * each + c;
            sum = product = 0;
            for (size_t i = c * plane; i < (c + 1) * plane; i++) {
                work[i] = d[i] * gain[k];
                sum += (double)d[i];
                product += (double)d[i] * ((double)from[i] - m.mean) * m.inverse;
            }
            if (t->d_in[1])
                t->d_in[1][k] += (float)product;
            if (t->d_in[2])
                t->d_in[2][k] += (float)sum;
        }
        reverse_row(work, from, n, m, 1, t->d_in[0] ? t->d_in[0] + at : NULL, t->add[0], &sum,
                    &product);
    }
}

static int prepare_layer_norm(grad_step *t, err *e)
{
    const nn_tensor *x = t->forward->in[0];
    int axis;
    for (int k = 1; k < t->forward->n_out; k++)
        if (t->d_out[k])
            return err_set(e, ERR_UNSUPPORTED,
                           "output %d has a gradient; csilink differentiates output 0 only", k);
    int rc = nn_need_axis(nn_attr_int(t->forward->node, "axis", -1), x->rank, &axis, e);
    if (!rc)
        t->scratch_bytes = (size_t)nn_dims_product(x, axis, x->rank) * sizeof(float);
    return rc;
}

static void backward_layer_norm(grad_step *t)
{
    const nn_tensor *x = t->forward->in[0];
    const float *gain = t->forward->in[1]->data;
    float epsilon = nn_attr_float(t->forward->node, "epsilon", 1e-5f), *work = t->scratch;
    size_t n = t->forward->in[1]->count;
    bool shifted = t->forward->n_in > 2 && t->d_in[2];
    begin(t, 1);
    begin(t, 2);
    for (size_t at = 0; at < x->count; at += n) {
        const float *from = (const float *)x->data + at, *d = t->d_out[0] + at;
        moments m = row_moments(from, n, epsilon);
        float inverse = (float)m.inverse, zero = 0;
        double sum, product;
        nn_pair_gradient_row(NN_GRADIENT_TIMES, d, d, 1, gain, 1, work, n, false, false);
        if (t->d_in[0])
            reverse_row(work, from, n, m, 1, t->d_in[0] + at, t->add[0], &sum, &product);
        nn_channels row = one_row(n, &m.mean);
        nn_channel_scale(&row, from, &inverse, &zero, work);
        if (t->d_in[1])
            nn_pair_gradient_row(NN_GRADIENT_TIMES, d, d, 1, work, 1, t->d_in[1], n, true, false);
        if (shifted)
            nn_scale_to(1, d, t->d_in[2], n, true);
    }
}

/* --- Softmax, LogSoftmax -----------------------------------------------------------------------
 */

typedef struct softmax_shape {
    size_t outer, n, inner;
} softmax_shape;

/* To opset 12 everything from `axis` on is one row; from 13 on, only the axis. */
static int prepare_softmax(grad_step *t, err *e)
{
    softmax_shape *s = grad_new_state(t, sizeof *s, e);
    const nn_tensor *x = t->forward->in[0];
    bool rows = t->forward->node->opset < 13;
    int64_t given = nn_attr_int(t->forward->node, "axis", rows ? 1 : -1);
    int axis = x->rank;
    if (!s)
        return ERR_NOMEM;
    int rc = rows && given == x->rank ? 0 : nn_need_axis(given, x->rank, &axis, e);
    if (rc)
        return rc;
    int end = rows ? x->rank : axis + 1;
    s->outer = (size_t)nn_dims_product(x, 0, axis);
    s->n = (size_t)nn_dims_product(x, axis, end);
    s->inner = (size_t)nn_dims_product(x, end, x->rank);
    return 0;
}

/* dx = y (d - sum(d y)); of the logarithm: dx = d - e^y sum(d). */
static void softmax_row(const float *y, const float *d, float *to, size_t n, size_t stride,
                        bool log_of, bool add)
{
    double sum = 0;
    for (size_t i = 0; i < n * stride; i += stride)
        sum += (double)d[i] * (log_of ? 1 : (double)y[i]);
    float total = (float)sum;
    for (size_t i = 0; i < n * stride; i += stride) {
        float v = log_of ? d[i] - expf(y[i]) * total : y[i] * (d[i] - total);
        to[i] = add ? to[i] + v : v;
    }
}

static void backward_softmax(grad_step *t)
{
    const softmax_shape *s = t->state;
    bool log_of = strcmp(t->op->name, "LogSoftmax") == 0;
    for (size_t o = 0; o < s->outer; o++)
        for (size_t i = 0; i < s->inner; i++) {
            size_t at = o * s->n * s->inner + i;
            softmax_row((const float *)t->forward->out[0]->data + at, t->d_out[0] + at,
                        t->d_in[0] + at, s->n, s->inner, log_of, t->add[0]);
        }
}

const grad_op grad_ops_norm[] = {
    {.name = "BatchNormalization",
     .prepare = prepare_batch_norm,
     .forward = forward_batch_norm,
     .backward = backward_batch_norm},
    {.name = "InstanceNormalization", .backward = backward_instance_norm},
    {.name = "GroupNormalization", .prepare = prepare_group_norm, .backward = backward_group_norm},
    {.name = "LayerNormalization", .prepare = prepare_layer_norm, .backward = backward_layer_norm},
    {.name = "Softmax", .prepare = prepare_softmax, .backward = backward_softmax},
    {.name = "LogSoftmax", .prepare = prepare_softmax, .backward = backward_softmax},
    {0},
};
