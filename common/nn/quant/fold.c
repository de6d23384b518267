/* Folds batch norm into the convolution before it, in the graph. */
#include <math.h>
#include <string.h>

#include "nn/quant/internal.h"

static int count_uses(const nn_model *m, int value)
{
    int uses = 0;
    for (int i = 0; i < m->n_nodes; i++)
        for (int k = 0; k < m->nodes[i].n_in; k++)
            uses += m->nodes[i].in[k] == value;
    for (int i = 0; i < m->n_outputs; i++)
        uses += m->outputs[i] == value;
    return uses;
}

static const nn_tensor *constant(const nn_model *m, const nn_node *node, int k)
{
    return k < node->n_in && node->in[k] >= 0 ? m->values[node->in[k]].constant : NULL;
}

/* The constant convolution with this batch norm as its only reader; NULL if there is none. */
static const nn_node *foldable(const nn_model *m, const nn_node *norm)
{
    if (!quant_is_op(norm, "BatchNormalization") || norm->n_out != 1)
        return NULL;
    int producer = norm->in[0] < 0 ? -1 : m->values[norm->in[0]].producer;
    const nn_node *conv = producer < 0 ? NULL : &m->nodes[producer];
    if (!conv || !quant_is_op(conv, "Conv") || count_uses(m, norm->in[0]) != 1)
        return NULL;
    const nn_tensor *w = constant(m, conv, 1), *b = constant(m, conv, 2);
    if (!w || w->dtype != NN_FLOAT || w->rank < 3 || (conv->n_in > 2 && conv->in[2] >= 0 && !b))
        return NULL;
    if (b && (b->dtype != NN_FLOAT || b->count != (size_t)w->dims[0]))
        return NULL;
    for (int k = 1; k < 5; k++) {
        const nn_tensor *t = constant(m, norm, k);
        if (!t || t->dtype != NN_FLOAT || t->count != (size_t)w->dims[0])
            return NULL;
    }
    return conv;
}

/* w := w g, b := (b - mean) g + beta with g = gamma / sqrt(variance + epsilon), in double. */
static void fold_values(const nn_model *m, const nn_node *conv, const nn_node *norm, float *w,
                        float *b)
{
    const nn_tensor *weights = constant(m, conv, 1), *bias = constant(m, conv, 2);
    const float *of[5];
    for (int k = 1; k < 5; k++)
        of[k] = constant(m, norm, k)->data;
    double epsilon = (double)nn_attr_float(norm, "epsilon", 1e-5f);
    size_t channels = (size_t)weights->dims[0], each = weights->count / channels;
    for (size_t c = 0; c < channels; c++) {
        double gain = (double)of[1][c] / sqrt((double)of[4][c] + epsilon);
        for (size_t i = c * each; i < (c + 1) * each; i++)
            w[i] = (float)((double)((const float *)weights->data)[i] * gain);
        double before = bias ? (double)((const float *)bias->data)[c] : 0;
        b[c] = (float)((before - (double)of[3][c]) * gain + (double)of[2][c]);
    }
}

static void emit_folded(nn_builder *b, const nn_model *m, const nn_node *conv, const nn_node *norm,
                        nn_pool *pool)
{
    const nn_tensor *w = constant(m, conv, 1);
    float *weights = nn_pool_alloc(pool, w->bytes);
    float *bias = nn_pool_array(pool, (size_t)w->dims[0], sizeof *bias);
    const char *output = m->values[norm->out[0]].name;
    bool own = count_uses(m, conv->in[1]) == 1; /* weights with a single use keep their name */
    const char *w_name = own ? m->values[conv->in[1]].name : quant_name(pool, output, "_weight");
    const char *b_name = quant_name(pool, output, "_bias");
    if (!weights || !bias || !w_name || !b_name)
        return; /* the file then lacks them, and loading fails */
    fold_values(m, conv, norm, weights, bias);
    nn_builder_floats(b, w_name, w->rank, w->dims, weights);
    nn_builder_floats(b, b_name, 1, w->dims, bias);
    const char *inputs[] = {m->values[conv->in[0]].name, w_name, b_name};
    nn_builder_adapt_node(b, m, conv, NULL, 3, inputs, output);
}

static void emit_nodes(nn_builder *b, const nn_model *m, const nn_node **convs, bool *needed,
                       nn_pool *pool)
{
    for (int i = 0; i < m->n_nodes; i++) {
        const nn_node *node = &m->nodes[i];
        bool folded = false;
        for (int k = 0; k < m->n_nodes; k++)
            folded |= convs[k] == node;
        if (convs[i])
            emit_folded(b, m, convs[i], node, pool);
        if (convs[i] || folded)
            continue;
        nn_builder_copy_node(b, m, node);
        for (int k = 0; k < node->n_in; k++)
            if (node->in[k] >= 0)
                needed[node->in[k]] = true;
    }
    for (int i = 0; i < m->n_outputs; i++)
        needed[m->outputs[i]] = true;
}

nn_model *quant_fold(const nn_model *m, err *e)
{
    nn_pool pool = {0};
    const nn_node **convs = nn_pool_array(&pool, (size_t)m->n_nodes, sizeof(nn_node *));
    bool *needed = nn_pool_array(&pool, (size_t)m->n_values, sizeof *needed);
    if (!convs || !needed) {
        err_set(e, ERR_NOMEM, "no memory to fold batch norm");
        nn_pool_free(&pool);
        return NULL;
    }
    nn_builder *b = nn_builder_new();
    nn_builder_copy_face(b, m);
    for (int i = 0; i < m->n_nodes; i++)
        convs[i] = foldable(m, &m->nodes[i]);
    emit_nodes(b, m, convs, needed, &pool);
    for (int i = 0; i < m->n_values; i++)
        if (needed[i] && m->values[i].constant)
            nn_builder_tensor(b, m->values[i].name, m->values[i].constant);
    nn_model *folded = nn_builder_finish(b, "the network with batch norm folded", e);
    nn_pool_free(&pool);
    return folded;
}
