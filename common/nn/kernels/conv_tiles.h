/* conv_tiles.h: the tiles of sums that convolution kernels hold in registers, for their *_simd.c
 * sources. A tile is a number of output channels times a number of others: vectors of the output
 * plane, or weights when summing their gradient.
 *
 * The sums are enough to hide the latency of multiply-adds, and few enough to stay in registers
 * beside their operands. A source defines one function for each tile,
 *
 *     #define TILE(channels, others) static void tile_##channels##x##others(...) { ... }
 *     CONV_TILES(TILE)
 *
 * and a table of them, [log2 channels][log2 others], with NAME(4x2) being the function's name:
 *
 *     static tile_function *const tiles[4][4] = CONV_TILE_TABLE(NAME);
 *
 * NULL marks tiles that would not fit the registers. Numbers that are not powers of two are covered
 * by repeating the largest tile that fits. */
#ifndef NN_KERNELS_CONV_TILES_H
#define NN_KERNELS_CONV_TILES_H

#include "base/vector.h"

#if VEC_LANES == 16
enum { CONV_MOST_CHANNELS = 8, CONV_TILE_SUMS = 16 };
#define CONV_TILES(TILE)                                                                           \
    TILE(8, 2)                                                                                     \
    TILE(8, 1)                                                                                     \
    TILE(4, 4)                                                                                     \
    TILE(4, 2)                                                                                     \
    TILE(4, 1)                                                                                     \
    TILE(2, 8)                                                                                     \
    TILE(2, 4)                                                                                     \
    TILE(2, 2)                                                                                     \
    TILE(2, 1)                                                                                     \
    TILE(1, 8)                                                                                     \
    TILE(1, 4)                                                                                     \
    TILE(1, 2)                                                                                     \
    TILE(1, 1)
#define CONV_TILE_TABLE(NAME)                                                                      \
    {                                                                                              \
        {NAME(1x1), NAME(1x2), NAME(1x4), NAME(1x8)},                                              \
            {NAME(2x1), NAME(2x2), NAME(2x4), NAME(2x8)}, {NAME(4x1), NAME(4x2), NAME(4x4)},       \
            {NAME(8x1), NAME(8x2)},                                                                \
    }
#else
enum { CONV_MOST_CHANNELS = 4, CONV_TILE_SUMS = 8 };
#define CONV_TILES(TILE)                                                                           \
    TILE(4, 2)                                                                                     \
    TILE(4, 1)                                                                                     \
    TILE(2, 4)                                                                                     \
    TILE(2, 2)                                                                                     \
    TILE(2, 1)                                                                                     \
    TILE(1, 8)                                                                                     \
    TILE(1, 4)                                                                                     \
    TILE(1, 2)                                                                                     \
    TILE(1, 1)
#define CONV_TILE_TABLE(NAME)                                                                      \
    {                                                                                              \
        {NAME(1x1), NAME(1x2), NAME(1x4), NAME(1x8)}, {NAME(2x1), NAME(2x2), NAME(2x4)},           \
            {NAME(4x1), NAME(4x2)},                                                                \
    }
#endif

#endif
