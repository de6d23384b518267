#include "wire/internal.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "wire/limits.h"

static void tidy_text(char *text)
{
    bool utf8 = text_is_utf8(text);
    err_one_line(text);
    for (unsigned char *c = (unsigned char *)text; !utf8 && *c; c++)
        if (*c >= 0x80)
            *c = '?';
}

/* Texts of a peer go to screens, logs, records and JSON. Cleaned in all fields, so that no reader
 * can forget it. */
static void tidy_texts(ProtobufCMessage *m)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        bool repeated = f->label == PROTOBUF_C_LABEL_REPEATED;
        void **item = (void **)(void *)((char *)m + f->offset);
        size_t count = 1;
        if (repeated) {
            memcpy(&count, (char *)m + f->quantifier_offset, sizeof count);
            item = *item;
        }
        for (size_t k = 0; k < count; k++) {
            if (item[k] && f->type == PROTOBUF_C_TYPE_STRING)
                tidy_text(item[k]);
            else if (item[k])
                tidy_texts(item[k]);
        }
    }
}

void *wire_unpack(const ProtobufCMessageDescriptor *type, const zmq_msg_t *frame, err *e)
{
    zmq_msg_t *readable = (zmq_msg_t *)(uintptr_t)frame; /* the C API lacks a const */
    size_t size = zmq_msg_size(frame);
    if (size > WIRE_FRAME_BYTES_MAX) {
        err_set(e, ERR_FORMAT, "a message of %zu bytes; at most %d are allowed", size,
                WIRE_FRAME_BYTES_MAX);
        return NULL;
    }
    if (wire_check_fields(type, zmq_msg_data(readable), size, e) != ERR_NONE)
        return NULL;
    ProtobufCMessage *m = protobuf_c_message_unpack(type, NULL, size, zmq_msg_data(readable));
    if (!m)
        err_set(e, ERR_FORMAT, "%zu bytes that are not a valid %s message", size, type->short_name);
    else
        tidy_texts(m);
    return m;
}

void wire_release(void *message)
{
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
}

int wire_pack(const void *message, zmq_msg_t *frame)
{
    if (zmq_msg_init_size(frame, protobuf_c_message_get_packed_size(message)) != 0)
        return ERR_NOMEM;
    protobuf_c_message_pack(message, zmq_msg_data(frame));
    return ERR_NONE;
}

int wire_check_version(const char *what, uint32_t version, err *e)
{
    if (version == WIRE_VERSION)
        return ERR_NONE;
    if (version == 0)
        return err_set(e, ERR_FORMAT,
                       "the %s has no protocol version, as in version 1; this program speaks "
                       "version %d",
                       what, WIRE_VERSION);
    return err_set(e, ERR_FORMAT,
                   "the %s is of protocol version %u; this program speaks version %d", what,
                   version, WIRE_VERSION);
}

int wire_check_size(const char *what, const ProtobufCBinaryData *bytes, size_t size, size_t most,
                    err *e)
{
    if (bytes->len % size != 0)
        return err_set(e, ERR_FORMAT, "%s has %zu bytes, not a multiple of %zu", what, bytes->len,
                       size);
    if (bytes->len / size > most)
        return err_set(e, ERR_FORMAT, "%s has %zu entries; at most %zu are allowed", what,
                       bytes->len / size, most);
    return ERR_NONE;
}

int wire_check_finite(const char *what, const float *x, size_t n, err *e)
{
    /* A float is finite where its exponent is not all ones. The largest bit pattern decides for all
     * of them at once, in a loop without branches; usually no further check is needed. */
    const uint32_t infinity = 0x7f800000;
    uint32_t largest = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    for (size_t i = 0; largest >= infinity && i < n; i++)
        if (!isfinite(x[i]))
            return err_set(e, ERR_FORMAT, "%s[%zu] is not finite", what, i);
    return ERR_NONE;
}

int wire_check_symbols(const char *what, const ProtobufCBinaryData *bytes, size_t most, err *e)
{
    int rc = wire_check_size(what, bytes, sizeof(float complex), most, e);
    if (rc == ERR_NONE)
        rc = wire_check_finite(what, (const float *)wire_symbols(bytes), bytes->len / sizeof(float),
                               e);
    return rc;
}

ProtobufCBinaryData wire_bytes(const void *data, size_t bytes)
{
    return (ProtobufCBinaryData){.len = bytes, .data = (uint8_t *)(uintptr_t)data};
}

float complex *wire_symbols(const ProtobufCBinaryData *bytes)
{
    return bytes->len ? (float complex *)(void *)bytes->data : NULL;
}

char *wire_text(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

void wire_impairment_to(const wire_impairment *from, Csilink__Impairment *to)
{
    csilink__impairment__init(to);
    to->clock = from->clock;
    to->received_ns = from->received_ns;
    to->forwarded_ns = from->forwarded_ns;
    to->delay_ns = from->delay_ns;
    to->snr_db = from->snr_db;
    to->noise_power = from->noise_power;
}

int wire_impairment_from(const char *what, const Csilink__Impairment *from, wire_impairment *to,
                         err *e)
{
    if (isnan(from->snr_db) || from->snr_db == -INFINITY)
        return err_set(e, ERR_FORMAT, "the %s's SNR is %g dB; it must be finite or inf", what,
                       from->snr_db);
    if (!isfinite(from->noise_power) || from->noise_power < 0)
        return err_set(e, ERR_FORMAT,
                       "the %s's noise has the power %g; it must be finite and not negative", what,
                       from->noise_power);
    *to = (wire_impairment){.clock = from->clock,
                            .received_ns = from->received_ns,
                            .forwarded_ns = from->forwarded_ns,
                            .delay_ns = from->delay_ns,
                            .snr_db = from->snr_db,
                            .noise_power = from->noise_power};
    return ERR_NONE;
}
