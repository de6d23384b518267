/* The maximum or the mean along axes, as spatial and channel attention use. */
#include <string.h>

#include "train/architecture/emit.h"

int arch_emit_reduce(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_reduce *a = layer->reduce;
    static const char *const ways[][2] = {{"max", "ReduceMax"}, {"mean", "ReduceMean"}};
    arch_value out = m->at;
    arch_dims_text dims;
    int64_t axes[NN_MAX_RANK];
    size_t way = strcmp(a->by, ways[0][0]) == 0 ? 0 : 1;
    if (strcmp(a->by, ways[way][0]) != 0)
        return arch_fail(m, ERR_INVALID, "reduce by '%s': not max or mean", a->by);
    for (unsigned i = 0; i < a->axes_count; i++) {
        unsigned axis = a->axes[i];
        if (axis < 1 || axis >= (unsigned)out.rank || (i > 0 && axis <= a->axes[i - 1]))
            return arch_fail(m, ERR_INVALID,
                             "reduce: axes of [%s] are 1 to %d (0 is the batch), in rising order",
                             arch_dims(&m->at, &dims), out.rank - 1);
        axes[i] = axis;
        out.dims[axis] = 1;
    }
    int rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_node(m, ways[way][1], m->at.name, &out);
    if (rc)
        return rc;
    nn_builder_ints(m->b, "axes", (int)a->axes_count, axes);
    arch_take(m, &out);
    return 0;
}
