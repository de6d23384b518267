/* Parts of unfolded iterations: a start of zeros, soft thresholds, and keeping only the largest
 * values. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"
#include "train/architecture/names.h"

/* sign(x) max(|x| - t, 0), with t broadcast to x. */
int arch_emit_soft(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value x = m->at, t, sign;
    arch_dims_text text[2];
    int rc = arch_look_up(m, layer->soft, &t);
    bool fits = !rc && t.rank == x.rank;
    for (int i = 1; fits && i < x.rank; i++)
        fits = t.dims[i] == x.dims[i] || t.dims[i] == 1;
    if (!rc && !fits)
        rc = arch_fail(m, ERR_MISMATCH, "the thresholds [%s] do not spread over [%s]",
                       arch_dims(&t, &text[0]), arch_dims(&x, &text[1]));
    if (!rc)
        rc = arch_apply(m, "Sign", NULL, name, "sign");
    sign = m->at;
    m->at = x;
    if (!rc)
        rc = arch_apply(m, "Abs", NULL, name, "size");
    if (!rc)
        rc = arch_apply(m, "Sub", t.name, name, "above");
    if (!rc)
        rc = arch_apply(m, "Relu", NULL, name, "left");
    return rc ? rc : arch_apply(m, "Mul", sign.name, name, NULL);
}

/* The magnitude of the next value after the `count` largest along the last axis, which then has
 * size 1. */
static int size_behind(arch_emitter *m, int64_t count, const char *name)
{
    arch_value out = m->at;
    char list[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX], outputs[3 * ARCH_NAME_MAX];
    const int64_t k = count + 1, last = out.rank - 1;
    int rc = arch_name(m, list, "%s.count", name);
    if (!rc)
        rc = arch_list(m, list, 1, &k);
    if (!rc)
        rc = arch_name(m, out.name, "%s.largest", name);
    if (!rc && ++m->nodes > ARCH_NODES_MAX)
        rc = arch_fail(m, ERR_UNSUPPORTED, "the network has more than %d nodes", ARCH_NODES_MAX);
    if (rc)
        return rc;
    snprintf(inputs, sizeof inputs, "%s const.%s", m->at.name, list);
    snprintf(outputs, sizeof outputs, "%s %s.places", out.name, name);
    nn_builder_node(m->b, "TopK", out.name, inputs, outputs);
    out.dims[last] = k;
    arch_take(m, &out);
    out.dims[last] = 1;
    rc = arch_name(m, out.name, "%s.behind", name);
    if (!rc)
        rc = arch_node(m, "ReduceMin", m->at.name, &out);
    if (rc)
        return rc;
    nn_builder_ints(m->b, "axes", 1, &last);
    arch_take(m, &out);
    return 0;
}

/* Keeps the `count` values of largest magnitude in each row and sets the others to zero: x
 * sign(relu(|x| - t)), where t is the magnitude of the next value. Values equal to t in magnitude
 * become zero, too. */
int arch_emit_top(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value x = m->at, size, behind;
    arch_dims_text text;
    int64_t count = 0;
    int rc = arch_size(m, layer->top, false, &count);
    if (!rc && count >= x.dims[x.rank - 1])
        rc = arch_fail(m, ERR_INVALID, "top %" PRId64 " of the last axis of [%s]: that is all",
                       count, arch_dims(&x, &text));
    if (!rc)
        rc = arch_apply(m, "Abs", NULL, name, "size");
    size = m->at;
    if (!rc)
        rc = size_behind(m, count, name);
    behind = m->at;
    m->at = size;
    if (!rc)
        rc = arch_apply(m, "Sub", behind.name, name, "above");
    if (!rc)
        rc = arch_apply(m, "Relu", NULL, name, "left");
    if (!rc)
        rc = arch_apply(m, "Sign", NULL, name, "kept");
    return rc ? rc : arch_apply(m, "Mul", x.name, name, NULL);
}

/* Zeros of this shape for each sample, with the batch of the side's input. A session folds them,
 * and whatever is computed only from them, into a constant. */
int arch_emit_zeros(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value shape, list = {.rank = 1}, out;
    char own[ARCH_NAME_MAX] = "", inputs[6 * ARCH_NAME_MAX];
    int rc = arch_shape(m, layer->zeros, layer->zeros_count, &shape);
    const struct {
        const char *what;
        int n;
        const int64_t *values;
    } lists[] = {{"first", 1, (int64_t[]){0}},
                 {"end", 1, (int64_t[]){1}},
                 {"sizes", shape.rank - 1, shape.dims + 1}};
    for (size_t i = 0; !rc && i < sizeof lists / sizeof lists[0]; i++) {
        rc = arch_name(m, own, "%s.%s", name, lists[i].what);
        if (!rc)
            rc = arch_list(m, own, lists[i].n, lists[i].values);
    }
    if (!rc)
        rc = arch_name(m, own, "%s.zero", name);
    if (!rc)
        rc = arch_number(m, own, 0);
    if (!rc)
        rc = arch_name(m, list.name, "%s.whole", name);
    if (!rc)
        rc = arch_node(m, "Shape", m->bound[0].value.name, &list);
    snprintf(inputs, sizeof inputs, "%s const.%s.first const.%s.end", list.name, name, name);
    if (!rc)
        rc = arch_name(m, list.name, "%s.batch", name);
    if (!rc)
        rc = arch_node(m, "Slice", inputs, &list);
    snprintf(inputs, sizeof inputs, "%s const.%s.sizes", list.name, name);
    if (!rc)
        rc = arch_name(m, list.name, "%s.shape", name);
    if (!rc)
        rc = arch_node(m, "Concat", inputs, &list);
    if (rc)
        return rc;
    nn_builder_int(m->b, "axis", 0);
    out = shape;
    rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, "const.%s.zero %s", name, list.name);
    if (!rc)
        rc = arch_node(m, "Expand", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}
