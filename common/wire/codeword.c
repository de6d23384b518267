#include "wire/codeword.h"

#include <stdlib.h>

_Static_assert(CSI_CODEWORD_VALUES_MAX * sizeof(float) <= LINK_VECTOR_BYTES_MAX,
               "an unpacked codeword is a vector like any other");

static Csilink__CodewordFormat__Law law_to_wire(csi_codeword_law law)
{
    switch (law) {
    case CSI_CODEWORD_FLOAT16:
        return CSILINK__CODEWORD_FORMAT__LAW__FLOAT16;
    case CSI_CODEWORD_UNIFORM:
        return CSILINK__CODEWORD_FORMAT__LAW__UNIFORM;
    case CSI_CODEWORD_MU:
        return CSILINK__CODEWORD_FORMAT__LAW__MU_LAW;
    case CSI_CODEWORD_RICE:
        return CSILINK__CODEWORD_FORMAT__LAW__RICE;
    default:
        return CSILINK__CODEWORD_FORMAT__LAW__FLOAT32;
    }
}

/* ERR_FORMAT for what is no format; an unknown law is any number (proto3). */
static int format_from_wire(const Csilink__CodewordFormat *w, csi_codeword_format *f, err *e)
{
    f->bits = w->bits;
    switch ((int)w->law) {
    case CSILINK__CODEWORD_FORMAT__LAW__FLOAT32:
        f->law = CSI_CODEWORD_FLOAT32;
        break;
    case CSILINK__CODEWORD_FORMAT__LAW__FLOAT16:
        f->law = CSI_CODEWORD_FLOAT16;
        break;
    case CSILINK__CODEWORD_FORMAT__LAW__UNIFORM:
        f->law = CSI_CODEWORD_UNIFORM;
        break;
    case CSILINK__CODEWORD_FORMAT__LAW__MU_LAW:
        f->law = CSI_CODEWORD_MU;
        break;
    case CSILINK__CODEWORD_FORMAT__LAW__RICE:
        f->law = CSI_CODEWORD_RICE;
        break;
    default:
        return err_set(e, ERR_FORMAT, "codeword format %d is none that there is", (int)w->law);
    }
    return csi_codeword_check(*f, e);
}

void chain_wire_pack(const chain_report *r, csi_codeword_format f, uint32_t values,
                     Csilink__CodewordFormat *space, link_report *m)
{
    if (f.law == CSI_CODEWORD_FLOAT32) {
        m->codeword = link_floats_view(r->codeword, values);
        return;
    }
    csilink__codeword_format__init(space);
    space->law = law_to_wire(f.law);
    space->bits = f.bits;
    space->values = values;
    space->scale = r->range.scale;
    space->offset = r->range.offset;
    m->format = space;
    m->codeword = (ProtobufCBinaryData){csi_codeword_bytes(f, values), r->packed};
}

int chain_wire_unpack(link_report *m, err *e)
{
    Csilink__CodewordFormat *w = m->format;
    csi_codeword_format f;
    if (!w)
        return 0;
    if (format_from_wire(w, &f, e) != 0)
        return ERR_FORMAT;
    if (w->values < 1 || w->values > CSI_CODEWORD_VALUES_MAX)
        return err_set(e, ERR_FORMAT, "a codeword of %u values; 1 to %d can be", w->values,
                       CSI_CODEWORD_VALUES_MAX);
    csi_codeword_range range = {w->scale, w->offset};
    float *values = malloc(w->values * sizeof *values);
    if (!values)
        return err_set(e, ERR_NOMEM, "no memory for a codeword of %u values", w->values);
    int status =
        csi_codeword_unpack(f, range, m->codeword.data, m->codeword.len, values, w->values, e);
    if (status != 0) {
        free(values);
        return status;
    }
    free(m->codeword.data); /* protobuf-c's own allocator is malloc */
    m->codeword = link_floats_view(values, w->values);
    if (m->sent)
        csilink__codeword_format__free_unpacked(m->sent, NULL);
    m->sent = w;
    m->format = NULL;
    return 0;
}

link_report *chain_wire_receive(const zmq_msg_t *frame, uint32_t *ue, uint32_t *seq, bool *known,
                                err *e)
{
    link_report *m = link_report_unpack(frame, ue, seq, known, e);
    if (!m || chain_wire_unpack(m, e) == 0)
        return m;
    link_report_free(m);
    return NULL;
}

unsigned chain_wire_bits_sent(const link_report *m)
{
    csi_codeword_format f = {0};
    if (m->sent && format_from_wire(m->sent, &f, NULL) != 0)
        f = (csi_codeword_format){0};
    return csi_codeword_value_bits(f);
}
