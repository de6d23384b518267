/* internal.h: what the readers and writers of all messages share. For common/wire only: the
 * generated protobuf is not visible outside it. */
#ifndef WIRE_INTERNAL_H
#define WIRE_INTERNAL_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "base/error.h"
#include "csilink.pb-c.h"
#include "wire/report.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "csilink's vectors travel little-endian; add a swap to wire/internal.c for this machine"
#endif

/* Unpacks any message; NULL, with a reason, where the bytes are not such a message. In its texts,
 * control characters and bytes that are not UTF-8 become '?'. Free with wire_release. */
void *wire_unpack(const ProtobufCMessageDescriptor *type, const zmq_msg_t *frame, err *e);
void wire_release(void *message); /* NULL allowed */

/* Packs any message into a new frame; fails only with ERR_NOMEM. */
int wire_pack(const void *message, zmq_msg_t *frame);

/* ERR_FORMAT where a packed message, with the messages in it, has more fields than any valid one:
 * protobuf-c allocates each field, so 1 MiB of empty ones takes it a second. */
int wire_check_fields(const ProtobufCMessageDescriptor *type, const void *data, size_t size,
                      err *e);

/* ERR_FORMAT unless `version` is the supported one. `what` names the message: "report". */
int wire_check_version(const char *what, uint32_t version, err *e);

/* ERR_FORMAT unless the bytes are whole elements of `size` bytes, at most `most` of them. */
int wire_check_size(const char *what, const ProtobufCBinaryData *bytes, size_t size, size_t most,
                    err *e);

/* ERR_FORMAT, with the index of the first one, where an element is not finite. */
int wire_check_finite(const char *what, const float *x, size_t n, err *e);
int wire_check_symbols(const char *what, const ProtobufCBinaryData *bytes, size_t most, err *e);

/* Bytes of a message to be packed; protobuf-c only reads them. */
ProtobufCBinaryData wire_bytes(const void *data, size_t bytes);

/* The complex numbers of an unpacked field. protobuf-c allocates each field with malloc, so they
 * are aligned for any type. NULL for an empty field. */
float complex *wire_symbols(const ProtobufCBinaryData *bytes);

/* A text of a message to be packed; NULL means "". */
char *wire_text(const char *text);

void wire_impairment_to(const wire_impairment *from, Csilink__Impairment *to);
int wire_impairment_from(const char *what, const Csilink__Impairment *from, wire_impairment *to,
                         err *e);

#endif
