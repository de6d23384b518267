/* build_internal.h: the message under construction. Internal to the builder's files. It is
 * malloc'ed throughout, as protobuf-c's own unpacking does, so that free_unpacked frees it. */
#ifndef NN_BUILD_INTERNAL_H
#define NN_BUILD_INTERNAL_H

#include <stdbool.h>

#include "nn/build.h"
#include "nn/onnx_io.h"

struct nn_builder {
    Onnx__ModelProto *model;
    Onnx__NodeProto *node; /* the last one */
    err failure;           /* the first one */
};

bool nn_builder_usable(const nn_builder *b);
void *nn_builder_no_memory(nn_builder *b); /* NULL */
char *nn_builder_text(nn_builder *b, const char *text, size_t length);

/* Appends to a repeated field; false where there is no memory, the item then being the caller's. */
bool nn_builder_append(nn_builder *b, void *list, size_t *n, const void *item, size_t size);

#define APPEND(b, message, field, item)                                                            \
    nn_builder_append(b, &(message)->field, &(message)->n_##field, &(item), sizeof(item))

#endif
