/* protobuf-c recurses once per nested message and allocates a struct for messages of two bytes in
 * the file. This bounds both, before and during unpacking. */
#include <stdlib.h>

#include "nn/onnx_io.h"

enum { MAX_NESTING = 32, MIN_BUDGET = 1 << 20, BUDGET_PER_BYTE = 64 };
static const size_t max_budget = (size_t)4 << 30;

typedef struct wire {
    const uint8_t *at, *end;
} wire;

static bool read_varint(wire *w, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && w->at < w->end; shift += 7) {
        uint8_t byte = *w->at++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* Skips one field; *inside is the contents of a length-delimited one. */
static bool next_field(wire *w, unsigned *number, wire *inside)
{
    uint64_t tag, length;
    *inside = (wire){0};
    if (!read_varint(w, &tag) || tag >> 32)
        return false;
    *number = (unsigned)(tag >> 3);
    switch (tag & 7) {
    case 0:
        return read_varint(w, &length);
    case 1:
        length = 8;
        break;
    case 2:
        if (!read_varint(w, &length))
            return false;
        break;
    case 5:
        length = 4;
        break;
    default:
        return false;
    }
    if (length > (uint64_t)(w->end - w->at))
        return false;
    if ((tag & 7) == 2)
        *inside = (wire){w->at, w->at + length};
    w->at += length;
    return true;
}

static int check_nesting(const ProtobufCMessageDescriptor *type, wire w, int depth, err *e)
{
    if (depth > MAX_NESTING)
        return err_set(e, ERR_FORMAT, "messages nest more than %d deep", MAX_NESTING);
    while (w.at < w.end) {
        unsigned number;
        wire inside;
        if (!next_field(&w, &number, &inside))
            return err_set(e, ERR_FORMAT, "the protobuf data are malformed or end too early");
        if (!inside.at)
            continue;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(type, number);
        if (field && field->type == PROTOBUF_C_TYPE_MESSAGE) {
            int rc = check_nesting(field->descriptor, inside, depth + 1, e);
            if (rc)
                return rc;
        }
    }
    return 0;
}

static void *budget_alloc(void *budget, size_t size)
{
    size_t *left = budget;
    if (size > *left)
        return NULL;
    *left -= size;
    return malloc(size);
}

static void budget_free(void *budget, void *memory)
{
    (void)budget;
    free(memory);
}

Onnx__ModelProto *nn_onnx_unpack(const void *data, size_t size, err *e)
{
    if (size == 0 || size > NN_MAX_FILE_BYTES) {
        err_set(e, ERR_FORMAT, "%zu bytes; an ONNX model has 1 to %d", size, NN_MAX_FILE_BYTES);
        return NULL;
    }
    wire w = {data, (const uint8_t *)data + size};
    if (check_nesting(&onnx__model_proto__descriptor, w, 0, e))
        return NULL;
    size_t left = MIN_BUDGET + BUDGET_PER_BYTE * size;
    if (left > max_budget)
        left = max_budget;
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &left};
    Onnx__ModelProto *proto = onnx__model_proto__unpack(&allocator, size, data);
    if (!proto)
        err_set(e, ERR_FORMAT, "not an ONNX model, or a damaged one");
    return proto;
}
