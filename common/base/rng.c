#include "base/rng.h"

#include <math.h>
#include <string.h>

#include "base/philox.h"
#include "base/rng_simd.h"

enum { BLOCK_WORDS = 4 };

rng rng_at(uint64_t seed, rng_purpose purpose, uint32_t ue, uint32_t seq)
{
    return (rng){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                 .counter = {0, (uint32_t)purpose, ue, seq},
                 .used = BLOCK_WORDS};
}

static void philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    memcpy(out, counter, 4 * sizeof *out);
    for (int round = 0; round < PHILOX_ROUNDS; round++, k0 += PHILOX_W0, k1 += PHILOX_W1) {
        uint64_t p0 = (uint64_t)PHILOX_M0 * out[0], p1 = (uint64_t)PHILOX_M1 * out[2];
        out[0] = (uint32_t)(p1 >> 32) ^ out[1] ^ k0;
        out[1] = (uint32_t)p1;
        out[2] = (uint32_t)(p0 >> 32) ^ out[3] ^ k1;
        out[3] = (uint32_t)p0;
    }
}

uint32_t rng_u32(rng *r)
{
    if (r->used == BLOCK_WORDS) {
        philox(r->key, r->counter, r->block);
        r->counter[0]++;
        r->used = 0;
    }
    return r->block[r->used++];
}

double rng_uniform(rng *r)
{
    uint32_t high = rng_u32(r) >> 5, low = rng_u32(r) >> 6;
    return (high * 67108864.0 + low) * 0x1p-53;
}

double rng_normal(rng *r)
{
    double above_zero = 1 - rng_uniform(r);
    double angle = 2 * M_PI * rng_uniform(r);
    return sqrt(-2 * log(above_zero)) * cos(angle);
}

typedef void groups_function(const uint32_t key[2], const uint32_t counter[4], float *out,
                             size_t groups, float sigma);

/* Drops the rest of the current block; a partial last group consumes a whole one. */
static void begin(rng *r)
{
    r->used = BLOCK_WORDS;
}

static void run_groups(rng *r, groups_function *f, float *out, size_t groups, float sigma)
{
    f(r->key, r->counter, out, groups, sigma);
    r->counter[0] += (uint32_t)(groups * RNG_GROUP_BLOCKS);
}

static groups_function *const fill_groups[] = SIMD_TABLE(rng_normal_groups);
static groups_function *const add_groups[] = SIMD_TABLE(rng_normal_add_groups);

void rng_normal_fill(rng *r, float *out, size_t n, float sigma)
{
    groups_function *fill = fill_groups[cpu_level()];
    const size_t groups = n / RNG_GROUP, tail = n % RNG_GROUP;
    begin(r);
    run_groups(r, fill, out, groups, sigma);
    if (tail) {
        float last[RNG_GROUP];
        run_groups(r, fill, last, 1, sigma);
        memcpy(out + groups * RNG_GROUP, last, tail * sizeof *last);
    }
}

void rng_normal_add(rng *r, float *out, size_t n, float sigma)
{
    const size_t groups = n / RNG_GROUP, tail = n % RNG_GROUP;
    begin(r);
    run_groups(r, add_groups[cpu_level()], out, groups, sigma);
    if (tail) {
        float last[RNG_GROUP];
        run_groups(r, fill_groups[cpu_level()], last, 1, sigma);
        for (size_t i = 0; i < tail; i++)
            out[groups * RNG_GROUP + i] += last[i];
    }
}
