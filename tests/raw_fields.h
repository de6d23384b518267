/* raw_fields.h: protobuf fields appended to a packed message byte by byte, to make messages that no
 * writer of csilink makes. The last value of a field is the one that holds; unknown fields are
 * skipped. */
#ifndef TESTS_RAW_FIELDS_H
#define TESTS_RAW_FIELDS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { RAW_VARINT = 0, RAW_FIXED64 = 1, RAW_BYTES = 2, RAW_FIXED32 = 5 };

static inline void raw_append(zmq_msg_t *frame, const void *bytes, size_t n)
{
    zmq_msg_t longer;
    size_t size = zmq_msg_size(frame);
    if (zmq_msg_init_size(&longer, size + n) != 0)
        abort();
    if (size)
        memcpy(zmq_msg_data(&longer), zmq_msg_data(frame), size);
    if (n)
        memcpy((char *)zmq_msg_data(&longer) + size, bytes, n);
    zmq_msg_move(frame, &longer);
    zmq_msg_close(&longer);
}

static inline void raw_varint(zmq_msg_t *frame, uint64_t value)
{
    uint8_t out[10];
    size_t n = 0;
    do {
        out[n++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    raw_append(frame, out, n);
}

static inline void raw_field_varint(zmq_msg_t *frame, unsigned field, uint64_t value)
{
    raw_varint(frame, field << 3 | RAW_VARINT);
    raw_varint(frame, value);
}

static inline void raw_field_float(zmq_msg_t *frame, unsigned field, float value)
{
    raw_varint(frame, field << 3 | RAW_FIXED32);
    raw_append(frame, &value, sizeof value);
}

static inline void raw_field_bytes(zmq_msg_t *frame, unsigned field, const void *bytes, size_t n)
{
    raw_varint(frame, field << 3 | RAW_BYTES);
    raw_varint(frame, n);
    raw_append(frame, bytes, n);
}

#endif
