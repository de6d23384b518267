/* mutate_message.h: changes a protobuf message so that it stays one, for LLVMFuzzerCustomMutator.
 */
#ifndef TESTS_FUZZ_MUTATE_MESSAGE_H
#define TESTS_FUZZ_MUTATE_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* Changes a packed message of this type in place, up to `room` bytes; returns its new size. The
 * same seed makes the same change. One to three times, at any depth:
 *
 *     a field is dropped, doubled, moved, or gets the value of another field
 *     a field that the type knows is added; one that no type knows is added
 *     a number goes to an edge: of its type, of the protocol (1 << 16, 1,000,000), NaN, infinity
 *     bytes and texts shrink, grow, become empty, or have a number at an edge written over a part
 *     a field is written with the wire type of another
 *
 * It works on the wire format, not on the unpacked message: so it keeps what a parser would drop,
 * and can write a field twice. What cannot be read as a message is changed blindly. */
size_t mutate_message(const ProtobufCMessageDescriptor *type, uint8_t *data, size_t size,
                      size_t room, unsigned seed);

/* The same for the parts of an input (fuzz.h), which begin behind `skip` bytes: the message in one
 * of them, behind `tag` bytes of the part, is changed, or parts are dropped, doubled or swapped. */
size_t mutate_parts(const ProtobufCMessageDescriptor *type, size_t skip, size_t tag, uint8_t *data,
                    size_t size, size_t room, unsigned seed);

#endif
