/* Building blocks of layers: single operators, a matrix along the last axis, and activations that
 * ONNX has no node for. */
#include <math.h>
#include <stdio.h>

#include "train/architecture/emit.h"

int arch_apply(arch_emitter *m, const char *op, const char *second, const char *name,
               const char *what)
{
    arch_value out = m->at;
    char inputs[3 * ARCH_NAME_MAX];
    int rc =
        what ? arch_name(m, out.name, "%s.%s", name, what) : arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, "%s%s%s", m->at.name, second ? " " : "", second ? second : "");
    if (!rc)
        rc = arch_node(m, op, inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

int arch_dense(arch_emitter *m, const char *name, int64_t out, bool bias)
{
    int last = m->at.rank - 1;
    char second[ARCH_NAME_MAX] = "";
    arch_weight w = {.name = name,
                     .what = "weight",
                     .rank = 2,
                     .dims = {m->at.dims[last], out},
                     .init = ARCH_XAVIER,
                     .fan_in = m->at.dims[last],
                     .fan_out = out,
                     .gain = 1};
    int rc = arch_random(m, &w);
    if (!rc)
        rc = arch_name(m, second, "%s.weight", name);
    m->at.dims[last] = out; /* the product's shape, which arch_apply takes */
    if (!rc)
        rc = arch_apply(m, "MatMul", second, name, NULL);
    if (rc || !bias)
        return rc;
    rc = arch_constant(m, name, "bias", 1, &out, 0);
    if (!rc)
        rc = arch_name(m, second, "%s.bias", name);
    return rc ? rc : arch_apply(m, "Add", second, name, "sum");
}

/* x op a constant of the formula. */
static int with_number(arch_emitter *m, const char *op, float number, const char *name,
                       const char *what)
{
    char own[ARCH_NAME_MAX] = "", second[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, own, "%s.%s", name, what);
    if (!rc)
        rc = arch_number(m, own, number);
    if (!rc)
        rc = arch_name(m, second, "const.%s", own);
    return rc ? rc : arch_apply(m, op, second, name, what);
}

/* x Phi(x) = x (1 + erf(x / sqrt 2)) / 2. */
int arch_gelu(arch_emitter *m, const char *name)
{
    arch_value x = m->at;
    int rc = with_number(m, "Mul", (float)M_SQRT1_2, name, "scaled");
    if (!rc)
        rc = arch_apply(m, "Erf", NULL, name, "erf");
    if (!rc)
        rc = with_number(m, "Add", 1, name, "raised");
    if (!rc)
        rc = with_number(m, "Mul", 0.5f, name, "phi");
    return rc ? rc : arch_apply(m, "Mul", x.name, name, NULL);
}

/* min(max(x, 0), 6) */
int arch_relu6(arch_emitter *m, const char *name)
{
    char own[ARCH_NAME_MAX] = "", bounds[2 * ARCH_NAME_MAX + 32];
    int rc = arch_name(m, own, "%s.low", name);
    if (!rc)
        rc = arch_number(m, own, 0);
    if (!rc)
        rc = arch_name(m, own, "%s.high", name);
    if (!rc)
        rc = arch_number(m, own, 6);
    arch_value out = m->at;
    char inputs[4 * ARCH_NAME_MAX];
    snprintf(bounds, sizeof bounds, "const.%.*s.low const.%.*s.high", ARCH_NAME_MAX, name,
             ARCH_NAME_MAX, name);
    snprintf(inputs, sizeof inputs, "%s %s", m->at.name, bounds);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    if (!rc)
        rc = arch_node(m, "Clip", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}
