#include "train/samples/permute.h"

#include "base/rng.h"

enum { ROUNDS = 4 };

/* Streams of RNG_TRAIN_ORDER with this bit set in the UE number give seeds; the others give phases.
 */
static const uint32_t seed_stream = 1u << 31;

static uint64_t draw_seed(uint64_t seed, uint32_t ue, uint32_t seq)
{
    rng r = rng_at(seed, RNG_TRAIN_ORDER, ue, seq);
    uint64_t high = rng_u32(&r);
    return high << 32 | rng_u32(&r);
}

uint64_t train_seed_derive(uint64_t seed, train_seed purpose, int source, uint64_t number)
{
    uint32_t stream = seed_stream | (uint32_t)purpose << 16 | (uint32_t)source;
    return draw_seed(draw_seed(seed, stream, (uint32_t)(number >> 32)), stream, (uint32_t)number);
}

/* The finaliser of MurmurHash3, keyed. */
static uint32_t mix(uint32_t x, uint32_t key)
{
    x = (x + key) * 0x85ebca6bu;
    x ^= x >> 13;
    x *= 0xc2b2ae35u;
    return x ^ x >> 16;
}

static unsigned half_bits(uint32_t count)
{
    unsigned bits = 1;
    while (bits < 16 && (uint64_t)1 << (2 * bits) < count)
        bits++;
    return bits;
}

uint32_t train_permute(uint64_t key, uint32_t count, uint32_t index)
{
    rng r = rng_at(key, RNG_TRAIN_ORDER, 0, 0);
    uint32_t keys[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        keys[i] = rng_u32(&r);
    const unsigned half = half_bits(count);
    const uint32_t mask = (1u << half) - 1;
    do {
        uint32_t left = index >> half, right = index & mask;
        for (int i = 0; i < ROUNDS; i++) {
            uint32_t next = left ^ (mix(right, keys[i]) & mask);
            left = right;
            right = next;
        }
        index = left << half | right;
    } while (index >= count);
    return index;
}
