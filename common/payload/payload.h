/* payload.h: what a codec hands to an uplink, and gets back from it at the other end.
 *
 * Side bits must arrive as sent: an image's scale, a list of blocks, entropy-coded bits. Values are
 * reals that may arrive with noise on them, at whatever power: the uplink normalises and restores
 * it. A codec of bits has no values, a codec of reals needs few side bits.
 *
 * Neither end interprets the other's part: the codec does not know how its payload travels, the
 * uplink does not know what it means. */
#ifndef PAYLOAD_PAYLOAD_H
#define PAYLOAD_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { PAYLOAD_SIDE_BITS_MAX = 1 << 16, PAYLOAD_VALUES_MAX = 1 << 16 };

/* The most and the least that a codec ever sends in one report; the most decides the size of an
 * uplink's longest burst. */
typedef struct payload_shape {
    uint32_t side_bits_max; /* at most PAYLOAD_SIDE_BITS_MAX */
    uint32_t values_max;    /* at most PAYLOAD_VALUES_MAX */
    uint32_t
        side_bits_min;   /* at most side_bits_max, and equal where a codec always sends as many:
                            an uplink of bits has to say how many there are where it may differ */
    uint32_t values_min; /* 0: every report has values_max. Else the fewest of a report, at most
                            values_max; then every report has an even number of them, which an
                            uplink may deliver as they are or with zeros behind, up to values_max */
} payload_shape;

typedef struct payload {
    uint32_t side_bits; /* in use, at most side_bits_max */
    uint8_t *side;      /* bit k is bit k mod 8 of byte k / 8; unused bits of the last byte are 0 */
    uint32_t values;    /* in use, at most values_max */
    float *value;       /* finite */
    bool exact;    /* values come back as sent where there is no noise; else at a power that the
                      uplink may round. At the sender's end alone */
    double snr_db; /* at the receiver's end: of the values' mean power to that of the error on them,
                      from noise or from quantizing, as far as the receiver can know it */
    double power;  /* at the receiver's end: the mean square of the values as they were sent, which
                      an uplink that restores it knows; NaN where it does not */
    uint32_t builds_on; /* 0, or 1 + seq of the report whose memory this one needs */
} payload;

/* Allocates room for the shape; the payload is empty. ERR_NOMEM; ERR_INVALID for a shape beyond the
 * limits. payload_free also on a zeroed payload. */
int payload_init(payload *p, const payload_shape *shape, err *e);
void payload_free(payload *p);

#endif
