/* Channel shuffle (ShuffleNet): reorders the channels between two grouped convolutions, so that
 * each group of the second sees all groups of the first. */
#include <inttypes.h>

#include "train/architecture/emit.h"

/* With n channels in each group, channel g n + i becomes i groups + g. */
int arch_emit_shuffle(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value whole = m->at, split = {.rank = m->at.rank + 1, .dims = {-1}};
    arch_dims_text dims;
    int64_t groups = 0;
    char inner[ARCH_NAME_MAX] = "";
    int rc = arch_size(m, layer->shuffle, false, &groups);
    if (rc)
        return rc;
    if (whole.dims[1] % groups || split.rank > NN_MAX_RANK)
        return arch_fail(m, ERR_MISMATCH, "%" PRId64 " groups do not share the channels of [%s]",
                         groups, arch_dims(&whole, &dims));
    split.dims[1] = groups;
    split.dims[2] = whole.dims[1] / groups;
    for (int i = 2; i < whole.rank; i++)
        split.dims[i + 1] = whole.dims[i];
    rc = arch_name(m, inner, "%s.groups", name);
    if (!rc)
        rc = arch_reshape(m, &split, inner);
    if (!rc)
        rc = arch_swap_axes(m, 1, 2, name, "dealt");
    return rc ? rc : arch_reshape(m, &whole, name);
}
