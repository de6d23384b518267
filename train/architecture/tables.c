/* Learned numbers that are added to a value or multiply it. */
#include <stdio.h>

#include "train/architecture/emit.h"

/* m->at op a learned table of its shape without the batch, [C, 1, columns], or op one learned
 * number, [1]. */
static int with_table(arch_emitter *m, const char *op, const arch_table *a, double otherwise,
                      const char *name)
{
    bool one = a->one && *a->one;
    double start = a->start ? *a->start : otherwise;
    arch_value out = m->at;
    char inputs[3 * ARCH_NAME_MAX];
    int rc = arch_constant(m, name, "table", one ? 1 : out.rank - 1,
                           one ? (const int64_t[]){1} : out.dims + 1, (float)start);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, "%s %s.table", m->at.name, name);
    if (!rc)
        rc = arch_node(m, op, inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

int arch_emit_position(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return with_table(m, "Add", layer->position, 0, name);
}

int arch_emit_weigh(arch_emitter *m, const arch_layer *layer, const char *name)
{
    return with_table(m, "Mul", layer->weigh, 1, name);
}
