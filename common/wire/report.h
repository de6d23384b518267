/* report.h: one CSI report on its way from a UE to the base station.
 *
 * A report has a burst and the side bits sent beside it, and identifies the codec and uplink that
 * made them; it has no fields specific to a codec or uplink. It does not contain the true channel.
 *
 *     UE             fills a wire_report with its own pointers, wire_report_pack
 *     channel-sim    wire_report_unpack, changes the symbols in place, sets the impairment, packs
 *     base station   wire_report_unpack, decodes, answers (answer.h)
 *
 * Packing copies the symbols once, into the frame; unpacking copies them once, out of it. */
#ifndef WIRE_REPORT_H
#define WIRE_REPORT_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "wire/limits.h"

/* What channel-sim did to a report. No decoder reads it. */
typedef struct wire_impairment {
    uint64_t clock;        /* id of the clock of the stamps (base/clock.h) */
    uint64_t received_ns;  /* CLOCK_MONOTONIC of channel-sim's host */
    uint64_t forwarded_ns; /* the same */
    uint64_t delay_ns;     /* the deliberate part of forwarded_ns - received_ns */
    double snr_db;         /* the requested SNR; +inf: no noise */
    double noise_power;    /* mean power of the noise on a symbol, for a burst of power 1 */
} wire_impairment;

typedef struct wire_report {
    uint32_t ue, seq;
    double due_s;           /* when it was due, in seconds from the schedule's start */
    uint64_t codec, uplink; /* identities; neither is 0 */
    uint32_t symbols;       /* 1 to WIRE_SYMBOLS_MAX; the references come first */
    float complex *symbol;
    uint32_t side_bits;       /* 0 to WIRE_SIDE_BITS_MAX */
    uint8_t *side;            /* (side_bits + 7) / 8 bytes; bit k is bit k mod 8 of byte k / 8 */
    uint32_t builds_on;       /* 0, or 1 + seq of the report whose memory this one needs */
    bool want_reconstruction; /* the answer must include it */
    bool impaired;            /* channel-sim has set `impairment` */
    wire_impairment impairment;
    void *owned; /* set by wire_report_unpack; NULL in a report that the caller fills */
} wire_report;

/* Packs a report into a new frame, which the caller sends or closes. The caller keeps the report
 * and what it points to. Fails only with ERR_NOMEM: the contents of the fields are not checked. */
int wire_report_pack(const wire_report *report, zmq_msg_t *frame);

/* Reads a frame, which the caller keeps, and checks every field. On success the report owns
 * `symbol` and `side`, and the caller may write to them; release them with wire_report_clear.
 *
 * ERR_FORMAT says what was wrong and what would be right: a message that is not a report or has
 * another version, a UE number not below WIRE_UE_MAX, a burst or side bits that are cut off, too
 * long, empty (the burst) or not finite, an identity of 0, a due_s outside 0 to WIRE_DUE_MAX_S, a
 * report that builds on itself or a later one. ERR_NOMEM is possible, too. After a failure nothing
 * needs to be released; *known says whether ue and seq could be read for an answer. */
int wire_report_unpack(const zmq_msg_t *frame, wire_report *report, bool *known, err *e);

/* Releases what wire_report_unpack allocated, and empties the report. A zeroed or caller-filled
 * report only loses its pointers. */
void wire_report_clear(wire_report *report);

#endif
