/* build.h: the message under construction behind nn.h's builder, and the internal part of the
 * builder. Every part of the message is malloc'ed, as in protobuf-c's unpacking, so that
 * free_unpacked frees it. */
#ifndef NN_BUILD_H
#define NN_BUILD_H

#include <stdbool.h>

#include "nn/onnx_io.h"

struct nn_builder {
    Onnx__ModelProto *model;
    Onnx__NodeProto *node; /* the last one */
    err failure;           /* the first one */
};

bool nn_builder_usable(const nn_builder *b);
void *nn_builder_no_memory(nn_builder *b); /* NULL */
char *nn_builder_text(nn_builder *b, const char *text, size_t length);

/* Appends to a repeated field; false when memory ran out, and the caller then keeps the item. */
bool nn_builder_append(nn_builder *b, void *list, size_t *n, const void *item, size_t size);

#define APPEND(b, message, field, item)                                                            \
    nn_builder_append(b, &(message)->field, &(message)->n_##field, &(item), sizeof(item))

/* Adds an initializer of any type: a copy of the tensor. */
void nn_builder_tensor(nn_builder *b, const char *name, const nn_tensor *t);

/* nn_builder_node with names in arrays, where they may contain spaces; NULL or "": absent. */
void nn_builder_node_of(nn_builder *b, const char *op, const char *name, int n_in,
                        const char *const *inputs, int n_out, const char *const *outputs);

#endif
