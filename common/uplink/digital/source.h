/* source.h: a payload as one string of bits, for a digital uplink, and back.
 *
 *     side bits | their number | values, by a law | scale and offset of the law
 *
 * Side bits take the shape's side_bits_max, whatever a payload uses of them; where a codec sends
 * fewer at times (shape.side_bits_min), a field says how many there are. Values take the shape's
 * values_max; those that a payload lacks are sent as 0.
 *
 * A law of b bits is u, mu or r of payload/codeword.h. In whole bits it is that one; a Rice code
 * may also have quarters, from 1.25 on, since it fits values into any number of bits:
 * ceil(n b) of n values. It is left out where there are no values.
 *
 * Scale and offset travel as levels (payload/level.h) over -120 .. +80 dB: 8 + ceil(b) bits of the
 * scale, as many of the offset's magnitude, and its sign. The analog uplink's 64 bits would be a
 * third of a small report. The levels' error is below a fifth of the distance between two values of
 * the law, everywhere that the law reaches. */
#ifndef UPLINK_DIGITAL_SOURCE_H
#define UPLINK_DIGITAL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "payload/codeword.h"
#include "payload/payload.h"

enum {
    DIGITAL_QUARTERS_MIN = 5,  /* of a bit for each value, of a Rice code: 1.25 bits */
    DIGITAL_QUARTERS_MAX = 32, /* 8 bits */
};

typedef struct digital_source {
    csi_codeword_law law; /* UNIFORM, MU or RICE */
    unsigned quarters;    /* of a bit for each value; 0: the law alone, its bits are to be chosen */
} digital_source;

enum { DIGITAL_SOURCE_NAME_MAX = 16 };

/* "u4", "mu6", "r2.5", or "u", "mu", "r" without bits. ERR_INVALID, with the names, for others. */
int digital_source_parse(const char *name, digital_source *source, err *e);
const char *digital_source_name(digital_source source, char name[DIGITAL_SOURCE_NAME_MAX]);

/* Whether the law can have so many quarters of a bit for `values` values: u and mu have whole bits
 * from 2 on, and a Rice code needs a bit for each value and four more. */
bool digital_source_has(csi_codeword_law law, unsigned quarters, uint32_t values);

/* A: bits of a payload of this shape. */
uint32_t digital_source_bits(digital_source source, const payload_shape *shape);

/* Scratch of a thread: `bytes` for the packed values, `packed` for the whole string. */
typedef struct digital_scratch {
    uint8_t *bytes, *packed;
    float *value; /* [values_max] */
} digital_scratch;

/* For strings of up to `bits`. ERR_NOMEM. _free also on a zeroed one. */
int digital_scratch_init(digital_scratch *s, const payload_shape *shape, uint32_t bits, err *e);
void digital_scratch_free(digital_scratch *s);

/* Writes the payload to bits[A], each 0 or 1. ERR_FORMAT where the law cannot hold its values: see
 * csi_codeword_pack, and beyond 80 dB (10^4) in scale or offset. *digest is one of all bits, never
 * 0. */
int digital_source_write(digital_source source, const payload_shape *shape, const payload *p,
                         digital_scratch *s, uint8_t *bits, uint64_t *digest, err *e);

/* The reverse: any bits give a payload of finite values. Returns false where they are none that
 * digital_source_write writes: values that a Rice code breaks off are the offset then, and side
 * bits are cut to the shape's.
 *
 * p->snr_db is that of the values to the error of the law, step^2 / 12 where the values are, within
 * UPLINK_SNR_MIN_DB .. MAX_DB. For Gaussian and Laplacian values it is within 0.5 dB of the true
 * one from 2 bits on (mu2: 1.6 dB), and low by up to 3 dB for the shortest Rice codes. */
bool digital_source_read(digital_source source, const payload_shape *shape, const uint8_t *bits,
                         digital_scratch *s, payload *p, uint64_t *digest);

#endif
