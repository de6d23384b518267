/* wire.h: a report's codeword between its numbers (payload/codeword.h) and its message: the same
 * for everybody who writes or reads one. */
#ifndef WIRE_CODEWORD_H
#define WIRE_CODEWORD_H

#include "base/error.h"
#include "chain/ue.h"
#include "payload/codeword.h"
#include "wire/message.h"

/* Sets the codeword of a message, and its format where it is not float32: `space`, which must be
 * there as long as the message. The bytes stay the report's. `values` is the codec's N_s. */
void chain_wire_pack(const chain_report *report, csi_codeword_format format, uint32_t values,
                     Csilink__CodewordFormat *space, link_report *message);

/* Makes the codeword of a message that came in floats, whatever it was: what it was packed in goes
 * from `format` to `sent`. A message without a format is left alone. ERR_FORMAT for a format that
 * there is not, and for what csi_codeword_unpack refuses; then the message is as it was. */
int chain_wire_unpack(link_report *message, err *e);

/* link_report_unpack and then chain_wire_unpack: what a process does with a frame. NULL where
 * either refuses it. */
link_report *chain_wire_receive(const zmq_msg_t *frame, uint32_t *ue, uint32_t *seq, bool *known,
                                err *e);

/* Codeword bits of one value, as the UE sent it: `sent`, 32 without one or with one that there is
 * not. */
unsigned chain_wire_bits_sent(const link_report *message);

#endif
