/* The same network with another interface: a symbolic batch instead of a fixed one, an input or
 * output with other axes. Each function changes a copy of the file's message with the builder, and
 * loads it with the same checks. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/build.h"
#include "nn/build_copy.h"
#include "nn/steps.h"

nn_builder *nn_builder_continue(const nn_model *m)
{
    nn_builder *b = nn_builder_new();
    size_t size = onnx__model_proto__get_packed_size(m->proto);
    uint8_t *data = malloc(size ? size : 1);
    if (!nn_builder_usable(b) || !data) {
        free(data);
        nn_builder_no_memory(b);
        return b;
    }
    onnx__model_proto__pack(m->proto, data);
    Onnx__ModelProto *proto = nn_onnx_unpack(data, size, &b->failure);
    free(data);
    if (!proto)
        return b;
    onnx__model_proto__free_unpacked(b->model, NULL);
    b->model = proto;
    return b;
}

static void set_text(nn_builder *b, char **at, const char *text)
{
    char *copy = nn_builder_usable(b) ? nn_builder_text(b, text, strlen(text)) : NULL;
    if (!copy)
        return;
    free(*at);
    *at = copy;
}

void nn_builder_move_last(void *list, size_t n, size_t at)
{
    void **entries;
    memcpy(&entries, list, sizeof entries);
    void *last = entries[n - 1];
    memmove(&entries[at + 1], &entries[at], (n - 1 - at) * sizeof *entries);
    entries[at] = last;
}

/* --- the batch ----------------------------------------------------------------------------------
 */

/* The constant list of sizes in input k of a node; NULL if there is none. */
static const nn_tensor *sizes_of(const nn_model *m, const nn_node *node, int k)
{
    const nn_tensor *t =
        k < node->n_in && node->in[k] >= 0 ? m->values[node->in[k]].constant : NULL;
    bool list = t && t->dtype == NN_INT64 && t->rank == 1 && t->count >= 1;
    return list && t->count <= NN_MAX_RANK ? t : NULL;
}

static bool is_node(const nn_node *node, const char *op)
{
    return strcmp(node->op->name, op) == 0;
}

int nn_model_fixed_batches(const nn_model *m, int64_t *batches, int most)
{
    int n = 0;
    for (int i = 0; i < m->n_nodes && n < most; i++) {
        const nn_tensor *t = is_node(&m->nodes[i], "Reshape") ? sizes_of(m, &m->nodes[i], 1) : NULL;
        int64_t first = t ? ((const int64_t *)t->data)[0] : 0;
        bool known = first <= 1;
        for (int k = 0; k < n; k++)
            known |= batches[k] == first;
        if (!known)
            batches[n++] = first;
    }
    return n;
}

/* Whether a Reshape to these sizes takes exactly `count` elements. */
static bool takes(const int64_t *sizes, int n, const nn_tensor *in, int64_t batch)
{
    int64_t product = 1, count = (int64_t)in->count / batch;
    bool free = false;
    for (int i = 0; i < n; i++) {
        int64_t size = sizes[i];
        if (size == 0)
            size = i == 0 && in->dims[0] == batch ? 1 : i < in->rank ? in->dims[i] : 1;
        free |= size < 0;
        if (size > 0 && __builtin_mul_overflow(product, size, &product))
            return false;
    }
    return product > 0 && (free ? count % product == 0 : count == product);
}

/* Removes the batch from a Reshape's sizes. If the input begins with the batch, a first size of 0
 * copies it; elsewhere the batch is a factor of one of the sizes, which becomes -1 or the quotient.
 */
static bool free_reshape(int64_t *sizes, int n, const nn_tensor *in, int64_t batch)
{
    bool open = false;
    int at = -1;
    if (sizes[0] == batch && in->rank > 0 && in->dims[0] == batch) {
        sizes[0] = 0;
        return true;
    }
    if (takes(sizes, n, in, batch))
        return false;
    for (int i = 0; i < n; i++) {
        open |= sizes[i] == -1;
        if (at < 0 && sizes[i] == batch)
            at = i;
    }
    for (int i = 0; i < n && at < 0; i++)
        if (sizes[i] > 0 && sizes[i] % batch == 0)
            at = i;
    if (at >= 0)
        sizes[at] = open ? sizes[at] / batch : -1;
    return at >= 0;
}

/* Sizes that create or repeat something once for each sample: once. */
static bool free_repeats(int64_t *sizes, int n, int64_t batch)
{
    for (int i = 0; i < n; i++)
        if (sizes[i] == batch) {
            sizes[i] = 1;
            return true;
        }
    return false;
}

/* The initial state of a recurrent node, stored for each sample of the batch: omits it if it is
 * zero, else keeps one sample's if all are equal. */
static void free_state(nn_builder *b, nn_session *s, const nn_node *node, int k, int64_t batch)
{
    int id = k < node->n_in ? node->in[k] : -1;
    const nn_tensor *t = id >= 0 && s->slots[id].constant ? &s->slots[id].t : NULL;
    int axis = nn_attr_int(node, "layout", 0) ? 0 : 1;
    if (!t || t->dtype != NN_FLOAT || t->rank != 3 || t->dims[axis] != batch)
        return;
    size_t outer = axis == 0 ? 1 : (size_t)t->dims[0];
    size_t each = t->count / outer / (size_t)batch;
    const float *x = t->data;
    bool zero = true;
    for (size_t i = 0; i < t->count; i++) {
        size_t o = i / (each * (size_t)batch);
        zero &= x[i] == 0;
        if (x[i] != x[o * each * (size_t)batch + i % each])
            return;
    }
    char name[48] = "";
    if (!zero) {
        float *one = nn_pool_array(&s->pool, outer * each, sizeof *one);
        nn_tensor shape = *t;
        shape.dims[axis] = 1;
        for (size_t o = 0; one && o < outer; o++)
            memcpy(one + o * each, x + o * each * (size_t)batch, each * sizeof *one);
        snprintf(name, sizeof name, "csilink.state.%d.%d", node->index, k);
        if (one)
            nn_builder_floats(b, name, 3, shape.dims, one);
        else
            nn_builder_no_memory(b);
    }
    if (nn_builder_usable(b))
        set_text(b, &b->model->graph->node[node->index]->input[k], name);
}

/* Gives the node in the copy a separate list of sizes, since others can use the old one. */
static void free_node(nn_builder *b, const nn_model *m, nn_session *s, const nn_node *node,
                      int64_t batch)
{
    if (is_node(node, "LSTM") || is_node(node, "GRU") || is_node(node, "RNN"))
        for (int state = 5; state <= 6; state++)
            free_state(b, s, node, state, batch);
    bool shape = is_node(node, "Reshape"), made = is_node(node, "ConstantOfShape");
    int k = made ? 0 : 1;
    if (!shape && !made && !is_node(node, "Expand") && !is_node(node, "Tile"))
        return;
    const nn_tensor *list = sizes_of(m, node, k);
    const nn_tensor *in = node->in[0] >= 0 ? nn_session_value(s, node->in[0]) : NULL;
    int64_t sizes[NN_MAX_RANK];
    if (!list || !in || (int64_t)in->count % batch != 0)
        return;
    int n = (int)list->count;
    memcpy(sizes, list->data, list->bytes);
    if (!(shape ? free_reshape(sizes, n, in, batch) : free_repeats(sizes, n, batch)))
        return;
    char name[48];
    snprintf(name, sizeof name, "csilink.sizes.%d", node->index);
    nn_builder_list(b, name, n, sizes);
    set_text(b, &b->model->graph->node[node->index]->input[k], name);
}

/* Makes the first size of a port symbolic if it is the batch. */
static void free_port(nn_builder *b, Onnx__ValueInfoProto *v, int64_t batch)
{
    Onnx__TypeProto *type = v->type;
    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || !type->tensor_type ||
        !type->tensor_type->shape || type->tensor_type->shape->n_dim == 0)
        return;
    Onnx__TensorShapeProto__Dimension *d = type->tensor_type->shape->dim[0];
    if (d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE ||
        d->dim_value != batch)
        return;
    char *name = nn_builder_text(b, "N", 1);
    if (!name)
        return;
    d->dim_param = name;
    d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
}

nn_model *nn_model_free_batch(const nn_model *m, const nn_port *shapes, int64_t batch, err *e)
{
    if (batch < 2) {
        err_set(e, ERR_INVALID, "a batch of %" PRId64 " cannot be made free", batch);
        return NULL;
    }
    nn_session *s =
        nn_session_open_with(m, &(nn_session_options){.shapes = shapes, .keep = true}, e);
    if (!s)
        return NULL;
    nn_builder *b = nn_builder_continue(m);
    for (int i = 0; i < m->n_nodes && nn_builder_usable(b); i++)
        free_node(b, m, s, &m->nodes[i], batch);
    for (size_t i = 0; nn_builder_usable(b) && i < b->model->graph->n_input; i++)
        free_port(b, b->model->graph->input[i], batch);
    for (size_t i = 0; nn_builder_usable(b) && i < b->model->graph->n_output; i++)
        free_port(b, b->model->graph->output[i], batch);
    nn_session_free(s);
    return nn_builder_finish(b, "the network with a free batch", e);
}

/* --- axes ---------------------------------------------------------------------------------------
 */

/* Adds the node from -> to: a Transpose, or a Reshape to sizes that begin with the batch. */
static void add_relayout(nn_builder *b, const char *from, const char *to,
                         const nn_relayout *relayout)
{
    static const char sizes[] = "csilink.form.sizes";
    int64_t list[NN_MAX_RANK] = {0}; /* 0 first copies the batch */
    if (relayout->transposes) {
        nn_builder_node_of(b, "Transpose", "csilink.form", 1, &from, 1, &to);
        nn_builder_ints(b, "perm", relayout->rank, relayout->perm);
        return;
    }
    for (int i = 1; i < relayout->rank; i++)
        list[i] = relayout->dims[i];
    nn_builder_list(b, sizes, relayout->rank, list);
    nn_builder_node_of(b, "Reshape", "csilink.form", 2, (const char *[]){from, sizes}, 1, &to);
}

nn_model *nn_model_relayout_input(const nn_model *m, int rank, const int64_t *dims,
                                  const nn_relayout *relayout, err *e)
{
    static const char name[] = "csilink.image";
    nn_builder *b = nn_builder_continue(m);
    const char *old = m->input_ports[0].name;
    nn_builder_input(b, name, rank, dims);
    add_relayout(b, name, old, relayout);
    if (nn_builder_usable(b)) {
        Onnx__GraphProto *g = b->model->graph;
        size_t at = 0;
        while (strcmp(g->input[at]->name, old) != 0)
            at++;
        nn_builder_move_last(&g->input, g->n_input, at);
        onnx__value_info_proto__free_unpacked(g->input[at + 1], NULL);
        g->n_input--;
        memmove(&g->input[at + 1], &g->input[at + 2], (g->n_input - at - 1) * sizeof(g->input[0]));
        nn_builder_move_last(&g->node, g->n_node, 0);
    }
    return nn_builder_finish(b, "the network with its input in csilink's form", e);
}

nn_model *nn_model_relayout_output(const nn_model *m, int rank, const int64_t *dims,
                                   const nn_relayout *relayout, err *e)
{
    static const char name[] = "csilink.image";
    nn_builder *b = nn_builder_continue(m);
    add_relayout(b, m->output_ports[0].name, name, relayout);
    nn_builder_output(b, name, rank, dims);
    if (nn_builder_usable(b)) {
        Onnx__GraphProto *g = b->model->graph;
        onnx__value_info_proto__free_unpacked(g->output[0], NULL);
        g->output[0] = g->output[--g->n_output];
    }
    return nn_builder_finish(b, "the network with its output in csilink's form", e);
}
