#include "codec/blocks/state.h"

#include <stdbool.h>
#include <string.h>

/* A straight line is good for about as long as it was drawn. */
static const float reach = 2;

size_t held_bytes(const block_grid *g)
{
    return sizeof(held) + g->blocks * sizeof(block_state);
}

/* Where row i of a block is in the channel, in reals. */
static size_t place(const block_grid *g, size_t block, size_t row)
{
    size_t across = g->ni / BLOCK_DELAYS;
    return 2 * ((block / across * BLOCK_ANGLES + row) * g->ni + block % across * BLOCK_DELAYS);
}

void blocks_from_channel(const block_grid *g, const float *h, float *blocks)
{
    for (size_t b = 0; b < g->blocks; b++)
        for (size_t i = 0; i < BLOCK_ANGLES; i++, blocks += 2 * BLOCK_DELAYS)
            memcpy(blocks, h + place(g, b, i), 2 * BLOCK_DELAYS * sizeof *h);
}

void blocks_to_channel(const block_grid *g, const float *blocks, float *h)
{
    for (size_t b = 0; b < g->blocks; b++)
        for (size_t i = 0; i < BLOCK_ANGLES; i++, blocks += 2 * BLOCK_DELAYS)
            memcpy(h + place(g, b, i), blocks, 2 * BLOCK_DELAYS * sizeof *h);
}

static float mean_square(const float *x)
{
    float sum = 0;
    for (size_t i = 0; i < BLOCK_REALS; i++)
        sum += x[i] * x[i];
    return sum / BLOCK_REALS;
}

void held_start(const block_grid *g, const float *blocks, float noise, held *h)
{
    h->age = 0;
    for (size_t k = 0; k < g->blocks; k++) {
        block_state *b = &h->block[k];
        *b = (block_state){.age = -1};
        memcpy(b->x, blocks + k * BLOCK_REALS, sizeof b->x);
        b->error = noise * mean_square(b->x);
    }
}

void held_advance(const block_grid *g, const held *from, float steps, held *to)
{
    memmove(to, from, held_bytes(g));
    if (to->age < UINT32_MAX)
        to->age++;
    for (size_t k = 0; k < g->blocks; k++)
        if (to->block[k].age >= 0)
            to->block[k].age += steps;
}

float block_lead(const block_state *b)
{
    return b->age < b->reach ? b->age : b->reach;
}

void block_update(block_state *b, float leak, const float *z, float noise)
{
    bool moves = b->age > 0;
    float per = moves ? 1 / b->age : 0, rest = 1 - leak;
    for (size_t i = 0; i < BLOCK_REALS; i++) {
        float now = leak * b->x[i] + z[i];
        b->v[i] = per * (now - b->x[i]);
        b->x[i] = now;
    }
    b->jitter = per * per * (rest * rest * b->error + noise);
    b->reach = moves ? reach * b->age : 0;
    b->error = leak * leak * b->error + noise;
    b->age = 0;
}
