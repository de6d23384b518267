/* nn.h: the network engine's public interface: load an ONNX model, run it, write it, build one.
 * nn/grad.h has gradients, nn/quant.h the 8-bit form; the other headers of nn are internal.
 *
 * A model is immutable after loading, and threads can share it; each thread that runs it opens its
 * own session. The engine knows nothing about CSI: tensors in, tensors out, row-major, float unless
 * stated otherwise. It starts no threads.
 *
 *     err e = {0};
 *     nn_model *m = nn_model_load("x.onnx", &e);
 *     nn_session *s = nn_session_open(m, 1, &e);
 *     memcpy(nn_session_input(s, 0)->data, x, nn_session_input(s, 0)->bytes);
 *     nn_session_run(s, &e);
 *     use(nn_session_output(s, 0));
 */
#ifndef NN_NN_H
#define NN_NN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { NN_MAX_RANK = 8 };

/* Booleans are bytes, 0 or 1. */
typedef enum nn_dtype {
    NN_FLOAT,
    NN_INT64,
    NN_INT32,
    NN_BOOL,
    NN_UINT8,
    NN_INT8,
    NN_DOUBLE
} nn_dtype;

/* A dense row-major tensor; in a session, `data` belongs to the session. */
typedef struct nn_tensor {
    nn_dtype dtype;
    int rank;
    int64_t dims[NN_MAX_RANK];
    size_t count; /* elements */
    size_t bytes;
    void *data;
    const struct nn_tensor *origin; /* the weight that a constant was computed from; NULL: none */
    unsigned stored; /* bytes of an element in the file if shorter there: 2 for float16 */
} nn_tensor;

/* "float", "int64", ...: the name of a type in messages. */
const char *nn_dtype_name(nn_dtype dtype);

/* Writes "2 x 32 x 32" to `text`, cut if it does not fit; returns text. */
typedef struct nn_dims_text {
    char text[128];
} nn_dims_text;
const char *nn_dims_print(nn_dims_text *into, int rank, const int64_t *dims);

/* The declaration of an input or output. */
typedef struct nn_port {
    const char *name; /* owned by the model */
    nn_dtype dtype;
    int rank;
    int64_t dims[NN_MAX_RANK];     /* -1 for a symbolic size, such as the batch */
    const char *axis[NN_MAX_RANK]; /* name of the symbolic size, or ""; NULL: not symbolic */
} nn_port;

/* Writes "'rows' and 'columns'", the port's symbolic axes behind the first by name or number, to
 * `text`, cut if they do not fit; returns their count. */
typedef struct nn_axes_text {
    char text[128];
} nn_axes_text;
int nn_port_axes(const nn_port *port, nn_axes_text *into);

typedef struct nn_model nn_model;
typedef struct nn_session nn_session;

/* Reads an ONNX file (or `size` bytes at `data`; `name` is for messages), opset 7 to 21, at most
 * 1 GiB. Weights may be in other files (external data) in its folder or below, which count towards
 * that limit; a model in memory must contain them. float16 and bfloat16 are converted to float.
 * Everything is checked before use: a file that is truncated, oversized, cyclic, of wrong types, or
 * that uses an unknown operator or attribute is refused here with a message that names the node.
 * nn_session_open checks in the same way what depends on the inputs' shapes (an axis or a reshape
 * that does not fit). NULL on failure. Free with nn_model_free (NULL allowed). */
nn_model *nn_model_load(const char *path, err *e);
nn_model *nn_model_load_memory(const void *data, size_t size, const char *name, err *e);
void nn_model_free(nn_model *model);

/* Writes the model as read, with the metadata set since. The file appears whole or not at all
 * (written beside `path`, then renamed). */
int nn_model_save(const nn_model *model, const char *path, err *e);

/* An independent model that computes the same. NULL on failure. */
nn_model *nn_model_copy(const nn_model *model, err *e);

int nn_model_inputs(const nn_model *model);
int nn_model_outputs(const nn_model *model);
const nn_port *nn_model_input(const nn_model *model, int index);
const nn_port *nn_model_output(const nn_model *model, int index);

/* ONNX metadata_props. The model owns the value; NULL when the key is absent. Setting replaces; a
 * NULL value removes. */
const char *nn_model_metadata(const nn_model *model, const char *key);
int nn_model_set_metadata(nn_model *model, const char *key, const char *value, err *e);

/* Packs the model's binary matrices, Sign(W) * ReduceMean(Abs(W)) of float weights W
 * [rows][columns], into one bit per weight, with standard operators (Cast, Gather, Reshape) that
 * unpack them; columns must be a multiple of 8. *packed is NULL if there are none, else the caller
 * frees it. Packed weights can no longer be trained. */
int nn_pack_signs(const nn_model *model, nn_model **packed, err *e);

/* A copy whose weights take 2 bytes each in its file: every initializer of floats with two or more
 * dimensions and 256 or more elements is rounded to float16, and a Cast, which any runtime computes
 * once, converts it to floats under its old name. Biases, batch norms, scales, constants
 * "const.NAME" and tensors with a value beyond 65504 do not change. Such a file runs, hashes and
 * quantizes like one with rounded floats. *weights (NULL: not wanted) counts the weights in 16
 * bits. NULL on failure. */
nn_model *nn_model_halve(const nn_model *model, int64_t *weights, err *e);

/* The reverse: converts the 16-bit weights of nn_model_halve back to floats, so that they can be
 * set and trained. A plain copy if there are none. NULL on failure. */
nn_model *nn_model_widen(const nn_model *model, err *e);

/* 64-bit hash of the network itself (operators, attributes, weights; not names of tensors, not
 * metadata): equal for two files that compute the same with the same steps. */
uint64_t nn_model_hash(const nn_model *model);

/* The count and stored bytes of the numbers in all initializers except int64 lists, which are
 * shapes and indices. For a float model this includes batch norm, which a session folds. */
void nn_model_weights(const nn_model *model, int64_t *parameters, size_t *bytes);

/* --- inside a model ----------------------------------------------------------------------------
 *
 * Values are the tensors of the graph, numbered from 0: inputs, constants, and outputs of nodes. */

int nn_model_values(const nn_model *model);
const char *nn_model_value_name(const nn_model *model, int value);

/* The tensor of a constant value, owned by the model; NULL for any other value. */
const nn_tensor *nn_model_constant(const nn_model *model, int value);

/* The number of the constant of that name; -1 if there is none. */
int nn_model_find_constant(const nn_model *model, const char *name);

/* Whether any node has that operator ("BatchNormalization"). */
bool nn_model_has_op(const nn_model *model, const char *op);

/* The value numbers of a node with inputs x, weights and perhaps a bias (-1: none). */
typedef struct nn_layer {
    int input, weights, bias, output;
} nn_layer;

/* Finds the first node with the constant `weights` as its second input; false: none. */
bool nn_model_find_layer(const nn_model *model, const char *weights, nn_layer *layer);

/* Replaces the values of initializer `value` (t->count floats) in the graph and in the file's
 * message, so that nn_model_save writes them; call nn_model_rehash after the last change. No other
 * thread may use the model meanwhile; sessions opened before may see either. ERR_INVALID unless the
 * value is an initializer of floats. */
int nn_model_set_constant(nn_model *model, int value, const float *data, err *e);

/* The same for an initializer of int64, such as a list of indices. */
int nn_model_set_list(nn_model *model, int value, const int64_t *data, err *e);
int nn_model_rehash(nn_model *model, err *e);

/* --- another interface -------------------------------------------------------------------------
 *
 * Independent models that compute the same with other inputs or outputs; they keep the metadata.
 * NULL on failure. */

/* The first sizes above 1 of the network's constant Reshapes: candidates for a batch that is fixed
 * inside the network but not in its inputs. At most `most`; returns their count. */
int nn_model_fixed_batches(const nn_model *model, int64_t *batches, int most);

/* Makes the batch symbolic in a network that fixes it to `batch` (>= 2), in its inputs or in
 * constant sizes of Reshape, Expand, Tile or ConstantOfShape, so that it can run with a batch of 1.
 * `shapes`, one for each input, are at the fixed batch. If the file fixes the batch in another way,
 * the result fails to open or computes something else: compare. */
nn_model *nn_model_free_batch(const nn_model *model, const nn_port *shapes, int64_t batch, err *e);

/* The relation of the new layout to the old one: a Transpose, or a Reshape of each sample. */
typedef struct nn_relayout {
    bool transposes;
    int rank;
    int64_t perm[NN_MAX_RANK]; /* of the Transpose, as in ONNX */
    int64_t dims[NN_MAX_RANK]; /* of the Reshape; ignores the first, the batch */
} nn_relayout;

/* Gives input 0 the shape `dims` (-1: the batch); `relayout` converts it to the old input. Or
 * output 0, converted from the old output. */
nn_model *nn_model_relayout_input(const nn_model *model, int rank, const int64_t *dims,
                                  const nn_relayout *relayout, err *e);
nn_model *nn_model_relayout_output(const nn_model *model, int rank, const int64_t *dims,
                                   const nn_relayout *relayout, err *e);

/* --- running -----------------------------------------------------------------------------------
 */

/* Prepares runs with the symbolic leading dimension of every input set to `batch` (>= 1): infers
 * all shapes, folds constants and batch norm, fuses steps, lays out one arena. Runs then allocate
 * nothing. The model must outlive the session. */
nn_session *nn_session_open(const nn_model *model, int64_t batch, err *e);

/* The same with every input's shape given (`shapes[i]` for input i; rank and dims are read). */
nn_session *nn_session_open_shapes(const nn_model *model, const nn_port *shapes, err *e);

/* Both of them, with options. Zero-initialise; zeros are the defaults of the functions above. */
/* Fixes the symbolic axes of input `input` behind the first: `dims` has one size for each of its
 * axes. Only for a model that is not shared yet. Its hash stays that of the file. */
void nn_model_fix_input(nn_model *model, int input, const int64_t *dims);

typedef struct nn_session_options {
    int64_t batch;         /* for the symbolic sizes if `shapes` is NULL; 0: 1 */
    const nn_port *shapes; /* one for each input, or NULL */
    size_t memory_limit;   /* bytes of arena, packed weights and constants; 0: 4 GiB */
    bool unfused;          /* one step for each node, for comparisons */
    bool keep;             /* unfused, and every value lasts until the next run, for inspection */
} nn_session_options;
nn_session *nn_session_open_with(const nn_model *model, const nn_session_options *options, err *e);
void nn_session_free(nn_session *session);

/* The caller writes inputs before a run, which does not change them; outputs are valid until the
 * next run. NULL for an index out of range. */
nn_tensor *nn_session_input(nn_session *session, int index);
const nn_tensor *nn_session_output(const nn_session *session, int index);

/* The tensor of `value` in the last run of a session opened with `keep`. NULL for a number out of
 * range; its data are NULL if no output depends on the value. */
const nn_tensor *nn_session_value(const nn_session *session, int value);

/* 0, or an error if the data make a step impossible (an index out of range). */
int nn_session_run(nn_session *session, err *e);

/* One line of `csilink model info`: a step of the session after folding and fusing. Nodes that only
 * reinterpret memory (Reshape, a Concat with its parts written in place) have no step. */
typedef struct nn_step_info {
    const char *name, *op;     /* op and the operators fused into it: "Conv+LeakyRelu" */
    int rank;                  /* of the step's first output */
    int64_t dims[NN_MAX_RANK]; /* its shape at the session's batch */
    int64_t parameters;        /* weights and biases that no earlier step uses */
    int64_t macs;              /* multiply-accumulates, whole batch; elementwise steps have none */
    size_t weight_bytes;
} nn_step_info;

/* The number of steps; step `index`, or ERR_INVALID if there is none. The session owns the strings.
 */
int nn_session_steps(const nn_session *session);
int nn_session_step(const nn_session *session, int index, nn_step_info *out);

/* --- building ----------------------------------------------------------------------------------
 *
 * Builds an ONNX model in memory, piece by piece, and loads it with the same checks as a file
 * (opset 17, IR version 8, weights inside).
 *
 *     nn_builder *b = nn_builder_new();
 *     nn_builder_input(b, "x", 4, (int64_t[]){-1, 2, 32, 32});
 *     nn_builder_floats(b, "conv.weight", 4, (int64_t[]){8, 2, 1, 7}, w);
 *     nn_builder_node(b, "Conv", "conv", "x conv.weight", "y");
 *     nn_builder_ints(b, "pads", 4, (int64_t[]){0, 3, 0, 3});
 *     nn_builder_output(b, "y", 4, (int64_t[]){-1, 8, 32, 32});
 *     nn_model *m = nn_builder_finish(b, "example", &e);
 *
 * Only nn_builder_finish reports a failure: the builder keeps the first one and ignores later
 * additions. It copies all its arguments. */

typedef struct nn_builder nn_builder;

/* NULL when memory ran out; every function accepts that, and nn_builder_finish reports it. */
nn_builder *nn_builder_new(void);

/* Frees an abandoned builder; nn_builder_finish frees its own. NULL allowed. */
void nn_builder_free(nn_builder *b);

/* Inputs and outputs of the model, float; -1 is the batch, written as the symbolic size "N". */
void nn_builder_input(nn_builder *b, const char *name, int rank, const int64_t *dims);
void nn_builder_output(nn_builder *b, const char *name, int rank, const int64_t *dims);

/* Initializers: values[product of dims] float, row-major (NULL: all zero); or a list of n int64,
 * such as a shape. Rank 0 is a scalar. */
void nn_builder_floats(nn_builder *b, const char *name, int rank, const int64_t *dims,
                       const float *values);
void nn_builder_list(nn_builder *b, const char *name, int n, const int64_t *values);

/* A node; the names of its inputs and outputs are separated by single spaces ("-": an absent
 * optional input). Nodes come in topological order. */
void nn_builder_node(nn_builder *b, const char *op, const char *name, const char *inputs,
                     const char *outputs);

/* Attributes of the node added last. */
void nn_builder_int(nn_builder *b, const char *name, int64_t value);
void nn_builder_float(nn_builder *b, const char *name, float value);
void nn_builder_ints(nn_builder *b, const char *name, int n, const int64_t *values);

/* Renames a value wherever nodes write or read it, for example to give the last one the output's
 * name. */
void nn_builder_rename(nn_builder *b, const char *from, const char *to);

/* metadata_props. */
void nn_builder_metadata(nn_builder *b, const char *key, const char *value);

/* Loads the model as nn_model_load would from a file (`name` is for messages), and frees the
 * builder in any case. NULL on failure: the first one while building, or a failed check. */
nn_model *nn_builder_finish(nn_builder *b, const char *name, err *e);

/* --- the machine -------------------------------------------------------------------------------
 */

/* The peak rate of single precision multiply-adds on the current core, in 1e9 floating point
 * operations per second (a multiply-add is two), at the level of cpu_level(): the best of several
 * runs of independent multiply-adds in registers. Takes about 50 ms; the result varies with the
 * core's clock and its other load. */
double nn_peak_gflops(void);

#endif
