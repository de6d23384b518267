#include "nn/quant.h"

#include <stdlib.h>
#include <string.h>

#include "nn/graph.h"
#include "nn/quant/internal.h"

static const char *const schemes[] = {"dynamic", "static", "binary"};
static const char *const rules[] = {"minmax", "percentile", "mse"};

static int find_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

const char *quant_scheme_name(quant_scheme scheme)
{
    return schemes[scheme];
}

int quant_scheme_from_name(const char *name)
{
    return find_name(schemes, sizeof schemes / sizeof schemes[0], name);
}

int quant_rule_from_name(const char *name)
{
    return find_name(rules, sizeof rules / sizeof rules[0], name);
}

/* Per-axis DequantizeLinear came with opset 13; quantizing a quantized model again would lose
 * accuracy twice. */
static int check_model(const nn_model *m, err *e)
{
    static const char *const integer[] = {"DynamicQuantizeLinear", "QuantizeLinear",
                                          "DequantizeLinear",      "ConvInteger",
                                          "MatMulInteger",         "QLinearConv"};
    if (m->opset < 13)
        return err_set(e, ERR_UNSUPPORTED,
                       "it is of opset %d; quantizing needs 13 or later: export with "
                       "opset_version=17",
                       m->opset);
    for (int i = 0; i < m->n_nodes; i++)
        if (find_name(integer, sizeof integer / sizeof integer[0], m->nodes[i].op->name) >= 0)
            return err_set(e, ERR_UNSUPPORTED, "it is already quantized: it has the operator %s",
                           m->nodes[i].op->name);
    return 0;
}

nn_session *quant_session(const nn_model *model, err *e)
{
    return nn_session_open_with(model, &(nn_session_options){.keep = true}, e);
}

static int open_parts(quantizer *q, const nn_model *model, err *e)
{
    int rc = check_model(model, e);
    if (rc)
        return rc;
    q->model = quant_fold(model, e);
    q->session = q->model ? quant_session(q->model, e) : NULL;
    if (!q->session)
        return ERR_FORMAT;
    for (int i = 0; i < q->model->n_inputs; i++)
        if (q->model->input_ports[i].dtype != NN_FLOAT)
            return err_set(e, ERR_UNSUPPORTED, "its input '%s' is not float",
                           q->model->input_ports[i].name);
    return quant_find_layers(q, e);
}

quantizer *quant_open(const nn_model *model, const quant_options *options, err *e)
{
    quantizer *q = calloc(1, sizeof *q);
    if (!q) {
        err_set(e, ERR_NOMEM, "no memory to quantize");
        return NULL;
    }
    q->options = *options;
    if (open_parts(q, model, e) == 0)
        return q;
    quant_free(q);
    return NULL;
}

void quant_free(quantizer *q)
{
    if (!q)
        return;
    nn_session_free(q->session);
    nn_session_free(q->quantized_session);
    nn_model_free(q->model);
    nn_model_free(q->quantized);
    nn_pool_free(&q->pool);
    free(q);
}

int quant_layers(const quantizer *q)
{
    return q->layers;
}

const quant_layer *quant_layer_at(const quantizer *q, int index)
{
    return index >= 0 && index < q->layers ? &q->layer[index].info : NULL;
}
