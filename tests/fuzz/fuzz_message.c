/* Any bytes as a message: every reader must give a message that keeps its promises, or an error.
 * The first byte chooses the reader. */
#include "wire/codeword.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The machine is not at fault: a promise was broken. */
static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_error(const err *e)
{
    require(e->code == ERR_FORMAT && e->text[0] && !strchr(e->text, '\n'));
}

static void check_finite(const ProtobufCBinaryData *v)
{
    float x[LINK_VECTOR_BYTES_MAX / sizeof(float)];
    require(v->len % sizeof(float) == 0 && v->len <= LINK_VECTOR_BYTES_MAX);
    link_floats_copy(v, x);
    for (size_t i = 0; i < link_floats_count(v); i++)
        require(isfinite(x[i]));
}

static bool has_unknown_fields(const link_report *r)
{
    return r->base.n_unknown_fields || (r->genie && r->genie->base.n_unknown_fields) ||
           (r->impairment && r->impairment->base.n_unknown_fields) ||
           (r->sent && r->sent->base.n_unknown_fields);
}

/* A report that was taken packs again into one that is taken. Unknown fields are passed on as they
 * came, and protobuf-c takes some that it will not write in the same way (field 0). */
static void check_again(const link_report *r)
{
    if (has_unknown_fields(r))
        return;
    zmq_msg_t frame;
    err e = {0};
    uint32_t ue, seq;
    bool known;
    require(link_pack(&r->base, &frame) == ERR_NONE);
    link_report *again = chain_wire_receive(&frame, &ue, &seq, &known, &e);
    require(again && known && ue == r->ue && seq == r->seq);
    require(again->codeword.len == r->codeword.len);
    link_report_free(again);
    zmq_msg_close(&frame);
}

static void read_report(const zmq_msg_t *frame)
{
    err e = {0};
    uint32_t ue = 0, seq = 0;
    bool known = false;
    link_report *r = chain_wire_receive(frame, &ue, &seq, &known, &e);
    require(!known || ue < LINK_UE_MAX);
    if (!r) {
        check_error(&e);
        return;
    }
    require(known && r->codeword.len > 0 && isfinite(r->scale) && r->scale >= 0);
    require(!r->format && chain_wire_bits_sent(r) >= CSI_CODEWORD_BITS_MIN);
    check_finite(&r->codeword);
    check_finite(&r->reference);
    if (r->genie) {
        check_finite(&r->genie->truth);
        check_finite(&r->genie->truth_grid);
    }
    check_again(r);
    link_report_free(r);
}

static void read_ack(const zmq_msg_t *frame)
{
    err e = {0};
    link_ack *a = link_ack_unpack(frame, &e);
    if (!a) {
        check_error(&e);
        return;
    }
    require(isfinite(a->snr_estimated_db) && a->reason);
    require(!a->quality || (isfinite(a->quality->nmse) && isfinite(a->quality->rho)));
    require(!a->impairment || !isnan(a->impairment->snr_db));
    link_ack_free(a);
}

/* The control and telemetry messages: strings and numbers, for whose sense others look. */
static void read_other(uint8_t which, const zmq_msg_t *frame)
{
    err e = {0};
    if (which == 0) {
        link_control_request *m = link_control_request_unpack(frame, &e);
        require(!m || !m->set || m->set->name);
        link_control_request_free(m);
    } else if (which == 1) {
        link_control_reply *m = link_control_reply_unpack(frame, &e);
        for (size_t i = 0; m && i < m->n_settings; i++)
            require(m->settings[i]->name && m->settings[i]->unit);
        link_control_reply_free(m);
    } else {
        link_telemetry *m = link_telemetry_unpack(frame, &e);
        for (size_t i = 0; m && i < m->n_metrics; i++)
            require(m->metrics[i]->name != NULL);
        link_telemetry_free(m);
    }
    if (e.code != ERR_NONE)
        check_error(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zmq_msg_t frame;
    if (size == 0 || zmq_msg_init_size(&frame, size - 1) != 0)
        return 0;
    if (size > 1)
        memcpy(zmq_msg_data(&frame), data + 1, size - 1);
    switch (data[0] % 5) {
    case 0:
        read_report(&frame);
        break;
    case 1:
        read_ack(&frame);
        break;
    default:
        read_other((uint8_t)(data[0] % 5 - 2), &frame);
    }
    zmq_msg_close(&frame);
    return 0;
}
