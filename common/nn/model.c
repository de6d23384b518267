#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/onnx_io.h"

static int read_file(const char *path, char **data, size_t *size, err *e)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
    int rc = 0;
    long end = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (end < 0)
        rc = err_set(e, ERR_IO, "%s: cannot be read: %m", path);
    else if (end == 0 || end > NN_MAX_FILE_BYTES)
        rc = err_set(e, ERR_FORMAT, "%s: %ld bytes; an ONNX model has 1 to %d", path, end,
                     NN_MAX_FILE_BYTES);
    else if (!(*data = malloc((size_t)end)))
        rc = err_set(e, ERR_NOMEM, "%s: no memory for its %ld bytes", path, end);
    if (!rc) {
        rewind(f);
        *size = (size_t)end;
        if (fread(*data, 1, *size, f) != *size)
            rc = err_set(e, ERR_IO, "%s: cannot be read completely", path);
    }
    fclose(f);
    return rc;
}

/* `in_folder`: the model is a file, and its folder can have others. */
static nn_model *load(const void *data, size_t size, const char *name, bool in_folder, err *e);

nn_model *nn_model_load(const char *path, err *e)
{
    char *data = NULL;
    size_t size = 0;
    nn_model *model = NULL;
    if (read_file(path, &data, &size, e) == 0)
        model = load(data, size, path, true, e);
    free(data);
    return model;
}

nn_model *nn_model_load_memory(const void *data, size_t size, const char *name, err *e)
{
    return load(data, size, name, false, e);
}

static nn_model *load(const void *data, size_t size, const char *name, bool in_folder, err *e)
{
    nn_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "%s: no memory for a model", name);
        return NULL;
    }
    m->pool.limit = (size_t)4 << 30;
    m->proto = nn_onnx_unpack(data, size, e);
    if (!m->proto || (in_folder && nn_onnx_bring_in(m->proto, name, size, e)) ||
        nn_graph_build(m, e) || (m->hash = nn_graph_hash(m, e)) == 0) {
        err_prefix(e, "%s", name);
        nn_model_free(m);
        return NULL;
    }
    return m;
}

void nn_model_free(nn_model *model)
{
    if (!model)
        return;
    if (model->proto)
        onnx__model_proto__free_unpacked(model->proto, NULL);
    nn_pool_free(&model->pool);
    free(model);
}

/* Through the file's bytes, so that the copy shares nothing with the model. */
nn_model *nn_model_copy(const nn_model *model, err *e)
{
    size_t size = onnx__model_proto__get_packed_size(model->proto);
    uint8_t *data = malloc(size);
    if (!data) {
        err_set(e, ERR_NOMEM, "out of memory for a copy of a model of %zu bytes", size);
        return NULL;
    }
    onnx__model_proto__pack(model->proto, data);
    nn_model *copy = nn_model_load_memory(data, size, "copy of a model", e);
    free(data);
    return copy;
}

int nn_model_inputs(const nn_model *model)
{
    return model->n_inputs;
}

int nn_model_outputs(const nn_model *model)
{
    return model->n_outputs;
}

const nn_port *nn_model_input(const nn_model *model, int index)
{
    return index >= 0 && index < model->n_inputs ? &model->input_ports[index] : NULL;
}

const nn_port *nn_model_output(const nn_model *model, int index)
{
    return index >= 0 && index < model->n_outputs ? &model->output_ports[index] : NULL;
}

void nn_model_fix_input(nn_model *model, int input, const int64_t *dims)
{
    nn_port *port = &model->input_ports[input];
    for (int i = 1; i < port->rank; i++)
        if (port->dims[i] < 0) {
            port->dims[i] = dims[i];
            port->axis[i] = NULL;
        }
}

uint64_t nn_model_hash(const nn_model *model)
{
    return model->hash;
}

void nn_model_weights(const nn_model *model, int64_t *parameters, size_t *bytes)
{
    *parameters = 0;
    *bytes = 0;
    for (int i = 0; i < model->n_values; i++) {
        const nn_tensor *t = model->values[i].constant;
        if (!t || t->dtype == NN_INT64 || t->origin) /* 16 bits: its origin counts */
            continue;
        *parameters += (int64_t)t->count;
        *bytes += nn_stored_bytes(t);
    }
}

int nn_model_values(const nn_model *model)
{
    return model->n_values;
}

const char *nn_model_value_name(const nn_model *model, int value)
{
    return value >= 0 && value < model->n_values ? model->values[value].name : NULL;
}

const nn_tensor *nn_model_constant(const nn_model *model, int value)
{
    return value >= 0 && value < model->n_values ? model->values[value].constant : NULL;
}

int nn_model_find_constant(const nn_model *model, const char *name)
{
    for (int v = 0; v < model->n_values; v++)
        if (model->values[v].constant && strcmp(model->values[v].name, name) == 0)
            return v;
    return -1;
}

bool nn_model_has_op(const nn_model *model, const char *op)
{
    for (int i = 0; i < model->n_nodes; i++)
        if (strcmp(model->nodes[i].op->name, op) == 0)
            return true;
    return false;
}

bool nn_model_find_layer(const nn_model *model, const char *weights, nn_layer *layer)
{
    int value = nn_model_find_constant(model, weights);
    for (int i = 0; value >= 0 && i < model->n_nodes; i++) {
        const nn_node *node = &model->nodes[i];
        if (node->n_in < 2 || node->in[1] != value)
            continue;
        *layer = (nn_layer){.input = node->in[0],
                            .weights = value,
                            .bias = node->n_in > 2 ? node->in[2] : -1,
                            .output = node->out[0]};
        return true;
    }
    return false;
}

/* Initializers are the first values of a model, in the order of the file. NULL if the value is not
 * one of that type. */
static Onnx__TensorProto *find_initializer(const nn_model *model, int value, nn_dtype dtype)
{
    const Onnx__GraphProto *g = model->proto->graph;
    if (value < 0 || (size_t)value >= g->n_initializer)
        return NULL;
    const nn_tensor *t = model->values[value].constant;
    return t && t->dtype == dtype ? g->initializer[value] : NULL;
}

/* Setting a 16-bit weight to floats stores it as floats from then on. */
static int widen(const nn_model *model, int value, Onnx__TensorProto *p, err *e)
{
    nn_tensor *t = (nn_tensor *)model->values[value].constant;
    if (!t->stored)
        return 0;
    uint8_t *wide = malloc(t->bytes ? t->bytes : 1);
    if (!wide)
        return err_set(e, ERR_NOMEM, "no memory for %zu bytes", t->bytes);
    free(p->raw_data.data);
    free(p->int32_data);
    p->int32_data = NULL;
    p->n_int32_data = 0;
    p->has_raw_data = 1;
    p->raw_data = (ProtobufCBinaryData){.len = t->bytes, .data = wide};
    p->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t->stored = 0;
    return 0;
}

static void write_constant(const nn_tensor *t, void *written, const void *data)
{
    if (t->bytes) {
        memcpy(t->data, data, t->bytes);
        memcpy(written, data, t->bytes);
    }
}

int nn_model_set_constant(nn_model *model, int value, const float *data, err *e)
{
    Onnx__TensorProto *p = find_initializer(model, value, NN_FLOAT);
    if (!p)
        return err_set(e, ERR_INVALID, "value %d is not an initializer of floats", value);
    int rc = widen(model, value, p, e);
    if (rc)
        return rc;
    write_constant(model->values[value].constant,
                   p->has_raw_data ? (void *)p->raw_data.data : (void *)p->float_data, data);
    return 0;
}

int nn_model_set_list(nn_model *model, int value, const int64_t *data, err *e)
{
    Onnx__TensorProto *p = find_initializer(model, value, NN_INT64);
    if (!p)
        return err_set(e, ERR_INVALID, "value %d is not an initializer of int64", value);
    write_constant(model->values[value].constant,
                   p->has_raw_data ? (void *)p->raw_data.data : (void *)p->int64_data, data);
    return 0;
}

int nn_model_rehash(nn_model *model, err *e)
{
    uint64_t hash = nn_graph_hash(model, e);
    if (hash)
        model->hash = hash;
    return hash ? 0 : ERR_NOMEM;
}
