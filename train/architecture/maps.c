/* The layers with weights. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"

/* The modulating networks get the SNR as (snr_db - 20) / 25, which maps -5 .. 45 dB to -1 .. 1. */
static const float snr_centre_db = 20, snr_scale = 0.04f;

static bool is_true(const bool *own, bool otherwise)
{
    return own ? *own : otherwise;
}

int arch_emit_activation(arch_emitter *m, const char *act, const double *slope, const char *name)
{
    static const char *const names[][2] = {{"lrelu", "LeakyRelu"},
                                           {"relu", "Relu"},
                                           {"sigmoid", "Sigmoid"},
                                           {"tanh", "Tanh"},
                                           {"hardsigmoid", "HardSigmoid"},
                                           {"prelu", "PRelu"},
                                           {"abs", "Abs"}};
    size_t which = 0, count = sizeof names / sizeof names[0];
    if (strcmp(act, "gelu") == 0)
        return arch_gelu(m, name);
    if (strcmp(act, "relu6") == 0)
        return arch_relu6(m, name);
    while (which < count && strcmp(act, names[which][0]) != 0)
        which++;
    if (which == count)
        return arch_fail(m, ERR_INVALID,
                         "act '%s' is not one of lrelu, relu, relu6, sigmoid, tanh, hardsigmoid, "
                         "gelu, abs, prelu",
                         act);
    arch_value out = m->at;
    char inputs[2 * ARCH_NAME_MAX];
    int rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, "%s", m->at.name);
    if (!rc && strcmp(act, "prelu") == 0) {
        int64_t dims[NN_MAX_RANK] = {m->at.dims[1], 1, 1, 1, 1, 1, 1, 1};
        rc = arch_constant(m, name, "slope", m->at.rank - 1, dims, (float)arch_slope(m, slope));
        snprintf(inputs, sizeof inputs, "%s %.*s.slope", m->at.name, ARCH_NAME_MAX - 8, name);
    }
    if (!rc)
        rc = arch_node(m, names[which][1], inputs, &out);
    if (rc)
        return rc;
    if (strcmp(act, "lrelu") == 0)
        nn_builder_float(m->b, "alpha", (float)arch_slope(m, slope));
    if (strcmp(act, "hardsigmoid") == 0) { /* relu6(x + 3) / 6, not ONNX's own 0.2 x + 0.5 */
        nn_builder_float(m->b, "alpha", 1 / 6.0f);
        nn_builder_float(m->b, "beta", 0.5f);
    }
    arch_take(m, &out);
    return 0;
}

static int activation_behind(arch_emitter *m, const char *act, const double *slope,
                             const char *name)
{
    char whole[ARCH_NAME_MAX] = "";
    if (!act)
        return 0;
    int rc = arch_name(m, whole, "%s.act", name);
    return rc ? rc : arch_emit_activation(m, act, slope, whole);
}

/* --- convolutions ----------------------------------------------------------------------------- */

/* A convolution with all defaults filled in. */
typedef struct convolution {
    int64_t out, kernel[2], group, dilation;
    bool bias, bn;
    double gain, slope, shift;
    arch_init init;
} convolution;

static int check_convolution(arch_emitter *m, const convolution *c)
{
    arch_dims_text dims;
    if (m->at.rank != 4)
        return arch_fail(m, ERR_MISMATCH, "conv is for [channels, rows, columns], not [%s]",
                         arch_dims(&m->at, &dims));
    for (int i = 0; i < 2; i++)
        if (c->kernel[i] % 2 == 0 || c->kernel[i] > 255)
            return arch_fail(m, ERR_INVALID,
                             "kernel [%" PRId64 ", %" PRId64 "]: both must be odd, 1 to 255",
                             c->kernel[0], c->kernel[1]);
    if (m->at.dims[1] % c->group || c->out % c->group)
        return arch_fail(m, ERR_MISMATCH,
                         "group %" PRId64 " divides not both its %" PRId64 " channels and out, "
                         "%" PRId64,
                         c->group, m->at.dims[1], c->out);
    if (c->dilation > 64)
        return arch_fail(m, ERR_INVALID, "dilation %" PRId64 " is above 64", c->dilation);
    if ((c->init == ARCH_KLT || c->init == ARCH_FIT) && (c->bn || c->group != 1))
        return arch_fail(m, ERR_INVALID,
                         "init klt and fit are for convolutions without bn and group");
    if (c->init == ARCH_FIT && (!c->bias || c->dilation != 1))
        return arch_fail(m, ERR_INVALID, "init fit needs a bias and no dilation");
    if (c->shift != 0 && !c->bias)
        return arch_fail(m, ERR_INVALID, "shift is the initial bias, but this layer has no bias");
    return 0;
}

static int convolution_weights(arch_emitter *m, const convolution *c, const char *name)
{
    int64_t in = m->at.dims[1] / c->group, taps = c->kernel[0] * c->kernel[1];
    arch_weight w = {
        .name = name,
        .what = "weight",
        .rank = 4,
        .dims = {c->out, in, c->kernel[0], c->kernel[1]},
        .init = c->init,
        .fan_in = in * taps,
        .fan_out = c->out / c->group * taps,
        .gain = c->bn ? 1 : c->gain,
        .slope = c->slope,
    };
    int rc = c->init == ARCH_KLT   ? arch_ask_klt(m, name)
             : c->init == ARCH_FIT ? arch_ask_fit(m, name)
                                   : 0;
    if (!rc)
        rc = arch_random(m, &w);
    return rc || !c->bias ? rc : arch_constant(m, name, "bias", 1, &c->out, (float)c->shift);
}

static int convolve(arch_emitter *m, const convolution *c, const char *name)
{
    char inputs[4 * ARCH_NAME_MAX];
    arch_value out = m->at;
    int rc = check_convolution(m, c);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = convolution_weights(m, c, name);
    out.dims[1] = c->out;
    snprintf(inputs, sizeof inputs, c->bias ? "%s %s.weight %s.bias" : "%s %s.weight", m->at.name,
             name, name);
    if (!rc)
        rc = arch_node(m, "Conv", inputs, &out);
    if (rc)
        return rc;
    int64_t high = c->kernel[0] / 2 * c->dilation, wide = c->kernel[1] / 2 * c->dilation;
    nn_builder_ints(m->b, "kernel_shape", 2, c->kernel);
    nn_builder_ints(m->b, "pads", 4, (int64_t[]){high, wide, high, wide});
    if (c->group != 1)
        nn_builder_int(m->b, "group", c->group);
    if (c->dilation != 1)
        nn_builder_ints(m->b, "dilations", 2, (int64_t[]){c->dilation, c->dilation});
    arch_take(m, &out);
    if (!c->bn)
        return 0;
    char norm[ARCH_NAME_MAX] = "";
    rc = arch_name(m, norm, "%s.norm", name);
    return rc ? rc : arch_batch_norm(m, norm, c->gain, NULL);
}

/* The settings of a layer's convolution, with the file's defaults for missing ones. */
static int fill_in(arch_emitter *m, const unsigned *kernel, const char *init, convolution *c)
{
    const arch_defaults *d = m->file->defaults;
    if (!kernel && d)
        kernel = d->kernel;
    c->kernel[0] = kernel ? kernel[0] : 1;
    c->kernel[1] = kernel ? kernel[1] : 1;
    return arch_find_init(m, init, &c->init);
}

static bool default_bn(const arch_emitter *m)
{
    return m->file->defaults && is_true(m->file->defaults->bn, false);
}

static bool default_bias(const arch_emitter *m)
{
    return !m->file->defaults || is_true(m->file->defaults->bias, true);
}

int arch_emit_conv(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_conv *a = layer->conv;
    convolution c = {
        .group = 1,
        .dilation = a->dilation ? a->dilation : 1,
        .bias = is_true(a->bias, default_bias(m)),
        .bn = is_true(a->bn, default_bn(m)),
        .gain = a->gain ? *a->gain : 1,
        .slope = a->act && strcmp(a->act, "lrelu") == 0 ? arch_slope(m, a->slope) : 0,
        .shift = a->shift ? *a->shift : 0,
    };
    int rc = fill_in(m, a->kernel, a->init, &c);
    if (!rc)
        rc = arch_size(m, a->out, false, &c.out);
    if (!rc && a->group)
        rc = arch_size(m, a->group, false, &c.group);
    if (!rc)
        rc = convolve(m, &c, name);
    return rc ? rc : activation_behind(m, a->act, a->slope, name);
}

int arch_emit_chain(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_chain *a = layer->chain;
    const char *act = a->act ? a->act : "lrelu";
    unsigned acts = a->acts ? *a->acts : a->out_count - 1;
    convolution c = {.group = 1,
                     .dilation = 1,
                     .bias = default_bias(m),
                     .bn = default_bn(m),
                     .gain = 1,
                     .slope = strcmp(act, "lrelu") == 0 ? arch_slope(m, a->slope) : 0};
    int rc = fill_in(m, a->kernel, a->init, &c);
    if (!rc && (c.init == ARCH_KLT || c.init == ARCH_FIT))
        rc = arch_fail(m, ERR_INVALID, "init klt is for conv, linear and columns, fit for conv");
    for (unsigned i = 0; !rc && i < a->out_count; i++) {
        char whole[ARCH_NAME_MAX] = "";
        rc = arch_name(m, whole, "%s.conv%u", name, i + 1);
        if (!rc)
            rc = arch_size(m, a->out[i], false, &c.out);
        if (!rc)
            rc = convolve(m, &c, whole);
        if (!rc && i < acts)
            rc = activation_behind(m, act, a->slope, whole);
    }
    return rc;
}

/* --- matrices --------------------------------------------------------------------------------- */

/* m->at x weight along the last axis. `w` gives the weight's shape and init. */
static int multiply(arch_emitter *m, arch_weight *w, const char *what)
{
    arch_value out = m->at;
    char inputs[3 * ARCH_NAME_MAX];
    out.dims[out.rank - 1] = w->dims[w->rank - 1];
    int rc = arch_random(m, w);
    if (!rc)
        rc = arch_name(m, out.name, "%s%s", w->name, what);
    snprintf(inputs, sizeof inputs, "%s %s.weight", m->at.name, w->name);
    if (!rc)
        rc = arch_node(m, "MatMul", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

static int add_bias(arch_emitter *m, const char *name, int rank, const int64_t *dims)
{
    arch_value out = m->at;
    char inputs[3 * ARCH_NAME_MAX];
    int rc = arch_constant(m, name, "bias", rank, dims, 0);
    if (!rc)
        rc = arch_name(m, out.name, "%s.sum", name);
    snprintf(inputs, sizeof inputs, "%s %s.bias", m->at.name, name);
    if (!rc)
        rc = arch_node(m, "Add", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

/* Along one axis, with one matrix for all positions on the other axes. */
static int linear_along(arch_emitter *m, const arch_linear *a, arch_weight *w)
{
    arch_dims_text dims;
    int axis = (int)a->axis, last = m->at.rank - 1;
    if (axis > last)
        return arch_fail(m, ERR_INVALID, "axis %u is not one of [batch, %s]", a->axis,
                         arch_dims(&m->at, &dims));
    if (w->init == ARCH_KLT)
        return arch_fail(m, ERR_INVALID,
                         "init klt is for a linear without axis, for columns, and "
                         "for conv with kernel [1, 1]");
    w->rank = 2;
    w->fan_in = w->dims[0] = m->at.dims[axis];
    w->dims[1] = w->fan_out;
    int rc = axis != last ? arch_swap_axes(m, axis, last, w->name, "in") : 0;
    if (!rc)
        rc = multiply(m, w, "");
    if (!rc && is_true(a->bias, true))
        rc = add_bias(m, w->name, 1, &w->fan_out);
    if (!rc && axis != last)
        rc = arch_swap_axes(m, axis, last, w->name, "out");
    return rc;
}

static int flatten(arch_emitter *m, const char *name)
{
    arch_value out = m->at;
    if (out.rank == 2)
        return 0;
    out.rank = 2;
    out.dims[1] = arch_count(&m->at);
    int rc = arch_name(m, out.name, "%s.flat", name);
    if (!rc)
        rc = arch_node(m, "Flatten", m->at.name, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "axis", 1);
    arch_value image = m->at;
    arch_take(m, &out);
    m->at.offset = image.offset;
    m->at.scale = image.scale;
    return 0;
}

/* y = x W^T + b, with W [out][in]. */
static int product(arch_emitter *m, arch_weight *w, bool bias)
{
    arch_value out = {.rank = 2, .dims = {-1, w->fan_out}};
    char inputs[4 * ARCH_NAME_MAX];
    w->rank = 2;
    w->dims[0] = w->fan_out;
    w->fan_in = w->dims[1] = m->at.dims[1];
    int rc = w->init == ARCH_KLT ? arch_ask_klt(m, w->name) : 0;
    if (!rc)
        rc = arch_random(m, w);
    if (!rc && bias)
        rc = arch_constant(m, w->name, "bias", 1, &w->fan_out, 0);
    if (!rc)
        rc = arch_name(m, out.name, "%s", w->name);
    snprintf(inputs, sizeof inputs, bias ? "%s %s.weight %s.bias" : "%s %s.weight", m->at.name,
             w->name, w->name);
    if (!rc)
        rc = arch_node(m, "Gemm", inputs, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "transB", 1);
    arch_take(m, &out);
    return 0;
}

int arch_product(arch_emitter *m, const char *name, int64_t out)
{
    arch_weight w = {
        .name = name, .what = "weight", .init = ARCH_XAVIER, .fan_out = out, .gain = 1};
    return product(m, &w, true);
}

int arch_emit_linear(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_linear *a = layer->linear;
    arch_weight w = {.name = name,
                     .what = "weight",
                     .gain = a->gain ? *a->gain : 1,
                     .slope = a->act && strcmp(a->act, "lrelu") == 0 ? arch_slope(m, a->slope) : 0};
    int rc = arch_find_init(m, a->init, &w.init);
    if (!rc)
        rc = arch_size(m, a->out, false, &w.fan_out);
    if (!rc && a->axis && is_true(a->binary, false))
        rc = arch_fail(m, ERR_UNSUPPORTED, "binary is for a linear without axis");
    if (!rc && a->axis)
        rc = linear_along(m, a, &w);
    if (!rc && !a->axis)
        rc = flatten(m, name);
    if (!rc && !a->axis && is_true(a->binary, false))
        rc = arch_binary(m, &w, is_true(a->bias, true));
    else if (!rc && !a->axis)
        rc = product(m, &w, is_true(a->bias, true));
    return rc ? rc : activation_behind(m, a->act, a->slope, name);
}

/* [channels, 1, columns] -> [out, 1, columns], with a matrix for each column: [columns][in][out].
 */
int arch_emit_columns(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_columns *a = layer->columns;
    arch_weight w = {.name = name, .what = "weight", .rank = 3, .gain = a->gain ? *a->gain : 1};
    arch_dims_text dims;
    if (m->at.rank != 4 || m->at.dims[2] != 1)
        return arch_fail(m, ERR_MISMATCH, "columns is for [channels, 1, columns], not [%s]",
                         arch_dims(&m->at, &dims));
    int rc = arch_find_init(m, a->init, &w.init);
    if (!rc)
        rc = arch_size(m, a->out, false, &w.fan_out);
    w.fan_in = w.dims[1] = m->at.dims[1];
    w.dims[0] = m->at.dims[3];
    w.dims[2] = w.fan_out;
    if (!rc && w.init == ARCH_KLT)
        rc = arch_ask_klt(m, name);
    if (!rc)
        rc = arch_swap_axes(m, 1, 3, name, "in");
    if (!rc)
        rc = multiply(m, &w, "");
    if (!rc)
        rc = arch_swap_axes(m, 1, 3, name, "out");
    if (!rc && is_true(a->bias, true))
        rc = add_bias(m, name, 3, &m->at.dims[1]);
    return rc;
}

int arch_emit_layernorm(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value out = m->at;
    arch_dims_text dims;
    int axis = (int)*layer->layernorm;
    char inputs[4 * ARCH_NAME_MAX];
    if (*layer->layernorm < 1 || axis >= out.rank)
        return arch_fail(m, ERR_INVALID,
                         "layernorm %u: the first axis of [batch, %s] that it "
                         "takes, 1 to %d",
                         *layer->layernorm, arch_dims(&m->at, &dims), out.rank - 1);
    int rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_constant(m, name, "gain", out.rank - axis, out.dims + axis, 1);
    if (!rc)
        rc = arch_constant(m, name, "bias", out.rank - axis, out.dims + axis, 0);
    snprintf(inputs, sizeof inputs, "%s %s.gain %s.bias", m->at.name, name, name);
    if (!rc)
        rc = arch_node(m, "LayerNormalization", inputs, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "axis", axis);
    arch_take(m, &out);
    return 0;
}

/* --- modulation by the SNR -------------------------------------------------------------------- */

/* The input snr_db, as a column of scaled values, once. */
static int scaled_snr(arch_emitter *m, arch_value *snr)
{
    arch_value raw = {.name = "snr.column", .rank = 2, .dims = {-1, 1}}, centred = raw;
    snprintf(centred.name, sizeof centred.name, "snr.centred");
    *snr = raw;
    snprintf(snr->name, sizeof snr->name, "snr.scaled");
    if (m->has_snr)
        return 0;
    if (m->side != CODEC_DECODER)
        return arch_fail(m, ERR_INVALID,
                         "modulate belongs to the decoder; the encoder has no SNR input");
    m->has_snr = true;
    nn_builder_input(m->b, "snr_db", 1, (int64_t[]){-1});
    int rc = arch_list(m, "snr.shape", 2, (int64_t[]){-1, 1});
    if (!rc)
        rc = arch_node(m, "Reshape", "snr_db const.snr.shape", &raw);
    if (!rc)
        rc = arch_number(m, "snr.centre", snr_centre_db);
    if (!rc)
        rc = arch_node(m, "Sub", "snr.column const.snr.centre", &centred);
    if (!rc)
        rc = arch_number(m, "snr.scale", snr_scale);
    return rc ? rc : arch_node(m, "Mul", "snr.centred const.snr.scale", snr);
}

/* Splits m->at (two values per sample for each value of `shape`) into <name>.scale and <name>.shift
 * of that shape. */
static int split_factors(arch_emitter *m, const char *name, const arch_value *shape)
{
    arch_value half = *shape;
    char inputs[4 * ARCH_NAME_MAX], text[ARCH_NAME_MAX] = "";
    int64_t dims[NN_MAX_RANK], count = arch_count(shape);
    memcpy(dims, shape->dims, sizeof dims);
    dims[0] = 0; /* the batch, as it is */
    int rc = arch_name(m, text, "%s.shape", name);
    if (!rc)
        rc = arch_list(m, text, shape->rank, dims);
    for (int i = 0; !rc && i < 2; i++) {
        const char *what = i ? "shift" : "scale";
        arch_value part = {.rank = 2, .dims = {-1, count}};
        int64_t ends[2] = {i * count, (i + 1) * count}, axis = 1;
        rc = arch_name(m, part.name, "%s.%s.flat", name, what);
        for (int k = 0; !rc && k < 3; k++) {
            static const char *const lists[] = {"from", "to", "axis"};
            rc = arch_name(m, text, "%s.%s.%s", name, what, lists[k]);
            if (!rc)
                rc = arch_list(m, text, 1, k < 2 ? &ends[k] : &axis);
        }
        snprintf(inputs, sizeof inputs, "%s const.%s.%s.from const.%s.%s.to const.%s.%s.axis",
                 m->at.name, name, what, name, what, name, what);
        if (!rc)
            rc = arch_node(m, "Slice", inputs, &part);
        snprintf(inputs, sizeof inputs, "%s const.%s.shape", part.name, name);
        if (!rc)
            rc = arch_name(m, half.name, "%s.%s", name, what);
        if (!rc)
            rc = arch_node(m, "Reshape", inputs, &half);
    }
    return rc;
}

/* x (1 + scale) + shift. Computes 1 + scale first, since it is smaller than x. */
static int apply_factors(arch_emitter *m, const arch_value *x, const arch_value *shape,
                         const char *name)
{
    arch_value factor = *shape, out = *x;
    char inputs[4 * ARCH_NAME_MAX], one[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, one, "%s.one", name);
    if (!rc)
        rc = arch_number(m, one, 1);
    if (!rc)
        rc = arch_name(m, factor.name, "%s.factor", name);
    snprintf(inputs, sizeof inputs, "%s.scale const.%s.one", name, name);
    if (!rc)
        rc = arch_node(m, "Add", inputs, &factor);
    if (!rc)
        rc = arch_name(m, out.name, "%s.scaled", name);
    snprintf(inputs, sizeof inputs, "%s %s", x->name, factor.name);
    if (!rc)
        rc = arch_node(m, "Mul", inputs, &out);
    snprintf(inputs, sizeof inputs, "%s.scaled %s.shift", name, name);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_node(m, "Add", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

/* Computes a scale and a shift for every channel (or value) from the SNR, by a network with one
 * hidden layer. Its output starts at zero, so y = x at first. */
int arch_emit_modulate(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value x = m->at, shape = x, snr = {0};
    for (int i = 2; i < x.rank && !is_true(layer->modulate->each, false); i++)
        shape.dims[i] = 1;
    char first[ARCH_NAME_MAX] = "", second[ARCH_NAME_MAX] = "";
    arch_weight hidden = {.name = first, .what = "weight", .init = ARCH_XAVIER, .gain = 1};
    arch_weight factors = {.name = second,
                           .what = "weight",
                           .init = ARCH_ZERO,
                           .fan_out = 2 * arch_count(&shape),
                           .gain = 1};
    int rc = scaled_snr(m, &snr);
    if (!rc)
        rc = arch_size(m, layer->modulate->hidden, false, &hidden.fan_out);
    if (!rc)
        rc = arch_name(m, first, "%s.hidden", name);
    if (!rc)
        rc = arch_name(m, second, "%s.factors", name);
    if (rc)
        return rc;
    arch_take(m, &snr);
    rc = product(m, &hidden, true);
    if (!rc)
        rc = activation_behind(m, "relu", NULL, first);
    if (!rc)
        rc = product(m, &factors, true);
    if (!rc)
        rc = split_factors(m, name, &shape);
    return rc ? rc : apply_factors(m, &x, &shape, name);
}
