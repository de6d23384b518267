/* ConvInteger and QLinearConv: convolutions of 8-bit integers with 32-bit sums, in plain loops.
 * Padding is the zero point, so values outside add nothing. */
#include <string.h>

#include "nn/ops/integer.h"
#include "nn/ops/window.h"

/* Input numbers of the operands of the two operators; -1: none. */
typedef struct operands {
    int x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias;
} operands;

static const operands layouts[] = {
    {.x_scale = -1, .x_zero = 2, .w = 1, .w_scale = -1, .w_zero = 3, -1, -1, -1},
    {.x_scale = 1, .x_zero = 2, .w = 3, .w_scale = 4, .w_zero = 5, 6, 7, 8},
};

typedef struct conv_state {
    nn_window window;
    int64_t groups, group_in, group_out; /* channels of one group */
} conv_state;

static int64_t volume(const int64_t *sizes)
{
    return sizes[0] * sizes[1] * sizes[2];
}

static int check_operands(const nn_step *step, const operands *at, err *e)
{
    const nn_tensor *x = step->in[0], *w = step->in[at->w];
    int rc = nn_need_byte(step, 0, e);
    if (!rc)
        rc = nn_need_byte(step, at->w, e);
    if (!rc)
        rc = nn_need_rank(step, 0, 3, 5, e);
    if (rc)
        return rc;
    int64_t groups = nn_attr_int(step->node, "group", 1), in;
    nn_dims_text tw, tx;
    if (w->rank != x->rank || groups < 1 || groups > INT32_MAX ||
        __builtin_mul_overflow(w->dims[1], groups, &in) || in != x->dims[1] || w->dims[0] % groups)
        return err_set(e, ERR_FORMAT, "weights %s do not fit input %s in %lld groups",
                       nn_dims_print(&tw, w->rank, w->dims), nn_dims_print(&tx, x->rank, x->dims),
                       (long long)groups);
    rc = nn_need_zero(step, at->x_zero, x->dtype, 1, e);
    return rc ? rc : nn_need_zero(step, at->w_zero, w->dtype, w->dims[0], e);
}

/* Checks scales, the output's type and the bias of QLinearConv. */
static int check_scales(const nn_step *step, const operands *at, err *e)
{
    int64_t channels = step->in[at->w]->dims[0];
    const nn_tensor *bias = nn_in(step, at->bias);
    int rc = nn_need_scale(step, at->x_scale, 1, e);
    if (!rc)
        rc = nn_need_scale(step, at->w_scale, channels, e);
    if (!rc)
        rc = nn_need_scale(step, at->y_scale, 1, e);
    if (!rc)
        rc = nn_need_byte(step, at->y_zero, e);
    if (!rc)
        rc = nn_need_list(step, at->y_zero, 1, e);
    if (!rc)
        rc = nn_need_dtype(step, at->bias, NN_INT32, e);
    if (!rc && bias && (bias->rank != 1 || bias->dims[0] != channels))
        return err_set(e, ERR_FORMAT, "the bias has %zu values for %lld output channels",
                       bias->count, (long long)channels);
    return rc;
}

static int infer_conv(nn_step *step, err *e)
{
    const operands *at = &layouts[step->op->variant];
    bool quantizes = at->y_zero >= 0;
    nn_window window;
    int rc = check_operands(step, at, e);
    if (!rc && quantizes)
        rc = check_scales(step, at, e);
    if (rc)
        return rc;
    const nn_tensor *w = step->in[at->w];
    rc = nn_window_read(step, w->dims + 2, &window, e);
    if (!rc)
        rc = nn_window_shape(&window, step->out[0],
                             quantizes ? step->in[at->y_zero]->dtype : NN_INT32,
                             step->in[0]->dims[0], w->dims[0], e);
    if (!rc && __builtin_mul_overflow((int64_t)step->out[0]->count, nn_dims_product(w, 1, w->rank),
                                      &step->macs))
        step->macs = INT64_MAX;
    return rc;
}

static int prepare_conv(nn_step *step, err *e)
{
    const nn_tensor *w = step->in[layouts[step->op->variant].w];
    conv_state *state = nn_new_state(step, sizeof *state, e);
    if (!state)
        return ERR_NOMEM;
    state->groups = nn_attr_int(step->node, "group", 1);
    state->group_in = w->dims[1];
    state->group_out = w->dims[0] / state->groups;
    return nn_window_read(step, w->dims + 2, &state->window, e);
}

/* A plane of the input, or one channel's kernel: elements of a tensor from `at` on, minus its zero
 * point. */
typedef struct plane {
    const nn_tensor *t;
    int64_t at;
    int32_t zero;
} plane;

static int64_t element(const plane *p, int64_t i)
{
    return nn_integer_at(p->t, (size_t)(p->at + i)) - p->zero;
}

/* One output value's sum over one input channel. */
static int64_t correlate(const nn_window *w, const plane *x, const plane *k, const int64_t *o)
{
    int64_t from[3], to[3], sum = 0;
    for (int d = 0; d < 3; d++)
        nn_window_taps(w, d, o[d], &from[d], &to[d]);
    for (int64_t a = from[0]; a < to[0]; a++)
        for (int64_t b = from[1]; b < to[1]; b++)
            for (int64_t c = from[2]; c < to[2]; c++) {
                int64_t z = o[0] * w->stride[0] - w->pad[0] + a * w->dilation[0];
                int64_t y = o[1] * w->stride[1] - w->pad[1] + b * w->dilation[1];
                int64_t at = o[2] * w->stride[2] - w->pad[2] + c * w->dilation[2];
                sum += element(x, (z * w->in[1] + y) * w->in[2] + at) *
                       element(k, (a * w->kernel[1] + b) * w->kernel[2] + c);
            }
    return sum;
}

/* Stores the sum of output channel c. */
static void store(const nn_step *step, size_t i, size_t c, int64_t sum)
{
    const operands *at = &layouts[step->op->variant];
    nn_tensor *y = step->out[0];
    if (at->y_zero < 0) {
        ((int32_t *)y->data)[i] = (int32_t)sum;
        return;
    }
    const nn_tensor *bias = nn_in(step, at->bias);
    int32_t zero = nn_zero_at(step->in[at->y_zero], 0);
    float scale = nn_scale_at(step->in[at->x_scale], 0) * nn_scale_at(step->in[at->w_scale], c) /
                  nn_scale_at(step->in[at->y_scale], 0);
    float value = (float)(sum + (bias ? nn_integer_at(bias, c) : 0)) * scale;
    if (y->dtype == NN_UINT8)
        ((uint8_t *)y->data)[i] = (uint8_t)nn_quantize(value, 1, zero, 0, 255);
    else
        ((int8_t *)y->data)[i] = (int8_t)nn_quantize(value, 1, zero, -128, 127);
}

/* Output channel c of sample n. */
static void conv_plane(const nn_step *step, int64_t n, int64_t c)
{
    const conv_state *s = step->state;
    const operands *at = &layouts[step->op->variant];
    const nn_window *w = &s->window;
    int64_t in = (n * s->groups + c / s->group_out) * s->group_in, o[3];
    size_t out = (size_t)((n * step->out[0]->dims[1] + c) * volume(w->out));
    int32_t x_zero = nn_zero_at(nn_in(step, at->x_zero), 0);
    int32_t w_zero = nn_zero_at(nn_in(step, at->w_zero), (size_t)c);
    for (o[0] = 0; o[0] < w->out[0]; o[0]++)
        for (o[1] = 0; o[1] < w->out[1]; o[1]++)
            for (o[2] = 0; o[2] < w->out[2]; o[2]++) {
                int64_t sum = 0;
                for (int64_t k = 0; k < s->group_in; k++) {
                    plane x = {step->in[0], (in + k) * volume(w->in), x_zero};
                    plane kernel = {step->in[at->w], (c * s->group_in + k) * volume(w->kernel),
                                    w_zero};
                    sum += correlate(w, &x, &kernel, o);
                }
                store(step, out++, (size_t)c, sum);
            }
}

static int run_conv(const nn_step *step, err *e)
{
    (void)e;
    for (int64_t n = 0; n < step->out[0]->dims[0]; n++)
        for (int64_t c = 0; c < step->out[0]->dims[1]; c++)
            conv_plane(step, n, c);
    return 0;
}

#define WINDOW_ATTRS "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"

const nn_op nn_ops_integer_conv[] = {
    NN_OP("ConvInteger", 2, 4, 1, 1, WINDOW_ATTRS, .infer = infer_conv, .prepare = prepare_conv,
          .run = run_conv, .variant = 0),
    NN_OP("QLinearConv", 8, 9, 1, 1, WINDOW_ATTRS, .infer = infer_conv, .prepare = prepare_conv,
          .run = run_conv, .variant = 1),
    {0},
};
