/* Generalised divisive normalisation (Balle et al.), the activation of learned image codecs:
 *
 *     y_i = x_i / sqrt(beta_i^2 + sum_j gamma_ij^2 x_j^2)      inverse: times the root
 *
 * over the channels of each position. The squares keep the radicand above 0. gamma starts as
 * sqrt(0.1) times the identity and beta as 1, as published. */
#include <math.h>
#include <stdio.h>

#include "train/architecture/emit.h"

/* Keeps the root above 0 when beta reaches 0. */
static const float floor_of_root = 1e-6f;

static int square_weight(arch_emitter *m, const char *name, const char *what, int rank,
                         const int64_t *dims)
{
    arch_value out = {.rank = rank};
    char inputs[3 * ARCH_NAME_MAX];
    for (int i = 0; i < rank; i++)
        out.dims[i] = dims[i];
    int rc = arch_name(m, out.name, "%s.%s2", name, what);
    snprintf(inputs, sizeof inputs, "%s.%s %s.%s", name, what, name, what);
    return rc ? rc : arch_node(m, "Mul", inputs, &out);
}

/* beta_i^2 + sum_j gamma_ij^2 x_j^2 in [channels, positions], as one matrix product: a convolution
 * with a computed kernel would run in plain loops. */
static int sum_powers(arch_emitter *m, const char *name)
{
    const arch_value x = m->at;
    arch_value flat = {.rank = 3, .dims = {-1, x.dims[1], x.dims[2] * x.dims[3]}}, out = flat;
    char text[ARCH_NAME_MAX] = "", inputs[4 * ARCH_NAME_MAX];
    int rc = arch_apply(m, "Mul", x.name, name, "power");
    if (!rc)
        rc = arch_name(m, text, "%s.flat", name);
    if (!rc)
        rc = arch_reshape(m, &flat, text);
    if (!rc)
        rc = arch_name(m, out.name, "%s.sum", name);
    snprintf(inputs, sizeof inputs, "%s.gamma2 %s", name, m->at.name);
    if (!rc)
        rc = arch_node(m, "MatMul", inputs, &out);
    if (rc)
        return rc;
    arch_take(m, &out);
    snprintf(inputs, sizeof inputs, "%s.beta2", name);
    rc = arch_apply(m, "Add", inputs, name, "weighed");
    if (!rc)
        rc = arch_name(m, text, "%s.places", name);
    return rc ? rc : arch_reshape(m, &x, text);
}

int arch_emit_gdn(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value x = m->at;
    arch_dims_text text;
    bool inverse = layer->gdn->inverse && *layer->gdn->inverse;
    int64_t c = x.dims[1], column[2] = {c, 1};
    char own[ARCH_NAME_MAX] = "", second[2 * ARCH_NAME_MAX];
    if (x.rank != 4)
        return arch_fail(m, ERR_MISMATCH, "gdn is for [channels, rows, columns], not [%s]",
                         arch_dims(&x, &text));
    arch_weight gamma = {.name = name,
                         .what = "gamma",
                         .rank = 2,
                         .dims = {c, c},
                         .init = ARCH_IDENTITY,
                         .fan_in = c,
                         .fan_out = c,
                         .gain = sqrt(0.1)};
    int rc = arch_random(m, &gamma);
    if (!rc)
        rc = square_weight(m, name, "gamma", 2, gamma.dims);
    if (!rc)
        rc = arch_constant(m, name, "beta", 2, column, 1);
    if (!rc)
        rc = square_weight(m, name, "beta", 2, column);
    if (!rc)
        rc = sum_powers(m, name);
    if (!rc)
        rc = arch_name(m, own, "%s.floor", name);
    if (!rc)
        rc = arch_number(m, own, floor_of_root);
    snprintf(second, sizeof second, "const.%s.floor", name);
    if (!rc)
        rc = arch_apply(m, "Add", second, name, "above");
    if (!rc)
        rc = arch_apply(m, "Sqrt", NULL, name, "root");
    arch_value root = m->at;
    m->at = x;
    return rc ? rc : arch_apply(m, inverse ? "Mul" : "Div", root.name, name, NULL);
}
