#include "nn/ops/window.h"

#include <inttypes.h>
#include <string.h>

static const int64_t max_size = (int64_t)1 << 30;

/* Reads a list attribute with one value in [least, 2^30] for each spatial dimension. */
static int read_list(const nn_step *step, const char *name, int spatial, int64_t least,
                     int64_t *values, err *e)
{
    int64_t given[3];
    int count;
    int rc = nn_attr_ints(step, name, given, 3, &count, e);
    if (rc || count < 0)
        return rc;
    if (count != spatial)
        return err_set(e, ERR_FORMAT, "attribute '%s' has %d values for %d spatial dimensions",
                       name, count, spatial);
    for (int i = 0; i < spatial; i++) {
        if (given[i] < least || given[i] > max_size)
            return err_set(e, ERR_FORMAT,
                           "attribute '%s' has %" PRId64 "; it must be %" PRId64 " to 2^30", name,
                           given[i], least);
        values[3 - spatial + i] = given[i];
    }
    return 0;
}

static int read_pads(const nn_step *step, nn_window *w, err *e)
{
    int64_t given[6];
    int count, s = w->spatial;
    int rc = nn_attr_ints(step, "pads", given, 6, &count, e);
    if (rc || count < 0)
        return rc;
    if (count != 2 * s)
        return err_set(e, ERR_FORMAT, "attribute 'pads' has %d values for %d spatial dimensions",
                       count, s);
    for (int i = 0; i < 2 * s; i++)
        if (given[i] < 0 || given[i] > max_size)
            return err_set(e, ERR_FORMAT, "attribute 'pads' has %" PRId64 "; it must be 0 to 2^30",
                           given[i]);
    memcpy(w->pad + 3 - s, given, (size_t)s * sizeof *given);
    memcpy(w->pad_end + 3 - s, given + s, (size_t)s * sizeof *given);
    return 0;
}

static int read_common(const nn_step *step, const int64_t *kernel, nn_window *w, err *e)
{
    const nn_tensor *x = step->in[0];
    int s = x->rank - 2;
    if (s < 1 || s > 3)
        return nn_need_rank(step, 0, 3, 5, e);
    *w = (nn_window){.spatial = s,
                     .in = {1, 1, 1},
                     .kernel = {1, 1, 1},
                     .stride = {1, 1, 1},
                     .dilation = {1, 1, 1}};
    memcpy(w->in + 3 - s, x->dims + 2, (size_t)s * sizeof *w->in);
    if (kernel)
        memcpy(w->kernel + 3 - s, kernel, (size_t)s * sizeof *kernel);
    int64_t declared[3];
    memcpy(declared, w->kernel, sizeof declared);
    int rc = read_list(step, "kernel_shape", s, 1, declared, e);
    if (!rc && kernel && memcmp(declared, w->kernel, sizeof declared) != 0)
        return err_set(e, ERR_FORMAT, "attribute 'kernel_shape' is not the weights' shape");
    if (!rc && !kernel && !nn_find_attr(step->node, "kernel_shape"))
        return err_set(e, ERR_FORMAT, "attribute 'kernel_shape' is missing");
    memcpy(w->kernel, declared, sizeof declared);
    for (int i = 0; !rc && i < 3; i++)
        if (w->kernel[i] < 1 || w->kernel[i] > max_size || w->in[i] > max_size)
            return err_set(e, ERR_FORMAT,
                           "a kernel of size %" PRId64 " on an input of size %" PRId64
                           "; kernels have 1 to 2^30",
                           w->kernel[i], w->in[i]);
    if (!rc)
        rc = read_list(step, "strides", s, 1, w->stride, e);
    if (!rc)
        rc = read_list(step, "dilations", s, 1, w->dilation, e);
    return rc ? rc : read_pads(step, w, e);
}

/* The extent of the kernel, including dilation; at most 2^60. */
static int64_t span(const nn_window *w, int i)
{
    return (w->kernel[i] - 1) * w->dilation[i] + 1;
}

/* SAME: ceil(input / stride) outputs; an odd pad goes behind (UPPER) or before (LOWER). */
static void pad_same(nn_window *w, int i, bool lower)
{
    w->out[i] = (w->in[i] + w->stride[i] - 1) / w->stride[i];
    int64_t total = (w->out[i] - 1) * w->stride[i] + span(w, i) - w->in[i];
    total = total < 0 ? 0 : total;
    w->pad[i] = lower ? total - total / 2 : total / 2;
    w->pad_end[i] = total - w->pad[i];
}

static int read_auto_pad(const nn_step *step, const char **mode, err *e)
{
    static const char *const modes[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const char *given = nn_attr_string(step->node, "auto_pad", "NOTSET");
    for (int i = 0; i < 4; i++)
        if (strcmp(given, modes[i]) == 0) {
            *mode = modes[i];
            return 0;
        }
    return err_set(e, ERR_FORMAT,
                   "auto_pad is '%s'; it must be NOTSET, VALID, SAME_UPPER or SAME_LOWER", given);
}

int nn_window_read(const nn_step *step, const int64_t *kernel, nn_window *w, err *e)
{
    const char *mode = "NOTSET";
    int rc = read_common(step, kernel, w, e);
    if (!rc)
        rc = read_auto_pad(step, &mode, e);
    bool ceil_mode = nn_attr_int(step->node, "ceil_mode", 0) != 0;
    for (int i = 0; !rc && i < 3; i++) {
        if (mode[0] == 'S') {
            pad_same(w, i, mode[5] == 'L');
            continue;
        }
        if (mode[0] == 'V')
            w->pad[i] = w->pad_end[i] = 0;
        int64_t room = w->in[i] + w->pad[i] + w->pad_end[i] - span(w, i);
        if (room < 0)
            return err_set(e, ERR_FORMAT,
                           "a kernel that spans %" PRId64 " does not fit an input of size %" PRId64
                           " with pads %" PRId64 " and %" PRId64,
                           span(w, i), w->in[i], w->pad[i], w->pad_end[i]);
        w->out[i] = (room + (ceil_mode ? w->stride[i] - 1 : 0)) / w->stride[i] + 1;
        /* Drops a window that would begin behind the input and its front pad. */
        if (ceil_mode && (w->out[i] - 1) * w->stride[i] >= w->in[i] + w->pad[i])
            w->out[i]--;
    }
    return rc;
}

/* Transposed: out = stride (in - 1) + output_padding + span - pads. With output_shape or SAME the
 * pads follow from the output's size. */
static void transposed_size(nn_window *w, int i, int64_t extra, int64_t wanted, const char *mode)
{
    int64_t full = w->stride[i] * (w->in[i] - 1) + extra + span(w, i);
    if (wanted < 0 && mode[0] == 'S')
        wanted = w->in[i] * w->stride[i];
    if (mode[0] == 'V')
        w->pad[i] = w->pad_end[i] = 0;
    if (wanted >= 0) {
        int64_t total = full - wanted; /* negative: adds zeros behind the end */
        int64_t half = total > 0 ? total / 2 : 0;
        w->pad[i] = total < 0 || strcmp(mode, "SAME_UPPER") == 0 ? half : total - half;
        w->pad_end[i] = total - w->pad[i];
    }
    w->out[i] = full - w->pad[i] - w->pad_end[i];
}

int nn_window_read_transposed(const nn_step *step, const int64_t *kernel, nn_window *w, err *e)
{
    const char *mode = "NOTSET";
    int64_t extra[3] = {0}, wanted[3] = {-1, -1, -1};
    int rc = read_common(step, kernel, w, e);
    if (!rc)
        rc = read_auto_pad(step, &mode, e);
    if (!rc)
        rc = read_list(step, "output_padding", w->spatial, 0, extra, e);
    if (!rc)
        rc = read_list(step, "output_shape", w->spatial, 1, wanted, e);
    for (int i = 0; !rc && i < 3; i++) {
        transposed_size(w, i, extra[i], i < 3 - w->spatial ? -1 : wanted[i], mode);
        if (w->out[i] < 1 || w->out[i] > max_size)
            return err_set(e, ERR_FORMAT, "its output would have size %" PRId64, w->out[i]);
    }
    return rc;
}

int nn_window_shape(const nn_window *w, nn_tensor *out, nn_dtype dtype, int64_t n, int64_t channels,
                    err *e)
{
    int64_t dims[5] = {n, channels};
    memcpy(dims + 2, w->out + 3 - w->spatial, (size_t)w->spatial * sizeof *dims);
    return nn_tensor_shape(out, dtype, 2 + w->spatial, dims, e);
}

nn_conv_shape nn_window_conv(const nn_window *w, int64_t channels_in, int64_t channels_out,
                             int64_t groups)
{
    return (nn_conv_shape){
        .channels_in = (int32_t)channels_in,
        .channels_out = (int32_t)channels_out,
        .groups = (int32_t)groups,
        .in_h = (int32_t)w->in[1],
        .in_w = (int32_t)w->in[2],
        .out_h = (int32_t)w->out[1],
        .out_w = (int32_t)w->out[2],
        .kernel_h = (int32_t)w->kernel[1],
        .kernel_w = (int32_t)w->kernel[2],
        .stride_h = (int32_t)w->stride[1],
        .stride_w = (int32_t)w->stride[2],
        .dilation_h = (int32_t)w->dilation[1],
        .dilation_w = (int32_t)w->dilation[2],
        .pad_top = (int32_t)w->pad[1],
        .pad_left = (int32_t)w->pad[2],
    };
}

void nn_window_taps(const nn_window *w, int d, int64_t o, int64_t *from, int64_t *to)
{
    int64_t start = o * w->stride[d] - w->pad[d], step = w->dilation[d];
    *from = start < 0 ? (-start + step - 1) / step : 0;
    int64_t fit = w->in[d] - 1 - start;
    *to = fit < 0 ? 0 : fit / step + 1;
    *to = *to > w->kernel[d] ? w->kernel[d] : *to;
}

int64_t nn_window_padded_taps(const nn_window *w, int d, int64_t o)
{
    int64_t start = o * w->stride[d] - w->pad[d];
    int64_t fit = (w->in[d] + w->pad_end[d] - 1 - start) / w->dilation[d] + 1;
    return fit < w->kernel[d] ? fit : w->kernel[d];
}
