/* uci_tools.h: what the tests of the UCI code share: words, noise, and vectors of other
 * implementations. */
#ifndef TESTS_UCI_TOOLS_H
#define TESTS_UCI_TOOLS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"
#include "uci/uci.h"

/* Both ends of one size. */
typedef struct uci_link {
    uci_code *code;
    uci_decoder *decoder;
    uint32_t bits, coded, qm;
    uint8_t sent[UCI_BITS_MAX], got[UCI_BITS_MAX];
    uint8_t word[UCI_CODED_MAX];
    float llr[UCI_CODED_MAX];
} uci_link;

static inline void uci_link_open(uci_link *l, uint32_t bits, uint32_t coded, uint32_t qm,
                                 uint32_t list)
{
    err e = {0};
    l->bits = bits, l->coded = coded, l->qm = qm;
    l->code = uci_code_create(bits, coded, qm, &e);
    if (!l->code)
        printf("    %s\n", e.text);
    l->decoder = uci_decoder_create(list, NULL);
    REQUIRE(l->code != NULL && l->decoder != NULL);
}

static inline void uci_link_close(uci_link *l)
{
    uci_code_free(l->code);
    uci_decoder_free(l->decoder);
}

static inline void uci_random_bits(uint8_t *bit, uint32_t n, uint32_t seed)
{
    rng r = rng_at(15, RNG_TEST, 1, seed);
    for (uint32_t i = 0; i < n; i++)
        bit[i] = rng_u32(&r) >> 31 & 1;
}

/* Sends random bits; the LLRs are the coded bits' signs, and of placeholders what uci.h says that a
 * receiver has. */
static inline void uci_link_send(uci_link *l, uint32_t seed)
{
    uci_random_bits(l->sent, l->bits, seed);
    uci_encode(l->code, l->sent, l->word);
    for (uint32_t k = 0; k < l->coded; k++) {
        uint8_t bit = l->word[k] == UCI_AGAIN ? l->word[k - 1] : l->word[k];
        l->llr[k] = bit == 0 ? 1.0f : -1.0f;
    }
}

/* Noise on every LLR: the real dimensions of QPSK symbols at this Es/N0, each of power 1/2 in noise
 * of N0/2. For an amplitude of 1, the LLR is 2 y / sigma^2. */
static inline void uci_link_noise(uci_link *l, double snr_db, uint32_t seed)
{
    float sigma = (float)sqrt(1 / power_of_db(snr_db));
    rng r = rng_at(16, RNG_TEST, 2, seed);
    rng_normal_add(&r, l->llr, l->coded, sigma);
    for (uint32_t k = 0; k < l->coded; k++)
        l->llr[k] *= 2 / (sigma * sigma);
}

/* Returns *ok; the decoder must not refuse. */
static inline bool uci_link_receive(uci_link *l)
{
    bool ok = false;
    REQUIRE(uci_decode(l->decoder, l->code, l->llr, l->got, &ok, NULL) == 0);
    return ok;
}

static inline bool uci_link_right(const uci_link *l)
{
    return memcmp(l->sent, l->got, l->bits) == 0;
}

/* Sends and receives one word without noise; names the sizes where that fails. */
static inline bool uci_link_passes(uci_link *l, uint32_t bits, uint32_t coded, uint32_t qm,
                                   uint32_t list, uint32_t seed)
{
    uci_link_open(l, bits, coded, qm, list);
    uci_link_send(l, seed);
    bool right = uci_link_receive(l) && uci_link_right(l);
    if (!right)
        printf("    %u bits in %u, Qm %u, list of %u\n", bits, coded, qm, list);
    uci_link_close(l);
    return right;
}

/* The fewest coded bits that can be decoded, and the most that there may be. */
static inline uint32_t uci_lowest_coded(uint32_t bits)
{
    uci_sizes s;
    uint32_t coded = bits;
    while (uci_sizes_of(bits, coded, 1, &s, NULL) != 0 || coded < s.decodable_from)
        coded++;
    return coded;
}

static inline uint32_t uci_highest_coded(uint32_t bits)
{
    uci_sizes s;
    uint32_t coded = UCI_CODED_MAX;
    while (uci_sizes_of(bits, coded, 1, &s, NULL) != 0)
        coded--;
    return coded;
}

/* Hex digits, the first bit on top of the first digit, to n bits. */
static inline void uci_bits_of_hex(const char *hex, uint8_t *bit, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const char digit[] = {hex[i / 4], '\0'};
        bit[i] = strtoul(digit, NULL, 16) >> (3 - i % 4) & 1;
    }
}

#endif
