/* Converts ONNX messages to numbered values and nodes in topological order. ONNX requires sorted
 * nodes, so the use of a value before its definition means a cycle or a broken file. */
#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "nn/onnx_io.h"
#include "nn/ops/registry.h"

enum {
    MIN_OPSET = 7,
    MAX_OPSET = 21,
    MIN_IR = 3,
    MAX_IR = 13,
    MAX_NODES = 16384,
    MAX_PORTS = 1024
};

enum { ONNX_FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT };

/* Value names to numbers: open addressing in a table at most half full. */
typedef struct builder {
    nn_model *model;
    const Onnx__GraphProto *graph;
    int *table;
    size_t mask;
} builder;

static size_t hash_name(const char *name)
{
    uint64_t h = hash_text(HASH_START, name);
    return (size_t)(h ^ (h >> 32));
}

/* The entry of the name, or the free entry for it. */
static int *find_entry(const builder *b, const char *name)
{
    size_t i = hash_name(name) & b->mask;
    while (b->table[i] >= 0 && strcmp(b->model->values[b->table[i]].name, name) != 0)
        i = (i + 1) & b->mask;
    return &b->table[i];
}

static int add_value(builder *b, const char *name, int producer, int *id, err *e)
{
    nn_model *m = b->model;
    if (!name || !*name)
        return err_set(e, ERR_FORMAT, "a value has no name");
    int *entry = find_entry(b, name);
    if (*entry >= 0)
        return err_set(e, ERR_FORMAT, "the value '%s' is produced twice", name);
    char *copy = nn_pool_text(&m->pool, name, strlen(name));
    if (!copy)
        return err_set(e, ERR_NOMEM, "no memory for the graph");
    *id = *entry = m->n_values++;
    m->values[*id] = (nn_value){copy, producer, NULL};
    return 0;
}

static int check_versions(nn_model *m, err *e)
{
    const Onnx__ModelProto *p = m->proto;
    if (p->has_ir_version && (p->ir_version < MIN_IR || p->ir_version > MAX_IR))
        return err_set(e, ERR_UNSUPPORTED, "ONNX IR version %" PRId64 "; csilink reads %d to %d",
                       p->ir_version, MIN_IR, MAX_IR);
    m->opset = 0;
    for (size_t i = 0; i < p->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *o = p->opset_import[i];
        if (o->domain && *o->domain && strcmp(o->domain, "ai.onnx") != 0)
            continue; /* a node that uses it is refused later, by name */
        if (o->version < MIN_OPSET || o->version > MAX_OPSET)
            return err_set(e, ERR_UNSUPPORTED,
                           "ONNX opset %" PRId64 "; csilink reads %d to %d: export with "
                           "opset_version=%d",
                           o->version, MIN_OPSET, MAX_OPSET, MAX_OPSET);
        m->opset = (int)o->version;
    }
    if (!m->opset)
        return err_set(e, ERR_FORMAT, "the model does not state its ONNX opset");
    return 0;
}

static int check_sizes(const Onnx__GraphProto *g, err *e)
{
    if (g->n_node > MAX_NODES || g->n_initializer > MAX_NODES)
        return err_set(e, ERR_UNSUPPORTED,
                       "%zu nodes and %zu initializers; csilink takes %d of each", g->n_node,
                       g->n_initializer, MAX_NODES);
    if (g->n_sparse_initializer)
        return err_set(e, ERR_UNSUPPORTED, "it has sparse initializers; csilink reads dense ones");
    if (g->n_input > MAX_PORTS + MAX_NODES || g->n_output > MAX_PORTS || g->n_output == 0)
        return err_set(e, ERR_FORMAT, "%zu inputs and %zu outputs; csilink takes 1 to %d outputs",
                       g->n_input, g->n_output, MAX_PORTS);
    return 0;
}

static int make_tables(builder *b, err *e)
{
    const Onnx__GraphProto *g = b->graph;
    nn_model *m = b->model;
    size_t values = g->n_initializer + g->n_input, entries = 64;
    for (size_t i = 0; i < g->n_node; i++)
        values += g->node[i]->n_output;
    while (entries < 2 * values)
        entries *= 2;
    b->mask = entries - 1;
    b->table = nn_pool_array(&m->pool, entries, sizeof *b->table);
    m->values = nn_pool_array(&m->pool, values, sizeof *m->values);
    m->nodes = nn_pool_array(&m->pool, g->n_node, sizeof *m->nodes);
    m->inputs = nn_pool_array(&m->pool, g->n_input, sizeof *m->inputs);
    m->input_ports = nn_pool_array(&m->pool, g->n_input, sizeof *m->input_ports);
    m->outputs = nn_pool_array(&m->pool, g->n_output, sizeof *m->outputs);
    m->output_ports = nn_pool_array(&m->pool, g->n_output, sizeof *m->output_ports);
    if (!b->table || !m->values || !m->nodes || !m->inputs || !m->input_ports || !m->outputs ||
        !m->output_ports || values > INT32_MAX)
        return err_set(e, ERR_NOMEM, "no memory for a graph of %zu values", values);
    memset(b->table, 0xff, entries * sizeof *b->table);
    return 0;
}

static int add_initializers(builder *b, err *e)
{
    for (size_t i = 0; i < b->graph->n_initializer; i++) {
        const Onnx__TensorProto *t = b->graph->initializer[i];
        int id = 0, rc = add_value(b, t->name, -1, &id, e);
        if (!rc && !(b->model->values[id].constant = nn_onnx_tensor(t, &b->model->pool, e)))
            rc = ERR_FORMAT;
        if (rc)
            return err_prefix(e, "initializer %zu '%s'", i, t->name ? t->name : "");
    }
    b->model->n_initializers = (int)b->graph->n_initializer;
    return 0;
}

/* Old files also list initializers as inputs; those are not inputs here. */
static int add_inputs(builder *b, err *e)
{
    nn_model *m = b->model;
    for (size_t i = 0; i < b->graph->n_input; i++) {
        const Onnx__ValueInfoProto *info = b->graph->input[i];
        int *known = info->name && *info->name ? find_entry(b, info->name) : NULL;
        if (known && *known >= 0 && m->values[*known].constant)
            continue;
        int rc = add_value(b, info->name, -1, &m->inputs[m->n_inputs], e);
        if (!rc)
            rc = nn_onnx_port(info, &m->pool, &m->input_ports[m->n_inputs], e);
        if (rc)
            return err_prefix(e, "input %zu '%s'", i, info->name ? info->name : "");
        m->n_inputs++;
    }
    return 0;
}

static int add_outputs(builder *b, err *e)
{
    nn_model *m = b->model;
    for (size_t i = 0; i < b->graph->n_output; i++) {
        const Onnx__ValueInfoProto *info = b->graph->output[i];
        int *known = info->name && *info->name ? find_entry(b, info->name) : NULL;
        if (!known || *known < 0)
            return err_set(e, ERR_FORMAT, "no node produces output %zu '%s'", i,
                           info->name ? info->name : "");
        m->outputs[i] = *known;
        int rc = nn_onnx_port(info, &m->pool, &m->output_ports[i], e);
        if (rc)
            return err_prefix(e, "output %zu '%s'", i, info->name);
        m->n_outputs++;
    }
    return 0;
}

static int refuse_missing(const builder *b, size_t from, const char *name, err *e)
{
    for (size_t i = from; i < b->graph->n_node; i++)
        for (size_t k = 0; k < b->graph->node[i]->n_output; k++)
            if (strcmp(b->graph->node[i]->output[k], name) == 0)
                return err_set(e, ERR_FORMAT,
                               "its input '%s' comes from node %zu, which does not precede it: a "
                               "cycle, or nodes out of order",
                               name, i);
    return err_set(e, ERR_FORMAT,
                   "its input '%s' is not the output of a node, an initializer or "
                   "an input",
                   name);
}

static int check_arity(const Onnx__NodeProto *p, const nn_op *op, err *e)
{
    if (p->n_input < (size_t)op->min_in || p->n_input > (size_t)op->max_in)
        return err_set(e, ERR_FORMAT, "it has %zu inputs; the operator takes %d to %d", p->n_input,
                       op->min_in, op->max_in);
    if (p->n_output < (size_t)op->min_out || p->n_output > (size_t)op->max_out)
        return err_set(e, ERR_FORMAT, "it has %zu outputs; csilink's operator gives %d to %d",
                       p->n_output, op->min_out, op->max_out);
    return 0;
}

static int link_node(builder *b, size_t i, nn_node *node, err *e)
{
    const Onnx__NodeProto *p = b->graph->node[i];
    for (int k = 0; k < node->n_in; k++) {
        node->in[k] = -1;
        if (!*p->input[k] && k >= node->op->min_in && node->op->max_in != NN_MANY)
            continue;
        node->in[k] = *p->input[k] ? *find_entry(b, p->input[k]) : -1;
        if (node->in[k] < 0)
            return refuse_missing(b, i, p->input[k], e);
    }
    for (int k = 0; k < node->n_out; k++) {
        node->out[k] = -1;
        if (!*p->output[k] && k >= node->op->min_out)
            continue;
        int rc = add_value(b, p->output[k], b->model->n_nodes, &node->out[k], e);
        if (rc)
            return rc;
    }
    return 0;
}

/* A Constant node becomes a constant value without a step. */
static const nn_tensor *constant_value(nn_pool *pool, const nn_node *node, err *e)
{
    if (node->n_attrs != 1) {
        err_set(e, ERR_FORMAT, "a Constant has exactly one value, not %d", node->n_attrs);
        return NULL;
    }
    const nn_attr *a = &node->attrs[0];
    if (a->type == 't')
        return a->tensor;
    bool real = a->type == 'f' || a->type == 'F', list = a->type == 'I' || a->type == 'F';
    int64_t dims[1] = {(int64_t)a->count};
    nn_tensor *t = nn_pool_alloc(pool, sizeof *t);
    if (!t || nn_tensor_shape(t, real ? NN_FLOAT : NN_INT64, list, dims, e) ||
        !(t->data = nn_pool_alloc(pool, t->bytes))) {
        err_set(e, ERR_NOMEM, "no memory for its value");
        return NULL;
    }
    const void *from = a->type == 'I'   ? (const void *)a->ints
                       : a->type == 'F' ? (const void *)a->floats
                       : real           ? (const void *)&a->f
                                        : (const void *)&a->i;
    if (t->bytes)
        memcpy(t->data, from, t->bytes);
    return t;
}

/* A 16-bit weight behind the Cast that other runtimes need (nn/halve.c). It becomes a float
 * constant here, so that every search for constant weights finds it. NULL: not one. */
static const nn_tensor *widened_value(nn_model *m, const nn_node *node)
{
    if (strcmp(node->op->name, "Cast") != 0 || nn_attr_int(node, "to", 0) != ONNX_FLOAT ||
        node->out[0] < 0)
        return NULL;
    const nn_tensor *t = m->values[node->in[0]].constant;
    nn_tensor *wide = t && t->stored ? nn_pool_alloc(&m->pool, sizeof *wide) : NULL;
    if (!wide)
        return NULL;
    *wide = *t;
    wide->origin = t;
    return wide;
}

static int finish_node(builder *b, nn_node *node, err *e)
{
    nn_model *m = b->model;
    const nn_tensor *wide = widened_value(m, node);
    if (wide) {
        m->values[node->out[0]].constant = wide;
        m->values[node->out[0]].producer = -1;
        return 0;
    }
    if (strcmp(node->op->name, "Constant") != 0) {
        m->n_nodes++;
        return 0;
    }
    const nn_tensor *t = constant_value(&m->pool, node, e);
    if (!t)
        return ERR_FORMAT;
    m->values[node->out[0]].constant = t;
    m->values[node->out[0]].producer = -1;
    return 0;
}

static int fill_node(builder *b, size_t i, nn_node *node, err *e)
{
    const Onnx__NodeProto *p = b->graph->node[i];
    int rc = check_arity(p, node->op, e);
    if (rc)
        return rc;
    nn_pool *pool = &b->model->pool;
    node->opset = b->model->opset;
    node->n_in = (int)p->n_input;
    node->n_out = (int)p->n_output;
    node->in = nn_pool_array(pool, p->n_input, sizeof *node->in);
    node->out = nn_pool_array(pool, p->n_output, sizeof *node->out);
    if (!node->in || !node->out)
        return err_set(e, ERR_NOMEM, "no memory for the graph");
    rc = nn_onnx_attrs(p, pool, node, e);
    if (!rc)
        rc = link_node(b, i, node, e);
    return rc ? rc : finish_node(b, node, e);
}

static int add_node(builder *b, size_t i, err *e)
{
    const Onnx__NodeProto *p = b->graph->node[i];
    const char *op = p->op_type ? p->op_type : "", *name = p->name ? p->name : "";
    nn_node *node = &b->model->nodes[b->model->n_nodes];
    *node = (nn_node){.index = (int)i, .op = nn_find_op(op)};
    node->name = nn_pool_text(&b->model->pool, name, strlen(name));
    if (!node->name)
        return err_set(e, ERR_NOMEM, "no memory for the graph");
    if (p->domain && *p->domain && strcmp(p->domain, "ai.onnx") != 0)
        return err_set(e, ERR_UNSUPPORTED,
                       "node %zu '%s' (op '%s'): it is of domain '%s'; csilink has the standard "
                       "ONNX operators only",
                       i, name, op, p->domain);
    if (!node->op)
        return err_set(e, ERR_UNSUPPORTED,
                       "node %zu '%s' (op '%s'): csilink does not have this operator", i, name, op);
    int rc = fill_node(b, i, node, e);
    return rc ? nn_node_error(node, e) : 0;
}

int nn_graph_build(nn_model *model, err *e)
{
    builder b = {.model = model, .graph = model->proto->graph};
    if (!b.graph)
        return err_set(e, ERR_FORMAT, "the file holds no graph; is it an ONNX model?");
    int rc = check_versions(model, e);
    if (!rc)
        rc = check_sizes(b.graph, e);
    if (!rc)
        rc = make_tables(&b, e);
    if (!rc)
        rc = add_initializers(&b, e);
    if (!rc)
        rc = add_inputs(&b, e);
    for (size_t i = 0; !rc && i < b.graph->n_node; i++)
        rc = add_node(&b, i, e);
    return rc ? rc : add_outputs(&b, e);
}
