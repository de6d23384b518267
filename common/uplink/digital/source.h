/* source.h: a payload as one string of bits, for a digital uplink, and back.
 *
 *     side bits | their number | values, by a law | scale and offset of the law
 *
 * If keys and innovations of a codec differ in size, the shape is that of one kind, and the last
 * side bit says which kind it is (digital.h).
 *
 * Side bits always take side_bits_max bits of the shape; where a codec may send fewer
 * (shape.side_bits_min), a field gives their number. There are always values_max values; those that
 * a payload lacks are sent as 0.
 *
 * A law of b bits is u, mu or r of payload/codeword.h. Whole bits give that law; a Rice code may
 * also have quarters, from 1.25 on, since it fits values into any number of bits: ceil(n b) for n
 * values. Without values there is no law.
 *
 * Scale and offset are sent as levels (payload/level.h) over -120 .. +80 dB: 8 + ceil(b) bits for
 * the scale, as many for the magnitude of the offset, and its sign. The analog uplink's 64 bits
 * would be a third of a small report. The error of the levels is below a fifth of the distance
 * between two values of the law, over its whole range. */
#ifndef UPLINK_DIGITAL_SOURCE_H
#define UPLINK_DIGITAL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "payload/codeword.h"
#include "payload/payload.h"

enum {
    DIGITAL_QUARTERS_MIN = 5,  /* of a bit per value, for a Rice code: 1.25 bits */
    DIGITAL_QUARTERS_MAX = 32, /* 8 bits */
};

typedef struct digital_source {
    csi_codeword_law law; /* UNIFORM, MU or RICE */
    unsigned quarters;    /* of a bit per value; 0: only the law, the bits are to be chosen */
} digital_source;

enum { DIGITAL_SOURCE_NAME_MAX = 16 };

/* "u4", "mu6", "r2.5", or "u", "mu", "r" without bits. ERR_INVALID lists the names. */
int digital_source_parse(const char *name, digital_source *source, err *e);
const char *digital_source_name(digital_source source, char name[DIGITAL_SOURCE_NAME_MAX]);

/* Whether the law supports this number of quarters of a bit for `values` values: u and mu have
 * whole bits from 2 on, and a Rice code needs one bit for each value and four more. */
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

/* Writes the payload to bits[A], each 0 or 1. ERR_FORMAT where the law cannot represent its values:
 * see csi_codeword_pack, and beyond 80 dB (10^4) in scale or offset. *digest is a hash of all bits,
 * never 0. */
int digital_source_write(digital_source source, const payload_shape *shape, const payload *p,
                         digital_scratch *s, uint8_t *bits, uint64_t *digest, err *e);

/* The reverse: any bits give a payload of finite values. Returns false for bits that
 * digital_source_write never writes: values missing from a Rice code are then the offset, and side
 * bits are cut to the shape's.
 *
 * p->snr_db is the ratio of the values to the error of the law, step^2 / 12 at each value, limited
 * to UPLINK_SNR_MIN_DB .. MAX_DB. For Gaussian and Laplacian values it is within 0.5 dB of the true
 * ratio from 2 bits on (mu2: 1.6 dB), and up to 3 dB too low for the shortest Rice codes. */
bool digital_source_read(digital_source source, const payload_shape *shape, const uint8_t *bits,
                         digital_scratch *s, payload *p, uint64_t *digest);

#endif
