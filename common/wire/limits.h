/* limits.h: the protocol's version, and how much a message may hold.
 *
 * Version 1 carried the fields of one codec and one uplink, and named no version. A program speaks
 * version 2 only: it refuses a message of any other, and says so. */
#ifndef WIRE_LIMITS_H
#define WIRE_LIMITS_H

enum {
    WIRE_VERSION = 2,
    WIRE_UE_MAX = 1000000,           /* UE numbers are below it */
    WIRE_FRAME_BYTES_MAX = 1 << 20,  /* of one message; a socket drops the peer that sends more */
    WIRE_FIELDS_MAX = 1 << 14,       /* of one message, those of the messages in it included */
    WIRE_REPLY_FIELDS_MAX = 1 << 18, /* of a control reply, which may list many settings */
    WIRE_STAMPS_BYTES_MAX = 128,     /* what channel-sim's impairment and stamps add to a message */
    WIRE_SYMBOLS_MAX = 1 << 16,      /* of a burst, references included */
    WIRE_SIDE_BITS_MAX = 1 << 16,
    WIRE_ENTRIES_MAX = 1 << 16, /* of a reconstruction */
    WIRE_DUE_MAX_S = 1000000,   /* of a schedule: more than the ten days that one may last */
    WIRE_REASON_MAX = 512,      /* bytes, the closing NUL included */
};

#define WIRE_SGCS_MAX 1.000001 /* an SGCS is 1 at most, but for rounding */

#endif
