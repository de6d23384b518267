/* Products with a named matrix: y = x W^T with W [out][in] or, transposed, y = x W with W
 * [in][out]. All layers with the same name share one matrix: those of all phases of an unfolded
 * iteration, and those of both sides, such as a linear encoder's matrix that its decoder knows. In
 * the graph it is "tied.NAME.weight". Training moves both models' copies of an initializer with
 * that prefix as one (train/tie.h). */
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"
#include "train/architecture/names.h"

/* Makes the matrix of that name or, if it exists, checks that it has the same shape. */
static int find_matrix(arch_emitter *m, const char *name, int64_t rows, int64_t columns)
{
    arch_weight w = {.name = name,
                     .what = "weight",
                     .rank = 2,
                     .dims = {rows, columns},
                     .init = ARCH_XAVIER,
                     .fan_in = columns,
                     .fan_out = rows,
                     .gain = 1};
    for (int i = 0; i < m->n_tied; i++) {
        const arch_value *t = &m->tied[i];
        if (strcmp(t->name, name) != 0)
            continue;
        if (t->dims[0] == rows && t->dims[1] == columns)
            return 0;
        return arch_fail(m, ERR_MISMATCH,
                         "the matrix '%s' is %lld x %lld elsewhere, %lld x %lld here",
                         name + strlen("tied."), (long long)t->dims[0], (long long)t->dims[1],
                         (long long)rows, (long long)columns);
    }
    if (m->n_tied == ARCH_TIED_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "more than %d matrices have a name", ARCH_TIED_MAX);
    arch_value *t = &m->tied[m->n_tied++];
    *t = (arch_value){.rank = 2, .dims = {rows, columns}};
    snprintf(t->name, sizeof t->name, "%s", name);
    return arch_random(m, &w);
}

int arch_emit_tied(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_tied *a = layer->tied;
    bool transposed = a->transposed && *a->transposed;
    char matrix[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX], flat[ARCH_NAME_MAX] = "";
    arch_value out = {.rank = 2, .dims = {-1}};
    int rc = arch_check_name(m, a->weight);
    if (!rc)
        rc = arch_name(m, matrix, "tied.%s", a->weight);
    if (!rc)
        rc = arch_size(m, a->out, false, &out.dims[1]);
    if (!rc && m->at.rank != 2) {
        arch_value shape = {.rank = 2, .dims = {-1, arch_count(&m->at)}};
        rc = arch_name(m, flat, "%s.flat", name);
        if (!rc)
            rc = arch_reshape(m, &shape, flat);
    }
    if (rc)
        return rc;
    int64_t in = m->at.dims[1];
    rc = find_matrix(m, matrix, transposed ? in : out.dims[1], transposed ? out.dims[1] : in);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, "%s %s.weight", m->at.name, matrix);
    if (!rc)
        rc = arch_node(m, "Gemm", inputs, &out);
    if (rc)
        return rc;
    if (!transposed)
        nn_builder_int(m->b, "transB", 1);
    arch_take(m, &out);
    return 0;
}
