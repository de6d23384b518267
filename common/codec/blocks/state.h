/* state.h: what either end of delta-net holds of a UE: its whole channel, in blocks. Private to
 * blocks.
 *
 * The channel [nt][ni] is cut into blocks of BLOCK_ANGLES x BLOCK_DELAYS taps. Of each an end
 * holds x, its taps as the last report that sent it left them; v, how they move from report to
 * report, from the last two that sent it; and its age s, in reports. The block is taken to be
 *
 *     x + v min(s, BLOCK_REACH L),   L the age at which it was sent last
 *
 * now. The numbers of both ends are the same but for the noise on the values: the UE goes by what
 * it sent, the base station by what it received. */
#ifndef CODEC_BLOCKS_STATE_H
#define CODEC_BLOCKS_STATE_H

#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_ANGLES = 4,
    BLOCK_DELAYS = 2,
    BLOCK_REALS = 2 * BLOCK_ANGLES * BLOCK_DELAYS,
    BLOCKS_MAX = 256,
};

/* A channel as blocks: [blocks][BLOCK_REALS], a tap's real part before its imaginary one. */
typedef struct block_grid {
    uint32_t nt, ni, blocks;
} block_grid;

typedef struct block_state {
    float age;    /* reports since it was sent; negative: a network made it, and it has no v */
    float reach;  /* BLOCK_REACH L */
    float error;  /* variance of the error of a real of x: at the base station from noise, at the
                     UE the same with an SNR of 1 */
    float jitter; /* the same of v */
    float x[BLOCK_REALS], v[BLOCK_REALS];
} block_state;

/* Plain bytes, sized by held_bytes. */
typedef struct held {
    uint32_t age;   /* reports since the key; 0: this was one */
    float key_loss; /* at the UE: the NMSE of the last key, without noise */
    block_state block[];
} held;

size_t held_bytes(const block_grid *g);

/* h[nt][ni] <-> blocks[][BLOCK_REALS]. */
void blocks_from_channel(const block_grid *g, const float *h, float *blocks);
void blocks_to_channel(const block_grid *g, const float *blocks, float *h);

/* State after a key whose reconstruction is `blocks`; `noise` is its error over its power. */
void held_start(const block_grid *g, const float *blocks, float noise, held *h);

/* *to, of *from `steps` reports later. They may be the same. */
void held_advance(const block_grid *g, const held *from, float steps, held *to);

/* How far v is followed: an age of at most `reach`. */
float block_lead(const block_state *b);

/* The block was sent: a x + z, z[BLOCK_REALS] with an error of variance `noise`. */
void block_update(block_state *b, float leak, const float *z, float noise);

#endif
