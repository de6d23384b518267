/* Infers shapes from the inputs forward. Steps that depend only on constants are computed here,
 * which removes exporters' shape arithmetic before the first run. */
#include <stdlib.h>

#include "nn/passes.h"

/* Folding a constant product pays off only if it is cheap. */
static const int64_t max_fold_macs = (int64_t)1 << 28;

static int bind_values(nn_session *s, const int *ids, int n, int **id_copy, nn_tensor ***tensors)
{
    *id_copy = nn_pool_array(&s->pool, (size_t)n, sizeof **id_copy);
    *tensors = nn_pool_array(&s->pool, (size_t)n, sizeof **tensors);
    if (!*id_copy || !*tensors)
        return ERR_NOMEM;
    for (int k = 0; k < n; k++) {
        (*id_copy)[k] = ids[k];
        (*tensors)[k] = ids[k] < 0 ? NULL : &s->slots[ids[k]].t;
    }
    return 0;
}

static int make_step(nn_session *s, const nn_node *node, nn_step *step, err *e)
{
    *step = (nn_step){.node = node,
                      .op = node->op,
                      .run = node->op->run,
                      .n_in = node->n_in,
                      .n_out = node->n_out,
                      .residual_id = -1,
                      .pool = &s->pool,
                      .label = node->op->name};
    if (bind_values(s, node->in, node->n_in, &step->in_id, &step->in) ||
        bind_values(s, node->out, node->n_out, &step->out_id, &step->out))
        return nn_no_memory(s, e);
    for (int k = 0; k < step->n_out; k++)
        if (step->out_id[k] >= 0)
            s->slots[step->out_id[k]].producer = (int)(step - s->steps);
    return 0;
}

static bool can_fold(const nn_session *s, const nn_step *step)
{
    if (step->macs > max_fold_macs)
        return false;
    for (int k = 0; k < step->n_in && !(step->op->flags & NN_OP_SHAPE_ONLY); k++)
        if (step->in_id[k] >= 0 &&
            (!s->slots[step->in_id[k]].constant || s->slots[step->in_id[k]].trained))
            return false;
    return true;
}

static int run_once(nn_session *s, nn_step *step, err *e)
{
    int rc = step->op->prepare ? step->op->prepare(step, e) : 0;
    if (rc)
        return rc;
    nn_pool scratch = {.limit = s->pool.limit};
    step->scratch = nn_pool_alloc(&scratch, step->scratch_bytes);
    rc = step->scratch ? step->run(step, e) : nn_no_memory(s, e);
    nn_pool_free(&scratch);
    return rc;
}

/* A transposed or scaled weight is still the same weight. */
static void keep_origin(const nn_step *step)
{
    for (int k = 0; k < step->n_in; k++) {
        const nn_tensor *in = step->in[k];
        for (int o = 0; in && in->dtype == NN_FLOAT && o < step->n_out; o++)
            if (step->out[o] && !step->out[o]->origin && step->out[o]->count <= in->count)
                step->out[o]->origin = in;
    }
}

static int fold(nn_session *s, nn_step *step, err *e)
{
    for (int k = 0; k < step->n_out; k++)
        if (step->out[k] && !(step->out[k]->data = nn_pool_alloc(&s->pool, step->out[k]->bytes)))
            return nn_no_memory(s, e);
    int rc = nn_is_empty(step) ? 0 : run_once(s, step, e);
    if (rc)
        return rc;
    for (int k = 0; k < step->n_out; k++)
        if (step->out_id[k] >= 0) {
            s->slots[step->out_id[k]].constant = true;
            s->slots[step->out_id[k]].producer = -1;
        }
    keep_origin(step);
    step->gone = true;
    return 0;
}

int nn_infer(nn_session *s, err *e)
{
    for (int i = 0; i < s->model->n_nodes; i++) {
        const nn_node *node = &s->model->nodes[i];
        nn_step *step = &s->steps[i];
        int rc = make_step(s, node, step, e);
        if (!rc) {
            s->n_steps = i + 1;
            rc = node->op->infer(step, e);
        }
        if (!rc && can_fold(s, step))
            rc = fold(s, step, e);
        if (rc)
            return nn_node_error(node, e);
    }
    nn_drop_unused(s);
    return 0;
}
