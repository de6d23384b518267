#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "nn/half.h"
#include "nn/onnx_io.h"

enum { AXIS_NAME_MAX = 40 };

#define DT(name) ONNX__TENSOR_PROTO__DATA_TYPE__##name

bool nn_onnx_dtype(int32_t data_type, nn_dtype *out)
{
    static const struct {
        int32_t onnx;
        nn_dtype ours;
    } pairs[] = {{DT(FLOAT), NN_FLOAT},   {DT(INT64), NN_INT64},   {DT(INT32), NN_INT32},
                 {DT(BOOL), NN_BOOL},     {DT(UINT8), NN_UINT8},   {DT(INT8), NN_INT8},
                 {DT(DOUBLE), NN_DOUBLE}, {DT(FLOAT16), NN_FLOAT}, {DT(BFLOAT16), NN_FLOAT}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].onnx == data_type) {
            *out = pairs[i].ours;
            return true;
        }
    return false;
}

static bool is_half(int32_t data_type)
{
    return data_type == DT(FLOAT16) || data_type == DT(BFLOAT16);
}

size_t nn_onnx_element_bytes(int32_t data_type)
{
    nn_dtype dtype;
    if (is_half(data_type))
        return 2;
    return nn_onnx_dtype(data_type, &dtype) ? nn_dtype_size(dtype) : 0;
}

const char *nn_onnx_dtype_name(int32_t data_type)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&onnx__tensor_proto__data_type__descriptor, data_type);
    return value ? value->name : "unknown";
}

static int refuse_count(const char *field, size_t have, size_t want, err *e)
{
    return err_set(e, ERR_FORMAT, "%s has %zu values; its shape says %zu", field, have, want);
}

/* raw_data is little-endian with the element's size, as are the machines csilink runs on. */
static int copy_raw(const Onnx__TensorProto *proto, nn_tensor *t, err *e)
{
    if (proto->raw_data.len != t->bytes)
        return err_set(e, ERR_FORMAT, "raw_data has %zu bytes; its shape and type say %zu",
                       proto->raw_data.len, t->bytes);
    if (t->bytes)
        memcpy(t->data, proto->raw_data.data, t->bytes);
    return 0;
}

/* float16 or bfloat16, as raw data or, each in 32 bits, as int32_data. */
static int copy_half(const Onnx__TensorProto *proto, nn_tensor *t, err *e)
{
    bool raw = proto->has_raw_data;
    if (raw && proto->raw_data.len != 2 * t->count)
        return err_set(e, ERR_FORMAT, "raw_data has %zu bytes; its shape and type say %zu",
                       proto->raw_data.len, 2 * t->count);
    if (!raw && proto->n_int32_data != t->count)
        return refuse_count("int32_data", proto->n_int32_data, t->count, e);
    for (size_t i = 0; i < t->count; i++) {
        uint16_t half;
        if (raw)
            memcpy(&half, proto->raw_data.data + 2 * i, sizeof half);
        else
            half = (uint16_t)proto->int32_data[i];
        ((float *)t->data)[i] =
            proto->data_type == DT(FLOAT16) ? nn_from_float16(half) : nn_from_bfloat16(half);
    }
    t->stored = 2;
    return 0;
}

static int copy_int32(const Onnx__TensorProto *proto, nn_tensor *t, err *e)
{
    if (proto->n_int32_data != t->count)
        return refuse_count("int32_data", proto->n_int32_data, t->count, e);
    for (size_t i = 0; i < t->count; i++) {
        if (t->dtype == NN_INT32)
            ((int32_t *)t->data)[i] = proto->int32_data[i];
        else
            ((uint8_t *)t->data)[i] = (uint8_t)proto->int32_data[i];
    }
    return 0;
}

static int copy_typed(const Onnx__TensorProto *proto, nn_tensor *t, err *e)
{
    switch (t->dtype) {
    case NN_FLOAT:
        if (proto->n_float_data != t->count)
            return refuse_count("float_data", proto->n_float_data, t->count, e);
        if (t->count)
            memcpy(t->data, proto->float_data, t->bytes);
        return 0;
    case NN_INT64:
        if (proto->n_int64_data != t->count)
            return refuse_count("int64_data", proto->n_int64_data, t->count, e);
        if (t->count)
            memcpy(t->data, proto->int64_data, t->bytes);
        return 0;
    case NN_DOUBLE:
        if (proto->n_double_data != t->count)
            return refuse_count("double_data", proto->n_double_data, t->count, e);
        if (t->count)
            memcpy(t->data, proto->double_data, t->bytes);
        return 0;
    case NN_INT32:
    case NN_BOOL:
    case NN_UINT8:
    case NN_INT8:
        return copy_int32(proto, t, e);
    }
    return 0;
}

nn_tensor *nn_onnx_tensor(const Onnx__TensorProto *proto, nn_pool *pool, err *e)
{
    nn_dtype dtype;
    if (proto->n_external_data ||
        proto->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT) {
        err_set(e, ERR_UNSUPPORTED,
                "its data are in another file, and this model has no folder to look in");
        return NULL;
    }
    if (!nn_onnx_dtype(proto->data_type, &dtype)) {
        err_set(e, ERR_UNSUPPORTED, "csilink does not handle data type %s (%d)",
                nn_onnx_dtype_name(proto->data_type), proto->data_type);
        return NULL;
    }
    nn_tensor *t = nn_pool_alloc(pool, sizeof *t);
    if (!t) {
        err_set(e, ERR_NOMEM, "no memory for a tensor");
        return NULL;
    }
    if (proto->segment) {
        err_set(e, ERR_UNSUPPORTED, "it is stored in segments; csilink reads whole tensors");
        return NULL;
    }
    int rank = proto->n_dims > NN_MAX_RANK ? NN_MAX_RANK + 1 : (int)proto->n_dims;
    if (nn_tensor_shape(t, dtype, rank, proto->dims, e))
        return NULL;
    /* Checked before allocating, so that a small file cannot claim a large tensor. */
    size_t have = proto->raw_data.len + proto->n_float_data + proto->n_int32_data +
                  proto->n_int64_data + proto->n_double_data;
    if (t->count > have) {
        nn_dims_text shape;
        err_set(e, ERR_FORMAT,
                "its shape %s needs %zu values, and the file has %zu bytes or values",
                nn_dims_print(&shape, t->rank, t->dims), t->count, have);
        return NULL;
    }
    t->data = nn_pool_alloc(pool, t->bytes);
    if (!t->data) {
        err_set(e, ERR_NOMEM, "no memory for its %zu bytes", t->bytes);
        return NULL;
    }
    int rc = is_half(proto->data_type) ? copy_half(proto, t, e)
             : proto->has_raw_data     ? copy_raw(proto, t, e)
                                       : copy_typed(proto, t, e);
    return rc ? NULL : t;
}

/* Messages contain the name. */
static const char *axis_name(const Onnx__TensorShapeProto__Dimension *d, nn_pool *pool)
{
    bool named = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
    const char *name = named && d->dim_param ? d->dim_param : "";
    char *copy = nn_pool_text(pool, name, strnlen(name, AXIS_NAME_MAX));
    if (copy)
        err_one_line(copy);
    return copy;
}

static int read_dims(const Onnx__TensorShapeProto *shape, nn_pool *pool, nn_port *port, err *e)
{
    if (!shape)
        return err_set(e, ERR_UNSUPPORTED, "it declares no shape; csilink needs its rank");
    if (shape->n_dim > NN_MAX_RANK)
        return err_set(e, ERR_UNSUPPORTED, "it has rank %zu; csilink handles 0 to %d", shape->n_dim,
                       NN_MAX_RANK);
    port->rank = (int)shape->n_dim;
    for (int i = 0; i < port->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];
        port->dims[i] = -1;
        if (d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) {
            port->axis[i] = axis_name(d, pool);
            if (!port->axis[i])
                return err_set(e, ERR_NOMEM, "no memory for a name");
            continue;
        }
        if (d->dim_value < 0)
            return err_set(e, ERR_FORMAT, "it declares size %" PRId64 " in dimension %d",
                           d->dim_value, i);
        port->dims[i] = d->dim_value;
    }
    return 0;
}

int nn_onnx_port(const Onnx__ValueInfoProto *info, nn_pool *pool, nn_port *port, err *e)
{
    const Onnx__TypeProto *type = info->type;
    port->name = nn_pool_text(pool, info->name, strlen(info->name));
    if (!port->name)
        return err_set(e, ERR_NOMEM, "no memory for a name");
    if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || !type->tensor_type)
        return err_set(e, ERR_UNSUPPORTED, "it is not a tensor");
    int32_t elem = type->tensor_type->elem_type;
    if (!nn_onnx_dtype(elem, &port->dtype))
        return err_set(e, ERR_UNSUPPORTED, "csilink does not handle data type %s (%d)",
                       nn_onnx_dtype_name(elem), elem);
    return read_dims(type->tensor_type->shape, pool, port, e);
}

int nn_port_axes(const nn_port *port, nn_axes_text *into)
{
    size_t at = 0;
    int found = 0, all = 0;
    for (int i = 1; i < port->rank; i++)
        all += port->dims[i] < 0;
    into->text[0] = '\0';
    for (int i = 1; i < port->rank && at < sizeof into->text; i++) {
        if (port->dims[i] >= 0)
            continue;
        const char *gap = !found ? "" : found + 1 == all ? " and " : ", ";
        const char *name = port->axis[i] && *port->axis[i] ? port->axis[i] : NULL;
        at += (size_t)(name ? snprintf(into->text + at, sizeof into->text - at, "%s'%s'", gap, name)
                            : snprintf(into->text + at, sizeof into->text - at, "%s%d", gap, i));
        found++;
    }
    return all;
}
