/* bits.h: writes and reads bit strings field by field: bit k is bit k mod 8 of byte k / 8, a
 * field's least significant bit first. */
#ifndef PAYLOAD_BITS_H
#define PAYLOAD_BITS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct bit_writer {
    uint8_t *byte; /* the caller's; the writer overwrites whole bytes */
    uint32_t bits; /* written so far */
    uint32_t room; /* in bits */
    bool full;     /* a field did not fit; nothing is written after that */
} bit_writer;

typedef struct bit_reader {
    const uint8_t *byte;
    uint32_t bits; /* read so far */
    uint32_t size; /* in bits */
    bool cut;      /* a field lies beyond the end; it read as 0 */
} bit_reader;

/* Appends the `bits` <= 32 low bits of `value`. */
void bits_put(bit_writer *w, uint32_t value, unsigned bits);

/* Reads the next `bits` <= 32 bits. */
uint32_t bits_get(bit_reader *r, unsigned bits);

/* The smallest n with 2^n >= count: the bits of a number of 0 .. count - 1; 0 for count <= 1. */
unsigned bits_for(uint32_t count);

/* ceil(bits / 8). */
static inline uint32_t bits_bytes(uint32_t bits)
{
    return bits / 8 + (bits % 8 != 0);
}

#endif
