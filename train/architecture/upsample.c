/* Nearest-neighbour upsampling: repeats each row and column. */
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"

enum { FACTOR_MAX = 64 };

/* Broadcasts m->at to the shape of `out`, which is larger where m->at has size 1. */
static int expand(arch_emitter *m, arch_value *out, const char *name)
{
    char list[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX];
    int64_t dims[NN_MAX_RANK];
    memcpy(dims, out->dims, sizeof dims);
    dims[0] = 1; /* 1 broadcasts over the batch */
    int rc = arch_name(m, out->name, "%s.copies", name);
    if (!rc)
        rc = arch_name(m, list, "%s.size", name);
    if (!rc)
        rc = arch_list(m, list, out->rank, dims);
    snprintf(inputs, sizeof inputs, "%s const.%s", m->at.name, list);
    if (!rc)
        rc = arch_node(m, "Expand", inputs, out);
    if (!rc)
        arch_take(m, out);
    return rc;
}

int arch_emit_upsample(arch_emitter *m, const arch_layer *layer, const char *name)
{
    unsigned by = *layer->upsample;
    arch_value x = m->at, whole = x;
    arch_dims_text dims;
    char inner[ARCH_NAME_MAX] = "";
    if (x.rank != 4 || by < 1 || by > FACTOR_MAX)
        return arch_fail(m, ERR_INVALID,
                         "upsample by %u of [%s]; it is for [channels, rows, columns], by 1 to %d",
                         by, arch_dims(&x, &dims), FACTOR_MAX);
    arch_value thin = {.rank = 6, .dims = {-1, x.dims[1], x.dims[2], 1, x.dims[3], 1}}, wide = thin;
    wide.dims[3] = wide.dims[5] = by;
    whole.dims[2] *= by;
    whole.dims[3] *= by;
    int rc = arch_name(m, inner, "%s.apart", name);
    if (!rc)
        rc = arch_reshape(m, &thin, inner);
    if (!rc)
        rc = expand(m, &wide, name);
    return rc ? rc : arch_reshape(m, &whole, name);
}
