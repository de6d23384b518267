/* kind.h: what a kind of uplink provides to uplink.c. For authors of uplinks; callers use uplink.h.
 *
 * A kind turns a payload into a burst of complex symbols and back; it knows no CSI. It is one
 * folder (or file) under uplink/ and one row of the table in registry.c. */
#ifndef UPLINK_KIND_H
#define UPLINK_KIND_H

#include <stdbool.h>

#include "base/error.h"
#include "payload/payload.h"
#include "uplink/uplink.h"

typedef struct uplink_kind {
    const char *name;  /* "analog" */
    const char *usage; /* for help: "analog[:FORMAT][,references=N][,outage=DB]" */

    /* Opens it for payloads of a shape, as the workspace of one thread. `arguments` is the text
     * after the kind's name and colon, "" without any. Fills `info` (references, symbols, side_max,
     * and `receiver`: what the receiving end must share). NULL on failure. */
    void *(*open)(const char *arguments, const payload_shape *shape, uplink_info *info, err *e);
    void (*close)(void *uplink);

    /* Writes the burst, references first. burst->symbols is info->symbols on entry; a kind with a
     * symbols_min may send fewer. The data symbols have mean power 1 (0 for a payload without
     * power), the references power 1 each. ERR_FORMAT where the payload cannot be sent: a value
     * that is not finite. No allocation. */
    int (*send)(void *uplink, const uplink_context *context, const payload *p, uplink_burst *burst,
                err *e);

    /* The reverse, with the receiver's SNR estimate. Nothing in the burst is trusted: ERR_FORMAT.
     * *intact: false where a check (a CRC) failed or the SNR is too low to use the burst; the
     * payload is then what was received, for callers that want it anyway. The caller sets p->snr_db
     * to the context's and p->power to NaN; a kind with another SNR on its values, or that knows
     * their power as sent, sets it. No allocation. */
    int (*receive)(void *uplink, const uplink_context *context, const uplink_burst *burst,
                   payload *p, bool *intact, err *e);

    /* Bits of a report's payload in this uplink's digital form, everything counted. */
    uint32_t (*bits)(const void *uplink, const payload *p);

    /* As uplink_digest describes; NULL where no bits are sent. */
    uint64_t (*digest)(const void *uplink);
} uplink_kind;

/* The table of kinds, NULL after the last. */
extern const uplink_kind *const uplink_kinds[];

#endif
