/* nn.h: the network engine's public face: load an ONNX model, run it, write it.
 *
 * A model is immutable after loading and may be shared by threads; each thread that runs it opens
 * a session of its own. The engine knows nothing of CSI: tensors in, tensors out, row-major,
 * float unless said otherwise. It starts no threads.
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
} nn_tensor;

/* What a model says of one of its inputs or outputs. */
typedef struct nn_port {
    const char *name; /* owned by the model */
    nn_dtype dtype;
    int rank;
    int64_t dims[NN_MAX_RANK]; /* -1 where the size is symbolic, such as the batch */
} nn_port;

typedef struct nn_model nn_model;
typedef struct nn_session nn_session;

/* Reads an ONNX file (or `size` bytes at `data`; `name` is for messages), opset 7 to 17, at most
 * 1 GiB, weights inside. Everything in it is checked before use; a file that is truncated,
 * oversized, cyclic, of wrong types, or that uses an operator or attribute csilink lacks, is
 * refused here with a message that names the node. What depends on the inputs' shapes (an axis or a
 * reshape that does not fit) is checked by nn_session_open, in the same manner.
 * NULL on failure. Free with nn_model_free (NULL allowed). */
nn_model *nn_model_load(const char *path, err *e);
nn_model *nn_model_load_memory(const void *data, size_t size, const char *name, err *e);
void nn_model_free(nn_model *model);

/* Writes the model as it was read, with the metadata set since. The file appears whole or not at
 * all (written beside `path`, then renamed). */
int nn_model_save(const nn_model *model, const char *path, err *e);

int nn_model_inputs(const nn_model *model);
int nn_model_outputs(const nn_model *model);
const nn_port *nn_model_input(const nn_model *model, int index);
const nn_port *nn_model_output(const nn_model *model, int index);

/* ONNX metadata_props. The value belongs to the model; NULL when the key is absent. Setting
 * replaces; a NULL value removes. */
const char *nn_model_metadata(const nn_model *model, const char *key);
int nn_model_set_metadata(nn_model *model, const char *key, const char *value, err *e);

/* 64-bit hash of the network itself (operators, attributes, weights; not names of tensors, not
 * metadata): equal for two files that compute the same by the same steps. */
uint64_t nn_model_hash(const nn_model *model);

/* What the file holds of constants: numbers and bytes of all initializers but lists of int64, which
 * are shapes and indices. Of a float model this counts batch norm, too, which a session folds. */
void nn_model_weights(const nn_model *model, int64_t *parameters, size_t *bytes);

/* Prepares a run with the symbolic leading dimension of every input set to `batch` (>= 1): infers
 * all shapes, folds constants and batch norm, fuses, lays out one arena. After this a run allocates
 * nothing. The model must outlive the session. */
nn_session *nn_session_open(const nn_model *model, int64_t batch, err *e);

/* The same with every input's shape given (`shapes[i]` for input i; rank and dims are read). */
nn_session *nn_session_open_shapes(const nn_model *model, const nn_port *shapes, err *e);

/* Both of them, with choices. Zero-initialise; every zero is what the functions above take. */
typedef struct nn_session_options {
    int64_t batch;         /* for the symbolic sizes where `shapes` is NULL; 0: 1 */
    const nn_port *shapes; /* one for each input, or NULL */
    size_t memory_limit;   /* bytes of arena, packed weights and constants; 0: 4 GiB */
    bool unfused;          /* one step for each node: to compare with, and to look inside */
} nn_session_options;
nn_session *nn_session_open_with(const nn_model *model, const nn_session_options *options, err *e);
void nn_session_free(nn_session *session);

/* Inputs are written by the caller before a run, and stay as they are; outputs are valid until the
 * next run. NULL for an index out of range. */
nn_tensor *nn_session_input(nn_session *session, int index);
const nn_tensor *nn_session_output(const nn_session *session, int index);

/* 0, or an error where the data themselves make a step impossible (an index out of range). */
int nn_session_run(nn_session *session, err *e);

/* One line of `csilink model info`: a step of the session after folding and fusing. Nodes that only
 * name memory anew (Reshape, a Concat whose parts are written in place) have no step. */
typedef struct nn_step_info {
    const char *name, *op;     /* op with what was fused into it: "Conv+LeakyRelu" */
    int rank;                  /* of the step's first output */
    int64_t dims[NN_MAX_RANK]; /* its shape at the session's batch */
    int64_t parameters;        /* weights and biases that this step owns */
    int64_t macs;              /* multiply-accumulates, whole batch; elementwise steps have none */
    size_t weight_bytes;
} nn_step_info;

/* The number of steps; step `index` of them, or ERR_INVALID when there is none. The strings belong
 * to the session. */
int nn_session_steps(const nn_session *session);
int nn_session_step(const nn_session *session, int index, nn_step_info *out);

/* Runs step `index` alone, on whatever the steps before it left: for profiling by layer. */
int nn_session_run_step(nn_session *session, int index, err *e);

/* Bytes that all steps share for their activations, the inputs' and outputs' included. */
size_t nn_session_arena_bytes(const nn_session *session);

#endif
