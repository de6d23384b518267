#include "wire/answer.h"

#include <math.h>
#include <string.h>

#include "wire/internal.h"
#include "wire/ranges.h"

static const struct {
    const char *name;
    Csilink__Answer__Status wire;
} statuses[WIRE_STATUSES] = {
    [WIRE_RECONSTRUCTED] = {"RECONSTRUCTED", CSILINK__ANSWER__STATUS__RECONSTRUCTED},
    [WIRE_REFUSED] = {"REFUSED", CSILINK__ANSWER__STATUS__REFUSED},
    [WIRE_LOST_IN_CHANNEL] = {"LOST_IN_CHANNEL", CSILINK__ANSWER__STATUS__LOST_IN_CHANNEL},
    [WIRE_NOT_DECODED] = {"NOT_DECODED", CSILINK__ANSWER__STATUS__NOT_DECODED},
    [WIRE_NEEDS_KEY] = {"NEEDS_KEY", CSILINK__ANSWER__STATUS__NEEDS_KEY},
};

const char *wire_status_name(wire_status status)
{
    return (unsigned)status < WIRE_STATUSES ? statuses[status].name : "unknown";
}

int wire_answer_pack(const wire_answer *a, zmq_msg_t *frame)
{
    Csilink__Answer m = CSILINK__ANSWER__INIT;
    Csilink__Impairment impairment;
    m.version = WIRE_VERSION;
    m.ue = a->ue;
    m.seq = a->seq;
    m.status = statuses[a->status].wire;
    m.reason = wire_text(a->reason);
    m.snr_estimated_db = a->snr_estimated_db;
    m.clock = a->clock;
    m.received_ns = a->received_ns;
    m.decode_start_ns = a->decode_start_ns;
    m.uplink_decoded_ns = a->uplink_decoded_ns;
    m.decode_end_ns = a->decode_end_ns;
    m.answered_ns = a->answered_ns;
    m.returned_ns = a->returned_ns;
    m.digest = a->digest;
    m.reconstruction = wire_bytes(a->reconstruction, a->entries * sizeof *a->reconstruction);
    if (a->predicted)
        m.predicted = wire_bytes(a->predicted, a->entries * sizeof *a->predicted);
    if (a->impaired) {
        wire_impairment_to(&a->impairment, &impairment);
        m.impairment = &impairment;
    }
    return wire_pack(&m, frame);
}

/* proto3 accepts any number as an enum. */
static int find_status(Csilink__Answer__Status from, wire_status *to, err *e)
{
    for (unsigned i = 0; i < WIRE_STATUSES; i++)
        if (statuses[i].wire == from) {
            *to = (wire_status)i;
            return ERR_NONE;
        }
    /* A report has ue, seq and version in the same fields as an answer. Sent back to its agent it
     * must not pass for an acknowledgement. */
    if (from == CSILINK__ANSWER__STATUS__NO_STATUS)
        return err_set(e, ERR_FORMAT, "the message has no status, so it is not an answer");
    return err_set(e, ERR_FORMAT, "the answer has the unknown status %d", (int)from);
}

static int check(const Csilink__Answer *m, err *e)
{
    if (wire_check_version("answer", m->version, e) != ERR_NONE)
        return ERR_FORMAT;
    if (m->ue >= WIRE_UE_MAX)
        return err_set(e, ERR_FORMAT, "UE %u: the largest number is %d", m->ue, WIRE_UE_MAX - 1);
    if (!isfinite(m->snr_estimated_db))
        return err_set(e, ERR_FORMAT, "the answer's SNR estimate is %g dB; it must be finite",
                       (double)m->snr_estimated_db);
    if (wire_check_symbols("reconstruction", &m->reconstruction, WIRE_ENTRIES_MAX, e) != ERR_NONE)
        return ERR_FORMAT;
    if (m->predicted.len > 0 && m->predicted.len != m->reconstruction.len)
        return err_set(e, ERR_FORMAT,
                       "a predicted channel of %zu bytes; its reconstruction has %zu",
                       m->predicted.len, m->reconstruction.len);
    return wire_check_symbols("predicted channel", &m->predicted, WIRE_ENTRIES_MAX, e);
}

/* A reason is printed to logs and screens: one line of limited length. */
static void tidy_reason(char *reason)
{
    if (strlen(reason) >= WIRE_REASON_MAX)
        reason[WIRE_REASON_MAX - 1] = '\0';
    err_one_line(reason);
}

int wire_answer_unpack(const zmq_msg_t *frame, wire_answer *a, err *e)
{
    *a = (wire_answer){0};
    Csilink__Answer *m = wire_unpack(&csilink__answer__descriptor, frame, e);
    if (!m)
        return ERR_FORMAT;
    if (check(m, e) != ERR_NONE || find_status(m->status, &a->status, e) != ERR_NONE ||
        (m->impairment &&
         wire_impairment_from("answer", m->impairment, &a->impairment, e) != ERR_NONE) ||
        wire_check_ranges(m, e) != ERR_NONE) {
        wire_release(m);
        *a = (wire_answer){0};
        return ERR_FORMAT;
    }
    tidy_reason(m->reason); /* never NULL: protobuf-c gives a missing text its default, "" */
    a->ue = m->ue;
    a->seq = m->seq;
    a->reason = m->reason;
    a->snr_estimated_db = m->snr_estimated_db;
    a->clock = m->clock;
    a->received_ns = m->received_ns;
    a->decode_start_ns = m->decode_start_ns;
    a->uplink_decoded_ns = m->uplink_decoded_ns;
    a->decode_end_ns = m->decode_end_ns;
    a->answered_ns = m->answered_ns;
    a->returned_ns = m->returned_ns;
    a->impaired = m->impairment != NULL;
    a->entries = (uint32_t)(m->reconstruction.len / sizeof *a->reconstruction);
    a->reconstruction = wire_symbols(&m->reconstruction);
    if (m->predicted.len > 0)
        a->predicted = wire_symbols(&m->predicted);
    a->digest = m->digest;
    a->owned = m;
    return ERR_NONE;
}

void wire_answer_clear(wire_answer *a)
{
    wire_release(a->owned);
    *a = (wire_answer){0};
}

int wire_answer_stamp_returned(zmq_msg_t *frame, uint64_t returned_ns)
{
    enum { FIELD = 17, FIXED64 = 1, TAG = FIELD << 3 | FIXED64, BYTES = 10 };
    size_t size = zmq_msg_size(frame);
    zmq_msg_t longer;
    if (size + BYTES > WIRE_FRAME_BYTES_MAX) /* its receiver would end the connection */
        return ERR_FORMAT;
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
