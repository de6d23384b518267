/* Layers in sequence, their names, and the operations without weights. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nn/tensor.h"
#include "train/architecture_emit.h"

/* --- names and places ---------------------------------------------------------------------------
 */

/* Goes to a place within this one; returns what arch_leave takes to come back. */
static size_t enter(arch_emitter *m, const char *key)
{
    size_t length = strlen(m->place);
    snprintf(m->place + length, sizeof m->place - length, "%s%s", length ? "/" : "", key);
    return length;
}

static void leave(arch_emitter *m, size_t length)
{
    m->place[length] = '\0';
}

static int bind(arch_emitter *m, const char *name)
{
    if (strcmp(name, "previous") == 0 || strcmp(name, "input") == 0)
        return arch_fail(m, ERR_INVALID, "'%s' names a value already", name);
    for (int i = m->scope->bound; i < m->n_bound; i++)
        if (strcmp(m->bound[i].name, name) == 0)
            return arch_fail(m, ERR_INVALID, "two layers here are named '%s'", name);
    if (m->n_bound == ARCH_BOUND_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "more than %d named values are in sight",
                         ARCH_BOUND_MAX);
    m->bound[m->n_bound].name = name;
    m->bound[m->n_bound++].value = m->at;
    return 0;
}

static int look_up(arch_emitter *m, const char *name, arch_value *value)
{
    *value = m->at;
    if (strcmp(name, "previous") == 0)
        return 0;
    for (int i = m->n_bound; i-- > 0;) {
        if (strcmp(m->bound[i].name, name) == 0) {
            *value = m->bound[i].value;
            return 0;
        }
    }
    return arch_fail(m, ERR_INVALID,
                     "no layer in sight is named '%s' (as: %s); there are previous, input and the "
                     "names given by `as` before this layer",
                     name, name);
}

/* Names become parts of names of the graph. */
static int check_name(arch_emitter *m, const char *name)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
        return arch_fail(m, ERR_INVALID, "the name '%s' may have letters, digits, _ and - only",
                         name);
    return 0;
}

/* --- operations without weights -----------------------------------------------------------------
 */

static int emit_act(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return arch_emit_activation(m, layer->act, layer->slope, name);
}

/* The values named, and their names one behind the other. */
static int gather(arch_emitter *m, char **names, unsigned count, arch_value *values, char *inputs)
{
    if (count > ARCH_INPUTS_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "%u values are more than %d", count, ARCH_INPUTS_MAX);
    *inputs = '\0';
    for (unsigned i = 0; i < count; i++) {
        int rc = look_up(m, names[i], &values[i]);
        if (rc)
            return rc;
        inputs += sprintf(inputs, "%s%s", i ? " " : "", values[i].name);
    }
    return 0;
}

/* Numpy's rule, from the last axis backwards: sizes are equal, or one of them is 1. */
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

/* v[0] op v[1] op v[2] ..., one node for each sign. */
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

static int concatenate(arch_emitter *m, const arch_value *values, unsigned count,
                       const char *inputs, const char *name)
{
    arch_value out = values[0];
    arch_dims_text text[2];
    for (unsigned i = 1; i < count; i++) {
        bool fits = values[i].rank == out.rank;
        for (int k = 2; fits && k < out.rank; k++)
            fits = values[i].dims[k] == out.dims[k];
        if (!fits)
            return arch_fail(m, ERR_MISMATCH, "[%s] and [%s] differ in more than channels",
                             arch_dims(&values[0], &text[0]), arch_dims(&values[i], &text[1]));
        out.dims[1] += values[i].dims[1];
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

static const char *sign(const char *merge)
{
    return strcmp(merge, "add") == 0   ? "Add"
           : strcmp(merge, "sub") == 0 ? "Sub"
           : strcmp(merge, "mul") == 0 ? "Mul"
                                       : NULL;
}

static int combine(arch_emitter *m, const char *merge, char **names, unsigned count,
                   const char *name)
{
    arch_value values[ARCH_INPUTS_MAX];
    char inputs[ARCH_INPUTS_MAX * ARCH_NAME_MAX];
    int rc = gather(m, names, count, values, inputs);
    if (rc)
        return rc;
    if (strcmp(merge, "concat") == 0)
        return concatenate(m, values, count, inputs, name);
    return fold(m, sign(merge), values, count, name);
}

static int emit_add(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "add", layer->add, layer->add_count, name);
}

static int emit_sub(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "sub", layer->sub, layer->sub_count, name);
}

static int emit_mul(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "mul", layer->mul, layer->mul_count, name);
}

static int emit_concat(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return combine(m, "concat", layer->concat, layer->concat_count, name);
}

static int emit_matmul(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value v[ARCH_INPUTS_MAX];
    arch_dims_text text[2];
    char inputs[ARCH_INPUTS_MAX * ARCH_NAME_MAX];
    if (layer->matmul_count != 2)
        return arch_fail(m, ERR_INVALID, "matmul is of two values, not %u", layer->matmul_count);
    int rc = gather(m, layer->matmul, 2, v, inputs);
    if (rc)
        return rc;
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

static int reshape_to(arch_emitter *m, const arch_value *shape, const char *name)
{
    arch_value out = *shape;
    arch_dims_text text[2];
    char list[ARCH_NAME_MAX], inputs[3 * ARCH_NAME_MAX];
    int64_t dims[NN_MAX_RANK];
    memcpy(dims, shape->dims, sizeof dims);
    dims[0] = 0; /* the batch, as it is */
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

static int emit_reshape(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value shape;
    int rc = arch_shape(m, layer->reshape, layer->reshape_count, &shape);
    return rc ? rc : reshape_to(m, &shape, name);
}

static int emit_transpose(arch_emitter *m, const arch_layer *layer, const char *name)
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

/* [from, to) of an axis of `x`. */
static int cut(arch_emitter *m, const arch_value *x, unsigned axis, int64_t from, int64_t to,
               const char *name)
{
    static const char *const lists[] = {"from", "to", "axis"};
    const int64_t values[] = {from, to, axis};
    arch_value out = *x;
    char inputs[5 * ARCH_NAME_MAX], list[ARCH_NAME_MAX];
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

static int emit_slice(arch_emitter *m, const arch_layer *layer, const char *name)
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
    return rc ? rc : cut(m, &x, a->axis, from, to, name);
}

/* Equal parts, each with its name; the first is what goes on. */
static int emit_split(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_split *a = layer->split;
    arch_value x = m->at, first = x;
    int rc = check_axis(m, a->axis);
    if (!rc && x.dims[a->axis] % a->as_count)
        rc = arch_fail(m, ERR_MISMATCH, "%" PRId64 " do not split into %u equal parts",
                       x.dims[a->axis], a->as_count);
    int64_t part = rc ? 0 : x.dims[a->axis] / a->as_count;
    for (unsigned i = 0; !rc && i < a->as_count; i++) {
        char whole[ARCH_NAME_MAX];
        rc = check_name(m, a->as[i]);
        if (!rc)
            rc = arch_name(m, whole, "%s.%s", name, a->as[i]);
        if (!rc)
            rc = cut(m, &x, a->axis, part * i, part * (i + 1), whole);
        if (!rc)
            rc = bind(m, a->as[i]);
        if (i == 0)
            first = m->at;
    }
    m->at = first;
    return rc;
}

static int emit_softmax(arch_emitter *m, const arch_layer *layer, const char *name)
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

/* Add or Mul with a number that is never trained. */
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

static int emit_offset(arch_emitter *m, const arch_layer *layer, const char *name)
{
    int rc = with_number(m, "Add", *layer->offset, name);
    if (m->at.scale > 0)
        m->at.offset += *layer->offset / m->at.scale;
    return rc;
}

static int emit_scale(arch_emitter *m, const arch_layer *layer, const char *name)
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

/* --- layers within layers -----------------------------------------------------------------------
 */

/* The layers with names of their own, in front of which stands "<name>.". */
static int emit_scoped(arch_emitter *m, const char *name, const char *key, const arch_layer *layers,
                       unsigned count)
{
    arch_scope scope = {.bound = m->n_bound}, *outer = m->scope;
    int rc = arch_name(m, scope.prefix, "%s.", name);
    if (!rc && m->depth == ARCH_DEPTH_MAX)
        rc = arch_fail(m, ERR_UNSUPPORTED,
                       "layers within layers go deeper than %d; does a block use itself?",
                       ARCH_DEPTH_MAX);
    if (rc)
        return rc;
    m->scope = &scope;
    m->depth++;
    rc = arch_emit_layers(m, key, layers, count);
    m->depth--;
    m->scope = outer;
    m->n_bound = scope.bound;
    return rc;
}

static int emit_repeat(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_repeat *a = layer->repeat;
    int64_t times = 0;
    int rc = arch_size(m, a->times, true, &times);
    for (int64_t i = 0; !rc && i < times; i++) {
        char whole[ARCH_NAME_MAX];
        rc = arch_name(m, whole, "%s%" PRId64, name, i);
        if (!rc)
            rc = emit_scoped(m, whole, "repeat/layers", a->layers, a->layers_count);
    }
    return rc;
}

static int emit_residual(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value values[2] = {m->at};
    arch_dims_text text[2];
    char whole[ARCH_NAME_MAX];
    int rc = emit_scoped(m, name, "residual/layers", layer->residual->layers,
                         layer->residual->layers_count);
    if (rc)
        return rc;
    values[1] = m->at;
    if (strcmp(arch_dims(&values[0], &text[0]), arch_dims(&values[1], &text[1])) != 0)
        return arch_fail(m, ERR_MISMATCH, "a residual of [%s] cannot be added to [%s]",
                         text[1].text, text[0].text);
    rc = arch_name(m, whole, "%s.sum", name);
    return rc ? rc : fold(m, "Add", values, 2, whole);
}

static int emit_branches(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_branches *a = layer->branches;
    arch_value input = m->at, values[ARCH_INPUTS_MAX];
    char inputs[ARCH_INPUTS_MAX * ARCH_NAME_MAX], *end = inputs, whole[ARCH_NAME_MAX];
    bool join = strcmp(a->merge, "concat") == 0;
    if (!join && !sign(a->merge))
        return arch_fail(m, ERR_INVALID, "merge '%s' is none of concat, add, sub, mul", a->merge);
    if (a->paths_count > ARCH_INPUTS_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "%u paths are more than %d", a->paths_count,
                         ARCH_INPUTS_MAX);
    for (unsigned i = 0; i < a->paths_count; i++) {
        const arch_path *path = &a->paths[i];
        char key[40];
        snprintf(key, sizeof key, "branches/paths/%u/layers", i);
        m->at = input;
        int rc = check_name(m, path->name);
        if (!rc)
            rc = arch_name(m, whole, "%.*s%s", (int)strlen(m->scope->prefix), m->scope->prefix,
                           path->name);
        if (!rc)
            rc = emit_scoped(m, whole, key, path->layers, path->layers_count);
        if (rc)
            return rc;
        values[i] = m->at;
        end += sprintf(end, "%s%s", i ? " " : "", values[i].name);
    }
    return join ? concatenate(m, values, a->paths_count, inputs, name)
                : fold(m, sign(a->merge), values, a->paths_count, name);
}

static int emit_use(arch_emitter *m, const arch_layer *layer, const char *name)
{
    for (unsigned i = 0; i < m->file->blocks_count; i++) {
        const arch_path *block = &m->file->blocks[i];
        if (strcmp(block->name, layer->use->block) != 0)
            continue;
        char key[32], here[ARCH_PLACE_MAX];
        memcpy(here, m->place, sizeof here);
        snprintf(key, sizeof key, "blocks/%u/layers", i);
        m->place[0] = '\0';
        int rc = emit_scoped(m, name, key, block->layers, block->layers_count);
        if (!rc)
            memcpy(m->place, here, sizeof here);
        return rc;
    }
    return arch_fail(m, ERR_INVALID, "there is no block '%s' among `blocks`", layer->use->block);
}

/* --- one layer ----------------------------------------------------------------------------------
 */

typedef int emit_function(arch_emitter *m, const arch_layer *layer, const char *name);

static const struct {
    const char *name;
    size_t member;
    emit_function *emit;
} operations[] = {
#define OPERATION(op, function)                                                                    \
    {                                                                                              \
#op, offsetof(arch_layer, op), function                                                    \
    }
    OPERATION(conv, arch_emit_conv),
    OPERATION(chain, arch_emit_chain),
    OPERATION(linear, arch_emit_linear),
    OPERATION(columns, arch_emit_columns),
    OPERATION(act, emit_act),
    OPERATION(add, emit_add),
    OPERATION(sub, emit_sub),
    OPERATION(mul, emit_mul),
    OPERATION(concat, emit_concat),
    OPERATION(matmul, emit_matmul),
    OPERATION(reshape, emit_reshape),
    OPERATION(transpose, emit_transpose),
    OPERATION(slice, emit_slice),
    OPERATION(split, emit_split),
    OPERATION(modulate, arch_emit_modulate),
    OPERATION(layernorm, arch_emit_layernorm),
    OPERATION(softmax, emit_softmax),
    OPERATION(offset, emit_offset),
    OPERATION(scale, emit_scale),
    OPERATION(repeat, emit_repeat),
    OPERATION(residual, emit_residual),
    OPERATION(branches, emit_branches),
    OPERATION(use, emit_use),
};
enum { OPERATIONS = sizeof operations / sizeof operations[0] };
_Static_assert(OPERATIONS <= sizeof((arch_scope){0}.used) / sizeof(unsigned), "a count for each");

static bool has(const arch_layer *layer, size_t operation)
{
    const void *p;
    memcpy(&p, (const char *)layer + operations[operation].member, sizeof p);
    return p != NULL;
}

static int find_operation(arch_emitter *m, const arch_layer *layer, size_t *found)
{
    size_t count = 0;
    for (size_t i = 0; i < OPERATIONS; i++) {
        if (has(layer, i)) {
            if (count++)
                return arch_fail(m, ERR_INVALID, "a layer is one operation, not both %s and %s",
                                 operations[*found].name, operations[i].name);
            *found = i;
        }
    }
    return count ? 0
                 : arch_fail(m, ERR_INVALID,
                             "the layer has no operation (conv, linear, act, "
                             "add, reshape, repeat, ...)");
}

static int applies(arch_emitter *m, const arch_layer *layer, bool *yes)
{
    *yes = !layer->cr;
    for (unsigned i = 0; i < layer->cr_count; i++) {
        bool known = false;
        for (int k = 0; k < ARCH_CRS; k++)
            known = known || layer->cr[i] == arch_crs[k];
        if (!known)
            return arch_fail(m, ERR_INVALID, "cr %u is none of 4, 8, 16, 32, 64", layer->cr[i]);
        *yes = *yes || layer->cr[i] == m->cr;
    }
    return 0;
}

static int layer_name(arch_emitter *m, const arch_layer *layer, size_t operation, char *name)
{
    unsigned number = ++m->scope->used[operation];
    const char *as = layer->as;
    if (!as && layer->use)
        as = layer->use->block;
    int rc = as ? check_name(m, as) : 0;
    if (rc)
        return rc;
    return as ? arch_name(m, name, "%s%s", m->scope->prefix, as)
              : arch_name(m, name, "%s%s%u", m->scope->prefix, operations[operation].name, number);
}

static int emit_layer(arch_emitter *m, const arch_layer *layer)
{
    size_t operation = 0;
    bool yes = false;
    char name[ARCH_NAME_MAX];
    if (++m->layers > ARCH_LAYERS_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "repetitions make more than %d layers",
                         ARCH_LAYERS_MAX);
    int rc = applies(m, layer, &yes);
    if (rc || !yes)
        return rc;
    rc = find_operation(m, layer, &operation);
    if (!rc && layer->slope && !layer->act)
        rc = arch_fail(m, ERR_INVALID, "slope beside %s; it belongs to act",
                       operations[operation].name);
    if (!rc && layer->from)
        rc = look_up(m, layer->from, &m->at);
    if (!rc)
        rc = layer_name(m, layer, operation, name);
    if (!rc)
        rc = operations[operation].emit(m, layer, name);
    return rc || !layer->as ? rc : bind(m, layer->as);
}

int arch_emit_layers(arch_emitter *m, const char *key, const arch_layer *layers, unsigned count)
{
    size_t outside = enter(m, key);
    for (unsigned i = 0; i < count; i++) {
        char index[16];
        snprintf(index, sizeof index, "%u", i);
        size_t here = enter(m, index);
        int rc = emit_layer(m, &layers[i]);
        if (rc)
            return rc;
        leave(m, here);
    }
    leave(m, outside);
    return 0;
}
