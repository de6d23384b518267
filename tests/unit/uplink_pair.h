/* uplink_pair.h: both ends of an uplink, without a codec, for tests. */
#ifndef UPLINK_PAIR_H
#define UPLINK_PAIR_H

#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"
#include "payload/bits.h"
#include "payload/codeword.h"
#include "uplink/air.h"
#include "uplink/analog.h"
#include "uplink/snr.h"
#include "uplink/uplink.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#define AT(snr) ((uplink_context){.ue = 3, .snr_db = (snr)})

/* Both ends of a link, and what passes between them. */
typedef struct link {
    payload_shape shape;
    uplink *u;
    payload sent, got;
    uplink_burst burst;
} link;

/* A UE that sends, and a base station that estimated an SNR. */
static const uplink_context ue = {.ue = 3, .snr_db = (double)NAN};

static inline link open_link_of(const char *spec, payload_shape shape)
{
    link l = {.shape = shape};
    err e = {0};
    l.u = uplink_open(spec, &l.shape, &e);
    if (!l.u)
        printf("    %s\n", e.text);
    REQUIRE(l.u != NULL);
    REQUIRE(payload_init(&l.sent, &l.shape, NULL) == 0);
    REQUIRE(payload_init(&l.got, &l.shape, NULL) == 0);
    REQUIRE(uplink_burst_init(&l.burst, l.u, NULL) == 0);
    return l;
}

static inline link open_link(const char *spec, uint32_t side_bits, uint32_t values)
{
    return open_link_of(spec, (payload_shape){.side_bits_max = side_bits, .values_max = values});
}

static inline void close_link(link *l)
{
    payload_free(&l->sent);
    payload_free(&l->got);
    uplink_burst_free(&l->burst);
    uplink_close(l->u);
}

/* A full payload of this seed: values of mixed tails at `scale`, random side bits. */
static inline void fill(link *l, uint32_t seed, float scale)
{
    rng r = rng_at(3, RNG_TEST, 7, seed);
    l->sent.values = l->shape.values_max;
    rng_normal_fill(&r, l->sent.value, l->sent.values, 1);
    for (uint32_t i = 0; i < l->sent.values; i++)
        l->sent.value[i] *= scale * fabsf(l->sent.value[i]);
    bit_writer w = {l->sent.side, 0, l->shape.side_bits_max, false};
    for (uint32_t i = 0; i < l->shape.side_bits_max; i++)
        bits_put(&w, rng_u32(&r), 1);
    l->sent.side_bits = w.bits;
}

static inline void pass(link *l, double snr_db)
{
    bool intact = false;
    err e = {0};
    REQUIRE(uplink_receive(l->u, &AT(snr_db), &l->burst, &l->got, &intact, &e) == 0);
    CHECK(intact);
}

static inline bool same_side(const link *l)
{
    return l->got.side_bits == l->sent.side_bits &&
           memcmp(l->got.side, l->sent.side, bits_bytes(l->sent.side_bits)) == 0;
}

#endif
