/* range_coder.h: an adaptive range coder: symbols to about as many bits as their probabilities ask.
 *
 * Range coding (Martin, 1979) in the form of Schindler: the message is a binary fraction within an
 * interval of 32 bits, which each symbol narrows to its share of the counts. A carry goes back into
 * the bytes that are written already. The end costs as few bits as possible: the shortest fraction
 * in the interval, less its zeros at the end; a reader takes zeros for all that follows. Symbol 0
 * has the lowest part of each interval, so that a message of zeros alone has no bits at all.
 *
 * Against the sum of -log2 of the symbols' shares a message is at most 2 bits and 1/200 longer.
 *
 * Bit k of a message is bit k mod 8 of byte k / 8, as in payload/bits.h; the fraction's highest bit
 * comes first. Nothing allocates. All arithmetic is in whole numbers: the same everywhere. */
#ifndef PAYLOAD_RANGE_CODER_H
#define PAYLOAD_RANGE_CODER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RANGE_SYMBOLS_MAX = 16,
    RANGE_TOTAL_MAX = 1 << 13, /* of a model's counts */
    RANGE_BITS_MAX = 16,       /* of one range_put_bits */
};

/* Counts of the symbols seen so far. Plain data: a copy is a model of its own. */
typedef struct range_model {
    uint16_t symbols, total, increment;
    uint16_t count[RANGE_SYMBOLS_MAX]; /* each at least 1 */
} range_model;

/* 2 to RANGE_SYMBOLS_MAX symbols with counts in proportion to weight[symbols] >= 0, each at least
 * 1, `total` of them, 2 RANGE_SYMBOLS_MAX to RANGE_TOTAL_MAX / 2. A symbol that is coded counts
 * `increment` more, at most 1024; 0 keeps the model as it is. Counts are halved where their sum
 * passes RANGE_TOTAL_MAX. */
void range_model_set(range_model *m, uint32_t symbols, const double *weight, uint32_t total,
                     uint32_t increment);

typedef struct range_encoder {
    uint8_t *byte; /* the caller's */
    uint32_t used, size;
    uint32_t low, range;
    bool full; /* the bytes did not suffice; the message is of no use */
} range_encoder;

typedef struct range_decoder {
    const uint8_t *byte;
    uint32_t bits, size; /* taken and there, in bits */
    uint32_t code, range;
} range_decoder;

/* Begins a message in `size` bytes. The 5 last of them may not be had. */
void range_begin(range_encoder *r, uint8_t *byte, uint32_t size);

/* One symbol below m->symbols, by a model that then adapts. */
void range_put(range_encoder *r, range_model *m, uint32_t symbol);

/* The `bits` <= RANGE_BITS_MAX low bits of a value whose values are equally likely. */
void range_put_bits(range_encoder *r, uint32_t value, unsigned bits);

/* Ends the message: its length in bits. Unused bits of the last byte are 0. Call it once, where
 * full is not set. */
uint32_t range_end(range_encoder *r);

/* Reads a message of `bits` bits from anywhere. Whatever they are, range_get gives symbols of the
 * model and range_get_bits numbers of so many bits. */
void range_open(range_decoder *r, const uint8_t *byte, uint32_t bits);
uint32_t range_get(range_decoder *r, range_model *m);
uint32_t range_get_bits(range_decoder *r, unsigned bits);

/* Whether the message is one that range_end can have left: no zero at its end, and no more bits
 * than the symbols that were read have use for. Call it after the last symbol. */
bool range_is_whole(const range_decoder *r);

#endif
