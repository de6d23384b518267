/* Values that a network keeps from one report to the next. In the graph each is an input
 * memory_NAME and an output memory_NAME_next of the same shape. The input takes the output after
 * the report that this one builds on, or zeros for a key. Encoder and decoder have separate
 * memories. */
#include "train/architecture/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "train/architecture/names.h"

static arch_memory_state *find(arch_emitter *m, const char *name)
{
    for (int i = 0; i < m->n_memories; i++)
        if (strcmp(m->memories[i].name, name) == 0)
            return &m->memories[i];
    return NULL;
}

/* Otherwise the output of a memory "a" would have the name of the input of "a_next". */
static int check_name(arch_emitter *m, const char *name)
{
    static const char ending[] = "_next";
    size_t length = strlen(name), end = sizeof ending - 1;
    if (length < 1 || length > ARCH_MEMORY_NAME_MAX ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] ||
        (length >= end && strcmp(name + length - end, ending) == 0))
        return arch_fail(m, ERR_INVALID,
                         "a memory's name is 1 to %d letters, digits and _, and does not end with "
                         "_next; '%.64s' is not",
                         ARCH_MEMORY_NAME_MAX, name);
    return 0;
}

int arch_memory_read(arch_emitter *m, const char *name, const arch_value *shape)
{
    int64_t held = arch_count(shape);
    int rc = check_name(m, name);
    if (!rc && find(m, name))
        rc = arch_fail(m, ERR_INVALID,
                       "the memory '%s' is already read; give that layer a name (as) and use its "
                       "value",
                       name);
    if (!rc && m->n_memories == ARCH_MEMORIES_MAX)
        rc = arch_fail(m, ERR_UNSUPPORTED, "a network has up to %d memories", ARCH_MEMORIES_MAX);
    for (int i = 0; i < m->n_memories; i++)
        held += arch_count(&m->memories[i].value);
    if (!rc && held > ARCH_MEMORY_VALUES_MAX)
        rc = arch_fail(m, ERR_UNSUPPORTED, "its memories hold %" PRId64 " values; up to %d can be",
                       held, ARCH_MEMORY_VALUES_MAX);
    if (rc)
        return rc;
    arch_memory_state *state = &m->memories[m->n_memories++];
    *state = (arch_memory_state){.value = *shape};
    snprintf(state->name, sizeof state->name, "%s", name);
    snprintf(state->value.name, sizeof state->value.name, "memory_%s", name);
    nn_builder_input(m->b, state->value.name, shape->rank, shape->dims);
    arch_take(m, &state->value);
    return 0;
}

int arch_memory_write(arch_emitter *m, const char *name)
{
    arch_dims_text text[2];
    arch_memory_state *state = find(m, name);
    if (!state)
        return arch_fail(m, ERR_INVALID,
                         "no layer before this one reads the memory '%.64s' (memory: {name: "
                         "%.64s, shape: [...]})",
                         name, name);
    if (state->written)
        return arch_fail(m, ERR_INVALID, "two layers write the memory '%s'", name);
    if (strcmp(arch_dims(&m->at, &text[0]), arch_dims(&state->value, &text[1])) != 0)
        return arch_fail(m, ERR_MISMATCH, "the memory '%s' is [%s], but the value to keep is [%s]",
                         name, text[1].text, text[0].text);
    arch_value next = state->value;
    snprintf(next.name, sizeof next.name, "memory_%s_next", state->name);
    state->written = true;
    return arch_node(m, "Identity", m->at.name, &next); /* m->at itself is unchanged */
}

int arch_memories_finish(arch_emitter *m)
{
    char name[ARCH_NAME_MAX] = "";
    for (int i = 0; i < m->n_memories; i++) {
        const arch_memory_state *state = &m->memories[i];
        if (!state->written)
            return arch_fail(m, ERR_INVALID,
                             "nothing writes the memory '%s'; add a layer `remember: %s`",
                             state->name, state->name);
        snprintf(name, sizeof name, "memory_%s_next", state->name);
        nn_builder_output(m->b, name, state->value.rank, state->value.dims);
    }
    return 0;
}

int arch_emit_memory(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value shape;
    int rc = arch_shape(m, layer->memory->shape, layer->memory->shape_count, &shape);
    (void)name;
    return rc ? rc : arch_memory_read(m, layer->memory->name, &shape);
}

int arch_emit_remember(arch_emitter *m, const arch_layer *layer, const char *name)
{
    (void)name;
    return arch_memory_write(m, layer->remember);
}
