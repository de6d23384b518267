/* The layout of the padded input, and the elements of it that each output vector reads. */
#include <stdlib.h>

#include "nn/kernels/conv_internal.h"

static int64_t round_up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Elements from the first one under the kernel at output 0 to the last one at output out - 1. */
static int64_t extent(int32_t out, int32_t stride, int32_t k, int32_t dilation)
{
    return ((int64_t)out - 1) * stride + ((int64_t)k - 1) * dilation + 1;
}

static int check_shape(const nn_conv_shape *s, err *e)
{
    if (s->channels_in < 1 || s->channels_out < 1 || s->groups < 1 ||
        s->channels_in % s->groups != 0 || s->channels_out % s->groups != 0)
        return err_set(e, ERR_INVALID,
                       "convolution of %d to %d channels in %d groups: both counts must be "
                       "positive multiples of the groups",
                       s->channels_in, s->channels_out, s->groups);
    if (s->in_h < 1 || s->in_w < 1 || s->out_h < 1 || s->out_w < 1)
        return err_set(e, ERR_INVALID, "convolution of a %dx%d to a %dx%d plane: sizes start at 1",
                       s->in_h, s->in_w, s->out_h, s->out_w);
    if (s->kernel_h < 1 || s->kernel_w < 1 || s->stride_h < 1 || s->stride_w < 1 ||
        s->dilation_h < 1 || s->dilation_w < 1)
        return err_set(e, ERR_INVALID,
                       "convolution with kernel %dx%d, stride %dx%d, dilation %dx%d: all start "
                       "at 1",
                       s->kernel_h, s->kernel_w, s->stride_h, s->stride_w, s->dilation_h,
                       s->dilation_w);
    if (s->pad_top < 0 || s->pad_left < 0)
        return err_set(e, ERR_INVALID, "convolution with padding %d, %d: it cannot be negative",
                       s->pad_top, s->pad_left);
    if (s->activation < NN_ACT_NONE || s->activation > NN_ACT_TANH)
        return err_set(e, ERR_INVALID, "convolution with unknown activation %d",
                       (int)s->activation);
    return ERR_NONE;
}

/* A kernel of one column that keeps the width reads and writes whole planes in order, so it is
 * equivalent to a row kernel on one long row. This includes 1x1. */
void conv_flatten(nn_conv_shape *s)
{
    const int64_t width = s->in_w;
    if (s->kernel_w != 1 || s->stride_w != 1 || s->stride_h != 1 || s->pad_left != 0 ||
        s->out_w != s->in_w || s->in_h == 1)
        return;
    if (larger(s->in_h, s->out_h) * width > INT32_MAX || s->pad_top * width > INT32_MAX ||
        s->dilation_h * width > INT32_MAX)
        return;
    s->in_w = (int32_t)(s->in_h * width);
    s->out_w = (int32_t)(s->out_h * width);
    s->kernel_w = s->kernel_h;
    s->dilation_w = (int32_t)(s->dilation_h * width);
    s->pad_left = (int32_t)(s->pad_top * width);
    s->in_h = s->out_h = s->kernel_h = 1;
    s->pad_top = 0;
}

static int too_large(err *e)
{
    return err_set(e, ERR_UNSUPPORTED,
                   "convolution too large: its padded input, its kernel and its output plane must "
                   "each stay below 2^30 values");
}

/* Sets the layout of the padded rows. */
static int lay_out(nn_conv *c, err *e)
{
    const nn_conv_shape *s = &c->shape;
    const int64_t need_w = extent(s->out_w, s->stride_w, s->kernel_w, s->dilation_w);
    const int64_t need_h = extent(s->out_h, s->stride_h, s->kernel_h, s->dilation_h);
    const int64_t pad_right = larger(need_w - s->pad_left - s->in_w, 0);
    const int64_t rows = larger(need_h, (int64_t)s->pad_top + s->in_h);
    const int64_t most = INT32_MAX / 2;
    if (need_w > most || need_h > most)
        return too_large(e);
    int64_t phase = 0, lead = round_up(s->pad_left, CONV_ALIGN);
    const int64_t between =
        c->in_words ? larger(lead, pad_right + c->overhang) : larger(s->pad_left, pad_right);
    int64_t pitch = round_up(s->in_w + between, CONV_ALIGN);
    if (s->stride_w > 1) {
        phase = round_up((need_w + s->stride_w - 1) / s->stride_w, CONV_ALIGN);
        pitch = phase * s->stride_w;
        lead = 0;
    }
    /* Bounds each factor before multiplying. */
    if (lead > most || pitch > most || rows > most || rows * pitch > most ||
        rows * pitch * s->channels_in > most)
        return too_large(e);
    c->lead = (int32_t)lead;
    c->phase_pitch = (int32_t)phase;
    c->row_pitch = (int32_t)pitch;
    c->rows = (int32_t)rows;
    c->plane = rows * pitch;
    /* A vector at the end of the last row reads past it, into lanes that are dropped. */
    c->padded_count = lead + c->plane * s->channels_in + CONV_ALIGN;
    if (s->pad_left == 0 && pad_right == 0 && s->stride_w == 1 && rows == s->in_h &&
        s->in_w % CONV_ALIGN == 0 && s->out_w % CONV_ALIGN == 0)
        c->padded_count = 0;
    return ERR_NONE;
}

static int allocate_tables(nn_conv *c, int32_t lanes, err *e)
{
    const nn_conv_shape *s = &c->shape;
    const int64_t taps = (int64_t)s->channels_in / s->groups * s->kernel_h; /* bounded by lay_out */
    const int64_t spots = (s->out_w + (int64_t)lanes - 1) / lanes * s->out_h;
    if (taps > INT32_MAX / 2 / s->kernel_w || spots > INT32_MAX / 2 ||
        (int64_t)s->out_w * s->out_h > INT32_MAX / 2)
        return too_large(e);
    c->taps = (int32_t)taps * s->kernel_w;
    c->spot_count = (int32_t)spots;
    c->lanes = lanes;
    c->offsets = calloc((size_t)c->taps, sizeof *c->offsets);
    c->spots = calloc((size_t)spots, sizeof *c->spots);
    if (!c->offsets || !c->spots)
        return err_set(e, ERR_NOMEM, "no memory for the tables of a convolution");
    return ERR_NONE;
}

static void fill_offsets(nn_conv *c)
{
    const nn_conv_shape *s = &c->shape;
    int32_t *offset = c->offsets;
    for (int32_t channel = 0; channel < s->channels_in / s->groups; channel++)
        for (int32_t kh = 0; kh < s->kernel_h; kh++)
            for (int32_t kw = 0; kw < s->kernel_w; kw++) {
                int32_t row = kh * s->dilation_h, column = kw * s->dilation_w;
                *offset++ = (int32_t)(channel * c->plane) + row * c->row_pitch +
                            column % s->stride_w * c->phase_pitch + column / s->stride_w;
            }
}

static void fill_spots(nn_conv *c, int32_t lanes)
{
    const nn_conv_shape *s = &c->shape;
    const int32_t first = s->stride_w > 1 ? 0 : c->lead - s->pad_left;
    conv_spot *spot = c->spots;
    for (int32_t row = 0; row < s->out_h; row++)
        for (int32_t at = 0; at < s->out_w; at += lanes, spot++) {
            spot->in = first + row * s->stride_h * c->row_pitch + at;
            spot->out = row * s->out_w + at;
            spot->lanes = s->out_w - at < lanes ? s->out_w - at : lanes;
        }
}

int conv_lay_out(nn_conv *c, int32_t lanes, err *e)
{
    int rc = check_shape(&c->shape, e);
    if (rc)
        return rc;
    if (!c->in_words) /* with words, the caller has done this before folding */
        conv_flatten(&c->shape);
    rc = lay_out(c, e);
    if (!rc)
        rc = allocate_tables(c, lanes, e);
    if (rc)
        return rc;
    fill_offsets(c);
    fill_spots(c, lanes);
    return ERR_NONE;
}
