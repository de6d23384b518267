/* conv_internal.h: what the sources of the convolution share, and what its tests need.
 *
 * All shapes take one path. The input is copied into scratch with its zero padding around it, so
 * that no border needs a branch; a stride along the row is taken out by this copy (each row is
 * stored as stride_w phases). After that every output vector is a sum over taps
 *
 *     y[o][spot.out ..] = sum_t w[o][t] * padded[spot.in + offsets[t] ..]
 *
 * with one table of offsets for kernel, dilation and channels, and one of spots for the vectors
 * that cover the output plane. A kernel instance holds a tile of (output channels x spots) in
 * registers. Column kernels and 1x1 kernels become 1-D ones over the whole plane. */
#ifndef NN_KERNELS_CONV_INTERNAL_H
#define NN_KERNELS_CONV_INTERNAL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/simd.h"
#include "nn/kernels/conv_shape.h"

typedef struct nn_conv nn_conv;

enum {
    CONV_ALIGN = 16, /* floats: the widest vector; rows of padded input start on multiples */
    CONV_SPOTS = 8,  /* the most spots that one tile holds */
};

/* One vector of the output plane. */
typedef struct conv_spot {
    int32_t in;  /* where its first lane reads at tap offset 0, in floats from the group's start */
    int32_t out; /* where its first lane lies in a channel's output plane */
    int32_t lanes; /* how many of its lanes exist; less than the vector at a row's end */
} conv_spot;

/* What a level's registers hold. */
typedef struct conv_tile {
    int32_t lanes;    /* of a vector */
    int32_t channels; /* the most output channels of a block: 2^n */
    int32_t vectors;  /* the most sums of a tile: channels x spots, 2^n */
} conv_tile;

struct nn_conv {
    nn_conv_shape shape;  /* the caller's, a column kernel turned into a row kernel */
    bool in_words;        /* for integers: packed in runs that begin `lead` before a plane */
    int32_t overhang;     /* of words: so far before a row, they hold something of it */
    int32_t lead;         /* zeros before the first row */
    int32_t phase_pitch;  /* floats between the phases of a row (stride_w > 1) */
    int32_t row_pitch;    /* floats between rows */
    int32_t rows;         /* rows of a padded channel */
    int64_t plane;        /* floats between channels */
    int64_t padded_count; /* floats of the whole padded input; 0: x is read where it is */
    int32_t taps;         /* per group: channels_in / groups * kernel_h * kernel_w */
    int32_t spot_count;
    int32_t lanes;    /* of the vectors that the spots are for */
    int32_t block;    /* the most output channels that are packed side by side */
    int32_t chunk;    /* spots that are finished for all output channels before the next ones */
    int32_t *offsets; /* [taps] */
    conv_spot *spots; /* [spot_count] */
    float *weights;   /* blocks of output channels: [taps][channels of the block] */
    float *bias;      /* [channels_out] */
    void (*direct)(const struct nn_conv *conv, const float *padded, const float *residual,
                   float *y);
    void (*pad)(const struct nn_conv *conv, const float *x, float *padded);
    char path[32];
};

/* Checks c->shape and sets everything that follows from it: where the padded input lies, the tables
 * of offsets and spots for vectors of `lanes`. The rest of a zeroed *c stays. */
int conv_lay_out(nn_conv *c, int32_t lanes, err *e);

/* A column kernel as a row kernel on one long row, where that is the same. conv_lay_out does it. */
void conv_flatten(nn_conv_shape *s);

/* As nn_conv_create, at a level given; one that the machine does not have fails when it runs. */
nn_conv *nn_conv_create_at(cpu_isa level, const nn_conv_shape *shape, const float *weights,
                           const float *bias, err *e);

/* Output channels in the block that starts where `left` channels remain: 8, 4, 2 or 1. */
static inline int32_t conv_block(int32_t left, int32_t most)
{
    int32_t block = most;
    while (block > left)
        block /= 2;
    return block;
}

/* One sample: all output channels from the padded input. */
SIMD_DECLARE(void, conv_direct,
             (const struct nn_conv *conv, const float *padded, const float *residual, float *y));

/* The copy into scratch for stride_w = 1. */
SIMD_DECLARE(void, conv_pad, (const struct nn_conv *conv, const float *x, float *padded));

SIMD_DECLARE(conv_tile, conv_tile_of, (void));

#endif
