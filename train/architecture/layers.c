/* Layers in sequence, their names, and layers within layers. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"
#include "train/architecture/names.h"

/* --- locations in the file -------------------------------------------------------------------- */

/* Appends `key` to the location. Returns its old length, for `leave`. */
static size_t enter(arch_emitter *m, const char *key)
{
    size_t length = strlen(m->location);
    snprintf(m->location + length, sizeof m->location - length, "%s%s", length ? "/" : "", key);
    return length;
}

static void leave(arch_emitter *m, size_t length)
{
    m->location[length] = '\0';
}

/* --- layers within layers --------------------------------------------------------------------- */

/* Emits layers in a scope with its own names; `key` is the list's key in the file. */
static int emit_in(arch_emitter *m, arch_scope *scope, const char *key, const arch_layer *layers,
                   unsigned count)
{
    arch_scope *outer = m->scope;
    if (m->depth == ARCH_DEPTH_MAX)
        return arch_fail(m, ERR_UNSUPPORTED,
                         "layers within layers go deeper than %d; does a block use itself?",
                         ARCH_DEPTH_MAX);
    m->scope = scope;
    m->depth++;
    int rc = arch_emit_layers(m, key, layers, count);
    m->depth--;
    m->scope = outer;
    m->n_bound = scope->bound;
    return rc;
}

/* Emits layers with names that begin with "<name>." and the weights of `owner`. Both begin with the
 * outer prefix. */
static int emit_owned(arch_emitter *m, const char *name, const char *owner, const char *key,
                      const arch_layer *layers, unsigned count)
{
    arch_scope scope = {.bound = m->n_bound}, *outer = m->scope;
    int rc = arch_name(m, scope.prefix, "%s.", name);
    if (!rc)
        rc = arch_name(m, scope.owner, "%s%s.", outer->owner, owner + strlen(outer->prefix));
    return rc ? rc : emit_in(m, &scope, key, layers, count);
}

static int emit_scoped(arch_emitter *m, const char *name, const char *key, const arch_layer *layers,
                       unsigned count)
{
    return emit_owned(m, name, name, key, layers, count);
}

static int check_same_shape(arch_emitter *m, const arch_value *first)
{
    arch_dims_text text[2];
    if (strcmp(arch_dims(first, &text[0]), arch_dims(&m->at, &text[1])) == 0)
        return 0;
    return arch_fail(m, ERR_MISMATCH,
                     "a shared repeat of [%s] gives [%s]; the shape must stay the same, so that "
                     "its weights fit again",
                     text[0].text, text[1].text);
}

static int emit_repeat(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_repeat *a = layer->repeat;
    arch_value first = m->at;
    bool shared = a->shared && *a->shared;
    int64_t times = 0;
    int rc = arch_size(m, a->times, true, &times);
    for (int64_t i = 0; !rc && i < times; i++) {
        char whole[ARCH_NAME_MAX] = "", owner[ARCH_NAME_MAX] = "";
        rc = arch_name(m, whole, "%s%" PRId64, name, i);
        if (!rc)
            rc = arch_name(m, owner, "%s%" PRId64, name, shared ? 0 : i);
        if (!rc)
            rc = emit_owned(m, whole, owner, "repeat/layers", a->layers, a->layers_count);
        if (!rc && shared)
            rc = check_same_shape(m, &first);
    }
    return rc;
}

/* y = x f(x), where axes of f(x) may have size 1. */
static int emit_gate(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value values[2] = {m->at};
    char whole[ARCH_NAME_MAX] = "";
    int rc = emit_scoped(m, name, "gate/layers", layer->gate->layers, layer->gate->layers_count);
    if (!rc)
        rc = arch_name(m, whole, "%s.product", name);
    values[1] = m->at;
    return rc ? rc : arch_join(m, "mul", values, 2, whole);
}

static int emit_residual(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value values[2] = {m->at};
    arch_dims_text text[2];
    char whole[ARCH_NAME_MAX] = "";
    int rc = emit_scoped(m, name, "residual/layers", layer->residual->layers,
                         layer->residual->layers_count);
    if (rc)
        return rc;
    values[1] = m->at;
    if (strcmp(arch_dims(&values[0], &text[0]), arch_dims(&values[1], &text[1])) != 0)
        return arch_fail(m, ERR_MISMATCH, "a residual of [%s] cannot be added to [%s]",
                         text[1].text, text[0].text);
    rc = arch_name(m, whole, "%s.sum", name);
    return rc ? rc : arch_join(m, "add", values, 2, whole);
}

static int emit_branches(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_branches *a = layer->branches;
    arch_value input = m->at, values[ARCH_INPUTS_MAX];
    char whole[ARCH_NAME_MAX] = "";
    if (a->paths_count > ARCH_INPUTS_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "%u paths are more than %d", a->paths_count,
                         ARCH_INPUTS_MAX);
    for (unsigned i = 0; i < a->paths_count; i++) {
        const arch_path *path = &a->paths[i];
        char key[40];
        snprintf(key, sizeof key, "branches/paths/%u/layers", i);
        m->at = input;
        int rc = arch_check_name(m, path->name);
        if (!rc)
            rc = arch_name(m, whole, "%.*s%s", (int)strlen(m->scope->prefix), m->scope->prefix,
                           path->name);
        if (!rc)
            rc = emit_scoped(m, whole, key, path->layers, path->layers_count);
        if (rc)
            return rc;
        values[i] = m->at;
    }
    return arch_join(m, a->merge, values, a->paths_count, name);
}

/* A shared use of a block; the first one makes the weights. */
static int emit_shared_use(arch_emitter *m, unsigned block, const char *name, const char *key)
{
    const arch_path *b = &m->file->blocks[block];
    arch_value input = m->at;
    arch_dims_text text[2];
    char *owner = m->uses[block].owner;
    bool first = !*owner;
    if (!first &&
        strcmp(arch_dims(&m->uses[block].input, &text[0]), arch_dims(&input, &text[1])) != 0)
        return arch_fail(
            m, ERR_MISMATCH,
            "the shared block '%s' takes [%s] elsewhere, [%s] here; its weights fit one "
            "shape",
            b->name, text[0].text, text[1].text);
    arch_scope scope = {.bound = m->n_bound}, *outer = m->scope;
    int rc = arch_name(m, scope.prefix, "%s.", name);
    if (!rc && first) {
        rc = arch_name(m, owner, "%s%s.", outer->owner, name + strlen(outer->prefix));
        m->uses[block].input = input;
    }
    if (!rc)
        rc = arch_name(m, scope.owner, "%s", owner);
    return rc ? rc : emit_in(m, &scope, key, b->layers, b->layers_count);
}

/* A tied use: both sides have its weights, which are outside all scopes like a named matrix
 * (tied.c). */
static int emit_tied_use(arch_emitter *m, unsigned block, const char *key)
{
    const arch_path *b = &m->file->blocks[block];
    arch_scope scope = {.bound = m->n_bound};
    if (m->uses[block].tied)
        return arch_fail(m, ERR_INVALID, "a second tied use of the block '%s'; a side has one",
                         b->name);
    m->uses[block].tied = true;
    int rc = arch_check_name(m, b->name);
    if (!rc)
        rc = arch_name(m, scope.prefix, "tied.%s.", b->name);
    if (!rc)
        rc = arch_name(m, scope.owner, "%s", scope.prefix);
    return rc ? rc : emit_in(m, &scope, key, b->layers, b->layers_count);
}

static int emit_use(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const bool *shared = layer->use->shared, *tied = layer->use->tied;
    if (shared && *shared && tied && *tied)
        return arch_fail(m, ERR_INVALID, "shared and tied exclude each other");
    for (unsigned i = 0; i < m->file->blocks_count; i++) {
        const arch_path *block = &m->file->blocks[i];
        if (strcmp(block->name, layer->use->block) != 0)
            continue;
        char key[32], here[ARCH_LOCATION_MAX];
        memcpy(here, m->location, sizeof here);
        snprintf(key, sizeof key, "blocks/%u/layers", i);
        m->location[0] = '\0';
        int rc = tied && *tied ? emit_tied_use(m, i, key)
                 : shared && *shared
                     ? emit_shared_use(m, i, name, key)
                     : emit_scoped(m, name, key, block->layers, block->layers_count);
        if (!rc)
            memcpy(m->location, here, sizeof here);
        return rc;
    }
    return arch_fail(m, ERR_INVALID, "unknown block '%s'; `blocks` does not name it",
                     layer->use->block);
}

/* --- one layer -------------------------------------------------------------------------------- */

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
    OPERATION(act, arch_emit_act),
    OPERATION(add, arch_emit_add),
    OPERATION(sub, arch_emit_sub),
    OPERATION(mul, arch_emit_mul),
    OPERATION(concat, arch_emit_concat),
    OPERATION(matmul, arch_emit_matmul),
    OPERATION(reshape, arch_emit_reshape),
    OPERATION(transpose, arch_emit_transpose),
    OPERATION(slice, arch_emit_slice),
    OPERATION(split, arch_emit_split),
    OPERATION(modulate, arch_emit_modulate),
    OPERATION(select, arch_emit_select),
    OPERATION(spread, arch_emit_spread),
    OPERATION(position, arch_emit_position),
    OPERATION(weigh, arch_emit_weigh),
    OPERATION(layernorm, arch_emit_layernorm),
    OPERATION(softmax, arch_emit_softmax),
    OPERATION(batchnorm, arch_emit_batchnorm),
    OPERATION(reduce, arch_emit_reduce),
    OPERATION(project, arch_emit_project),
    OPERATION(shuffle, arch_emit_shuffle),
    OPERATION(upsample, arch_emit_upsample),
    OPERATION(gate, emit_gate),
    OPERATION(offset, arch_emit_offset),
    OPERATION(scale, arch_emit_scale),
    OPERATION(repeat, emit_repeat),
    OPERATION(residual, emit_residual),
    OPERATION(branches, emit_branches),
    OPERATION(use, emit_use),
    OPERATION(tied, arch_emit_tied),
    OPERATION(down, arch_emit_down),
    OPERATION(up, arch_emit_up),
    OPERATION(attention, arch_emit_attention),
    OPERATION(gdn, arch_emit_gdn),
    OPERATION(soft, arch_emit_soft),
    OPERATION(top, arch_emit_top),
    OPERATION(zeros, arch_emit_zeros),
    OPERATION(memory, arch_emit_memory),
    OPERATION(remember, arch_emit_remember),
    OPERATION(lstm, arch_emit_lstm),
    OPERATION(gru, arch_emit_gru),
    OPERATION(convlstm, arch_emit_convlstm),
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
    for (unsigned i = 0; layer->cr && i < layer->cr_count; i++) {
        bool known = false;
        for (int k = 0; k < ARCH_CRS; k++)
            known = known || layer->cr[i] == arch_crs[k];
        if (!known)
            return arch_fail(m, ERR_INVALID, "cr %u is not one of 4, 8, 16, 32, 64", layer->cr[i]);
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
    int rc = as ? arch_check_name(m, as) : 0;
    if (rc)
        return rc;
    return as ? arch_name(m, name, "%s%s", m->scope->prefix, as)
              : arch_name(m, name, "%s%s%u", m->scope->prefix, operations[operation].name, number);
}

static int emit_layer(arch_emitter *m, const arch_layer *layer)
{
    size_t operation = 0;
    bool yes = false;
    char name[ARCH_NAME_MAX] = "";
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
        rc = arch_look_up(m, layer->from, &m->at);
    if (!rc)
        rc = layer_name(m, layer, operation, name);
    if (!rc)
        rc = operations[operation].emit(m, layer, name);
    return rc || !layer->as ? rc : arch_bind(m, layer->as);
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
