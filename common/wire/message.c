#include "wire/message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "csilink's vectors travel little-endian; add a swap to link_floats_copy for this machine"
#endif

static const void *frame_data(const zmq_msg_t *frame)
{
    return zmq_msg_data((zmq_msg_t *)(uintptr_t)frame); /* reads only; the C API lacks a const */
}

/* Unpacks any message; NULL with a reason when the bytes are not one. */
static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const zmq_msg_t *frame,
                                err *e)
{
    size_t size = zmq_msg_size(frame);
    ProtobufCMessage *m = protobuf_c_message_unpack(type, NULL, size, frame_data(frame));
    if (!m)
        err_set(e, ERR_FORMAT, "%zu bytes that are no %s message", size, type->short_name);
    return m;
}

static void release(ProtobufCMessage *m)
{
    if (m)
        protobuf_c_message_free_unpacked(m, NULL);
}

static int check_vector(const ProtobufCBinaryData *v, const char *name, err *e)
{
    if (v->len % sizeof(float) != 0)
        return err_set(e, ERR_FORMAT, "%s has %zu bytes, not a multiple of 4", name, v->len);
    if (v->len > LINK_VECTOR_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "%s has %zu bytes; the limit is %d", name, v->len,
                       LINK_VECTOR_BYTES_MAX);
    for (size_t i = 0; i < v->len; i += sizeof(float)) {
        float x;
        memcpy(&x, v->data + i, sizeof x);
        if (!isfinite(x))
            return err_set(e, ERR_FORMAT, "%s[%zu] is not finite", name, i / sizeof x);
    }
    return ERR_NONE;
}

/* A packed codeword has a meaning only to who unpacks it; here it is bytes of a bounded number. */
static int check_codeword(const link_report *r, err *e)
{
    if (r->codeword.len == 0)
        return err_set(e, ERR_FORMAT, "the codeword is empty");
    if (!r->format)
        return check_vector(&r->codeword, "codeword", e);
    if (r->codeword.len > LINK_VECTOR_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "codeword has %zu bytes; the limit is %d", r->codeword.len,
                       LINK_VECTOR_BYTES_MAX);
    return ERR_NONE;
}

static int check_report(const link_report *r, err *e)
{
    if (r->ue >= WIRE_UE_MAX)
        return err_set(e, ERR_FORMAT, "UE %u: numbers go up to %d", r->ue, WIRE_UE_MAX - 1);
    if (!isfinite(r->scale) || r->scale < 0)
        return err_set(e, ERR_FORMAT, "the scale is %g; it must be finite and not negative",
                       (double)r->scale);
    if (!isfinite(r->due_s) || r->due_s < 0)
        return err_set(e, ERR_FORMAT, "it was due at %g s; a schedule begins at 0", r->due_s);
    if (check_codeword(r, e) || check_vector(&r->reference, "reference", e))
        return ERR_FORMAT;
    if (r->genie && (check_vector(&r->genie->truth, "genie truth", e) ||
                     check_vector(&r->genie->truth_grid, "genie grid", e)))
        return ERR_FORMAT;
    return ERR_NONE;
}

link_report *link_report_unpack(const zmq_msg_t *frame, uint32_t *ue, uint32_t *seq, bool *known,
                                err *e)
{
    *known = false;
    link_report *r = (link_report *)unpack(&csilink__csi_report__descriptor, frame, e);
    if (!r)
        return NULL;
    *ue = r->ue;
    *seq = r->seq;
    *known = r->ue < WIRE_UE_MAX;
    if (check_report(r, e) == ERR_NONE)
        return r;
    release(&r->base);
    return NULL;
}

void link_report_free(link_report *r)
{
    release(r ? &r->base : NULL);
}

/* An answer's figures go into sums and records, which one NaN would spoil for good. */
static int check_ack(const link_ack *a, err *e)
{
    const Csilink__Quality *q = a->quality;
    if (a->impairment && (isnan(a->impairment->snr_db) || a->impairment->snr_db == -INFINITY))
        return err_set(e, ERR_FORMAT, "the answer's SNR is %g", a->impairment->snr_db);
    if (a->impairment && !(a->impairment->noise_power >= 0 && isfinite(a->impairment->noise_power)))
        return err_set(e, ERR_FORMAT, "the answer's noise has the power %g",
                       a->impairment->noise_power);
    if (!isfinite(a->snr_estimated_db))
        return err_set(e, ERR_FORMAT, "the answer's SNR estimate is not finite");
    if (check_vector(&a->reconstruction, "reconstruction", e))
        return ERR_FORMAT;
    if (q && !(isfinite(q->nmse) && q->nmse >= 0 && isfinite(q->rho) && isfinite(q->sgcs) &&
               isfinite(q->se_feedback)))
        return err_set(e, ERR_FORMAT,
                       "the answer's quality is not finite: NMSE %g, rho %g, "
                       "SGCS %g, spectral efficiency %g",
                       q->nmse, q->rho, q->sgcs, q->se_feedback);
    return ERR_NONE;
}

link_ack *link_ack_unpack(const zmq_msg_t *frame, err *e)
{
    link_ack *a = (link_ack *)unpack(&csilink__csi_ack__descriptor, frame, e);
    if (!a || check_ack(a, e) == ERR_NONE)
        return a;
    release(&a->base);
    return NULL;
}

void link_ack_free(link_ack *a)
{
    release(a ? &a->base : NULL);
}

int link_ack_stamp_returned(zmq_msg_t *frame, uint64_t returned_ns)
{
    enum { FIELD = 17, FIXED64 = 1, TAG = FIELD << 3 | FIXED64, BYTES = 10 };
    size_t size = zmq_msg_size(frame);
    zmq_msg_t longer;
    if (zmq_msg_init_size(&longer, size + BYTES) != 0)
        return ERR_NOMEM;
    uint8_t *at = zmq_msg_data(&longer);
    memcpy(at, zmq_msg_data(frame), size);
    at += size;
    *at++ = (TAG & 0x7f) | 0x80; /* a varint of two bytes */
    *at++ = TAG >> 7;
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(returned_ns >> 8 * i);
    zmq_msg_move(frame, &longer);
    zmq_msg_close(&longer);
    return ERR_NONE;
}

int link_pack(const ProtobufCMessage *message, zmq_msg_t *frame)
{
    if (zmq_msg_init_size(frame, protobuf_c_message_get_packed_size(message)) != 0)
        return ERR_NOMEM;
    protobuf_c_message_pack(message, zmq_msg_data(frame));
    return ERR_NONE;
}

size_t link_floats_count(const ProtobufCBinaryData *bytes)
{
    return bytes->len / sizeof(float);
}

void link_floats_copy(const ProtobufCBinaryData *bytes, float *out)
{
    if (bytes->len > 0) /* an absent field has no data at all */
        memcpy(out, bytes->data, link_floats_count(bytes) * sizeof(float));
}

ProtobufCBinaryData link_floats_view(const float *values, size_t count)
{
    return (ProtobufCBinaryData){.len = count * sizeof(float),
                                 .data = (uint8_t *)(uintptr_t)values};
}
