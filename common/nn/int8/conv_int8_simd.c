#include "base/vector.h"
#include "nn/int8/conv_int8_internal.h"
#include "nn/int8/lanes.h"
#include "nn/kernels/conv_tiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#endif

typedef int32_t ivec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

VEC_INLINE ivec load_words(const int32_t *p)
{
    return *(const ivec_unaligned *)p;
}

VEC_INLINE void store_words(int32_t *p, ivec v)
{
    *(ivec_unaligned *)p = v;
}

/* Shared by the tiles of one block of output channels. */
typedef struct block {
    const int32_t *offsets;
    int32_t taps;
    int64_t plane;          /* sums of one output channel */
    const conv_spot *spots; /* all of them, in the order of the sums */
    const int32_t *packed;  /* the group's packed input */
    const int32_t *weights; /* [taps][channels of the block] */
    const int32_t *offset;  /* the block's */
    int32_t *sums;          /* the block's first channel */
    int32_t *extremes;      /* NULL, or the block's first channel */
} block;

typedef void tile_function(const block *b, const conv_spot *spot);

/* --- pairs: 16-bit products of two channels -----------------------------------------------------
 */

#if defined(__AVX512BW__)
#define DOT_PAIRS(s, x, w) ((s) + (ivec)_mm512_madd_epi16((__m512i)(x), (__m512i)(w)))
#elif defined(__AVX2__)
#define DOT_PAIRS(s, x, w) ((s) + (ivec)_mm256_madd_epi16((__m256i)(x), (__m256i)(w)))
#elif defined(__SSE2__)
#define DOT_PAIRS(s, x, w) ((s) + (ivec)_mm_madd_epi16((__m128i)(x), (__m128i)(w)))
#else
VEC_INLINE ivec dot_pairs(ivec s, ivec x, ivec w)
{
    ivec low = (ivec)((uvec)x << 16) >> 16, w_low = (ivec)((uvec)w << 16) >> 16;
    return s + low * w_low + (x >> 16) * (w >> 16);
}
#define DOT_PAIRS(s, x, w) dot_pairs(s, x, w)
#endif

#define TILES(name) SIMD_JOIN(name, pairs)
#define TILES_TARGET
#define TILES_DOT DOT_PAIRS
#include "nn/int8/conv_int8_tiles.h"
#undef TILES
#undef TILES_TARGET
#undef TILES_DOT

/* --- quads: bytes of four channels --------------------------------------------------------------
 */

#if defined(__AVX2__) || defined(__ARM_FEATURE_DOTPROD)
#if defined(__ARM_FEATURE_DOTPROD)
#define TILES_TARGET
#define TILES_DOT(s, x, w) (ivec) vdotq_s32((int32x4_t)(s), (int8x16_t)(x), (int8x16_t)(w))
#elif defined(__AVX512F__)
#define TILES_TARGET __attribute__((target("avx512vnni")))
#define TILES_DOT(s, x, w) (ivec) _mm512_dpbusd_epi32((__m512i)(s), (__m512i)(x), (__m512i)(w))
#else
#define TILES_TARGET __attribute__((target("avxvnni")))
#define TILES_DOT(s, x, w) (ivec) _mm256_dpbusd_avx_epi32((__m256i)(s), (__m256i)(x), (__m256i)(w))
#endif
#define TILES(name) SIMD_JOIN(name, quads)
#include "nn/int8/conv_int8_tiles.h"
#endif

/* --- all of them --------------------------------------------------------------------------------
 */

typedef tile_function *const tile_table[4][4];

static void run_block(const block *b, tile_table *tiles, int32_t channels, const conv_spot *spot,
                      int32_t count)
{
    tile_function *const *by_spots = (*tiles)[__builtin_ctz((unsigned)channels)];
    for (int log = 3; log >= 0; log--)
        for (; by_spots[log] && count >= 1 << log; count -= 1 << log, spot += 1 << log)
            by_spots[log](b, spot);
}

static void run_group(const nn_conv_int8 *conv, tile_table *tiles, int32_t group, block *b,
                      const int32_t *offset, int32_t *sums, int32_t *extremes)
{
    const nn_conv *c = &conv->plan;
    const int32_t channels = c->shape.channels_out / c->shape.groups;
    for (int32_t spot = 0; spot < c->spot_count; spot += c->chunk) {
        int32_t left = c->spot_count - spot;
        int32_t count = left < c->chunk ? left : c->chunk;
        for (int32_t done = 0, step; done < channels; done += step) {
            int64_t channel = (int64_t)group * channels + done;
            step = conv_block(channels - done, CONV_MOST_CHANNELS);
            b->weights = conv->weights + channel * c->taps;
            b->offset = offset + channel;
            b->sums = sums + channel * b->plane;
            b->extremes = extremes ? extremes + channel * 2 * VEC_LANES : NULL;
            run_block(b, tiles, step, c->spots + spot, count);
        }
    }
}

static void run_all(const nn_conv_int8 *conv, tile_table *tiles, const int32_t *packed,
                    const int32_t *offset, int32_t *sums, int32_t *extremes)
{
    const nn_conv *c = &conv->plan;
    for (int32_t i = 0; extremes && i < c->shape.channels_out; i++) {
        store_words(extremes + 2 * i * VEC_LANES, (ivec){0} + INT32_MAX);
        store_words(extremes + (2 * i + 1) * VEC_LANES, (ivec){0} + INT32_MIN);
    }
    const int64_t group_in = c->plane * conv->words;
    block b = {.offsets = c->offsets,
               .taps = c->taps,
               .plane = (int64_t)c->spot_count * VEC_LANES,
               .spots = c->spots};
    for (int32_t g = 0; g < c->shape.groups; g++) {
        b.packed = packed + g * group_in;
        run_group(conv, tiles, g, &b, offset, sums, extremes);
    }
}

void SIMD(conv_int8_pairs)(const nn_conv_int8 *conv, const int32_t *packed, const int32_t *offset,
                           int32_t *sums, int32_t *extremes)
{
    run_all(conv, &tiles_pairs, packed, offset, sums, extremes);
}

#if defined(__AVX2__) || defined(__ARM_FEATURE_DOTPROD)
void SIMD(conv_int8_quads)(const nn_conv_int8 *conv, const int32_t *packed, const int32_t *offset,
                           int32_t *sums, int32_t *extremes)
{
    run_all(conv, &tiles_quads, packed, offset, sums, extremes);
}
#endif
