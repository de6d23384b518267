/* Swaps two axes, before and after an operation that works along only one of them. */
#include "train/architecture/emit.h"

int arch_swap_axes(arch_emitter *m, int a, int b, const char *name, const char *what)
{
    arch_value out = m->at;
    int64_t perm[NN_MAX_RANK];
    int rc = arch_name(m, out.name, "%s.%s", name, what);
    for (int i = 0; i < out.rank; i++)
        perm[i] = i == a ? b : i == b ? a : i;
    out.dims[a] = m->at.dims[b];
    out.dims[b] = m->at.dims[a];
    if (!rc)
        rc = arch_node(m, "Transpose", m->at.name, &out);
    if (rc)
        return rc;
    nn_builder_ints(m->b, "perm", out.rank, perm);
    arch_take(m, &out);
    return 0;
}
