/* Convolutions that divide (down) or multiply (up, transposed) the number of rows and columns by
 * the stride s. The kernel k is at least s. Each axis is padded by k - s zeros, half of them,
 * rounded down, in front, so n values become n / s or n s. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"

static int check(arch_emitter *m, const arch_resize *a, bool up)
{
    arch_dims_text dims;
    int64_t s = a->stride;
    if (m->at.rank != 4)
        return arch_fail(m, ERR_MISMATCH, "%s is for [channels, rows, columns], not [%s]",
                         up ? "up" : "down", arch_dims(&m->at, &dims));
    if (s < 1 || s > 64)
        return arch_fail(m, ERR_INVALID, "stride %u; 1 to 64 are allowed", a->stride);
    for (int i = 0; a->kernel && i < 2; i++)
        if (a->kernel[i] < s || a->kernel[i] > 255)
            return arch_fail(m, ERR_INVALID, "kernel [%u, %u]: both must be %u (the stride) to 255",
                             a->kernel[0], a->kernel[1], a->stride);
    for (int i = 2; !up && i < 4; i++)
        if (m->at.dims[i] % s)
            return arch_fail(m, ERR_MISMATCH, "stride %u does not divide [%s]", a->stride,
                             arch_dims(&m->at, &dims));
    for (int i = 2; up && i < 4; i++)
        if (m->at.dims[i] > ARCH_SIZE_MAX / s)
            return arch_fail(m, ERR_INVALID, "a size is above %d", ARCH_SIZE_MAX);
    return 0;
}

/* ONNX stores a convolution's weights [out][in], a transposed one's [in][out]. */
static int emit(arch_emitter *m, const arch_resize *a, bool up, const char *name)
{
    char inputs[4 * ARCH_NAME_MAX], act[ARCH_NAME_MAX] = "";
    arch_value out = m->at;
    bool bn = a->bn ? *a->bn : m->file->defaults && m->file->defaults->bn && *m->file->defaults->bn;
    bool bias = a->bias ? *a->bias : true;
    int64_t s = a->stride, k[2] = {s, s}, pads[4];
    arch_weight w = {.name = name, .what = "weight", .rank = 4, .gain = 1};
    w.slope = a->act && strcmp(a->act, "lrelu") == 0 ? arch_slope(m, a->slope) : 0;
    int rc = check(m, a, up);
    if (!rc)
        rc = arch_size(m, a->out, false, &out.dims[1]);
    if (!rc)
        rc = arch_find_init(m, a->init, &w.init);
    if (!rc && w.init > ARCH_ZERO)
        rc = arch_fail(m, ERR_INVALID, "init of down and up is xavier, he or zero");
    if (rc)
        return rc;
    for (int i = 0; i < 2; i++) {
        k[i] = a->kernel ? a->kernel[i] : s;
        pads[i] = (k[i] - s) / 2;
        pads[2 + i] = k[i] - s - pads[i];
        out.dims[2 + i] = up ? m->at.dims[2 + i] * s : m->at.dims[2 + i] / s;
    }
    w.dims[up ? 1 : 0] = out.dims[1];
    w.dims[up ? 0 : 1] = m->at.dims[1];
    w.dims[2] = k[0];
    w.dims[3] = k[1];
    w.fan_in = m->at.dims[1] * k[0] * k[1];
    w.fan_out = out.dims[1] * k[0] * k[1];
    rc = arch_random(m, &w);
    if (!rc && bias)
        rc = arch_constant(m, name, "bias", 1, &out.dims[1], 0);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, bias ? "%s %s.weight %s.bias" : "%s %s.weight", m->at.name,
             name, name);
    if (!rc)
        rc = arch_node(m, up ? "ConvTranspose" : "Conv", inputs, &out);
    if (rc)
        return rc;
    nn_builder_ints(m->b, "kernel_shape", 2, k);
    nn_builder_ints(m->b, "pads", 4, pads);
    nn_builder_ints(m->b, "strides", 2, (int64_t[]){s, s});
    arch_take(m, &out);
    rc = bn ? arch_name(m, act, "%s.norm", name) : 0;
    if (!rc && bn)
        rc = arch_batch_norm(m, act, 1, NULL);
    if (rc || !a->act)
        return rc;
    rc = arch_name(m, act, "%s.act", name);
    return rc ? rc : arch_emit_activation(m, a->act, a->slope, act);
}

int arch_emit_down(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return emit(m, layer->down, false, name);
}

int arch_emit_up(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return emit(m, layer->up, true, name);
}
