/* build_copy.h: copies pieces of another model into a model under construction. Internal to nn. */
#ifndef NN_BUILD_COPY_H
#define NN_BUILD_COPY_H

#include "nn/graph.h"

/* Copies from a model: its inputs, outputs, opset and metadata; one of its nodes as in the file,
 * with attributes; the same with another operator, other inputs or another first output, where
 * those are not NULL. The values that the nodes read are not copied. */
void nn_builder_copy_face(nn_builder *b, const nn_model *from);
void nn_builder_copy_node(nn_builder *b, const nn_model *from, const nn_node *node);
void nn_builder_adapt_node(nn_builder *b, const nn_model *from, const nn_node *node, const char *op,
                           int n_in, const char *const *inputs, const char *output);

/* A builder that starts from a copy of a model's whole message. */
nn_builder *nn_builder_continue(const nn_model *m);

/* Moves the last entry of a list of n pointers to index `at`; the entries behind it move up. `list`
 * is the address of the list. */
void nn_builder_move_last(void *list, size_t n, size_t at);

/* Renames the node added last. */
void nn_builder_name_node(nn_builder *b, const char *name);

#endif
