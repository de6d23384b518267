/* Operations without weights. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"
#include "train/architecture/names.h"

int arch_emit_act(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return arch_emit_activation(m, layer->act, layer->slope, name);
}

static int gather(arch_emitter *m, char **names, unsigned count, arch_value *values)
{
    int rc = 0;
    if (count > ARCH_INPUTS_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "%u values are more than %d", count, ARCH_INPUTS_MAX);
    for (unsigned i = 0; !rc && i < count; i++)
        rc = arch_look_up(m, names[i], &values[i]);
    return rc;
}

/* Numpy's broadcasting: from the last axis backwards, sizes are equal or one of them is 1. */
static int broadcast(arch_emitter *m, const arch_value *a, const arch_value *b, arch_value *out)
{
    arch_dims_text text[2];
    bool fits = a->rank == b->rank;
    *out = *a;
    for (int i = 1; fits && i < a->rank; i++) {
        fits = a->dims[i] == b->dims[i] || a->dims[i] == 1 || b->dims[i] == 1;
        out->dims[i] = a->dims[i] == 1 ? b->dims[i] : a->dims[i];
    }
    if (fits)
        return 0;
    return arch_fail(m, ERR_MISMATCH, "[%s] and [%s] do not fit together", arch_dims(a, &text[0]),
                     arch_dims(b, &text[1]));
}

/* v[0] op v[1] op v[2] ..., one node for each operator. */
static int fold(arch_emitter *m, const char *op, const arch_value *values, unsigned count,
                const char *name)
{
    arch_value sum = values[0];
    for (unsigned i = 1; i < count; i++) {
        arch_value out;
        char inputs[3 * ARCH_NAME_MAX];
        int rc = broadcast(m, &sum, &values[i], &out);
        snprintf(inputs, sizeof inputs, "%s %s", sum.name, values[i].name);
        if (!rc)
            rc = i + 1 == count ? arch_name(m, out.name, "%s", name)
                                : arch_name(m, out.name, "%s.part%u", name, i);
        if (!rc)
            rc = arch_node(m, op, inputs, &out);
        if (rc)
            return rc;
        sum = out;
    }
    arch_take(m, &sum);
    return 0;
}

static int concatenate(arch_emitter *m, const arch_value *values, unsigned count, const char *name)
{
    arch_value out = values[0];
    arch_dims_text text[2];
    char inputs[ARCH_INPUTS_MAX * ARCH_NAME_MAX];
    int used = sprintf(inputs, "%s", values[0].name);
    for (unsigned i = 1; i < count; i++) {
        bool fits = values[i].rank == out.rank;
        for (int k = 2; fits && k < out.rank; k++)
            fits = values[i].dims[k] == out.dims[k];
        if (!fits)
            return arch_fail(m, ERR_MISMATCH, "[%s] and [%s] differ in more than channels",
                             arch_dims(&values[0], &text[0]), arch_dims(&values[i], &text[1]));
        out.dims[1] += values[i].dims[1];
        used += sprintf(inputs + used, " %s", values[i].name);
    }
    int rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_node(m, "Concat", inputs, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "axis", 1);
    arch_take(m, &out);
    return 0;
}

int arch_join(arch_emitter *m, const char *how, const arch_value *values, unsigned count,
              const char *name)
{
    static const char *const signs[][2] = {{"add", "Add"}, {"sub", "Sub"}, {"mul", "Mul"}};
    if (strcmp(how, "concat") == 0)
        return concatenate(m, values, count, name);
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(how, signs[i][0]) == 0)
            return fold(m, signs[i][1], values, count, name);
    return arch_fail(m, ERR_INVALID, "merge '%s' is not one of concat, add, sub, mul", how);
}

static int combine(arch_emitter *m, const char *how, char **names, unsigned count, const char *name)
{
    arch_value values[ARCH_INPUTS_MAX];
    int rc = gather(m, names, count, values);
    return rc ? rc : arch_join(m, how, values, count, name);
}

int arch_emit_add(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "add", layer->add, layer->add_count, name);
}

int arch_emit_sub(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "sub", layer->sub, layer->sub_count, name);
}

int arch_emit_mul(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "mul", layer->mul, layer->mul_count, name);
}

int arch_emit_concat(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "concat", layer->concat, layer->concat_count, name);
}

int arch_emit_matmul(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value v[ARCH_INPUTS_MAX];
    arch_dims_text text[2];
    char inputs[3 * ARCH_NAME_MAX];
    if (layer->matmul_count != 2)
        return arch_fail(m, ERR_INVALID, "matmul is of two values, not %u", layer->matmul_count);
    int rc = gather(m, layer->matmul, 2, v);
    if (rc)
        return rc;
    snprintf(inputs, sizeof inputs, "%s %s", v[0].name, v[1].name);
    int last = v[0].rank - 1;
    bool fits = v[0].rank == v[1].rank && last >= 2 && v[0].dims[last] == v[1].dims[last - 1];
    for (int i = 1; fits && i < last - 1; i++)
        fits = v[0].dims[i] == v[1].dims[i];
    if (!fits)
        return arch_fail(m, ERR_MISMATCH, "[%s] and [%s] do not multiply",
                         arch_dims(&v[0], &text[0]), arch_dims(&v[1], &text[1]));
    v[0].dims[last] = v[1].dims[last];
    rc = arch_name(m, v[0].name, "%s", name);
    if (!rc)
        rc = arch_node(m, "MatMul", inputs, &v[0]);
    if (!rc)
        arch_take(m, &v[0]);
    return rc;
}

int arch_reshape(arch_emitter *m, const arch_value *shape, const char *name)
{
    arch_value out = *shape;
    arch_dims_text text[2];
    char list[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX];
    int64_t dims[NN_MAX_RANK];
    memcpy(dims, shape->dims, sizeof dims);
    dims[0] = 0; /* 0 keeps the batch */
    if (arch_count(&out) != arch_count(&m->at))
        return arch_fail(m, ERR_MISMATCH,
                         "[%s] cannot become [%s]: %" PRId64 " and %" PRId64 " values",
                         arch_dims(&m->at, &text[0]), arch_dims(&out, &text[1]), arch_count(&m->at),
                         arch_count(&out));
    int rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_name(m, list, "%s.shape", name);
    if (!rc)
        rc = arch_list(m, list, out.rank, dims);
    snprintf(inputs, sizeof inputs, "%s const.%s", m->at.name, list);
    if (!rc)
        rc = arch_node(m, "Reshape", inputs, &out);
    if (rc)
        return rc;
    out.offset = m->at.offset;
    out.scale = m->at.scale;
    m->at = out;
    return 0;
}

int arch_shape(arch_emitter *m, char **sizes, unsigned count, arch_value *shape)
{
    *shape = (arch_value){.rank = (int)count + 1, .dims = {-1}};
    if (count < 1 || count >= NN_MAX_RANK)
        return arch_fail(m, ERR_INVALID, "%u sizes; a shape has 1 to %d, the batch left out", count,
                         NN_MAX_RANK - 1);
    int64_t product = 1;
    for (unsigned i = 0; i < count; i++) {
        int rc = arch_size(m, sizes[i], false, &shape->dims[i + 1]);
        if (rc)
            return rc;
        if (__builtin_mul_overflow(product, shape->dims[i + 1], &product))
            return arch_fail(m, ERR_INVALID, "the shape is too large");
    }
    return 0;
}

int arch_emit_reshape(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value shape;
    int rc = arch_shape(m, layer->reshape, layer->reshape_count, &shape);
    return rc ? rc : arch_reshape(m, &shape, name);
}

int arch_emit_transpose(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value out = m->at;
    int64_t perm[NN_MAX_RANK] = {0};
    unsigned seen = 0, n = layer->transpose_count;
    bool fits = n == (unsigned)out.rank - 1;
    for (unsigned i = 0; fits && i < n; i++) {
        unsigned axis = layer->transpose[i];
        fits = axis >= 1 && axis <= n && !(seen & 1u << axis);
        if (!fits)
            break;
        seen |= 1u << axis;
        perm[i + 1] = axis;
        out.dims[i + 1] = m->at.dims[axis];
    }
    if (!fits)
        return arch_fail(m, ERR_INVALID,
                         "transpose names each of the axes 1 to %d once (the batch "
                         "is axis 0 and stays)",
                         out.rank - 1);
    int rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_node(m, "Transpose", m->at.name, &out);
    if (rc)
        return rc;
    nn_builder_ints(m->b, "perm", out.rank, perm);
    arch_take(m, &out);
    return 0;
}

static int check_axis(arch_emitter *m, unsigned axis)
{
    arch_dims_text text;
    if (axis >= 1 && axis < (unsigned)m->at.rank)
        return 0;
    return arch_fail(m, ERR_INVALID, "axis %u; of [%s] there are 1 to %d (0 is the batch)", axis,
                     arch_dims(&m->at, &text), m->at.rank - 1);
}

int arch_cut(arch_emitter *m, const arch_value *x, unsigned axis, int64_t from, int64_t to,
             const char *name)
{
    static const char *const lists[] = {"from", "to", "axis"};
    const int64_t values[] = {from, to, axis};
    arch_value out = *x;
    char inputs[5 * ARCH_NAME_MAX], list[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, out.name, "%s", name);
    for (int i = 0; !rc && i < 3; i++) {
        rc = arch_name(m, list, "%s.%s", name, lists[i]);
        if (!rc)
            rc = arch_list(m, list, 1, &values[i]);
    }
    out.dims[axis] = to - from;
    snprintf(inputs, sizeof inputs, "%s const.%s.from const.%s.to const.%s.axis", x->name, name,
             name, name);
    if (!rc)
        rc = arch_node(m, "Slice", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

int arch_emit_slice(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_slice *a = layer->slice;
    int64_t from = 0, to = 0;
    int rc = check_axis(m, a->axis);
    if (!rc)
        rc = arch_size(m, a->from, true, &from);
    if (!rc)
        rc = arch_size(m, a->to, false, &to);
    if (!rc && (from >= to || to > m->at.dims[a->axis]))
        rc = arch_fail(m, ERR_INVALID, "slice %" PRId64 " to %" PRId64 " of %" PRId64, from, to,
                       m->at.dims[a->axis]);
    arch_value x = m->at;
    return rc ? rc : arch_cut(m, &x, a->axis, from, to, name);
}

/* Splits into equal parts with names; the first part becomes m->at. */
int arch_emit_split(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_split *a = layer->split;
    arch_value x = m->at, first = x;
    int rc = check_axis(m, a->axis);
    if (!rc && x.dims[a->axis] % a->as_count)
        rc = arch_fail(m, ERR_MISMATCH, "%" PRId64 " do not split into %u equal parts",
                       x.dims[a->axis], a->as_count);
    int64_t part = rc ? 0 : x.dims[a->axis] / a->as_count;
    for (unsigned i = 0; !rc && i < a->as_count; i++) {
        char whole[ARCH_NAME_MAX] = "";
        rc = arch_check_name(m, a->as[i]);
        if (!rc)
            rc = arch_name(m, whole, "%s.%s", name, a->as[i]);
        if (!rc)
            rc = arch_cut(m, &x, a->axis, part * i, part * (i + 1), whole);
        if (!rc)
            rc = arch_bind(m, a->as[i]);
        if (i == 0)
            first = m->at;
    }
    m->at = first;
    return rc;
}

int arch_emit_softmax(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value out = m->at;
    int rc = check_axis(m, *layer->softmax);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_node(m, "Softmax", m->at.name, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "axis", *layer->softmax);
    arch_take(m, &out);
    return 0;
}

/* Add or Mul with a constant, which is never trained. */
static int with_number(arch_emitter *m, const char *op, double number, const char *name)
{
    arch_value out = m->at;
    char inputs[3 * ARCH_NAME_MAX];
    int rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_number(m, name, (float)number);
    snprintf(inputs, sizeof inputs, "%s const.%s", m->at.name, name);
    if (!rc)
        rc = arch_node(m, op, inputs, &out);
    if (!rc)
        m->at = out;
    return rc;
}

int arch_emit_offset(arch_emitter *m, const arch_layer *layer, const char *name)
{
    int rc = with_number(m, "Add", *layer->offset, name);
    if (m->at.scale > 0)
        m->at.offset += *layer->offset / m->at.scale;
    return rc;
}

int arch_emit_scale(arch_emitter *m, const arch_layer *layer, const char *name)
{
    double by = *layer->scale;
    if (!(by > 0 && by < 1e6))
        return arch_fail(m, ERR_INVALID, "scale %g must be above 0 and below 1e6", by);
    int rc = with_number(m, "Mul", by, name);
    m->at.scale *= by;
    if (m->side == CODEC_DECODER)
        m->klt_scale *= by;
    return rc;
}
