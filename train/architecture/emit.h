/* emit.h: turns layers into a graph: names, sizes, weights. Internal to train. */
#ifndef TRAIN_ARCHITECTURE_EMIT_H
#define TRAIN_ARCHITECTURE_EMIT_H

#include "codec/onnx/pair.h"
#include "nn/nn.h"
#include "train/architecture/file.h"

enum {
    ARCH_NAME_MAX = 128,     /* of a value, scopes included */
    ARCH_LOCATION_MAX = 512, /* of a location in the file */
    ARCH_DEPTH_MAX = 16,     /* of layers within layers */
    ARCH_NODES_MAX = 4096,
    ARCH_LAYERS_MAX = 1 << 16,        /* repetitions counted */
    ARCH_BOUND_MAX = 512,             /* names in scope */
    ARCH_INPUTS_MAX = 32,             /* of one node */
    ARCH_SHARED_MAX = 8,              /* weights of one node */
    ARCH_TIED_MAX = 16,               /* matrices with a name */
    ARCH_MEMORIES_MAX = 8,            /* of one side; the codec onnx has the same limit */
    ARCH_MEMORY_VALUES_MAX = 1 << 18, /* of all of them */
    ARCH_MEMORY_NAME_MAX = 64,
    ARCH_SIZE_MAX = 1 << 20 /* of one axis */
};

/* How a weight starts. */
typedef enum arch_init {
    ARCH_XAVIER, /* uniform, variance 2 / (fan in + fan out) */
    ARCH_HE,     /* normal, variance 2 / ((1 + slope^2) fan in) */
    ARCH_ZERO,
    ARCH_IDENTITY, /* channel i to channel i, at the kernel's centre; xavier for further channels */
    ARCH_KLT,      /* xavier until train_architecture_start */
    ARCH_FIT,      /* the same */
} arch_init;

/* A value of the graph. dims[0] is the batch, -1. */
typedef struct arch_value {
    char name[ARCH_NAME_MAX];
    int rank;
    int64_t dims[NN_MAX_RANK];
    double offset, scale; /* the value is scale (image + offset); scale 0: it is not */
} arch_value;

/* A range of layers with its own names. */
typedef struct arch_scope {
    char prefix[ARCH_NAME_MAX]; /* "refine1.path1." */
    char owner[ARCH_NAME_MAX];  /* of the weights: the same, or "refine0.path1." if shared */
    unsigned used[64];          /* layers of each operation so far */
    int bound;                  /* names in scope at its start */
} arch_scope;

/* A value of the previous report: the graph's input memory_NAME. */
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
    arch_value at; /* output of the last layer */
    arch_scope *scope;
    struct {
        const char *name; /* of the file */
        arch_value value;
    } bound[ARCH_BOUND_MAX];
    int64_t parameters[ARCH_LIST_MAX]; /* values evaluated so far; 0: not yet */
    int n_bound, depth, nodes, layers;
    size_t weights;                   /* floats so far */
    bool has_snr;                     /* the graph has the input snr_db and its scaled form */
    char location[ARCH_LOCATION_MAX]; /* the current layer's path in the file */
    char klt[ARCH_NAME_MAX];          /* the weight with init klt; "": none */
    double klt_scale;                 /* of the image at its input, or made from its output */
    double klt_offset;                /* of the image at its input */
    char fit[ARCH_NAME_MAX];          /* the weight with init fit; "": none */
    char select[ARCH_NAME_MAX + 64];  /* csilink.select (select.h); "": none */
    struct {
        char own[ARCH_NAME_MAX], owner[ARCH_NAME_MAX];
    } shared[ARCH_SHARED_MAX]; /* weights of the next node that another layer made */
    int n_shared;
    arch_value tied[ARCH_TIED_MAX]; /* named matrices so far, with their dims */
    int n_tied;
    arch_memory_state memories[ARCH_MEMORIES_MAX];
    int n_memories;
    struct {
        char owner[ARCH_NAME_MAX]; /* owner of the weights of shared uses; "": no use yet */
        arch_value input;
        bool tied;
    } uses[ARCH_LIST_MAX]; /* of each block */
    err *e;
} arch_emitter;

/* Emits layers in sequence, from m->at to m->at; `key` is the list's key in the file ("decoder",
 * "repeat/layers"). On failure m->location is the path of the layer at fault. */
int arch_emit_layers(arch_emitter *m, const char *key, const arch_layer *layers, unsigned count);

/* The operations with weights; see arch_layer. `name` is the node's name. */
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

/* The operations without weights. */
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

/* Joins 1 to ARCH_INPUTS_MAX values by "add", "sub" or "mul" from left to right, or by "concat"
 * along the channels. */
int arch_join(arch_emitter *m, const char *how, const arch_value *values, unsigned count,
              const char *name);

/* Sets the message; returns the code. */
int arch_fail(arch_emitter *m, err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Formats a name, and refuses one that is too long. Callers initialise their names to "": after a
 * failed step the names of the later steps are never set, but inputs are still formatted from
 * them. */
int arch_name(arch_emitter *m, char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Evaluates an expression such as "2*rows/cr": 1 to ARCH_SIZE_MAX, or from 0 on if `zero`. */
int arch_size(arch_emitter *m, const char *text, bool zero, int64_t *size);

/* Makes a shape of expressions, after a batch axis. It has no name. */
int arch_shape(arch_emitter *m, char **sizes, unsigned count, arch_value *shape);

/* Reshapes m->at to the dims of `shape`, as the value `name`. */
int arch_reshape(arch_emitter *m, const arch_value *shape, const char *name);

/* [from, to) of an axis of `x`, as the value `name`. */
int arch_cut(arch_emitter *m, const arch_value *x, unsigned axis, int64_t from, int64_t to,
             const char *name);

/* m->at, [values], times a matrix "<name>.weight" [out][values], with the bias "<name>.bias". */
int arch_product(arch_emitter *m, const char *name, int64_t out);

/* m->at with axes a and b swapped, as the value "<name>.<what>". */
int arch_swap_axes(arch_emitter *m, int a, int b, const char *name, const char *what);

/* Batch norm over axis 1 of m->at, as the value `name`: g (m->at - mean) / sqrt(variance + eps) +
 * bias, where g starts at `gain`. eps NULL means the file's default or 1e-3. */
int arch_batch_norm(arch_emitter *m, const char *name, double gain, const double *eps);

/* The dims of a value as text without the batch: "2 x 32 x 32". */
typedef struct arch_dims_text {
    char text[128];
} arch_dims_text;
const char *arch_dims(const arch_value *v, arch_dims_text *into);
int64_t arch_count(const arch_value *v); /* values of one sample */

/* Adds a node `op` from `inputs` (names separated by spaces) to the value `out`, which already has
 * its name. The caller adds attributes. */
int arch_node(arch_emitter *m, const char *op, const char *inputs, const arch_value *out);

/* Sets m->at to op(m->at) or, if `second` names a value or a weight, to op(m->at, second). The new
 * value has the shape of m->at and the name "<name>.<what>" (what NULL: "<name>"). */
int arch_apply(arch_emitter *m, const char *op, const char *second, const char *name,
               const char *what);

/* Activations of m->at that take more than one node. */
int arch_gelu(arch_emitter *m, const char *name);
int arch_relu6(arch_emitter *m, const char *name);

/* Multiplies the flattened m->at by mean|W| sign(W)^T. `w` gives the name, fan_out and the init. */
int arch_binary(arch_emitter *m, arch_weight *w, bool bias);

/* m->at W along the last axis, plus b with `bias`; weights "<name>.weight" and "<name>.bias". */
int arch_dense(arch_emitter *m, const char *name, int64_t out, bool bias);

/* Makes `out` the current value m->at, which is then no longer known to be the image. */
void arch_take(arch_emitter *m, const arch_value *out);

/* A weight "<name>.<what>" for the next node. Later repetitions of a shared repeat use the weight
 * of the first. */
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

/* A constant of the formula, never trained: "const.<name>". */
int arch_number(arch_emitter *m, const char *name, float value);

/* A constant list for a shape or axes: "const.<name>". */
int arch_list(arch_emitter *m, const char *name, int n, const int64_t *values);

/* Looks up an init by its name (NULL: the file's default). */
int arch_find_init(arch_emitter *m, const char *text, arch_init *init);

/* Slope of a leaky ReLU: the layer's, else the file's, else 0.3. */
double arch_slope(const arch_emitter *m, const double *own);

/* Notes that the weight of `name` has init klt or fit. */
int arch_ask_klt(arch_emitter *m, const char *name);
int arch_ask_fit(arch_emitter *m, const char *name);

#endif
