/* payload.h: the data that a codec passes to an uplink, and gets back at the other end.
 *
 * Side bits must arrive as sent: an image's scale, a list of blocks, entropy-coded bits. Values are
 * reals that may arrive with noise, at any power: the uplink normalises and restores it. A codec of
 * bits has no values, a codec of reals needs few side bits.
 *
 * Neither interprets the other's part: the codec does not know how its payload travels, and the
 * uplink does not know its meaning. */
#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { PAYLOAD_SIDE_BITS_MAX = 1 << 16, PAYLOAD_VALUES_MAX = 1 << 16 };

/* What a codec sends in one kind of report. */
typedef struct payload_size {
    uint32_t side_bits_min, side_bits_max; /* as in payload_shape */
    uint32_t values;                       /* of each */
} payload_size;

/* The limits of what a codec sends in one report; the upper ones set an uplink's longest burst. */
typedef struct payload_shape {
    uint32_t side_bits_max; /* at most PAYLOAD_SIDE_BITS_MAX */
    uint32_t values_max;    /* at most PAYLOAD_VALUES_MAX */
    uint32_t side_bits_min; /* at most side_bits_max; equal to it if the number is constant: else an
                               uplink of bits has to send the number, too */
    uint32_t values_min;    /* 0: every report has values_max. Else the least number, at most
                               values_max; then every report has an even number of them, which an
                               uplink may deliver unchanged or zero-padded, up to values_max */
    bool by_kind; /* keys and innovations differ in size: a report with builds_on 0 is a `key`, any
                     other an `innovation`. The limits above hold for both */
    payload_size key, innovation;
} payload_shape;

typedef struct payload {
    uint32_t side_bits; /* in use, at most side_bits_max */
    uint8_t *side;      /* bit k is bit k mod 8 of byte k / 8; unused bits of the last byte are 0 */
    uint32_t values;    /* in use, at most values_max */
    float *value;       /* finite */
    bool exact;         /* without noise, values come back as sent; else the uplink may round their
                           power. Only at the sender's end */
    double snr_db; /* at the receiver's end: ratio of the values' mean power to that of their error,
                      from noise or quantizing, as far as the receiver knows it */
    double power;  /* at the receiver's end: the mean square of the values as sent, if the uplink
                      knows it; else NaN */
    uint32_t builds_on; /* 0, or 1 + seq of the report whose memory this one needs */
} payload;

/* The sizes of one kind, of a shape with by_kind. */
static inline const payload_size *payload_size_of(const payload_shape *shape, bool innovation)
{
    return innovation ? &shape->innovation : &shape->key;
}

/* The shape of a codec with memory whose keys and innovations have these sizes; by_kind where they
 * differ. Values that differ in number must be even. */
payload_shape payload_shape_by_kind(const payload_size *key, const payload_size *innovation);

/* Allocates room for the shape; the payload is empty. ERR_NOMEM; ERR_INVALID for a shape beyond the
 * limits. payload_free accepts a zeroed payload, too. */
int payload_init(payload *p, const payload_shape *shape, err *e);
void payload_free(payload *p);

#endif
