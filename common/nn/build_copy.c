/* Copies pieces of another model unchanged. Packing and unpacking copies a message, whatever it
 * contains. */
#include "nn/build_copy.h"

#include <stdlib.h>
#include <string.h>

#include "nn/build.h"

static void *copy_message(nn_builder *b, const ProtobufCMessage *from)
{
    size_t size = protobuf_c_message_get_packed_size(from);
    uint8_t *data = malloc(size ? size : 1);
    if (!data)
        return nn_builder_no_memory(b);
    protobuf_c_message_pack(from, data);
    ProtobufCMessage *copy = protobuf_c_message_unpack(from->descriptor, NULL, size, data);
    free(data);
    return copy ? copy : nn_builder_no_memory(b);
}

/* Appends copies of `count` messages to *list. */
static void copy_list(nn_builder *b, void *list, size_t *n, const void *from, size_t count)
{
    for (size_t i = 0; i < count && nn_builder_usable(b); i++) {
        const ProtobufCMessage *message;
        memcpy(&message, (const char *)from + i * sizeof message, sizeof message);
        ProtobufCMessage *copy = copy_message(b, message);
        if (copy && !nn_builder_append(b, list, n, &copy, sizeof copy))
            protobuf_c_message_free_unpacked(copy, NULL);
    }
}

#define COPY_LIST(b, to, field, from)                                                              \
    copy_list(b, &(to)->field, &(to)->n_##field, (from)->field, (from)->n_##field)

/* Leaves out inputs that are also initializers, which old files list. */
static void copy_inputs(nn_builder *b, const nn_model *from)
{
    const Onnx__GraphProto *g = from->proto->graph;
    for (int i = 0; i < from->n_inputs; i++)
        for (size_t k = 0; k < g->n_input; k++)
            if (strcmp(g->input[k]->name, from->input_ports[i].name) == 0)
                copy_list(b, &b->model->graph->input, &b->model->graph->n_input, &g->input[k], 1);
}

void nn_builder_copy_face(nn_builder *b, const nn_model *from)
{
    if (!nn_builder_usable(b))
        return;
    copy_inputs(b, from);
    COPY_LIST(b, b->model->graph, output, from->proto->graph);
    COPY_LIST(b, b->model, metadata_props, from->proto);
    for (size_t i = 0; i < b->model->n_opset_import; i++)
        b->model->opset_import[i]->version = from->opset;
}

void nn_builder_copy_node(nn_builder *b, const nn_model *from, const nn_node *node)
{
    nn_builder_adapt_node(b, from, node, NULL, 0, NULL, NULL);
}

/* Replaces the text at *at, which may be NULL. */
static void set_text(nn_builder *b, char **at, const char *text)
{
    char *copy = nn_builder_text(b, text, strlen(text));
    if (!copy)
        return;
    free(*at);
    *at = copy;
}

static void set_inputs(nn_builder *b, Onnx__NodeProto *n, int n_in, const char *const *inputs)
{
    for (size_t i = 0; i < n->n_input; i++)
        free(n->input[i]);
    n->n_input = 0;
    for (int i = 0; i < n_in && nn_builder_usable(b); i++) {
        char *name = nn_builder_text(b, inputs[i], strlen(inputs[i]));
        if (name && !nn_builder_append(b, &n->input, &n->n_input, &name, sizeof name))
            free(name);
    }
}

void nn_builder_adapt_node(nn_builder *b, const nn_model *from, const nn_node *node, const char *op,
                           int n_in, const char *const *inputs, const char *output)
{
    if (!nn_builder_usable(b))
        return;
    Onnx__NodeProto *n = copy_message(b, &from->proto->graph->node[node->index]->base);
    if (!n)
        return;
    if (!APPEND(b, b->model->graph, node, n)) {
        onnx__node_proto__free_unpacked(n, NULL);
        return;
    }
    b->node = n;
    if (op)
        set_text(b, &n->op_type, op);
    if (inputs)
        set_inputs(b, n, n_in, inputs);
    if (output && n->n_output)
        set_text(b, &n->output[0], output);
}

void nn_builder_name_node(nn_builder *b, const char *name)
{
    if (nn_builder_usable(b) && b->node)
        set_text(b, &b->node->name, name);
}
