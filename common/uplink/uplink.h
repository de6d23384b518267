/* uplink.h: an uplink turns a payload into a burst of complex symbols, and back.
 *
 * An uplink is named KIND[:ARGUMENTS]: "analog", "analog:r4,references=8". Both ends open it with
 * the same name (or names with the same identity), each for the payload shape of its codec. The two
 * ends share nothing but the burst:
 *
 *     payload --send--> burst --air--> burst' --receive--> payload'
 *
 * Beside the burst each end knows the UE's number and an SNR (uplink_context). An adaptive uplink
 * chooses its burst by the UE's SNR, so a repeatable run depends on it.
 *
 * The cost of a report is counted in two ways: bits, the size of its digital form, and channel
 * uses, the number of complex symbols on the air, references and header included. Side bits sent
 * beside the burst, free of error, are charged at the capacity of the SNR in force, side_bits /
 * log2(1 + SNR). */
#ifndef UPLINK_UPLINK_H
#define UPLINK_UPLINK_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "payload/payload.h"

enum {
    UPLINK_KIND_MAX = 16,
    UPLINK_SPEC_MAX = 128,
    UPLINK_USAGES_MAX = 512,
    UPLINK_SYMBOLS_MAX = 1 << 16,
    UPLINK_REFERENCES_DEFAULT = 8, /* complex symbols at the start of each burst */
    UPLINK_REFERENCES_MIN = 1,
    UPLINK_REFERENCES_MAX = 512,
};

typedef struct uplink_burst {
    uint32_t references; /* how many symbols are known to both ends; they come first */
    uint32_t symbols;    /* in all */
    float complex *symbol;
    uint32_t side_bits; /* beside the symbols, free of error; 0 where the symbols carry all */
    uint8_t *side;      /* as payload.side */
    uint32_t builds_on; /* payload.builds_on, as the report's header states it */
} uplink_burst;

typedef struct uplink_info {
    char kind[UPLINK_KIND_MAX];
    char name[UPLINK_SPEC_MAX];     /* KIND[:ARGUMENTS] as opened */
    char receiver[UPLINK_SPEC_MAX]; /* what the receiver must share, in canonical form */
    uint64_t identity;              /* of `receiver`; travels with every report; never 0 */
    uint32_t references, symbols;   /* of every burst; symbols: at most */
    uint32_t symbols_min; /* the fewest; fewer than `symbols` where the number of values varies
                             (payload_shape) */
    bool by_kind;         /* a burst has symbols_of_key or, if its report builds on another, */
    uint32_t symbols_of_key, symbols_of_innovation; /* and no other number */
    uint32_t side_bits_max;                         /* per burst */
    bool side_is_free; /* side bits are not charged: its figures are unfair */
    uint32_t words;    /* UCI words of a burst, at most; 0: nothing is coded */
    bool can_fail;     /* the receiver has a check that may find a burst not intact */
    bool adaptive;     /* `send` depends on the SNR that the base station acknowledged */
} uplink_info;

/* What an end of the link knows beside the burst. */
typedef struct uplink_context {
    uint32_t ue;
    double snr_db; /* UE: as the base station last acknowledged it, NaN before that.
                      Base station: its estimate */
} uplink_context;

typedef struct uplink uplink; /* the workspace of one thread */

/* NULL on failure: ERR_INVALID for an unknown kind (the message lists the kinds) or an argument
 * that is wrong. Free with uplink_close (NULL allowed). */
uplink *uplink_open(const char *spec, const payload_shape *shape, err *e);
void uplink_close(uplink *u);

/* Owned by the uplink. */
const uplink_info *uplink_info_of(const uplink *u);

/* Writes what an --uplink option accepts, for its help; returns `text`. */
const char *uplink_usages(char text[UPLINK_USAGES_MAX]);

/* Allocates room for a burst of this uplink. uplink_burst_free also on a zeroed burst. */
int uplink_burst_init(uplink_burst *burst, const uplink *u, err *e);
void uplink_burst_free(uplink_burst *burst);

/* Whether a burst of this uplink may have this number of symbols, in a report with this builds_on
 * (0: a key). */
bool uplink_takes(const uplink_info *info, uint32_t symbols, uint32_t builds_on);

/* As described in uplink/kind.h. uplink_receive rejects a burst with a different number of symbols,
 * and symbols that are not finite, with ERR_FORMAT. */
int uplink_send(uplink *u, const uplink_context *context, const payload *p, uplink_burst *burst,
                err *e);
int uplink_receive(uplink *u, const uplink_context *context, const uplink_burst *burst, payload *p,
                   bool *intact, err *e);

/* Hash of the bits that the last burst was sent with, or that were received from it: comparing both
 * shows whether the receiver has what was sent. 0 for an uplink that sends no bits. */
uint64_t uplink_digest(const uplink *u);

/* Bits of a report with this payload (see above). */
uint32_t uplink_bits(const uplink *u, const payload *p);

/* Side bits that a burst is charged for: all that are sent beside it, unless they are free. */
uint32_t uplink_charged_bits(const uplink_info *info, const uplink_burst *burst);

/* Why the figures of an uplink must not be compared with others', to print beside them; NULL where
 * all costs are counted. Static storage. */
const char *uplink_unfair(const uplink_info *info);

/* The name, with what is unfair about it; returns `label`. */
enum { UPLINK_LABEL_MAX = UPLINK_SPEC_MAX + 48 };
const char *uplink_label(const uplink_info *info, char label[UPLINK_LABEL_MAX]);

/* Complex channel uses of a burst: its symbols, and the charged side bits at the capacity of
 * snr_db, which is limited to UPLINK_SNR_MIN_DB .. UPLINK_SNR_MAX_DB (uplink/snr.h). */
double uplink_channel_uses(uint32_t symbols, uint32_t side_bits, double snr_db);

#endif
