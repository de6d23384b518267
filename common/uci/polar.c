#include "uci/polar.h"

#include <string.h>

#include "uci/match.h"

enum { FROZEN, BIT, PARITY };

/* The weight of row i of G_N is 2^(ones in i). */
static int row_ones(uint32_t i)
{
    return __builtin_popcount(i);
}

/* Gives the role BIT to the `count` most reliable inputs that are not frozen; returns how many
 * there were, and lists them in order[], the least reliable first. */
static uint32_t choose_inputs(const uci_sizes *s, uint32_t count, uint8_t *role, uint16_t *order)
{
    uint8_t frozen[UCI_LENGTH_MAX];
    uint32_t found = 0;
    uci_match_frozen(s, frozen);
    memset(role, FROZEN, s->length);
    for (uint32_t i = UCI_LENGTH_MAX; i-- > 0 && found < count;) {
        uint16_t input = uci_sequence[i];
        if (input >= s->length || frozen[input])
            continue;
        order[count - ++found] = input;
        role[input] = BIT;
    }
    return found;
}

static void choose_parity(const uci_sizes *s, const uint16_t *order, uint8_t *role)
{
    const uint32_t by_reliability = s->parity - s->parity_by_weight;
    for (uint32_t i = 0; i < by_reliability; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.ArraySubscript): all were chosen */
        role[order[i]] = PARITY;
    if (!s->parity_by_weight)
        return;
    /* Among equals, the most reliable wins, which comes last. */
    uint16_t lightest = order[s->parity];
    for (uint32_t i = s->parity; i < s->block_bits + s->parity; i++)
        if (row_ones(order[i]) <= row_ones(lightest))
            lightest = order[i];
    role[lightest] = PARITY;
}

/* Combines two halves of `half` inputs into a node. A single bit counts as a repetition, as does a
 * word of two of even weight. */
static polar_node join(uint8_t left, uint8_t right, uint32_t half)
{
    if (left == POLAR_FROZEN && (right == POLAR_FROZEN || right == POLAR_REPEAT))
        return (polar_node)right;
    if (half == 1 && left == POLAR_REPEAT && right == POLAR_REPEAT)
        return POLAR_FREE;
    if (right != POLAR_FREE)
        return POLAR_SPLIT;
    if (left == POLAR_FREE)
        return POLAR_FREE;
    return left == (half == 2 ? POLAR_REPEAT : POLAR_EVEN) ? POLAR_EVEN : POLAR_SPLIT;
}

void polar_construct(const uci_sizes *s, bool filler, polar_code *code)
{
    uint8_t role[UCI_LENGTH_MAX];
    uint16_t order[UCI_LENGTH_MAX];
    const uint32_t n = s->length;
    choose_inputs(s, s->block_bits + s->parity, role, order);
    choose_parity(s, order, role);
    *code = (polar_code){.length = n, .parity = s->parity > 0};
    for (uint32_t i = 0; i < n; i++) {
        if (role[i] == BIT && filler) {
            role[i] = FROZEN;
            filler = false;
        }
        if (role[i] == BIT)
            code->input[code->bits++] = (uint16_t)i;
        code->node[n + i] = role[i] == BIT      ? POLAR_REPEAT
                            : role[i] == PARITY ? POLAR_PARITY
                                                : POLAR_FROZEN;
    }
    for (uint32_t i = n; i-- > 1;) {
        const uint32_t half = n >> (32 - (uint32_t)__builtin_clz(i));
        code->node[i] = (uint8_t)join(code->node[2 * i], code->node[2 * i + 1], half);
        /* The register of the parity-check bits takes one bit at a time. */
        if (code->parity && (code->node[i] == POLAR_FREE || code->node[i] == POLAR_EVEN))
            code->node[i] = POLAR_SPLIT;
    }
    while ((1u << code->log2_length) < n)
        code->log2_length++;
}

void polar_transform(uint64_t *x, uint32_t length)
{
    static const uint64_t upper[] = {0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
                                     0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000};
    const uint32_t words = (length + 63) / 64;
    for (uint32_t w = 0; w < words; w++)
        for (uint32_t s = 0; s < 6 && 1u << s < length; s++)
            x[w] ^= (x[w] & upper[s]) >> (1u << s);
    for (uint32_t half = 1; half < words; half *= 2)
        for (uint32_t w = 0; w < words; w++)
            if (!(w & half))
                x[w] ^= x[w + half];
}

/* Adds the parity-check bits between the bits. */
static void add_parity(const polar_code *code, uint8_t *u)
{
    uint8_t y = 0;
    for (uint32_t i = 0; i < code->length; i++) {
        y = polar_rotate(y, 1);
        if (code->node[code->length + i] == POLAR_PARITY)
            u[i] = y & 1;
        else
            y ^= u[i];
    }
}

/* Packs d[32], the bits to transform, into a word, and back: half of a word, since N may be 32. */
static uint64_t pack(const uint8_t *d)
{
    uint32_t x = 0;
    for (uint32_t i = 0; i < 32; i++)
        x |= (uint32_t)d[i] << i;
    return x;
}

static void unpack(uint64_t x, uint8_t *d)
{
    for (uint32_t i = 0; i < 32; i++)
        d[i] = x >> i & 1;
}

void polar_encode(const polar_code *code, const uint8_t *bit, uint8_t *d)
{
    uint64_t x[UCI_LENGTH_MAX / 64] = {0};
    memset(d, 0, code->length);
    for (uint32_t k = 0; k < code->bits; k++)
        d[code->input[k]] = bit[k];
    if (code->parity)
        add_parity(code, d);
    for (uint32_t i = 0; i < code->length; i += 32)
        x[i / 64] |= pack(d + i) << i % 64;
    polar_transform(x, code->length);
    for (uint32_t i = 0; i < code->length; i += 32)
        unpack(x[i / 64] >> i % 64, d + i);
}
