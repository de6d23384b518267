/* answer.h: the answer to one report: from the base station, or from channel-sim for a report that
 * it lost or rejected. */
#ifndef WIRE_ANSWER_H
#define WIRE_ANSWER_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "wire/report.h"

typedef enum wire_status {
    WIRE_RECONSTRUCTED,
    WIRE_REFUSED,         /* `reason` says why */
    WIRE_LOST_IN_CHANNEL, /* simulated loss: a real UE would hear nothing */
    WIRE_NOT_DECODED,     /* the uplink's receiver rejected the burst */
    WIRE_NEEDS_KEY,       /* the base station lacks the memory that the report builds on */
    WIRE_STATUSES
} wire_status;

/* "RECONSTRUCTED", "NEEDS_KEY"; "unknown" for any other number. Static storage. */
const char *wire_status_name(wire_status status);

typedef struct wire_answer {
    uint32_t ue, seq;
    wire_status status;
    const char *reason;     /* one line; NULL is packed as "" */
    float snr_estimated_db; /* finite; the base station's estimate, including this report */
    /* The base station's stamps, and the id of their clock. All 0 in an answer of channel-sim. */
    uint64_t clock, received_ns, decode_start_ns, decode_end_ns, answered_ns;
    uint64_t uplink_decoded_ns; /* between the two: the payload is decoded; 0: not reported */
    uint64_t returned_ns;       /* when channel-sim passed it back, by impairment.clock; 0: never */
    bool impaired;              /* the report had an impairment, copied here */
    wire_impairment impairment;
    uint32_t entries; /* of the reconstruction; 0: there is none */
    const float complex *reconstruction;
    const float complex *predicted; /* [entries] predicted for the time of use; NULL: the
                                       reconstruction is used as is */
    uint64_t digest; /* of the bits that the base station received (uplink_digest); 0: none */
    void *owned;     /* set by wire_answer_unpack; NULL in an answer that the caller fills */
} wire_answer;

/* Packs an answer into a new frame, which the caller sends or closes. The caller keeps the answer
 * and what it points to. Fails only with ERR_NOMEM. */
int wire_answer_pack(const wire_answer *answer, zmq_msg_t *frame);

/* Reads a frame, which the caller keeps, and checks every field: an answer's figures go into sums
 * and records, which a single NaN would spoil. On success the answer owns `reason` (never NULL,
 * without control characters) and `reconstruction`; release them with wire_answer_clear.
 *
 * ERR_FORMAT for a message that is not an answer or has another version, a UE number not below
 * WIRE_UE_MAX, an unknown status or none (a report has none), an invalid SNR or noise power, a
 * reconstruction that is cut off, too long or not finite, and a prediction that is so or has
 * another size. After a failure nothing needs to be released. */
int wire_answer_unpack(const zmq_msg_t *frame, wire_answer *answer, err *e);
void wire_answer_clear(wire_answer *answer);

/* Stamps a packed answer that passes through, without reading it: appends returned_ns, which
 * protobuf merges. ERR_NOMEM, and ERR_FORMAT for an answer that would exceed WIRE_FRAME_BYTES_MAX,
 * do not change the frame. */
int wire_answer_stamp_returned(zmq_msg_t *frame, uint64_t returned_ns);

#endif
