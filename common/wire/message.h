/* message.h: messages to bytes and back, with every field of an incoming one checked.
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

typedef Csilink__CsiReport link_report;
typedef Csilink__CsiAck link_ack;
typedef Csilink__ControlRequest link_control_request;
typedef Csilink__ControlReply link_control_reply;
typedef Csilink__Telemetry link_telemetry;

enum { LINK_UE_MAX = 1000000, LINK_VECTOR_BYTES_MAX = 1 << 18 };

/* A report whose vectors are whole, finite, and not empty (the codeword), and whose UE number is
 * below LINK_UE_MAX. A codeword with a format is still packed: chain_wire_unpack reads it. What the
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

link_control_request *link_control_request_unpack(const zmq_msg_t *frame, err *e);
void link_control_request_free(link_control_request *request);

link_control_reply *link_control_reply_unpack(const zmq_msg_t *frame, err *e);
void link_control_reply_free(link_control_reply *reply);

/* Telemetry whose parts pass link_telemetry_check; metrics may be NaN or infinite. */
link_telemetry *link_telemetry_unpack(const zmq_msg_t *frame, err *e);
void link_telemetry_free(link_telemetry *telemetry);

/* Packs any message into a fresh frame; ERR_NOMEM only. */
int link_pack(const ProtobufCMessage *message, zmq_msg_t *frame);

/* Floats <-> `bytes`. The view does not copy on a little-endian host, the only kind supported:
 * alignment is not promised, so values are read with link_floats_copy. */
size_t link_floats_count(const ProtobufCBinaryData *bytes);
void link_floats_copy(const ProtobufCBinaryData *bytes, float *out);
ProtobufCBinaryData link_floats_view(const float *values, size_t count);

#endif
