/* Conv and ConvTranspose. Constant weights with one or two spatial dimensions run on the packed
 * kernels of kernels/conv.h; weights computed from data and three dimensions run here, in plain
 * loops. A transposed convolution of many channels is a matrix product with a scattered sum of its
 * values. */
#include <string.h>

#include "nn/kernels/elementwise.h"
#include "nn/kernels/gemm.h"
#include "nn/ops/window.h"

typedef struct conv_state {
    nn_conv *packed; /* NULL: plain loops */
    nn_window window;
    int64_t groups, group_in, group_out; /* channels of one group */
} conv_state;

static int check_operands(const nn_step *step, err *e)
{
    for (int k = 0; k < 3; k++) {
        int rc = nn_need_dtype(step, k, NN_FLOAT, e);
        if (rc)
            return rc;
    }
    int rc = nn_need_rank(step, 0, 3, 5, e);
    if (!rc && step->in[1]->rank != step->in[0]->rank) {
        nn_dims_text w, x;
        return err_set(e, ERR_FORMAT, "weights %s and input %s must have the same rank",
                       nn_dims_print(&w, step->in[1]->rank, step->in[1]->dims),
                       nn_dims_print(&x, step->in[0]->rank, step->in[0]->dims));
    }
    return rc;
}

static int check_groups(const nn_step *step, int64_t in_per_group_times, int64_t out, err *e)
{
    const nn_tensor *x = step->in[0], *w = step->in[1], *b = nn_in(step, 2);
    int64_t groups = nn_attr_int(step->node, "group", 1);
    nn_dims_text tw, tx;
    if (groups < 1 || groups > INT32_MAX || x->dims[1] != in_per_group_times || out % groups ||
        x->dims[1] % groups)
        return err_set(e, ERR_FORMAT, "weights %s do not fit input %s in %lld groups",
                       nn_dims_print(&tw, w->rank, w->dims), nn_dims_print(&tx, x->rank, x->dims),
                       (long long)groups);
    if (b && (b->rank != 1 || b->dims[0] != out))
        return err_set(e, ERR_FORMAT, "the bias has %zu values for %lld output channels", b->count,
                       (long long)out);
    return 0;
}

static int64_t saturating_product(int64_t a, int64_t b)
{
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

static int infer_conv(nn_step *step, err *e)
{
    nn_window w;
    int rc = check_operands(step, e);
    if (rc)
        return rc;
    const nn_tensor *x = step->in[0], *weights = step->in[1];
    int64_t groups = nn_attr_int(step->node, "group", 1);
    rc = check_groups(step, saturating_product(weights->dims[1], groups), weights->dims[0], e);
    if (!rc)
        rc = nn_window_read(step, weights->dims + 2, &w, e);
    if (!rc)
        rc = nn_window_shape(&w, step->out[0], NN_FLOAT, x->dims[0], weights->dims[0], e);
    if (!rc)
        step->macs = saturating_product((int64_t)step->out[0]->count,
                                        nn_dims_product(weights, 1, weights->rank));
    return rc;
}

/* --- the packed path ---------------------------------------------------------------------------
 */

static bool fits_int32(const nn_window *w)
{
    for (int i = 0; i < 3; i++)
        if (w->in[i] > INT32_MAX || w->out[i] > INT32_MAX || w->pad[i] > INT32_MAX ||
            w->pad_end[i] > INT32_MAX || w->kernel[i] > INT32_MAX || w->stride[i] > INT32_MAX ||
            w->dilation[i] > INT32_MAX)
            return false;
    return true;
}

static bool can_pack(const nn_step *step, const nn_window *w)
{
    const nn_tensor *b = nn_in(step, 2);
    return w->spatial < 3 && step->in[1]->data && (!b || b->data) && fits_int32(w) &&
           step->out[0]->count > 0 && step->in[0]->count > 0 && step->in[0]->dims[1] <= INT32_MAX &&
           step->out[0]->dims[1] <= INT32_MAX;
}

static int pack(nn_step *step, conv_state *state, err *e)
{
    nn_conv_shape shape =
        nn_window_conv(&state->window, step->in[0]->dims[1], step->out[0]->dims[1], state->groups);
    shape.activation = step->activation;
    shape.alpha = step->alpha;
    const nn_tensor *b = nn_in(step, 2);
    state->packed = nn_conv_create(&shape, step->in[1]->data, b ? b->data : NULL, e);
    if (!state->packed)
        return ERR_NOMEM;
    step->scratch_bytes = nn_conv_scratch_bytes(state->packed);
    return 0;
}

static int run_packed(const nn_step *step, err *e)
{
    (void)e;
    const conv_state *state = step->state;
    nn_conv_run(state->packed, step->in[0]->dims[0], step->in[0]->data,
                step->residual ? step->residual->data : NULL, step->out[0]->data, step->scratch);
    return 0;
}

static int prepare_conv(nn_step *step, err *e)
{
    conv_state *state = nn_new_state(step, sizeof *state, e);
    if (!state)
        return ERR_NOMEM;
    int rc = nn_window_read(step, step->in[1]->dims + 2, &state->window, e);
    if (rc)
        return rc;
    state->groups = nn_attr_int(step->node, "group", 1);
    state->group_in = step->in[0]->dims[1] / state->groups;
    state->group_out = step->out[0]->dims[1] / state->groups;
    if (!can_pack(step, &state->window))
        return 0;
    step->run = run_packed;
    return pack(step, state, e);
}

static void refresh_conv(nn_step *step)
{
    const conv_state *state = step->state;
    const nn_tensor *b = nn_in(step, 2);
    if (state->packed)
        nn_conv_repack(state->packed, step->in[1]->data, b ? b->data : NULL);
}

static void release_conv(nn_step *step)
{
    conv_state *state = step->state;
    nn_conv_free(state->packed);
    state->packed = NULL;
}

/* --- plain loops -------------------------------------------------------------------------------
 */

/* One output value's sum over one input channel. */
static float correlate(const nn_window *w, const float *x, const float *k, const int64_t *o)
{
    int64_t from[3], to[3];
    for (int d = 0; d < 3; d++)
        nn_window_taps(w, d, o[d], &from[d], &to[d]);
    float sum = 0;
    for (int64_t a = from[0]; a < to[0]; a++)
        for (int64_t b = from[1]; b < to[1]; b++)
            for (int64_t c = from[2]; c < to[2]; c++) {
                int64_t z = o[0] * w->stride[0] - w->pad[0] + a * w->dilation[0];
                int64_t y = o[1] * w->stride[1] - w->pad[1] + b * w->dilation[1];
                int64_t at = o[2] * w->stride[2] - w->pad[2] + c * w->dilation[2];
                sum += x[(z * w->in[1] + y) * w->in[2] + at] *
                       k[(a * w->kernel[1] + b) * w->kernel[2] + c];
            }
    return sum;
}

static int64_t volume(const int64_t *sizes)
{
    return sizes[0] * sizes[1] * sizes[2];
}

/* One output plane from the input channels of its group. */
static void conv_plane(const conv_state *state, const float *x, const float *weights, float bias,
                       float *y)
{
    const nn_window *w = &state->window;
    int64_t o[3];
    for (o[0] = 0; o[0] < w->out[0]; o[0]++)
        for (o[1] = 0; o[1] < w->out[1]; o[1]++)
            for (o[2] = 0; o[2] < w->out[2]; o[2]++) {
                float sum = bias;
                for (int64_t c = 0; c < state->group_in; c++)
                    sum += correlate(w, x + c * volume(w->in), weights + c * volume(w->kernel), o);
                *y++ = sum;
            }
}

static void finish_plain(const nn_step *step)
{
    nn_tensor *out = step->out[0];
    if (step->residual)
        nn_arithmetic_row(NN_ADD, out->data, 1, step->residual->data, 1, out->data, out->count);
    if (step->activation != NN_ACT_NONE)
        nn_activate(step->activation, step->alpha, out->data, out->data, out->count);
}

static int run_plain(const nn_step *step, err *e)
{
    (void)e;
    const conv_state *state = step->state;
    const nn_window *w = &state->window;
    const nn_tensor *b = nn_in(step, 2);
    int64_t channels = step->out[0]->dims[1], batch = step->in[0]->dims[0];
    for (int64_t n = 0; n < batch; n++)
        for (int64_t c = 0; c < channels; c++) {
            int64_t first = (n * state->groups + c / state->group_out) * state->group_in;
            conv_plane(state, (const float *)step->in[0]->data + first * volume(w->in),
                       (const float *)step->in[1]->data + c * state->group_in * volume(w->kernel),
                       b ? ((const float *)b->data)[c] : 0,
                       (float *)step->out[0]->data + (n * channels + c) * volume(w->out));
        }
    finish_plain(step);
    return 0;
}

/* --- ConvTranspose -----------------------------------------------------------------------------
 */

static int infer_transposed(nn_step *step, err *e)
{
    nn_window w;
    int rc = check_operands(step, e);
    if (rc)
        return rc;
    const nn_tensor *x = step->in[0], *weights = step->in[1];
    int64_t out = saturating_product(weights->dims[1], nn_attr_int(step->node, "group", 1));
    rc = check_groups(step, weights->dims[0], out, e);
    if (!rc)
        rc = nn_window_read_transposed(step, weights->dims + 2, &w, e);
    if (!rc)
        rc = nn_window_shape(&w, step->out[0], NN_FLOAT, x->dims[0], out, e);
    if (!rc)
        step->macs =
            saturating_product((int64_t)x->count, nn_dims_product(weights, 1, weights->rank));
    return rc;
}

/* The number of products of one sample and group, over all values, output channels and taps. */
static int64_t products_of(const conv_state *state)
{
    const nn_window *w = &state->window;
    return saturating_product(saturating_product(state->group_out, volume(w->kernel)),
                              volume(w->in));
}

/* Many channels are worth a matrix product, as long as its result has a moderate size. */
static bool multiplies(const nn_step *step, const conv_state *state)
{
    const int64_t channels_min = 8, products_max = (int64_t)1 << 22;
    return state->group_in >= channels_min && products_of(state) <= products_max &&
           step->out[0]->count > 0 && products_of(state) > 0;
}

static int prepare_transposed(nn_step *step, err *e)
{
    conv_state *state = nn_new_state(step, sizeof *state, e);
    if (!state)
        return ERR_NOMEM;
    state->groups = nn_attr_int(step->node, "group", 1);
    state->group_in = step->in[0]->dims[1] / state->groups;
    state->group_out = step->in[1]->dims[1];
    int rc = nn_window_read_transposed(step, step->in[1]->dims + 2, &state->window, e);
    if (!rc && multiplies(step, state))
        step->scratch_bytes = (size_t)products_of(state) * sizeof(float);
    return rc;
}

/* Adds the products of one input plane to one output plane. */
static void spread(const nn_window *w, const float *x, const float *k, float *y)
{
    for (int64_t i = 0; i < volume(w->in); i++) {
        int64_t z = i / (w->in[1] * w->in[2]) * w->stride[0] - w->pad[0];
        int64_t h = i / w->in[2] % w->in[1] * w->stride[1] - w->pad[1];
        int64_t v = i % w->in[2] * w->stride[2] - w->pad[2];
        for (int64_t t = 0; t < volume(w->kernel); t++) {
            int64_t a = z + t / (w->kernel[1] * w->kernel[2]) * w->dilation[0];
            int64_t b = h + t / w->kernel[2] % w->kernel[1] * w->dilation[1];
            int64_t c = v + t % w->kernel[2] * w->dilation[2];
            if (a >= 0 && a < w->out[0] && b >= 0 && b < w->out[1] && c >= 0 && c < w->out[2])
                y[(a * w->out[1] + b) * w->out[2] + c] += x[i] * k[t];
        }
    }
}

static void transpose_plane(const nn_step *step, int64_t n, int64_t c)
{
    const conv_state *state = step->state;
    const nn_window *w = &state->window;
    const nn_tensor *b = nn_in(step, 2);
    int64_t channels = step->out[0]->dims[1], group = c / state->group_out;
    float *y = (float *)step->out[0]->data + (n * channels + c) * volume(w->out);
    for (int64_t i = 0; i < volume(w->out); i++)
        y[i] = b ? ((const float *)b->data)[c] : 0;
    for (int64_t k = 0; k < state->group_in; k++) {
        int64_t from = group * state->group_in + k;
        int64_t plane = n * state->groups * state->group_in + from;
        spread(w, (const float *)step->in[0]->data + plane * volume(w->in),
               (const float *)step->in[1]->data +
                   (from * state->group_out + c % state->group_out) * volume(w->kernel),
               y);
    }
}

/* Adds products[in] of one tap to one output plane. */
static void add_tap(const nn_window *w, int64_t tap, const float *products, float *y)
{
    int64_t first[3] = {tap / (w->kernel[1] * w->kernel[2]), tap / w->kernel[2] % w->kernel[1],
                        tap % w->kernel[2]};
    for (int d = 0; d < 3; d++)
        first[d] = first[d] * w->dilation[d] - w->pad[d];
    for (int64_t i = 0; i < w->in[0] * w->in[1]; i++, products += w->in[2]) {
        int64_t a = first[0] + i / w->in[1] * w->stride[0];
        int64_t b = first[1] + i % w->in[1] * w->stride[1], c = first[2];
        if (a < 0 || a >= w->out[0] || b < 0 || b >= w->out[1])
            continue;
        float *row = y + (a * w->out[1] + b) * w->out[2];
        for (int64_t k = 0; k < w->in[2]; k++, c += w->stride[2])
            if (c >= 0 && c < w->out[2])
                row[c] += products[k];
    }
}

/* One sample and group: all products in one matrix product, then the scattered sum. */
static void transpose_group(const nn_step *step, int64_t n, int64_t group)
{
    const conv_state *state = step->state;
    const nn_window *w = &state->window;
    const nn_tensor *b = nn_in(step, 2);
    const int64_t taps = volume(w->kernel), in = volume(w->in), out = state->group_out;
    const int64_t from = group * state->group_in, to = group * out;
    float *products = step->scratch;
    nn_gemm(true, false, out * taps, in, state->group_in, 1,
            (const float *)step->in[1]->data + from * out * taps,
            (const float *)step->in[0]->data + (n * state->groups * state->group_in + from) * in, 0,
            products);
    for (int64_t c = 0; c < out; c++) {
        float *y =
            (float *)step->out[0]->data + (n * state->groups * out + to + c) * volume(w->out);
        for (int64_t i = 0; i < volume(w->out); i++)
            y[i] = b ? ((const float *)b->data)[to + c] : 0;
        for (int64_t t = 0; t < taps; t++)
            add_tap(w, t, products + (c * taps + t) * in, y);
    }
}

static int run_transposed(const nn_step *step, err *e)
{
    (void)e;
    const conv_state *state = step->state;
    bool by_groups = multiplies(step, state);
    for (int64_t n = 0; by_groups && n < step->in[0]->dims[0]; n++)
        for (int64_t group = 0; group < state->groups; group++)
            transpose_group(step, n, group);
    for (int64_t n = 0; !by_groups && n < step->in[0]->dims[0]; n++)
        for (int64_t c = 0; c < step->out[0]->dims[1]; c++)
            transpose_plane(step, n, c);
    finish_plain(step);
    return 0;
}

#define WINDOW_ATTRS "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I"

const nn_op nn_ops_conv[] = {
    NN_OP("Conv", 2, 3, 1, 1, WINDOW_ATTRS, .infer = infer_conv, .prepare = prepare_conv,
          .run = run_plain, .refresh = refresh_conv, .release = release_conv,
          .flags = NN_OP_ACTIVATES),
    NN_OP("ConvTranspose", 2, 3, 1, 1, WINDOW_ATTRS " output_padding:I output_shape:I",
          .infer = infer_transposed, .prepare = prepare_transposed, .run = run_transposed,
          .flags = NN_OP_ACTIVATES),
    {0},
};
