#include "nn/build.h"

#include <stdlib.h>
#include <string.h>

#include "nn/tensor.h"

enum { OPSET = 17, IR_VERSION = 8 };

bool nn_builder_usable(const nn_builder *b)
{
    return b && b->failure.code == 0;
}

void *nn_builder_no_memory(nn_builder *b)
{
    if (nn_builder_usable(b))
        err_set(&b->failure, ERR_NOMEM, "no memory to build a model");
    return NULL;
}

static void *make(nn_builder *b, size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);
    return p ? p : nn_builder_no_memory(b);
}

char *nn_builder_text(nn_builder *b, const char *text, size_t length)
{
    char *copy = strndup(text, length);
    return copy ? copy : nn_builder_no_memory(b);
}

/* Allocates a message with its defaults. */
#define MAKE_MESSAGE(b, type, prefix, name)                                                        \
    type *name = make(b, sizeof *name);                                                            \
    if (name)                                                                                      \
    prefix##__init(name)

bool nn_builder_append(nn_builder *b, void *list, size_t *n, const void *item, size_t size)
{
    void *old, *grown;
    memcpy(&old, list, sizeof old);
    grown = realloc(old, (*n + 1) * size);
    if (!grown) {
        nn_builder_no_memory(b);
        return false;
    }
    memcpy((char *)grown + *n * size, item, size);
    memcpy(list, &grown, sizeof grown);
    (*n)++;
    return true;
}

/* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not see that lists own their items */
nn_builder *nn_builder_new(void)
{
    nn_builder *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    MAKE_MESSAGE(b, Onnx__ModelProto, onnx__model_proto, m);
    if (!m)
        return b;
    b->model = m;
    m->has_ir_version = 1;
    m->ir_version = IR_VERSION;
    m->producer_name = nn_builder_text(b, "csilink", strlen("csilink"));
    MAKE_MESSAGE(b, Onnx__GraphProto, onnx__graph_proto, g);
    m->graph = g;
    if (g)
        g->name = nn_builder_text(b, "network", strlen("network"));
    MAKE_MESSAGE(b, Onnx__OperatorSetIdProto, onnx__operator_set_id_proto, o);
    if (!o)
        return b;
    o->domain = nn_builder_text(b, "", 0);
    o->has_version = 1;
    o->version = OPSET;
    if (!APPEND(b, m, opset_import, o))
        onnx__operator_set_id_proto__free_unpacked(o, NULL);
    return b;
}

void nn_builder_free(nn_builder *b)
{
    if (!b)
        return;
    if (b->model)
        onnx__model_proto__free_unpacked(b->model, NULL);
    free(b);
}

/* --- inputs and outputs -------------------------------------------------------------------------
 */

static void add_dimension(nn_builder *b, Onnx__TensorShapeProto *shape, int64_t size)
{
    MAKE_MESSAGE(b, Onnx__TensorShapeProto__Dimension, onnx__tensor_shape_proto__dimension, d);
    if (!d)
        return;
    if (size < 0) {
        d->dim_param = nn_builder_text(b, "N", 1);
        d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    } else {
        d->dim_value = size;
        d->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
    }
    if (!APPEND(b, shape, dim, d))
        protobuf_c_message_free_unpacked(&d->base, NULL);
}

static Onnx__TypeProto *tensor_type(nn_builder *b, int rank, const int64_t *dims)
{
    MAKE_MESSAGE(b, Onnx__TypeProto, onnx__type_proto, type);
    if (!type)
        return NULL;
    MAKE_MESSAGE(b, Onnx__TypeProto__Tensor, onnx__type_proto__tensor, tensor);
    if (!tensor)
        return type;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    MAKE_MESSAGE(b, Onnx__TensorShapeProto, onnx__tensor_shape_proto, shape);
    tensor->shape = shape;
    for (int i = 0; shape && i < rank; i++)
        add_dimension(b, shape, dims[i]);
    return type;
}

static Onnx__ValueInfoProto *port(nn_builder *b, const char *name, int rank, const int64_t *dims)
{
    MAKE_MESSAGE(b, Onnx__ValueInfoProto, onnx__value_info_proto, v);
    if (!v)
        return NULL;
    v->name = nn_builder_text(b, name, strlen(name));
    v->type = tensor_type(b, rank, dims);
    return v;
}

void nn_builder_input(nn_builder *b, const char *name, int rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *v = nn_builder_usable(b) ? port(b, name, rank, dims) : NULL;
    if (v && !APPEND(b, b->model->graph, input, v))
        onnx__value_info_proto__free_unpacked(v, NULL);
}

void nn_builder_output(nn_builder *b, const char *name, int rank, const int64_t *dims)
{
    Onnx__ValueInfoProto *v = nn_builder_usable(b) ? port(b, name, rank, dims) : NULL;
    if (v && !APPEND(b, b->model->graph, output, v))
        onnx__value_info_proto__free_unpacked(v, NULL);
}

/* --- initializers -------------------------------------------------------------------------------
 */

static void initializer(nn_builder *b, const char *name, int32_t type, const nn_tensor *shape,
                        const void *values)
{
    MAKE_MESSAGE(b, Onnx__TensorProto, onnx__tensor_proto, t);
    if (!t)
        return;
    t->name = nn_builder_text(b, name, strlen(name));
    t->has_data_type = 1;
    t->data_type = type;
    bool whole = true;
    for (int i = 0; whole && i < shape->rank; i++)
        whole = APPEND(b, t, dims, shape->dims[i]);
    t->has_raw_data = 1;
    t->raw_data.data = make(b, shape->bytes);
    if (t->raw_data.data) {
        t->raw_data.len = shape->bytes;
        if (values && shape->bytes)
            memcpy(t->raw_data.data, values, shape->bytes);
    }
    if (!whole || !APPEND(b, b->model->graph, initializer, t))
        onnx__tensor_proto__free_unpacked(t, NULL);
}

void nn_builder_floats(nn_builder *b, const char *name, int rank, const int64_t *dims,
                       const float *values)
{
    nn_tensor shape = {0};
    if (!nn_builder_usable(b))
        return;
    if (nn_tensor_shape(&shape, NN_FLOAT, rank, dims, &b->failure) == 0)
        initializer(b, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, &shape, values);
    else
        err_prefix(&b->failure, "initializer '%s'", name);
}

void nn_builder_list(nn_builder *b, const char *name, int n, const int64_t *values)
{
    nn_tensor shape = {0};
    if (!nn_builder_usable(b))
        return;
    if (nn_tensor_shape(&shape, NN_INT64, 1, (int64_t[]){n}, &b->failure) == 0)
        initializer(b, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &shape, values);
    else
        err_prefix(&b->failure, "initializer '%s'", name);
}

void nn_builder_tensor(nn_builder *b, const char *name, const nn_tensor *t)
{
    static const int32_t types[] = {
        [NN_FLOAT] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
        [NN_INT64] = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
        [NN_INT32] = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
        [NN_BOOL] = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
        [NN_UINT8] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
        [NN_INT8] = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
        [NN_DOUBLE] = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
    };
    if (nn_builder_usable(b))
        initializer(b, name, types[t->dtype], t, t->data);
}

/* --- nodes --------------------------------------------------------------------------------------
 */

static void add_names(nn_builder *b, char ***list, size_t *n, const char *names)
{
    while (*names && nn_builder_usable(b)) {
        size_t length = strcspn(names, " ");
        bool absent = length == 1 && *names == '-';
        char *name = nn_builder_text(b, names, absent ? 0 : length);
        if (name && !nn_builder_append(b, list, n, &name, sizeof name))
            free(name);
        names += length + (names[length] == ' ');
    }
}

void nn_builder_node(nn_builder *b, const char *op, const char *name, const char *inputs,
                     const char *outputs)
{
    if (!nn_builder_usable(b))
        return;
    MAKE_MESSAGE(b, Onnx__NodeProto, onnx__node_proto, n);
    if (!n)
        return;
    n->op_type = nn_builder_text(b, op, strlen(op));
    n->name = nn_builder_text(b, name, strlen(name));
    add_names(b, &n->input, &n->n_input, inputs);
    add_names(b, &n->output, &n->n_output, outputs);
    if (APPEND(b, b->model->graph, node, n))
        b->node = n;
    else
        onnx__node_proto__free_unpacked(n, NULL);
}

static void add_listed(nn_builder *b, char ***list, size_t *n, int count, const char *const *names)
{
    for (int i = 0; i < count && nn_builder_usable(b); i++) {
        const char *text = names[i] ? names[i] : "";
        char *name = nn_builder_text(b, text, strlen(text));
        if (name && !nn_builder_append(b, list, n, &name, sizeof name))
            free(name);
    }
}

void nn_builder_node_of(nn_builder *b, const char *op, const char *name, int n_in,
                        const char *const *inputs, int n_out, const char *const *outputs)
{
    nn_builder_node(b, op, name, "", "");
    if (!nn_builder_usable(b))
        return;
    add_listed(b, &b->node->input, &b->node->n_input, n_in, inputs);
    add_listed(b, &b->node->output, &b->node->n_output, n_out, outputs);
}

static Onnx__AttributeProto *attribute(nn_builder *b, const char *name,
                                       Onnx__AttributeProto__AttributeType type)
{
    if (!nn_builder_usable(b))
        return NULL;
    if (!b->node) {
        err_set(&b->failure, ERR_STATE, "attribute '%s' comes before any node", name);
        return NULL;
    }
    MAKE_MESSAGE(b, Onnx__AttributeProto, onnx__attribute_proto, a);
    if (!a)
        return NULL;
    a->name = nn_builder_text(b, name, strlen(name));
    a->has_type = 1;
    a->type = type;
    if (APPEND(b, b->node, attribute, a))
        return a;
    onnx__attribute_proto__free_unpacked(a, NULL);
    return NULL;
}

void nn_builder_int(nn_builder *b, const char *name, int64_t value)
{
    Onnx__AttributeProto *a = attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (a) {
        a->has_i = 1;
        a->i = value;
    }
}

void nn_builder_float(nn_builder *b, const char *name, float value)
{
    Onnx__AttributeProto *a = attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (a) {
        a->has_f = 1;
        a->f = value;
    }
}

void nn_builder_ints(nn_builder *b, const char *name, int n, const int64_t *values)
{
    Onnx__AttributeProto *a = attribute(b, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    for (int i = 0; a && i < n; i++)
        APPEND(b, a, ints, values[i]);
}

static void rename_in(nn_builder *b, char **names, size_t n, const char *from, const char *to)
{
    for (size_t i = 0; i < n; i++) {
        char *copy = strcmp(names[i], from) == 0 ? nn_builder_text(b, to, strlen(to)) : NULL;
        if (copy) {
            free(names[i]);
            names[i] = copy;
        }
    }
}

void nn_builder_rename(nn_builder *b, const char *from, const char *to)
{
    for (size_t i = 0; nn_builder_usable(b) && i < b->model->graph->n_node; i++) {
        Onnx__NodeProto *n = b->model->graph->node[i];
        rename_in(b, n->input, n->n_input, from, to);
        rename_in(b, n->output, n->n_output, from, to);
    }
}

/* --- the whole ----------------------------------------------------------------------------------
 */

void nn_builder_metadata(nn_builder *b, const char *key, const char *value)
{
    if (!nn_builder_usable(b))
        return;
    MAKE_MESSAGE(b, Onnx__StringStringEntryProto, onnx__string_string_entry_proto, entry);
    if (!entry)
        return;
    entry->key = nn_builder_text(b, key, strlen(key));
    entry->value = nn_builder_text(b, value, strlen(value));
    if (!APPEND(b, b->model, metadata_props, entry))
        onnx__string_string_entry_proto__free_unpacked(entry, NULL);
}

static nn_model *load(nn_builder *b, const char *name, err *e)
{
    size_t size = onnx__model_proto__get_packed_size(b->model);
    uint8_t *data = malloc(size);
    if (!data) {
        err_set(e, ERR_NOMEM, "%s: no memory for its %zu bytes", name, size);
        return NULL;
    }
    onnx__model_proto__pack(b->model, data);
    nn_model *model = nn_model_load_memory(data, size, name, e);
    free(data);
    return model;
}

nn_model *nn_builder_finish(nn_builder *b, const char *name, err *e)
{
    nn_model *model = NULL;
    if (!b)
        err_set(e, ERR_NOMEM, "%s: no memory to build it", name);
    else if (b->failure.code)
        err_set(e, (err_code)b->failure.code, "%s: %s", name, b->failure.text);
    else
        model = load(b, name, e);
    nn_builder_free(b);
    return model;
}
/* NOLINTEND(clang-analyzer-unix.Malloc) */
