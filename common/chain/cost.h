/* cost.h: the cost of a report of a codec over an uplink, without making one. */
#ifndef CHAIN_COST_H
#define CHAIN_COST_H

#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"
#include "uplink/uplink.h"

/* For a report that uses all of the codec's side bits and values. */
typedef struct chain_cost {
    uint32_t bits;      /* in the uplink's digital form */
    uint32_t symbols;   /* complex, references included */
    uint32_t side_bits; /* beside the symbols: charged by uplink_channel_uses */
    uint32_t words;     /* UCI words (uplink_info) */
    const char *unfair; /* why its figures must not be compared with others' (uplink_unfair) */
} chain_cost;

/* `spec` is the uplink, KIND[:ARGUMENTS]; fails as uplink_open does. */
int chain_cost_of(const codec_info *info, const char *spec, chain_cost *cost, err *e);

#endif
