/* onnx_builder.h: small ONNX models made in a test. Everything is malloc'ed as protobuf-c would, so
 * that a test may change any field before it loads the model, and frees it with free_unpacked. A
 * test that runs out of memory ends there. */
#ifndef TESTS_ONNX_BUILDER_H
#define TESTS_ONNX_BUILDER_H

#include <stdlib.h>
#include <string.h>

#include <onnx.pb-c.h>

#include "base/rng.h"
#include "nn/nn.h"

static inline void *build_new(size_t bytes)
{
    void *memory = calloc(1, bytes ? bytes : 1);
    if (!memory)
        abort();
    return memory;
}

/* Appends `item` to a repeated field. */
#define BUILD_APPEND(owner, field, item)                                                           \
    do {                                                                                           \
        void *grown = realloc((owner)->field, ((owner)->n_##field + 1) * sizeof *(owner)->field);  \
        if (!grown)                                                                                \
            abort();                                                                               \
        (owner)->field = grown;                                                                    \
        (owner)->field[(owner)->n_##field++] = (item);                                             \
    } while (0)

#define BUILD_MESSAGE(type, prefix, name)                                                          \
    type *name = build_new(sizeof *name);                                                          \
    prefix##__init(name)

static inline Onnx__ModelProto *build_model(int opset)
{
    BUILD_MESSAGE(Onnx__ModelProto, onnx__model_proto, m);
    BUILD_MESSAGE(Onnx__GraphProto, onnx__graph_proto, g);
    BUILD_MESSAGE(Onnx__OperatorSetIdProto, onnx__operator_set_id_proto, o);
    m->has_ir_version = 1;
    m->ir_version = 8;
    m->graph = g;
    o->has_version = 1;
    o->version = opset;
    o->domain = strdup("");
    BUILD_APPEND(m, opset_import, o);
    return m;
}

static inline Onnx__ValueInfoProto *build_port(const char *name, int32_t type, int rank,
                                               const int64_t *dims)
{
    BUILD_MESSAGE(Onnx__ValueInfoProto, onnx__value_info_proto, v);
    BUILD_MESSAGE(Onnx__TypeProto, onnx__type_proto, t);
    BUILD_MESSAGE(Onnx__TypeProto__Tensor, onnx__type_proto__tensor, tensor);
    BUILD_MESSAGE(Onnx__TensorShapeProto, onnx__tensor_shape_proto, shape);
    v->name = strdup(name);
    v->type = t;
    t->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    t->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = type;
    tensor->shape = shape;
    for (int i = 0; i < rank; i++) {
        BUILD_MESSAGE(Onnx__TensorShapeProto__Dimension, onnx__tensor_shape_proto__dimension, d);
        d->value_case = dims[i] < 0 ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
                                    : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        if (dims[i] < 0)
            d->dim_param = strdup("n");
        else
            d->dim_value = dims[i];
        BUILD_APPEND(shape, dim, d);
    }
    return v;
}

#define DIMS(...)                                                                                  \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[])                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* build_input(m, "x", DIMS(-1, 2, 8, 8)): -1 is symbolic. */
static inline void build_input(Onnx__ModelProto *m, const char *name, int rank, const int64_t *dims)
{
    BUILD_APPEND(m->graph, input, build_port(name, 1, rank, dims));
}

static inline void build_output(Onnx__ModelProto *m, const char *name)
{
    BUILD_APPEND(m->graph, output, build_port(name, 1, 0, NULL));
}

static inline Onnx__TensorProto *build_tensor(const char *name, int32_t type, int rank,
                                              const int64_t *dims, const void *data, size_t bytes)
{
    BUILD_MESSAGE(Onnx__TensorProto, onnx__tensor_proto, t);
    t->name = strdup(name);
    t->has_data_type = 1;
    t->data_type = type;
    for (int i = 0; i < rank; i++)
        BUILD_APPEND(t, dims, dims[i]);
    t->has_raw_data = 1;
    t->raw_data.len = bytes;
    t->raw_data.data = build_new(bytes);
    if (bytes)
        memcpy(t->raw_data.data, data, bytes);
    return t;
}

/* A weight of normal random values times sigma, plus an offset. */
static inline void build_weight(Onnx__ModelProto *m, const char *name, float sigma, float offset,
                                int rank, const int64_t *dims)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    float *values = build_new(n * sizeof *values);
    rng r = rng_at(7, RNG_TEST, 0, (uint32_t)m->graph->n_initializer);
    rng_normal_fill(&r, values, n, sigma);
    for (size_t i = 0; i < n; i++)
        values[i] += offset;
    BUILD_APPEND(m->graph, initializer,
                 build_tensor(name, 1, rank, dims, values, n * sizeof *values));
    free(values);
}

/* A list of int64, such as a shape: build_list(m, "shape", DIMS(0, -1)). */
static inline void build_list(Onnx__ModelProto *m, const char *name, int n, const int64_t *values)
{
    int64_t count = n;
    BUILD_APPEND(m->graph, initializer,
                 build_tensor(name, 7, 1, &count, values, (size_t)n * sizeof *values));
}

/* build_node(m, "Add", "sum", "a b", "c"). */
static inline Onnx__NodeProto *build_node(Onnx__ModelProto *m, const char *op, const char *name,
                                          const char *inputs, const char *outputs)
{
    BUILD_MESSAGE(Onnx__NodeProto, onnx__node_proto, n);
    n->op_type = strdup(op);
    n->name = strdup(name);
    for (int out = 0; out < 2; out++)
        for (const char *at = out ? outputs : inputs; *at;) {
            size_t length = strcspn(at, " ");
            if (out)
                BUILD_APPEND(n, output, strndup(at, length));
            else
                BUILD_APPEND(n, input, strndup(at, length));
            at += length + (at[length] == ' ');
        }
    BUILD_APPEND(m->graph, node, n);
    return n;
}

static inline Onnx__AttributeProto *build_attr(Onnx__NodeProto *n, const char *name,
                                               Onnx__AttributeProto__AttributeType type)
{
    BUILD_MESSAGE(Onnx__AttributeProto, onnx__attribute_proto, a);
    a->name = strdup(name);
    a->has_type = 1;
    a->type = type;
    BUILD_APPEND(n, attribute, a);
    return a;
}

static inline void build_int(Onnx__NodeProto *n, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = build_attr(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    a->has_i = 1;
    a->i = value;
}

static inline void build_float(Onnx__NodeProto *n, const char *name, float value)
{
    Onnx__AttributeProto *a = build_attr(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    a->has_f = 1;
    a->f = value;
}

static inline void build_ints(Onnx__NodeProto *n, const char *name, int count,
                              const int64_t *values)
{
    Onnx__AttributeProto *a = build_attr(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    for (int i = 0; i < count; i++)
        BUILD_APPEND(a, ints, values[i]);
}

static inline void build_string(Onnx__NodeProto *n, const char *name, const char *value)
{
    Onnx__AttributeProto *a = build_attr(n, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = 1;
    a->s.len = strlen(value);
    a->s.data = (uint8_t *)strdup(value);
}

/* The model as bytes (malloc'ed). */
static inline uint8_t *build_bytes(const Onnx__ModelProto *m, size_t *size)
{
    *size = onnx__model_proto__get_packed_size(m);
    uint8_t *data = build_new(*size);
    onnx__model_proto__pack(m, data);
    return data;
}

static inline nn_model *build_load(const Onnx__ModelProto *m, err *e)
{
    size_t size;
    uint8_t *data = build_bytes(m, &size);
    nn_model *model = nn_model_load_memory(data, size, "test", e);
    free(data);
    return model;
}

static inline void build_free(Onnx__ModelProto *m)
{
    onnx__model_proto__free_unpacked(m, NULL);
}

#endif
