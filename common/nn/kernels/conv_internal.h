/* conv_internal.h: shared by the sources of the convolution and its tests.
 *
 * All shapes take one path. The input is copied into scratch with zero padding around it, so that
 * no border needs a branch; this copy also removes a stride along the row (it stores each row as
 * stride_w phases). Then every output vector is a sum over taps
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
    CONV_ALIGN = 16, /* floats: the widest vector; rows of padded input start at multiples */
    CONV_SPOTS = 8,  /* the most spots that one tile holds */
};

/* One vector of the output plane. */
typedef struct conv_spot {
    int32_t in;    /* offset of its first lane's input at tap offset 0, in floats from the group's
                      start */
    int32_t out;   /* offset of its first lane in a channel's output plane */
    int32_t lanes; /* number of valid lanes; fewer than the vector at a row's end */
} conv_spot;

/* The tile that fits into a level's registers. */
typedef struct conv_tile {
    int32_t lanes;    /* of a vector */
    int32_t channels; /* the most output channels of a block: 2^n */
    int32_t vectors;  /* the most sums of a tile: channels x spots, 2^n */
} conv_tile;

struct nn_conv {
    nn_conv_shape shape;  /* the caller's, with a column kernel converted to a row kernel */
    bool in_words;        /* integers: packed in runs that begin `lead` before a plane */
    int32_t overhang;     /* of words: how far before a row they contain parts of it */
    int32_t lead;         /* zeros before the first row */
    int32_t phase_pitch;  /* floats between the phases of a row (stride_w > 1) */
    int32_t row_pitch;    /* floats between rows */
    int32_t rows;         /* rows of a padded channel */
    int64_t plane;        /* floats between channels */
    int64_t padded_count; /* floats of the whole padded input; 0: x is read directly */
    int32_t taps;         /* per group: channels_in / groups * kernel_h * kernel_w */
    int32_t spot_count;
    int32_t lanes;    /* of the vectors of the spots */
    int32_t block;    /* the most output channels packed side by side */
    int32_t chunk;    /* spots to finish for all output channels before the next chunk */
    int32_t *offsets; /* [taps] */
    conv_spot *spots; /* [spot_count] */
    float *weights;   /* blocks of output channels: [taps][channels of the block] */
    float *bias;      /* [channels_out] */
    void (*direct)(const struct nn_conv *conv, const float *padded, const float *residual,
                   float *y);
    void (*pad)(const struct nn_conv *conv, const float *x, float *padded);
    char path[32];
};

/* Checks c->shape and derives the layout of the padded input, and the tables of offsets and spots
 * for vectors of `lanes`. The rest of a zeroed *c stays. */
int conv_lay_out(nn_conv *c, int32_t lanes, err *e);

/* Converts a column kernel to a row kernel on one long row if they are equivalent. conv_lay_out
 * does this. */
void conv_flatten(nn_conv_shape *s);

/* As nn_conv_create, at a given level; a level that the machine lacks fails when it runs. */
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
