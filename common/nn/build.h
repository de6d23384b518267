/* build.h: an ONNX model made in memory, piece by piece, and loaded through the same checks as a
 * file (opset 17, IR version 8, weights inside).
 *
 *     nn_builder *b = nn_builder_new();
 *     nn_builder_input(b, "x", 4, (int64_t[]){-1, 2, 32, 32});
 *     nn_builder_floats(b, "conv.weight", 4, (int64_t[]){8, 2, 1, 7}, w);
 *     nn_builder_node(b, "Conv", "conv", "x conv.weight", "y");
 *     nn_builder_ints(b, "pads", 4, (int64_t[]){0, 3, 0, 3});
 *     nn_builder_output(b, "y", 4, (int64_t[]){-1, 8, 32, 32});
 *     nn_model *m = nn_builder_finish(b, "example", &e);
 *
 * Nothing but nn_builder_finish says that something failed: the first failure is kept, what is
 * added after it is ignored. Everything handed in is copied. */
#ifndef NN_BUILD_H
#define NN_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "nn/nn.h"

typedef struct nn_builder nn_builder;
struct nn_node; /* graph.h */

/* NULL where there is no memory; every function takes that, and nn_builder_finish reports it. */
nn_builder *nn_builder_new(void);

/* For a builder that is given up; nn_builder_finish frees its own. NULL allowed. */
void nn_builder_free(nn_builder *b);

/* Inputs and outputs of the model, float; -1 is the batch, written as the symbolic size "N". */
void nn_builder_input(nn_builder *b, const char *name, int rank, const int64_t *dims);
void nn_builder_output(nn_builder *b, const char *name, int rank, const int64_t *dims);

/* Initializers: values[product of dims] float, row-major (NULL: all zero); or a list of n int64,
 * such as a shape. Rank 0 is a scalar. */
void nn_builder_floats(nn_builder *b, const char *name, int rank, const int64_t *dims,
                       const float *values);
void nn_builder_list(nn_builder *b, const char *name, int n, const int64_t *values);

/* An initializer of any type: a copy of the tensor. */
void nn_builder_tensor(nn_builder *b, const char *name, const nn_tensor *t);

/* A node; the names of its inputs and outputs are separated by single spaces ("-" stands for an
 * optional input that is absent). Nodes come in topological order. */
void nn_builder_node(nn_builder *b, const char *op, const char *name, const char *inputs,
                     const char *outputs);

/* The same with the names in arrays, which may hold spaces; NULL or "": absent. */
void nn_builder_node_of(nn_builder *b, const char *op, const char *name, int n_in,
                        const char *const *inputs, int n_out, const char *const *outputs);

/* Another name for the node added last. */
void nn_builder_name_node(nn_builder *b, const char *name);

/* Attributes of the node added last. */
void nn_builder_int(nn_builder *b, const char *name, int64_t value);
void nn_builder_float(nn_builder *b, const char *name, float value);
void nn_builder_ints(nn_builder *b, const char *name, int n, const int64_t *values);

/* Renames a value wherever nodes make or take it: for the last one, whose name is the output's. */
void nn_builder_rename(nn_builder *b, const char *from, const char *to);

/* A new model out of pieces of another one: its inputs, outputs, opset and metadata; one of its
 * nodes, as the file has it, attributes included; the same with another operator, other inputs,
 * another first output, where those are not NULL. What the nodes read is not copied along. */
void nn_builder_copy_face(nn_builder *b, const nn_model *from);
void nn_builder_copy_node(nn_builder *b, const nn_model *from, const struct nn_node *node);
void nn_builder_adapt_node(nn_builder *b, const nn_model *from, const struct nn_node *node,
                           const char *op, int n_in, const char *const *inputs, const char *output);

/* metadata_props. */
void nn_builder_metadata(nn_builder *b, const char *key, const char *value);

/* Loads what was built, as nn_model_load would from a file (`name` is for messages), and frees the
 * builder in any case. NULL on failure: the first one while building, or what the checks say. */
nn_model *nn_builder_finish(nn_builder *b, const char *name, err *e);

#endif
