/* message.h: reports and answers of protocol version 1, to bytes and back, with every field of an
 * incoming one checked. report.h and answer.h take their place.
 *
 * The structs are those that protobuf-c makes of proto/csilink.proto. An unpacked message is freed
 * with its *_free. Functions that unpack never trust the sender: sizes are capped before memory is
 * asked for, vectors must be whole and finite. */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#include "base/error.h"
#include "csilink.pb-c.h"
#include "wire/limits.h"

typedef Csilink__CsiReport link_report;
typedef Csilink__CsiAck link_ack;

enum { LINK_VECTOR_BYTES_MAX = 1 << 18 };

/* A report whose vectors are whole, finite, and not empty (the codeword), and whose UE number is
 * below WIRE_UE_MAX. A codeword with a format is still packed: chain_wire_unpack reads it. What the
 * numbers mean (sizes that fit a model) is the receiver's to check. On failure *ue and *seq are set
 * as far as they could be read, so that there is someone to answer
 * (*known tells). The genie's vectors are checked for their form only. */
link_report *link_report_unpack(const zmq_msg_t *frame, uint32_t *ue, uint32_t *seq, bool *known,
                                err *e);
void link_report_free(link_report *report);

/* An answer whose figures are finite (an SNR may be +inf). */
link_ack *link_ack_unpack(const zmq_msg_t *frame, err *e);
void link_ack_free(link_ack *ack);

/* Stamps a packed answer that passes by, without reading it: the field is appended, which protobuf
 * merges. ERR_NOMEM leaves the frame as it was. */
int link_ack_stamp_returned(zmq_msg_t *frame, uint64_t returned_ns);

/* Packs any message into a fresh frame; ERR_NOMEM only. */
int link_pack(const ProtobufCMessage *message, zmq_msg_t *frame);

/* Floats <-> `bytes`. The view does not copy on a little-endian host, the only kind supported:
 * alignment is not promised, so values are read with link_floats_copy. */
size_t link_floats_count(const ProtobufCBinaryData *bytes);
void link_floats_copy(const ProtobufCBinaryData *bytes, float *out);
ProtobufCBinaryData link_floats_view(const float *values, size_t count);

#endif
