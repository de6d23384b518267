#include "mutate_message.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum {
    FIELDS_MAX = 256,
    DEPTH_MAX = 6,
    SMALL = 64,        /* room for any number, and for the bytes of a field that is made */
    GROWTH = 64 << 10, /* of a message, in one mutation */
    UNKNOWN_FIELD = 4000
};

/* Wire types. */
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* One field as it lies on the wire: its key, and where its value is (of BYTES, behind the length).
 */
typedef struct field {
    uint32_t number, wire;
    const uint8_t *value;
    size_t size; /* of the value */
} field;

/* --- random choices -----------------------------------------------------------------------------
 */

static uint64_t state;

static void seed_random(unsigned seed)
{
    state = (seed + 1) * 0x9e3779b97f4a7c15u | 1;
}

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du;
}

static size_t below(size_t n)
{
    return n ? (size_t)((next_random() >> 20) % n) : 0;
}

static uint64_t edge_integer(void)
{
    static const uint64_t edges[] = {
        0,         1,          2,          3,         7,          8,
        127,       128,        255,        256,       65535,      65536,
        65537,     999999,     1000000,    1000001,   1 << 20,    INT32_MAX,
        1u << 31,  UINT32_MAX, 1ull << 32, INT64_MAX, 1ull << 63, UINT64_MAX - 1,
        UINT64_MAX};
    uint64_t edge = edges[below(sizeof edges / sizeof edges[0])];
    return below(4) ? edge : edge + below(5) - 2;
}

static double edge_real(void)
{
    static const double edges[] = {0,      -0.0,   1,      -1,   0.5,    1e-3,  10,   100,
                                   101,    -30,    -30.1,  1e6,  864000, 1e9,   1e18, 1e300,
                                   1e-300, 5e-324, -1e300, 3e38, 4e38,   1.5e19};
    size_t what = below(sizeof edges / sizeof edges[0] + 4);
    switch (what) {
    case 0:
        return (double)NAN;
    case 1:
        return HUGE_VAL;
    case 2:
        return -HUGE_VAL;
    case 3:
        return (double)(int64_t)next_random();
    default:
        return edges[what - 4];
    }
}

/* --- reading and writing the wire format --------------------------------------------------------
 */

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

static size_t write_varint(uint8_t *to, uint64_t value)
{
    size_t n = 0;
    do {
        to[n++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    return n;
}

static bool read_field(const uint8_t **at, const uint8_t *end, field *f)
{
    uint64_t key, length = 0;
    if (!read_varint(at, end, &key) || key >> 3 == 0 || key >> 3 > INT32_MAX)
        return false;
    f->number = (uint32_t)(key >> 3);
    f->wire = key & 7;
    f->value = *at;
    switch (f->wire) {
    case VARINT:
        if (!read_varint(at, end, &length))
            return false;
        f->size = (size_t)(*at - f->value);
        return true;
    case FIXED64:
        length = 8;
        break;
    case FIXED32:
        length = 4;
        break;
    case BYTES:
        if (!read_varint(at, end, &length))
            return false;
        f->value = *at;
        break;
    default:
        return false;
    }
    if (length > (uint64_t)(end - *at))
        return false;
    f->size = (size_t)length;
    *at += length;
    return true;
}

/* The fields of a message; false where it is none, or has too many. */
static bool read_fields(const uint8_t *data, size_t size, field fields[FIELDS_MAX], size_t *count)
{
    const uint8_t *at = data, *end = data + size;
    *count = 0;
    while (at < end)
        if (*count == FIELDS_MAX || !read_field(&at, end, &fields[(*count)++]))
            return false;
    return true;
}

/* How many bytes are written; 0 where there is no room. */
static size_t write_field(uint8_t *to, size_t room, const field *f)
{
    uint8_t head[20];
    size_t n = write_varint(head, (uint64_t)f->number << 3 | f->wire);
    if (f->wire == BYTES)
        n += write_varint(head + n, f->size);
    if (n + f->size > room)
        return 0;
    memcpy(to, head, n);
    if (f->size)
        memcpy(to + n, f->value, f->size);
    return n + f->size;
}

static size_t write_fields(uint8_t *to, size_t room, const field *fields, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += write_field(to + used, room - used, &fields[i]);
    return used;
}

/* --- values -------------------------------------------------------------------------------------
 */

static uint32_t wire_of(const ProtobufCFieldDescriptor *d)
{
    switch (d->type) {
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return FIXED64;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return FIXED32;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return BYTES;
    default:
        return VARINT;
    }
}

static size_t edge_number(uint8_t *to, uint32_t wire, bool real)
{
    uint64_t integer = edge_integer();
    double wide = edge_real();
    float narrow = (float)wide;
    switch (wire) {
    case FIXED64:
        memcpy(to, real ? (void *)&wide : (void *)&integer, 8);
        return 8;
    case FIXED32:
        memcpy(to, real ? (void *)&narrow : (void *)&integer, 4);
        return 4;
    default:
        return write_varint(to, integer);
    }
}

/* Bytes: a text, a vector of floats, packed numbers. */
static size_t change_bytes(uint8_t *data, size_t size, size_t room)
{
    float number = (float)edge_real();
    size_t n;
    switch (below(7)) {
    case 0:
        return below(2) ? 0 : below(size + 1);
    case 1: /* one float more */
        n = size + 4 <= room ? 4 : 0;
        memcpy(data + size, &number, n);
        return size + n;
    case 2: /* a float at an edge */
        if (size >= 4)
            memcpy(data + below(size / 4) * 4, &number, 4);
        return size;
    case 3: /* twice as much, up to a size that matters to somebody */
        n = size < room - size ? size : room - size;
        memcpy(data + size, data, n);
        return size + n;
    case 4: /* one byte over and over */
        n = below(2) ? below(80) : below(5000);
        n = n < room - size ? n : room - size;
        memset(data + size, below(2) ? 'a' : (int)below(256), n);
        return size + n;
    case 5: /* what a terminal obeys, what is no UTF-8 */
        if (size)
            data[below(size)] = (uint8_t) "\x1b\n\r\"\\\xff\x80\0"[below(8)];
        return size;
    default:
        return LLVMFuzzerMutate(data, size, room);
    }
}

/* --- messages -----------------------------------------------------------------------------------
 */

static size_t change(const ProtobufCMessageDescriptor *type, uint8_t *data, size_t size,
                     size_t room, int depth);

static const ProtobufCFieldDescriptor *describe(const ProtobufCMessageDescriptor *type,
                                                const field *f)
{
    return type ? protobuf_c_message_descriptor_get_field(type, f->number) : NULL;
}

/* Gives a field another value, `room` bytes longer at most, which `value` is to hold. */
static void change_value(const ProtobufCMessageDescriptor *type, field *f, uint8_t *value,
                         size_t room, int depth)
{
    const ProtobufCFieldDescriptor *d = describe(type, f);
    bool real = d && (d->type == PROTOBUF_C_TYPE_DOUBLE || d->type == PROTOBUF_C_TYPE_FLOAT);
    if (f->wire != BYTES) {
        f->size = edge_number(value, f->wire, real);
    } else {
        room += f->size;
        if (f->size)
            memcpy(value, f->value, f->size);
        if (d && d->type == PROTOBUF_C_TYPE_MESSAGE && depth < DEPTH_MAX && below(8))
            f->size = change(d->descriptor, value, f->size, room, depth + 1);
        else
            f->size = change_bytes(value, f->size, room);
    }
    f->value = value;
}

/* A field of the type, or one that no type has, with a value of its kind. */
static field make_field(const ProtobufCMessageDescriptor *type, uint8_t *value)
{
    field f = {.number = UNKNOWN_FIELD + (uint32_t)below(3), .value = value};
    bool real = false;
    if (type && type->n_fields && below(8)) {
        const ProtobufCFieldDescriptor *d = &type->fields[below(type->n_fields)];
        f.number = d->id;
        f.wire = wire_of(d);
        real = d->type == PROTOBUF_C_TYPE_DOUBLE || d->type == PROTOBUF_C_TYPE_FLOAT;
    } else {
        static const uint32_t wires[] = {VARINT, FIXED64, BYTES, FIXED32};
        f.wire = wires[below(4)];
    }
    f.size = f.wire == BYTES ? change_bytes(value, 0, SMALL) : edge_number(value, f.wire, real);
    return f;
}

static void insert_field(field *fields, size_t *count, const field *f)
{
    if (*count == FIELDS_MAX)
        return;
    size_t at = below(*count + 1);
    memmove(&fields[at + 1], &fields[at], (*count - at) * sizeof *fields);
    fields[at] = *f;
    ++*count;
}

static void drop_field(field *fields, size_t *count, size_t at)
{
    --*count;
    memmove(&fields[at], &fields[at + 1], (*count - at) * sizeof *fields);
}

/* Another wire type for a field, and a value that goes with it. */
static void change_wire(field *f, uint8_t *value)
{
    static const uint32_t wires[] = {VARINT, FIXED64, BYTES, FIXED32};
    f->wire = wires[below(4)];
    f->size = f->wire == BYTES ? change_bytes(value, 0, SMALL) : edge_number(value, f->wire, false);
    f->value = value;
}

static size_t change(const ProtobufCMessageDescriptor *type, uint8_t *data, size_t size,
                     size_t room, int depth)
{
    field *fields = malloc(FIELDS_MAX * sizeof *fields);
    uint8_t *value = malloc(room + SMALL), *out = malloc(room + 1);
    size_t count = 0;
    require(fields && value && out);
    if (!read_fields(data, size, fields, &count)) {
        size = LLVMFuzzerMutate(data, size, room);
        goto done;
    }
    size_t at = below(count), other = below(count), what = below(12);
    if (count == 0 || what == 0) {
        field f = make_field(type, value);
        insert_field(fields, &count, &f);
    } else if (what == 1) {
        drop_field(fields, &count, at);
    } else if (what == 2) {
        insert_field(fields, &count, &fields[at]);
    } else if (what == 3) {
        field f = fields[at];
        fields[at] = fields[other];
        fields[other] = f;
    } else if (what == 4) { /* another field's value, or its number */
        if (fields[at].wire == fields[other].wire && below(2))
            fields[at].value = fields[other].value, fields[at].size = fields[other].size;
        else
            fields[at].number = fields[other].number;
    } else if (what == 5) {
        change_wire(&fields[at], value);
    } else {
        change_value(type, &fields[at], value, room - size, depth);
    }
    size = write_fields(out, room, fields, count);
    memcpy(data, out, size);
done:
    free(fields);
    free(value);
    free(out);
    return size;
}

size_t mutate_message(const ProtobufCMessageDescriptor *type, uint8_t *data, size_t size,
                      size_t room, unsigned seed)
{
    seed_random(seed);
    if (below(32) == 0)
        return LLVMFuzzerMutate(data, size, room);
    room = room - size < GROWTH ? room : size + GROWTH;
    for (size_t times = 1 + below(3); times > 0; times--)
        size = change(type, data, size, room, 0);
    return size;
}

/* --- inputs of several parts --------------------------------------------------------------------
 */

enum { PARTS_MAX = 64 };

static size_t write_part(uint8_t *to, size_t room, const fuzz_part *p)
{
    size_t n = p->size < FUZZ_PART_MAX ? p->size : FUZZ_PART_MAX;
    if (room < 2 + n)
        return 0;
    to[0] = (uint8_t)n;
    to[1] = (uint8_t)(n >> 8);
    if (n)
        memcpy(to + 2, p->data, n);
    return 2 + n;
}

/* Changes the message of a part; the result is in `changed`, of FUZZ_PART_MAX bytes. */
static void change_part(const ProtobufCMessageDescriptor *type, size_t tag, fuzz_part *p,
                        uint8_t *changed, unsigned seed)
{
    if (p->size)
        memcpy(changed, p->data, p->size);
    p->data = changed;
    if (p->size < tag || below(16) == 0)
        p->size = LLVMFuzzerMutate(changed, p->size, FUZZ_PART_MAX);
    else
        p->size =
            tag + mutate_message(type, changed + tag, p->size - tag, FUZZ_PART_MAX - tag, seed);
}

size_t mutate_parts(const ProtobufCMessageDescriptor *type, size_t skip, size_t tag, uint8_t *data,
                    size_t size, size_t room, unsigned seed)
{
    fuzz_part parts[PARTS_MAX + 1];
    size_t count = 0, used = skip;
    seed_random(seed ^ 0x5eed);
    if (size < skip || room < skip || below(16) == 0)
        return LLVMFuzzerMutate(data, size, room);
    const uint8_t *at = data + skip;
    size_t left = size - skip;
    while (count < PARTS_MAX && fuzz_next_part(&at, &left, &parts[count]))
        count++;
    uint8_t *out = malloc(room + 1), *changed = malloc(FUZZ_PART_MAX);
    require(out && changed);
    memcpy(out, data, skip);
    size_t which = below(count), other = below(count), what = below(8);
    if (count > 1 && what == 0) {
        parts[which] = parts[--count];
    } else if (count > 0 && what == 1) {
        parts[count++] = parts[which];
    } else if (count > 1 && what == 2) {
        fuzz_part p = parts[which];
        parts[which] = parts[other];
        parts[other] = p;
    } else {
        if (count == 0)
            parts[count++] = (fuzz_part){data, 0};
        change_part(type, tag, &parts[which], changed, seed);
    }
    for (size_t i = 0; i < count; i++)
        used += write_part(out + used, room - used, &parts[i]);
    memcpy(data, out, used);
    free(out);
    free(changed);
    return used;
}
