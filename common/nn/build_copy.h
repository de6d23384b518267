/* build_copy.h: pieces of another model for a model that is built. Internal to nn. */
#ifndef NN_BUILD_COPY_H
#define NN_BUILD_COPY_H

#include "nn/graph.h"

/* A new model out of pieces of another one: its inputs, outputs, opset and metadata; one of its
 * nodes, as the file has it, attributes included; the same with another operator, other inputs,
 * another first output, where those are not NULL. What the nodes read is not copied along. */
void nn_builder_copy_face(nn_builder *b, const nn_model *from);
void nn_builder_copy_node(nn_builder *b, const nn_model *from, const nn_node *node);
void nn_builder_adapt_node(nn_builder *b, const nn_model *from, const nn_node *node, const char *op,
                           int n_in, const char *const *inputs, const char *output);

/* A builder that goes on from a copy of the whole of a model's message. */
nn_builder *nn_builder_go_on(const nn_model *m);

/* The last entry of a list of n pointers becomes the one at `at`; those behind it move up. `list`
 * is the address of the list. */
void nn_builder_move_last(void *list, size_t n, size_t at);

/* Another name for the node added last. */
void nn_builder_name_node(nn_builder *b, const char *name);

#endif
