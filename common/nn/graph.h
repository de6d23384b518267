/* graph.h: the graph inside the engine, and the contract of an operator. Internal to nn (and to
 * code built on the graph, such as training); nn.h is the public interface.
 *
 * A model is a list of nodes in topological order over numbered values. It is immutable after
 * loading. A session converts it to steps: nodes with shapes, folded, fused and bound to memory. */
#ifndef NN_GRAPH_H
#define NN_GRAPH_H

#include <stdbool.h>

#include "nn/kernels/conv.h"
#include "nn/nn.h"
#include "nn/pool.h"
#include "nn/tensor.h"

typedef struct nn_op nn_op;
typedef struct nn_step nn_step;

/* --- the model ---------------------------------------------------------------------------------
 */

/* An attribute; loading checked its type against the operator's list. */
typedef struct nn_attr {
    const char *name;
    char type; /* one of "ifstIFS": int, float, string, tensor, ints, floats, strings */
    int64_t i;
    float f;
    const char *s; /* NUL-terminated */
    size_t count;  /* of ints, floats or strings */
    const int64_t *ints;
    const float *floats;
    const char *const *strings; /* NUL-terminated */
    const nn_tensor *tensor;
} nn_attr;

typedef struct nn_node {
    int index;        /* in the file, for messages */
    const char *name; /* may be "" */
    const nn_op *op;
    int opset;
    int n_in, n_out, n_attrs;
    int *in, *out; /* value numbers; -1: an absent optional one */
    nn_attr *attrs;
} nn_node;

typedef struct nn_value {
    const char *name;
    int producer;              /* position in nn_model.nodes; -1: an input or a constant */
    const nn_tensor *constant; /* an initializer or a Constant node's value; NULL otherwise */
} nn_value;

struct nn_model {
    nn_pool pool;
    struct Onnx__ModelProto *proto; /* as read, for nn_model_save; holds the metadata */
    int opset;
    int n_nodes, n_values, n_inputs, n_outputs;
    int n_initializers; /* the first values */
    nn_node *nodes;     /* in topological order, Constant nodes left out */
    nn_value *values;
    int *inputs, *outputs; /* value numbers; an input with an initializer is a constant instead */
    nn_port *input_ports, *output_ports;
    uint64_t hash;
};

/* Puts "node 12 'conv1' (op 'Conv'): " before the text in *e. Returns its code. */
int nn_node_error(const nn_node *node, err *e);

/* Attributes by name; `otherwise` replaces an absent one. */
const nn_attr *nn_find_attr(const nn_node *node, const char *name);
int64_t nn_attr_int(const nn_node *node, const char *name, int64_t otherwise);
float nn_attr_float(const nn_node *node, const char *name, float otherwise);
const char *nn_attr_string(const nn_node *node, const char *name, const char *otherwise);

/* --- operators ---------------------------------------------------------------------------------
 */

enum {
    NN_OP_SHAPE_ONLY = 1, /* the outputs follow from the input's shape alone (Shape, Size) */
    NN_OP_ACTIVATES = 2,  /* run applies step->activation, so one can be fused in */
    NN_OP_INT8 = 4,       /* an integer layer of ops/int8.h */
};

/* max_in or max_out of a variadic operator, which has no optional inputs. */
enum { NN_MANY = 4096 };

/* One operator. `infer`, `prepare` and `run` see a step whose in[k] is NULL for an absent input.
 * Their messages need not name the node: the caller does. */
struct nn_op {
    const char *name;
    int min_in, max_in, min_out, max_out;
    const char *attrs; /* "axis:i alpha:f pads:I": every attribute it has, with its type */
    /* Sets type and shape of out[]; in[k]->data is NULL unless that input is constant. */
    int (*infer)(nn_step *step, err *e);
    /* NULL, or chooses a kernel, allocates state from step->pool and states scratch_bytes. Data
     * pointers of inputs that are not constant are not known yet. */
    int (*prepare)(nn_step *step, err *e);
    int (*run)(const nn_step *step, err *e);
    /* NULL, or for training: recomputes everything that prepare computed from constants, whose
     * values have changed in place since. Allocates nothing. */
    void (*refresh)(nn_step *step);
    /* NULL, or frees what prepare allocated outside the pool. */
    void (*release)(nn_step *step);
    /* NULL, or whether output k is a contiguous piece of input 0, and its offset. */
    bool (*view)(const nn_step *step, int k, size_t *offset);
    /* NULL, or whether input k can be written directly into output 0, and its offset. */
    bool (*inside)(const nn_step *step, int k, size_t *offset);
    unsigned flags;
    int variant; /* selects one of a family that shares functions */
};

struct nn_step {
    const nn_node *node;
    const nn_op *op;
    int (*run)(const nn_step *step, err *e); /* op->run, or prepare's choice */
    int n_in, n_out;
    int *in_id, *out_id;   /* slots of the session; -1: absent */
    nn_tensor **in, **out; /* the tensors of those slots; NULL: absent */
    nn_activation activation;
    float alpha;
    int residual_id; /* -1: none */
    nn_tensor *residual;
    nn_step *fine; /* NULL, or a second integer layer whose output this one adds to its own */
    nn_pool *pool; /* the session's */
    void *state;   /* private to the operator */
    void *scratch; /* shared by all steps, valid inside run only */
    size_t scratch_bytes;
    int64_t macs; /* set by infer */
    int64_t parameters;
    size_t weight_bytes; /* of weights that no earlier step owns */
    const char *label;
    bool gone; /* folded, fused away or a view: not run */
};

#endif
