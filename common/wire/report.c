#include "wire/report.h"

#include <math.h>

#include "wire/internal.h"
#include "wire/ranges.h"

static size_t side_bytes(uint32_t bits)
{
    return ((size_t)bits + 7) / 8;
}

int wire_report_pack(const wire_report *r, zmq_msg_t *frame)
{
    Csilink__Report m = CSILINK__REPORT__INIT;
    Csilink__Impairment impairment;
    m.version = WIRE_VERSION;
    m.ue = r->ue;
    m.seq = r->seq;
    m.due_s = r->due_s;
    m.codec = r->codec;
    m.uplink = r->uplink;
    m.symbols = wire_bytes(r->symbol, r->symbols * sizeof *r->symbol);
    m.side_bits = r->side_bits;
    m.side = wire_bytes(r->side, side_bytes(r->side_bits));
    m.builds_on = r->builds_on;
    m.want_reconstruction = r->want_reconstruction;
    if (r->impaired) {
        wire_impairment_to(&r->impairment, &impairment);
        m.impairment = &impairment;
    }
    return wire_pack(&m, frame);
}

/* Whole bytes, none after them, and no bit set after the last: each payload then has one form, so a
 * receiver may hash or compare side bits by bytes. */
static int check_side(const Csilink__Report *m, err *e)
{
    if (m->side_bits > WIRE_SIDE_BITS_MAX)
        return err_set(e, ERR_FORMAT, "%u side bits; at most %d are allowed", m->side_bits,
                       WIRE_SIDE_BITS_MAX);
    if (m->side.len != side_bytes(m->side_bits))
        return err_set(e, ERR_FORMAT, "%u side bits in %zu bytes; they take %zu", m->side_bits,
                       m->side.len, side_bytes(m->side_bits));
    unsigned used = m->side_bits % 8;
    if (used && m->side.data[m->side.len - 1] >> used)
        return err_set(e, ERR_FORMAT, "side bits are set after the last of %u", m->side_bits);
    return ERR_NONE;
}

static int check(const Csilink__Report *m, err *e)
{
    if (wire_check_version("report", m->version, e) != ERR_NONE)
        return ERR_FORMAT;
    if (m->ue >= WIRE_UE_MAX)
        return err_set(e, ERR_FORMAT, "UE %u: the largest number is %d", m->ue, WIRE_UE_MAX - 1);
    if (!(m->due_s >= 0 && m->due_s <= WIRE_DUE_MAX_S))
        return err_set(e, ERR_FORMAT, "the report was due at %g s; 0 to %d s is allowed", m->due_s,
                       WIRE_DUE_MAX_S);
    if (m->codec == 0 || m->uplink == 0)
        return err_set(e, ERR_FORMAT, "the report names no %s", m->codec ? "uplink" : "codec");
    if (m->builds_on > m->seq)
        return err_set(e, ERR_FORMAT, "report %u builds on report %u, which does not precede it",
                       m->seq, m->builds_on - 1);
    if (m->symbols.len == 0)
        return err_set(e, ERR_FORMAT, "the burst is empty");
    if (wire_check_symbols("burst", &m->symbols, WIRE_SYMBOLS_MAX, e) != ERR_NONE)
        return ERR_FORMAT;
    return check_side(m, e);
}

int wire_report_unpack(const zmq_msg_t *frame, wire_report *r, bool *known, err *e)
{
    *r = (wire_report){0};
    *known = false;
    Csilink__Report *m = wire_unpack(&csilink__report__descriptor, frame, e);
    if (!m)
        return ERR_FORMAT;
    r->ue = m->ue;
    r->seq = m->seq;
    *known = m->ue < WIRE_UE_MAX;
    if (check(m, e) != ERR_NONE ||
        (m->impairment &&
         wire_impairment_from("report", m->impairment, &r->impairment, e) != ERR_NONE) ||
        wire_check_ranges(m, e) != ERR_NONE) {
        wire_release(m);
        return ERR_FORMAT;
    }
    r->due_s = m->due_s;
    r->codec = m->codec;
    r->uplink = m->uplink;
    r->symbols = (uint32_t)(m->symbols.len / sizeof *r->symbol);
    r->symbol = wire_symbols(&m->symbols);
    r->side_bits = m->side_bits;
    r->side = m->side.len ? m->side.data : NULL;
    r->builds_on = m->builds_on;
    r->want_reconstruction = m->want_reconstruction;
    r->impaired = m->impairment != NULL;
    r->owned = m; /* protobuf-c's message owns the vectors, so nothing is copied again */
    return ERR_NONE;
}

void wire_report_clear(wire_report *r)
{
    wire_release(r->owned);
    *r = (wire_report){0};
}
