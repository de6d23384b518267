/* A dense layer with binary weights (XNOR-Net, BCsiNet): y = x (a sign(W))^T + b with a = mean|W|.
 * The graph computes the signs from float weights, so that they can be trained: the gradient passes
 * straight through the Sign of a weight (nn/grad/unary.c). A trained network stores its signs as
 * bits (nn/nn.h). */
#include <stdio.h>

#include "train/architecture/emit.h"

/* <name>.<what> = op(in), with the given shape. */
static int of_weight(arch_emitter *m, const char *op, const char *in, const char *name,
                     const char *what, const arch_value *shape)
{
    arch_value out = *shape;
    int rc = arch_name(m, out.name, "%s.%s", name, what);
    return rc ? rc : arch_node(m, op, in, &out);
}

int arch_binary(arch_emitter *m, arch_weight *w, bool bias)
{
    const char *name = w->name;
    arch_value out = {.rank = 2, .dims = {-1, w->fan_out}}, one = {.rank = 2, .dims = {1, 1}};
    char inputs[4 * ARCH_NAME_MAX];
    if (w->init == ARCH_KLT || w->init == ARCH_FIT)
        return arch_fail(m, ERR_INVALID, "init klt and fit need matrices of any numbers");
    w->rank = 2;
    w->dims[0] = w->fan_out;
    w->fan_in = w->dims[1] = m->at.dims[1];
    arch_value matrix = {.rank = 2, .dims = {w->fan_out, w->fan_in}};
    int rc = arch_random(m, w);
    snprintf(inputs, sizeof inputs, "%s.weight", name);
    if (!rc)
        rc = of_weight(m, "Sign", inputs, name, "sign", &matrix);
    if (!rc)
        rc = of_weight(m, "Abs", inputs, name, "size", &matrix);
    snprintf(inputs, sizeof inputs, "%s.size", name);
    if (!rc)
        rc = of_weight(m, "ReduceMean", inputs, name, "mean", &one);
    snprintf(inputs, sizeof inputs, "%s.sign %s.mean", name, name);
    if (!rc)
        rc = of_weight(m, "Mul", inputs, name, "binary", &matrix);
    if (!rc && bias)
        rc = arch_constant(m, name, "bias", 1, &w->fan_out, 0);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    snprintf(inputs, sizeof inputs, bias ? "%s %s.binary %s.bias" : "%s %s.binary", m->at.name,
             name, name);
    if (!rc)
        rc = arch_node(m, "Gemm", inputs, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "transB", 1);
    arch_take(m, &out);
    return 0;
}
