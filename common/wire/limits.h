/* limits.h: the protocol's version, and the limits of a message.
 *
 * Version 1 had fields for one codec and one uplink, and no version number. A program supports only
 * version 2: it rejects any other message, and says so. */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

enum {
    WIRE_VERSION = 2,
    WIRE_UE_MAX = 1000000,           /* UE numbers are below it */
    WIRE_FRAME_BYTES_MAX = 1 << 20,  /* per message; a socket drops the peer that sends more */
    WIRE_FIELDS_MAX = 1 << 14,       /* per message, including the messages in it */
    WIRE_REPLY_FIELDS_MAX = 1 << 18, /* per control reply, which may list many settings */
    WIRE_STAMPS_BYTES_MAX = 128,     /* what channel-sim's impairment and stamps add to a message */
    WIRE_SYMBOLS_MAX = 1 << 16,      /* of a burst, references included */
    WIRE_SIDE_BITS_MAX = 1 << 16,
    WIRE_ENTRIES_MAX = 1 << 16, /* of a reconstruction */
    WIRE_DUE_MAX_S = 1000000,   /* of a schedule: more than the ten days that one may last */
    WIRE_REASON_MAX = 512,      /* bytes, including the NUL */
};

#define WIRE_SGCS_MAX 1.000001 /* an SGCS is at most 1, except for rounding */

#endif
