/* Finds the nodes of the folded model that are layers, and their weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/quant/internal.h"

/* -1: not a product. */
static int kind_of(const nn_node *n)
{
    static const char *const ops[] = {
        [QUANT_CONV] = "Conv", [QUANT_GEMM] = "Gemm", [QUANT_MATMUL] = "MatMul"};
    for (int k = 0; k < 3; k++)
        if (quant_is_op(n, ops[k]))
            return k;
    return -1;
}

static const nn_tensor *constant(const quantizer *q, const nn_node *node, int k)
{
    if (k >= node->n_in || node->in[k] < 0 || !q->session->slots[node->in[k]].constant)
        return NULL;
    return &q->session->slots[node->in[k]].t;
}

static const nn_tensor *tensor(const quantizer *q, const nn_node *node, int k)
{
    return &q->session->slots[node->in[k]].t;
}

/* Whether the node's bias, input 2, depends on data. */
static bool bias_varies(const quantizer *q, const nn_node *node)
{
    return node->n_in > 2 && node->in[2] >= 0 && !constant(q, node, 2);
}

static void set_shape(quant_work *w, size_t channels, bool rows)
{
    size_t each = channels ? w->weights->count / channels : 0;
    w->shape =
        rows ? (nn_weights){channels, each, each, 1} : (nn_weights){channels, each, 1, channels};
}

/* Returns NULL, or the reason why the layer stays in float. */
static const char *examine(const quantizer *q, quant_work *w)
{
    const nn_tensor *t = w->weights;
    if (tensor(q, w->node, 0)->dtype != NN_FLOAT || t->dtype != NN_FLOAT)
        return "it does not compute in float";
    if (bias_varies(q, w->node))
        return "its bias depends on the data";
    for (size_t i = 0; i < t->count; i++)
        if (!isfinite(((const float *)t->data)[i]))
            return "it has weights that are not finite";
    if (w->kind == QUANT_CONV) {
        set_shape(w, (size_t)t->dims[0], true);
        return t->rank < 3 ? "its weights are not kernels" : NULL;
    }
    w->transposed = w->kind == QUANT_GEMM && nn_attr_int(w->node, "transB", 0);
    set_shape(w, t->rank == 2 ? (size_t)t->dims[w->transposed ? 0 : 1] : 0, w->transposed);
    return t->rank == 2 ? NULL : "its weights are not a matrix";
}

/* Whether the layer is named in the list. Marks the names found. */
static bool is_named(const quantizer *q, const nn_node *n, size_t count, const char *const *names,
                     bool *found)
{
    const char *own[] = {n->name, q->model->values[n->in[1]].name,
                         q->model->values[n->out[0]].name};
    bool named = false;
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 3; k++)
            if (strcmp(names[i], own[k]) == 0)
                found[i] = named = true;
    return named;
}

/* Values that depend on no layer, from the model's inputs on. */
static bool *find_raw(quantizer *q)
{
    const nn_model *m = q->model;
    bool *raw = nn_pool_array(&q->pool, (size_t)m->n_values, sizeof *raw);
    for (int i = 0; raw && i < m->n_inputs; i++)
        raw[m->inputs[i]] = true;
    for (int i = 0; raw && i < m->n_nodes; i++) {
        const nn_node *n = &m->nodes[i];
        bool all = n->in[0] >= 0 && kind_of(n) < 0;
        for (int k = 0; k < n->n_in; k++)
            all = all && (n->in[k] < 0 || raw[n->in[k]] || q->session->slots[n->in[k]].constant);
        for (int k = 0; all && k < n->n_out; k++)
            if (n->out[k] >= 0)
                raw[n->out[k]] = true;
    }
    return raw;
}

/* Whether "input" selects this layer as wide. */
static bool reads_input(const quantizer *q, const nn_node *n, bool *found)
{
    bool asked = false;
    for (size_t i = 0; i < q->options.wides; i++)
        if (strcmp(q->options.wide[i], "input") == 0 && q->raw[n->in[0]])
            found[i] = asked = true;
    return asked;
}

static quant_input *find_input(quantizer *q, int value)
{
    for (int i = 0; i < q->inputs; i++)
        if (q->input[i].value == value)
            return &q->input[i];
    quant_input *in = &q->input[q->inputs++];
    in->value = value;
    bool histogram = q->options.scheme == QUANT_STATIC && q->options.rule != QUANT_MINMAX;
    in->histogram = histogram ? nn_pool_alloc(&q->pool, sizeof *in->histogram) : NULL;
    return in;
}

static void describe(const quantizer *q, quant_work *w)
{
    quant_layer *info = &w->info;
    const nn_node *n = w->node;
    info->name = *n->name ? n->name : q->model->values[n->out[0]].name;
    info->op = n->op->name;
    info->weight = w->weights->dtype == NN_FLOAT ? nn_range_of(w->weights->data, w->weights->count)
                                                 : (nn_range){0, 0};
    info->bytes_before = w->weights->bytes + (w->bias ? w->bias->bytes : 0);
    info->bytes_after = info->bytes_before;
    info->own_snr_db = info->snr_db = (double)NAN;
}

/* found[]: first the skips, then the wides. */
static void add_layer(quantizer *q, const nn_node *node, quant_kind kind, bool *found)
{
    const nn_tensor *weights = constant(q, node, 1);
    if (!weights || constant(q, node, 0))
        return;
    quant_work *w = &q->layer[q->layers++];
    *w = (quant_work){.kind = kind, .node = node, .weights = weights, .bias = constant(q, node, 2)};
    describe(q, w);
    const quant_options *o = &q->options;
    w->info.why_float = examine(q, w);
    w->info.wide = is_named(q, node, o->wides, o->wide, found + o->skips);
    w->info.wide |= reads_input(q, node, found + o->skips);
    if (is_named(q, node, o->skips, o->skip, found))
        w->info.why_float = "as asked";
    if (w->info.why_float)
        return;
    w->info.binary = q->options.scheme == QUANT_BINARY && kind != QUANT_CONV;
    w->input = find_input(q, node->in[0]);
    w->input->wide |= w->info.wide;
}

static int refuse_name(const quantizer *q, const char *name, err *e)
{
    char list[ERR_TEXT_MAX / 2] = "";
    size_t used = 0;
    for (int i = 0; i < q->layers && used < sizeof list; i++) {
        int n =
            snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", q->layer[i].info.name);
        used += n > 0 ? (size_t)n : 0;
    }
    return err_set(e, ERR_INVALID, "unknown layer '%.64s'; the layers are %s", name, list);
}

static int check_found(const quantizer *q, const bool *found, err *e)
{
    int left = 0;
    for (size_t i = 0; i < q->options.skips; i++)
        if (!found[i])
            return refuse_name(q, q->options.skip[i], e);
    for (size_t i = 0; i < q->options.wides; i++)
        if (!found[q->options.skips + i])
            return refuse_name(q, q->options.wide[i], e);
    for (int i = 0; i < q->layers; i++)
        left += !q->layer[i].info.why_float;
    if (left == 0)
        return err_set(e, ERR_INVALID,
                       q->layers ? "every layer is kept in float: nothing is left to quantize"
                                 : "it has no Conv, Gemm or MatMul with constant weights");
    for (int i = 0; i < q->inputs; i++)
        if (q->options.scheme == QUANT_STATIC && q->options.rule != QUANT_MINMAX &&
            !q->input[i].histogram)
            return err_set(e, ERR_NOMEM, "no memory for histograms");
    return 0;
}

int quant_find_layers(quantizer *q, err *e)
{
    const nn_model *m = q->model;
    q->layer = nn_pool_array(&q->pool, (size_t)m->n_nodes, sizeof *q->layer);
    q->input = nn_pool_array(&q->pool, (size_t)m->n_nodes, sizeof *q->input);
    bool *found = nn_pool_array(&q->pool, q->options.skips + q->options.wides, sizeof *found);
    q->raw = find_raw(q);
    if (!q->layer || !q->input || !found || !q->raw)
        return err_set(e, ERR_NOMEM, "no memory to quantize");
    for (int i = 0; i < m->n_nodes; i++)
        if (kind_of(&m->nodes[i]) >= 0)
            add_layer(q, &m->nodes[i], (quant_kind)kind_of(&m->nodes[i]), found);
    return check_found(q, found, e);
}
