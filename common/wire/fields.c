#include <stdbool.h>

#include "wire/internal.h"
#include "wire/limits.h"

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* False where the bytes end inside the number. */
static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Reads past a field's length and returns the size of its value in bytes; false where no field
 * starts. */
static bool read_value(unsigned wire, const uint8_t **at, const uint8_t *end, uint64_t *bytes)
{
    uint64_t number;
    *bytes = wire == FIXED64 ? 8 : 4;
    if (wire == VARINT) {
        *bytes = 0;
        return read_varint(at, end, &number);
    }
    if (wire == BYTES)
        return read_varint(at, end, bytes) && *bytes <= (uint64_t)(end - *at);
    return (wire == FIXED64 || wire == FIXED32) && *bytes <= (uint64_t)(end - *at);
}

/* Subtracts the fields of a message, and of the messages in it, from *left; false where that is not
 * enough. protobuf-c rejects what is not a message. */
static bool count_fields(const ProtobufCMessageDescriptor *type, const uint8_t *at, size_t size,
                         size_t *left)
{
    const uint8_t *end = at + size;
    uint64_t key, bytes;
    while (read_varint(&at, end, &key) && read_value(key & 7, &at, end, &bytes)) {
        const ProtobufCFieldDescriptor *f =
            key >> 3 <= UINT32_MAX
                ? protobuf_c_message_descriptor_get_field(type, (unsigned)(key >> 3))
                : NULL;
        if (*left == 0)
            return false;
        --*left;
        if (f && f->type == PROTOBUF_C_TYPE_MESSAGE && (key & 7) == BYTES &&
            !count_fields(f->descriptor, at, (size_t)bytes, left))
            return false;
        at += bytes;
    }
    return true;
}

int wire_check_fields(const ProtobufCMessageDescriptor *type, const void *data, size_t size, err *e)
{
    bool lists = type == &csilink__control_reply__descriptor;
    size_t most = lists ? WIRE_REPLY_FIELDS_MAX : WIRE_FIELDS_MAX, left = most;
    if (count_fields(type, data, size, &left))
        return ERR_NONE;
    return err_set(e, ERR_FORMAT, "a %s of more than %zu fields, which no message has",
                   type->short_name, most);
}
