/* The reverse of Conv and ConvTranspose. Both are one sum between a large and a small side
 * (conv_plain.h); constant weights with one or two spatial dimensions run on the packed kernels:
 *
 *     to the weights: kernels/conv_gradient.h, with the large side as its x, the small as its d_y
 *     to the small side (ConvTranspose's x): the convolution itself
 *     to the large side (Conv's x): a convolution of the small side, its values a stride apart and
 *     zeros between them, with flipped weights whose channels are transposed. */
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/grad/conv_plain.h"
#include "nn/kernels/conv_gradient.h"

typedef struct conv_state {
    grad_conv_sides sides;
    bool transposed;
    nn_conv *to_input; /* NULL: plain loops, or not wanted */
    nn_conv_gradient *to_weights;
    nn_conv_shape input_shape; /* of to_input */
    float *flipped;            /* the weights of to_input if it goes to the large side */
    bool spread;               /* the small side has a stride, so it is spread first */
    bool packs_always;         /* the weights can change with every run */
} conv_state;

static int64_t volume(const int64_t *sizes)
{
    return sizes[0] * sizes[1] * sizes[2];
}

static int64_t sample_small(const conv_state *c)
{
    return c->sides.groups * c->sides.small * volume(c->sides.window.out);
}

/* --- preparation -------------------------------------------------------------------------------
 */

static bool fits_int32(const grad_conv_sides *s)
{
    const nn_window *w = &s->window;
    for (int i = 0; i < 3; i++)
        if (w->in[i] > INT32_MAX || w->pad[i] < 0 || w->pad[i] > INT32_MAX ||
            w->kernel[i] > INT32_MAX || w->stride[i] > INT32_MAX || w->dilation[i] > INT32_MAX ||
            (w->out[i] - 1) * w->stride[i] >= INT32_MAX)
            return false;
    return s->groups * s->large <= INT32_MAX && s->groups * s->small <= INT32_MAX;
}

/* The convolution from the large to the small side. */
static nn_conv_shape forward_shape(const grad_conv_sides *s)
{
    return nn_window_conv(&s->window, s->groups * s->large, s->groups * s->small, s->groups);
}

/* The convolution back to the large side; false if its padding would be negative. */
static bool reverse_shape(const grad_conv_sides *s, nn_conv_shape *r)
{
    const nn_window *w = &s->window;
    const nn_conv_shape f = forward_shape(s);
    const int64_t top = (w->kernel[1] - 1) * w->dilation[1] - w->pad[1];
    const int64_t left = (w->kernel[2] - 1) * w->dilation[2] - w->pad[2];
    *r = f;
    r->channels_in = f.channels_out;
    r->channels_out = f.channels_in;
    r->in_h = (f.out_h - 1) * f.stride_h + 1;
    r->in_w = (f.out_w - 1) * f.stride_w + 1;
    r->out_h = f.in_h;
    r->out_w = f.in_w;
    r->stride_h = r->stride_w = 1;
    r->pad_top = (int32_t)top;
    r->pad_left = (int32_t)left;
    return top >= 0 && top <= INT32_MAX && left >= 0 && left <= INT32_MAX;
}

static void need_scratch(grad_step *step, size_t bytes)
{
    if (step->scratch_bytes < bytes)
        step->scratch_bytes = bytes;
}

/* Bytes of one spread sample, rounded up to cache lines. */
static size_t spread_bytes(const conv_state *c)
{
    const nn_conv_shape *r = &c->input_shape;
    const size_t plane = (size_t)r->in_h * (size_t)r->in_w;
    return c->spread ? ((size_t)r->channels_in * plane * sizeof(float) + 63) / 64 * 64 : 0;
}

static int prepare_input(grad_step *step, conv_state *c, err *e)
{
    const nn_window *w = &c->sides.window;
    if (c->transposed) {
        c->input_shape = forward_shape(&c->sides);
    } else {
        if (!reverse_shape(&c->sides, &c->input_shape))
            return 0;
        c->spread = w->stride[1] > 1 || w->stride[2] > 1;
        c->flipped = nn_pool_array(step->pool, step->forward->in[1]->count, sizeof *c->flipped);
        if (!c->flipped)
            return err_set(e, ERR_NOMEM, "no memory for the flipped weights of a convolution");
    }
    c->to_input = nn_conv_create(&c->input_shape, NULL, NULL, e);
    if (!c->to_input)
        return e->code;
    need_scratch(step, spread_bytes(c) + nn_conv_scratch_bytes(c->to_input));
    return 0;
}

static int prepare_weights(grad_step *step, conv_state *c, err *e)
{
    const nn_conv_shape shape = forward_shape(&c->sides);
    c->to_weights = nn_conv_gradient_create(&shape, e);
    if (!c->to_weights)
        return e->code;
    need_scratch(step, nn_conv_gradient_scratch_bytes(c->to_weights));
    return 0;
}

/* Group g, output channel o, input channel k of it: w[g o][k][t] goes to flipped[g k][o][last - t].
 */
static void flip(const conv_state *c, const float *w)
{
    const grad_conv_sides *s = &c->sides;
    const int64_t taps = volume(s->window.kernel);
    for (int64_t row = 0; row < s->groups * s->small; row++)
        for (int64_t k = 0; k < s->large; k++, w += taps) {
            float *to =
                c->flipped + ((row / s->small * s->large + k) * s->small + row % s->small) * taps;
            for (int64_t t = 0; t < taps; t++)
                to[taps - 1 - t] = w[t];
        }
}

static void refresh(grad_step *step)
{
    const conv_state *c = step->state;
    const float *w = step->forward->in[1]->data;
    if (!c->to_input)
        return;
    if (c->flipped)
        flip(c, w);
    nn_conv_repack(c->to_input, c->flipped ? c->flipped : w, NULL);
}

/* An empty tensor has nothing to pack, and its loops do nothing. */
static bool can_pack(const grad_step *step, const conv_state *c)
{
    const nn_step *f = step->forward;
    return c->sides.window.spatial < 3 && fits_int32(&c->sides) && f->in[0]->count > 0 &&
           f->in[1]->count > 0 && f->out[0]->count > 0;
}

static conv_state *new_state(grad_step *step, bool transposed, err *e)
{
    conv_state *c = grad_new_state(step, sizeof *c, e);
    if (!c)
        return NULL;
    const nn_step *f = step->forward;
    c->transposed = transposed;
    c->packs_always = f->run == f->op->run; /* plain loops: no constant weights in the engine */
    c->sides.batch = f->in[0]->dims[0];
    c->sides.groups = nn_attr_int(f->node, "group", 1);
    c->sides.small = f->in[1]->dims[0] / c->sides.groups;
    c->sides.large = f->in[1]->dims[1];
    return c;
}

static int prepare(grad_step *step, conv_state *c, err *e)
{
    int rc = 0;
    if (!can_pack(step, c))
        return 0;
    if (step->d_in[0])
        rc = prepare_input(step, c, e);
    if (!rc && step->d_in[1])
        rc = prepare_weights(step, c, e);
    if (!rc && !c->packs_always)
        refresh(step);
    return rc;
}

static int prepare_conv(grad_step *step, err *e)
{
    const nn_step *f = step->forward;
    conv_state *c = new_state(step, false, e);
    if (!c)
        return ERR_NOMEM;
    int rc = nn_window_read(f, f->in[1]->dims + 2, &c->sides.window, e);
    return rc ? rc : prepare(step, c, e);
}

static int prepare_transposed(grad_step *step, err *e)
{
    const nn_step *f = step->forward;
    nn_window w;
    conv_state *c = new_state(step, true, e);
    if (!c)
        return ERR_NOMEM;
    int rc = nn_window_read_transposed(f, f->in[1]->dims + 2, &w, e);
    if (rc)
        return rc;
    c->sides.window = w;
    memcpy(c->sides.window.in, w.out, sizeof w.out);
    memcpy(c->sides.window.out, w.in, sizeof w.in);
    return prepare(step, c, e);
}

static void release(grad_step *step)
{
    conv_state *c = step->state;
    if (!c)
        return;
    nn_conv_free(c->to_input);
    nn_conv_gradient_free(c->to_weights);
    c->to_input = NULL;
    c->to_weights = NULL;
}

/* --- the reverse run ---------------------------------------------------------------------------
 */

/* Writes one sample of the small side with its values a stride apart; the zeros between are already
 * there. */
static void spread_sample(const conv_state *c, const float *small, float *to)
{
    const nn_window *w = &c->sides.window;
    const nn_conv_shape *r = &c->input_shape;
    for (int32_t channel = 0; channel < r->channels_in; channel++)
        for (int64_t row = 0; row < w->out[1]; row++) {
            float *line = to + ((int64_t)channel * r->in_h + row * w->stride[1]) * r->in_w;
            for (int64_t i = 0; i < w->out[2]; i++)
                line[i * w->stride[2]] = *small++;
        }
}

static void run_spread(const grad_step *step, const float *small, float *d_x)
{
    const conv_state *c = step->state;
    const size_t bytes = spread_bytes(c);
    const nn_conv_shape *r = &c->input_shape;
    memset(step->scratch, 0, bytes);
    for (int64_t n = 0; n < c->sides.batch; n++) {
        spread_sample(c, small + n * sample_small(c), step->scratch);
        nn_conv_run(c->to_input, 1, step->scratch, step->add[0] ? d_x : NULL, d_x,
                    (char *)step->scratch + bytes);
        d_x += (int64_t)r->channels_out * r->out_h * r->out_w;
    }
}

static void clear_unless_added(const grad_step *step, int k)
{
    if (!step->add[k])
        memset(step->d_in[k], 0, step->forward->in[k]->bytes);
}

static void to_input(grad_step *step)
{
    const conv_state *c = step->state;
    float *d_x = step->d_in[0];
    const float *w = step->forward->in[1]->data, *d_y = step->d_out[0];
    if (c->packs_always)
        refresh(step);
    if (c->to_input && c->spread) {
        run_spread(step, d_y, d_x);
    } else if (c->to_input) {
        nn_conv_run(c->to_input, c->sides.batch, d_y, step->add[0] ? d_x : NULL, d_x,
                    step->scratch);
    } else {
        clear_unless_added(step, 0);
        if (c->transposed)
            grad_conv_to_small(&c->sides, w, d_y, d_x);
        else
            grad_conv_to_large(&c->sides, w, d_y, d_x);
    }
}

/* The packed kernel also computes the gradient of Conv's bias. */
static void to_weights(const grad_step *step, float *d_bias)
{
    const conv_state *c = step->state;
    const float *x = step->forward->in[0]->data, *d_y = step->d_out[0];
    const float *large = c->transposed ? d_y : x, *small = c->transposed ? x : d_y;
    clear_unless_added(step, 1);
    if (c->to_weights)
        nn_conv_gradient_run(c->to_weights, c->sides.batch, large, small, step->d_in[1], d_bias,
                             step->scratch);
    else
        grad_conv_to_weights(&c->sides, large, small, step->d_in[1]);
}

static void to_bias(const grad_step *step)
{
    const nn_tensor *y = step->forward->out[0];
    const float *d_y = step->d_out[0];
    const int64_t plane = nn_dims_product(y, 2, y->rank);
    for (int64_t n = 0; n < y->dims[0]; n++)
        for (int64_t c = 0; c < y->dims[1]; c++) {
            double sum = 0;
            for (int64_t i = 0; i < plane; i++)
                sum += (double)*d_y++;
            step->d_in[2][c] += (float)sum;
        }
}

static void backward(grad_step *step)
{
    const conv_state *c = step->state;
    float *d_bias = step->forward->n_in > 2 ? step->d_in[2] : NULL;
    const bool together = d_bias && step->d_in[1] && c->to_weights && !c->transposed;
    if (step->d_in[0])
        to_input(step);
    if (d_bias)
        clear_unless_added(step, 2);
    if (step->d_in[1])
        to_weights(step, together ? d_bias : NULL);
    if (d_bias && !together)
        to_bias(step);
}

const grad_op grad_ops_conv[] = {
    {.name = "Conv",
     .prepare = prepare_conv,
     .refresh = refresh,
     .backward = backward,
     .release = release},
    {.name = "ConvTranspose",
     .prepare = prepare_transposed,
     .refresh = refresh,
     .backward = backward,
     .release = release},
    {0},
};
