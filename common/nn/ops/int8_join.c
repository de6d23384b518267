/* Parallel integer layers with outputs that are joined and then quantized together. Each keeps its
 * sums until the common range is known; then each writes its slice of the bytes. */
#include "nn/ops/int8.h"
#include "nn/ops/int8_internal.h"

typedef struct join_state {
    int n;
    nn_step *layers;
} join_state;

int nn_int8_join_layers(nn_step *step, nn_step *const *layers, int n, err *e)
{
    join_state *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    const size_t inputs = (size_t)n * NN_INT8_INPUTS;
    s->n = n;
    s->layers = nn_pool_array(step->pool, (size_t)n, sizeof *s->layers);
    step->in = nn_pool_array(step->pool, inputs, sizeof *step->in);
    step->in_id = nn_pool_array(step->pool, inputs, sizeof *step->in_id);
    if (!s->layers || !step->in || !step->in_id)
        return err_set(e, ERR_NOMEM, "no memory for %d integer layers within the limit", n);
    step->op = &nn_int8_join;
    step->run = step->op->run;
    step->n_in = (int)inputs;
    step->macs = 0;
    for (int k = 0; k < n; k++) {
        s->layers[k] = *layers[k];
        step->macs += layers[k]->macs;
        for (int i = 0; i < NN_INT8_INPUTS; i++) {
            step->in[k * NN_INT8_INPUTS + i] = layers[k]->in[i];
            step->in_id[k * NN_INT8_INPUTS + i] = layers[k]->in_id[i];
        }
    }
    return 0;
}

/* Scratch: one part for all kernels, and one for the sums of each. */
static int prepare_join(nn_step *step, err *e)
{
    join_state *s = step->state;
    size_t at = 0;
    for (int k = 0; k < s->n; k++) {
        s->layers[k].n_out = step->n_out;
        int rc = nn_int8_prepare(&s->layers[k], e);
        if (rc)
            return rc;
        const size_t kernel = nn_int8_kernel_bytes(&s->layers[k]);
        at = kernel > at ? kernel : at;
    }
    for (int k = 0; k < s->n; k++) {
        nn_int8_move_sums(&s->layers[k], at);
        at += nn_int8_sums_bytes(&s->layers[k]);
    }
    step->scratch_bytes = at;
    return 0;
}

static void release_join(nn_step *step)
{
    join_state *s = step->state;
    for (int k = 0; k < s->n; k++)
        if (s->layers[k].state)
            nn_int8_release(&s->layers[k]);
}

static int run_join(const nn_step *step, err *e)
{
    (void)e;
    const join_state *s = step->state;
    const size_t batch = (size_t)step->out[0]->dims[0], all = step->out[0]->count / batch;
    nn_quantization q = {.scale = 1};
    nn_range range = {0, 0};
    for (int k = 0; k < s->n; k++) {
        s->layers[k].scratch = step->scratch;
        if (step->n_out > 1)
            nn_int8_hold(&s->layers[k], &range);
    }
    if (step->n_out > 1) {
        q = nn_quantization_of(range);
        *(float *)step->out[1]->data = q.scale;
        *(uint8_t *)step->out[2]->data = q.zero;
    }
    uint8_t *out = step->out[0]->data;
    for (int k = 0; k < s->n; k++) {
        if (step->n_out > 1)
            nn_int8_give(&s->layers[k], q, out, all);
        else
            nn_int8_run_static(&s->layers[k], out, all);
        out += s->layers[k].out[0]->count / batch;
    }
    return 0;
}

const nn_op nn_int8_join = NN_OP("ConvInteger", 2, NN_MANY, 1, 3, "", .prepare = prepare_join,
                                 .run = run_join, .release = release_join, .flags = NN_OP_INT8);
