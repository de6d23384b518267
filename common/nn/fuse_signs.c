#include "nn/fuse_signs.h"

#include <stdlib.h>

#include "nn/kernels/signs.h"
#include "nn/ops/signs.h"

/* Shorter rows gain nothing, and a row of one weight always has a single magnitude. */
enum { INPUTS_MIN = 32 };

/* y = x W^T + b with one b for each output. */
static bool is_plain_dense(const nn_session *s, const nn_step *step)
{
    if (!nn_is_op(step, "Gemm") || !nn_is_constant(s, step, 1))
        return false;
    const nn_node *node = step->node;
    const nn_tensor *w = step->in[1], *b = step->n_in > 2 ? step->in[2] : NULL;
    bool bias =
        !b || (nn_is_constant(s, step, 2) && b->rank > 0 && b->count == (size_t)w->dims[0] &&
               b->dims[b->rank - 1] == w->dims[0] && nn_attr_float(node, "beta", 1) == 1);
    return bias && nn_attr_int(node, "transA", 0) == 0 && nn_attr_int(node, "transB", 0) == 1 &&
           nn_attr_float(node, "alpha", 1) == 1 && w->dims[0] > 0 && w->dims[1] >= INPUTS_MIN;
}

int nn_fuse_signs(nn_session *s, err *e)
{
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *step = &s->steps[i];
        if (step->gone || !is_plain_dense(s, step))
            continue;
        const nn_tensor *w = step->in[1];
        float *sizes = calloc((size_t)w->dims[0], sizeof *sizes);
        if (!sizes)
            return nn_no_memory(s, e);
        if (nn_signs_find(w->dims[0], w->dims[1], w->data, sizes)) {
            step->op = &nn_sign_gemm;
            step->run = nn_sign_gemm.run;
            step->label = nn_sign_gemm.name;
        }
        free(sizes);
    }
    return 0;
}
