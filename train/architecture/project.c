/* A random projection, as compressive sensing uses at the UE: a random matrix that training never
 * changes. */
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"

/* Entries are N(0, 1 / n) for n values, so a projection keeps their mean power. */
int arch_emit_project(arch_emitter *m, const arch_layer *layer, const char *name)
{
    int64_t values = arch_count(&m->at), kept = 0;
    char fixed[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX], flat[ARCH_NAME_MAX] = "";
    arch_value out = {.rank = 2, .dims = {-1}}, row = {.rank = 2, .dims = {-1, values}};
    if (strcmp(m->scope->prefix, m->scope->owner) != 0)
        return arch_fail(m, ERR_UNSUPPORTED,
                         "project in a shared repeat: each repetition would need its own matrix");
    int rc = arch_size(m, layer->project->out, false, &kept);
    if (!rc)
        rc = arch_name(m, flat, "%s.flat", name);
    if (!rc)
        rc = arch_reshape(m, &row, flat);
    if (!rc) /* training skips names that begin with const. */
        rc = arch_name(m, fixed, "const.%s", name);
    arch_weight w = {.name = fixed,
                     .what = "weight",
                     .rank = 2,
                     .dims = {kept, values},
                     .init = ARCH_HE,
                     .fan_in = values,
                     .fan_out = kept,
                     .gain = 1,
                     .slope = 1};
    if (!rc)
        rc = arch_random(m, &w);
    out.dims[1] = kept;
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, "%s %s.weight", m->at.name, fixed);
    if (!rc)
        rc = arch_node(m, "Gemm", inputs, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "transB", 1);
    arch_take(m, &out);
    return 0;
}
