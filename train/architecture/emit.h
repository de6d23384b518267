/* emit.h: from layers to a graph: names, sizes, weights. Internal to train. */
#ifndef TRAIN_ARCHITECTURE_EMIT_H
#define TRAIN_ARCHITECTURE_EMIT_H

#include "codec/onnx/pair.h"
#include "nn/nn.h"
#include "train/architecture/file.h"

enum {
    ARCH_NAME_MAX = 128,  /* of a value, scopes included */
    ARCH_PLACE_MAX = 512, /* of a place in the file */
    ARCH_DEPTH_MAX = 16,  /* of layers within layers */
    ARCH_NODES_MAX = 4096,
    ARCH_LAYERS_MAX = 1 << 16,        /* repetitions counted */
    ARCH_BOUND_MAX = 512,             /* names in sight */
    ARCH_INPUTS_MAX = 32,             /* of one node */
    ARCH_SHARED_MAX = 8,              /* weights of one node */
    ARCH_TIED_MAX = 16,               /* matrices with a name */
    ARCH_MEMORIES_MAX = 8,            /* of one side, as codec onnx takes them */
    ARCH_MEMORY_VALUES_MAX = 1 << 18, /* of all of them */
    ARCH_MEMORY_NAME_MAX = 64,
    ARCH_SIZE_MAX = 1 << 20 /* of one axis */
};

/* How a weight starts. */
typedef enum arch_init {
    ARCH_XAVIER, /* uniform, variance 2 / (fan in + fan out) */
    ARCH_HE,     /* normal, variance 2 / ((1 + slope^2) fan in) */
    ARCH_ZERO,
    ARCH_IDENTITY, /* channel i to channel i, at the kernel's middle; xavier for those beyond */
    ARCH_KLT,      /* xavier, until train_architecture_start */
    ARCH_FIT,      /* the same */
} arch_init;

/* A value of the graph. dims[0] is the batch, -1. */
typedef struct arch_value {
    char name[ARCH_NAME_MAX];
    int rank;
    int64_t dims[NN_MAX_RANK];
    double offset, scale; /* scale (image + offset), where it is that; else scale is 0 */
} arch_value;

/* A stretch of layers with names of its own. */
typedef struct arch_scope {
    char prefix[ARCH_NAME_MAX]; /* "refine1.path1." */
    char owner[ARCH_NAME_MAX];  /* whose weights they take: that, or "refine0.path1." if shared */
    unsigned used[64];          /* layers of each operation so far */
    int bound;                  /* names in sight where it began */
} arch_scope;

/* A value of the report before: the graph's input memory_NAME. */
typedef struct arch_memory_state {
    char name[ARCH_MEMORY_NAME_MAX + 1];
    arch_value value;
    bool written;
} arch_memory_state;

typedef struct arch_weight arch_weight;

typedef struct arch_emitter {
    const arch_file *file;
    codec_side side;
    uint32_t cr, rows, columns;
    uint64_t seed;
    nn_builder *b;
    arch_value at; /* what the last layer gave */
    arch_scope *scope;
    struct {
        const char *name; /* of the file */
        arch_value value;
    } bound[ARCH_BOUND_MAX];
    int64_t parameters[ARCH_LIST_MAX]; /* values found so far; 0: not yet */
    int n_bound, depth, nodes, layers;
    size_t weights;             /* floats so far */
    bool has_snr;               /* the input snr_db and its scaled form are there */
    char place[ARCH_PLACE_MAX]; /* where in the file we are */
    char klt[ARCH_NAME_MAX];    /* the weight that asks for it; "": none */
    double klt_scale;           /* of the image that it takes, or that is made of what it gives */
    double klt_offset;          /* of the image that it takes */
    char fit[ARCH_NAME_MAX];    /* the weight that starts as a linear estimate; "": none */
    char select[ARCH_NAME_MAX + 64]; /* csilink.select (select.h); "": none */
    struct {
        char own[ARCH_NAME_MAX], owner[ARCH_NAME_MAX];
    } shared[ARCH_SHARED_MAX]; /* weights of the next node that another layer made */
    int n_shared;
    arch_value tied[ARCH_TIED_MAX]; /* matrices with a name so far; dims are theirs */
    int n_tied;
    arch_memory_state memories[ARCH_MEMORIES_MAX];
    int n_memories;
    struct {
        char owner[ARCH_NAME_MAX]; /* whose weights a shared use takes; "": none was there yet */
        arch_value input;
        bool tied;
    } uses[ARCH_LIST_MAX]; /* of each block */
    err *e;
} arch_emitter;

/* Layers in sequence, from m->at to m->at; `key` is where the list stands ("decoder",
 * "repeat/layers"). On failure m->place is where. */
int arch_emit_layers(arch_emitter *m, const char *key, const arch_layer *layers, unsigned count);

/* The operations with weights: see arch_layer. `name` is the node's. */
int arch_emit_conv(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_chain(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_linear(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_columns(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_modulate(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_layernorm(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_position(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_weigh(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_batchnorm(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_project(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_activation(arch_emitter *m, const char *act, const double *slope, const char *name);

int arch_emit_tied(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_down(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_up(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_attention(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_gdn(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_lstm(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_gru(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_convlstm(arch_emitter *m, const arch_layer *layer, const char *name);

/* Those without. */
int arch_emit_soft(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_top(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_zeros(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_act(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_add(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_sub(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_mul(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_concat(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_matmul(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_reshape(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_transpose(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_slice(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_split(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_softmax(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_offset(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_scale(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_select(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_spread(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_reduce(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_shuffle(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_upsample(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_memory(arch_emitter *m, const arch_layer *layer, const char *name);
int arch_emit_remember(arch_emitter *m, const arch_layer *layer, const char *name);

/* "add", "sub", "mul" one by one, or "concat" along the channels, of 1 to ARCH_INPUTS_MAX values.
 */
int arch_join(arch_emitter *m, const char *how, const arch_value *values, unsigned count,
              const char *name);

/* Sets the message; returns the code. */
int arch_fail(arch_emitter *m, err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "a.b" from parts; refuses what is too long. */
int arch_name(arch_emitter *m, char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An expression such as "2*rows/cr", from 1 to ARCH_SIZE_MAX (or from 0, `zero`). */
int arch_size(arch_emitter *m, const char *text, bool zero, int64_t *size);

/* A shape from expressions, the batch put in front; no name. */
int arch_shape(arch_emitter *m, char **sizes, unsigned count, arch_value *shape);

/* m->at in another shape (its dims are read), as the value `name`. */
int arch_reshape(arch_emitter *m, const arch_value *shape, const char *name);

/* [from, to) of an axis of `x`, as the value `name`. */
int arch_cut(arch_emitter *m, const arch_value *x, unsigned axis, int64_t from, int64_t to,
             const char *name);

/* m->at, [values], times a matrix "<name>.weight" [out][values], with the bias "<name>.bias". */
int arch_product(arch_emitter *m, const char *name, int64_t out);

/* m->at with axes a and b swapped, as the value "<name>.<what>". */
int arch_swap_axes(arch_emitter *m, int a, int b, const char *name, const char *what);

/* Batch norm over axis 1 of m->at, as the value `name`: gain (m->at - mean) / sqrt(variance + eps)
 * + bias, with gain starting where it says. eps: NULL, the file's default or 1e-3. */
int arch_batch_norm(arch_emitter *m, const char *name, double gain, const double *eps);

/* "2 x 32 x 32" of a value, the batch left out. */
typedef struct arch_dims_text {
    char text[128];
} arch_dims_text;
const char *arch_dims(const arch_value *v, arch_dims_text *into);
int64_t arch_count(const arch_value *v); /* values of one sample */

/* A node `op` from `inputs` (names apart by spaces) to the value `out`, which is named already.
 * The caller adds attributes. */
int arch_node(arch_emitter *m, const char *op, const char *inputs, const arch_value *out);

/* The value "<name>.<what>" (what NULL: "<name>") = op(m->at) or, where `second` names a value or a
 * weight, op(m->at, second), of m->at's shape; takes it on. */
int arch_apply(arch_emitter *m, const char *op, const char *second, const char *name,
               const char *what);

/* The activations of more than one node, of m->at. */
int arch_gelu(arch_emitter *m, const char *name);
int arch_relu6(arch_emitter *m, const char *name);

/* m->at, flat, times mean|W| sign(W)^T; `w` has the name, fan_out and how it starts. */
int arch_binary(arch_emitter *m, arch_weight *w, bool bias);

/* m->at W, or with the bias + b, along the last axis; weights "<name>.weight", "<name>.bias". */
int arch_dense(arch_emitter *m, const char *name, int64_t out, bool bias);

/* Takes the value on: m->at = it, and no longer known as the image. */
void arch_take(arch_emitter *m, const arch_value *out);

/* A weight "<name>.<what>", for the node that comes next. In a later turn of a shared repeat it is
 * the one that the first turn made. */
struct arch_weight {
    const char *name, *what;
    int rank;
    int64_t dims[NN_MAX_RANK];
    arch_init init;
    int64_t fan_in, fan_out;
    double gain, slope;
};
int arch_random(arch_emitter *m, const arch_weight *w);
int arch_constant(arch_emitter *m, const char *name, const char *what, int rank,
                  const int64_t *dims, float value);

/* A number of the formula, never trained: "const.<name>". */
int arch_number(arch_emitter *m, const char *name, float value);

/* A list for a shape or an axis: "const.<name>". */
int arch_list(arch_emitter *m, const char *name, int n, const int64_t *values);

/* What init a layer asks for (NULL: the file's default). */
int arch_find_init(arch_emitter *m, const char *text, arch_init *init);

/* Slope of a leaky ReLU: the layer's, the file's, or 0.3. */
double arch_slope(const arch_emitter *m, const double *own);

/* Notes that the weight of `name` asks for the KLT, or for a linear estimate. */
int arch_ask_klt(arch_emitter *m, const char *name);
int arch_ask_fit(arch_emitter *m, const char *name);

#endif
