/* Batch norm over any axis, after a convolution or as a separate layer. */
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"

/* Keras's default. `defaults: {eps: 1e-5}` gives PyTorch's. */
static const double usual_epsilon = 1e-3;

static int find_epsilon(arch_emitter *m, const double *eps, float *found)
{
    const arch_defaults *d = m->file->defaults;
    double value = eps ? *eps : d && d->eps ? *d->eps : usual_epsilon;
    *found = (float)value;
    if (value >= 1e-12 && value <= 1)
        return 0;
    return arch_fail(m, ERR_INVALID, "eps %g is not 1e-12 to 1", value);
}

int arch_batch_norm(arch_emitter *m, const char *name, double gain, const double *eps)
{
    static const char *const parts[] = {"gain", "bias", "mean", "variance"};
    const float start[] = {(float)gain, 0, 0, 1};
    arch_value out = m->at;
    float epsilon = 0;
    char inputs[6 * ARCH_NAME_MAX];
    if (strcmp(m->scope->prefix, m->scope->owner) != 0)
        return arch_fail(m, ERR_UNSUPPORTED,
                         "batch norm in a shared repeat: each repetition would need its own "
                         "statistics");
    int rc = find_epsilon(m, eps, &epsilon);
    if (!rc)
        rc = arch_name(m, out.name, "%s", name);
    for (int i = 0; !rc && i < 4; i++)
        rc = arch_constant(m, name, parts[i], 1, &out.dims[1], start[i]);
    if (rc)
        return rc;
    snprintf(inputs, sizeof inputs, "%s %s.gain %s.bias %s.mean %s.variance", m->at.name, name,
             name, name, name);
    rc = arch_node(m, "BatchNormalization", inputs, &out);
    if (rc)
        return rc;
    nn_builder_float(m->b, "epsilon", epsilon);
    arch_take(m, &out);
    return 0;
}

/* ONNX normalises only axis 1, so another axis is swapped with it and back. */
int arch_emit_batchnorm(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_batchnorm *a = layer->batchnorm;
    unsigned axis = a->axis ? *a->axis : 1;
    double gain = a->gain ? *a->gain : 1;
    arch_dims_text dims;
    if (axis < 1 || axis >= (unsigned)m->at.rank)
        return arch_fail(m, ERR_INVALID, "batchnorm over axis %u; of [%s] there are 1 to %d", axis,
                         arch_dims(&m->at, &dims), m->at.rank - 1);
    int rc = axis != 1 ? arch_swap_axes(m, 1, (int)axis, name, "in") : 0;
    if (!rc)
        rc = arch_batch_norm(m, name, gain, a->eps);
    if (!rc && axis != 1)
        rc = arch_swap_axes(m, 1, (int)axis, name, "out");
    return rc;
}
