/* conv_int8_tiles.h: tiles of (output channels x spots) sums in registers, as in the float
 * convolution. Included by conv_int8_simd.c for each kind of word, with
 *
 *     TILES(name)        name extended by the kind
 *     TILES_TARGET       attribute for the instruction set, or empty
 *     TILES_DOT(s, x, w) s + the products of the parts of x and w, on vectors of words
 */

/* Updates the least and greatest sums of a tile's channels. */
TILES_TARGET VEC_INLINE void TILES(take_in)(int32_t *extremes, const ivec *sum, const int channels,
                                            const int spots)
{
    VEC_UNROLL
    for (int o = 0; o < channels; o++, extremes += 2 * VEC_LANES) {
        ivec low = load_words(extremes), high = load_words(extremes + VEC_LANES);
        VEC_UNROLL
        for (int s = 0; s < spots; s++) {
            low = LANES_MIN(low, sum[o * spots + s]);
            high = LANES_MAX(high, sum[o * spots + s]);
        }
        store_words(extremes, low);
        store_words(extremes + VEC_LANES, high);
    }
}

/* `channels` x `spots` sums at once. Inlined with constants, so the loops over i and s unroll and
 * the arrays become registers. */
TILES_TARGET VEC_INLINE void TILES(tile)(const block *b, const conv_spot *spot, const int channels,
                                         const int spots)
{
    const int32_t *in[CONV_SPOTS];
    ivec sum[CONV_TILE_SUMS], x[CONV_SPOTS];
    VEC_UNROLL
    for (int s = 0; s < spots; s++)
        in[s] = b->packed + spot[s].in;
    VEC_UNROLL
    for (int i = 0; i < channels * spots; i++)
        sum[i] = (ivec){0} + b->offset[i / spots];
    const int32_t *w = b->weights;
    for (int32_t t = 0; t < b->taps; t++, w += channels) {
        const int64_t offset = b->offsets[t];
        VEC_UNROLL
        for (int s = 0; s < spots; s++)
            x[s] = load_words(in[s] + offset);
        VEC_UNROLL
        for (int i = 0; i < channels * spots; i++)
            sum[i] = TILES_DOT(sum[i], x[i % spots], (ivec){0} + w[i / spots]);
    }
    int32_t *to = b->sums + (spot - b->spots) * VEC_LANES;
    VEC_UNROLL
    for (int i = 0; i < channels * spots; i++)
        store_words(to + i / spots * b->plane + i % spots * VEC_LANES, sum[i]);
    if (b->extremes)
        TILES(take_in)(b->extremes, sum, channels, spots);
}

#define TILE(channels, spots)                                                                      \
    TILES_TARGET static __attribute__((noinline)) void TILES(tile_##channels##x##spots)(           \
        const block *b, const conv_spot *spot)                                                     \
    {                                                                                              \
        TILES(tile)(b, spot, channels, spots);                                                     \
    }
CONV_TILES(TILE)
#undef TILE

#define TILE_NAME(size) TILES(tile_##size)
static tile_function *const TILES(tiles)[4][4] = CONV_TILE_TABLE(TILE_NAME);
#undef TILE_NAME
