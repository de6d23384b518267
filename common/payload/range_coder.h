/* range_coder.h: an adaptive range coder: codes symbols in close to -log2 of their probabilities.
 *
 * Range coding (Martin, 1979) in Schindler's form: the message is a binary fraction within an
 * interval of 32 bits, which each symbol narrows to its share of the counts. A carry propagates
 * into the bytes already written. The end costs as few bits as possible: the shortest fraction in
 * the interval, without its trailing zeros; a reader appends zeros. Symbol 0 has the lowest part of
 * each interval, so a message of only zeros has no bits at all.
 *
 * A message is at most 2 bits and 1/200 longer than the sum of -log2 of the symbols' shares.
 *
 * Bit k of a message is bit k mod 8 of byte k / 8, as in payload/bits.h; the fraction's highest bit
 * comes first. Nothing allocates. All arithmetic is in integers: the same everywhere. */
#ifndef PAYLOAD_RANGE_CODER_H
#define PAYLOAD_RANGE_CODER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RANGE_SYMBOLS_MAX = 16,
    RANGE_TOTAL_MAX = 1 << 13, /* of a model's counts */
    RANGE_BITS_MAX = 16,       /* of one range_put_bits */
};

/* Counts of the symbols seen so far. Plain data: a copy is an independent model. */
typedef struct range_model {
    uint16_t symbols, total, increment;
    uint16_t count[RANGE_SYMBOLS_MAX]; /* each at least 1 */
} range_model;

/* 2 to RANGE_SYMBOLS_MAX symbols with counts in proportion to weight[symbols] >= 0, each at least
 * 1, `total` of them, 2 RANGE_SYMBOLS_MAX to RANGE_TOTAL_MAX / 2. Coding a symbol adds `increment`,
 * at most 1024, to its count; 0 keeps the model fixed. Counts are halved when their sum exceeds
 * RANGE_TOTAL_MAX. */
void range_model_set(range_model *m, uint32_t symbols, const double *weight, uint32_t total,
                     uint32_t increment);

typedef struct range_encoder {
    uint8_t *byte; /* the caller's */
    uint32_t used, size;
    uint32_t low, range;
    bool full; /* the bytes did not suffice; the message is unusable */
} range_encoder;

typedef struct range_decoder {
    const uint8_t *byte;
    uint32_t bits, size; /* consumed and available, in bits */
    uint32_t code, range;
} range_decoder;

/* Begins a message in `size` bytes, of which the last 5 may stay unused. */
void range_begin(range_encoder *r, uint8_t *byte, uint32_t size);

/* Codes a symbol below m->symbols with a model that then adapts. */
void range_put(range_encoder *r, range_model *m, uint32_t symbol);

/* Codes the `bits` <= RANGE_BITS_MAX low bits of a value, all values equally likely. */
void range_put_bits(range_encoder *r, uint32_t value, unsigned bits);

/* Ends the message; returns its length in bits. Unused bits of the last byte are 0. Call it once,
 * and only if `full` is not set. */
uint32_t range_end(range_encoder *r);

/* Reads a message of `bits` bits from outside. Whatever they are, range_get returns symbols of the
 * model and range_get_bits numbers of the given length. */
void range_open(range_decoder *r, const uint8_t *byte, uint32_t bits);
uint32_t range_get(range_decoder *r, range_model *m);
uint32_t range_get_bits(range_decoder *r, unsigned bits);

/* Whether range_end could have produced the message: no trailing zero, and no more bits than the
 * symbols read need. Call it after the last symbol. */
bool range_is_whole(const range_decoder *r);

#endif
