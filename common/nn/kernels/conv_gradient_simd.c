#include "base/vector.h"
#include "nn/kernels/conv_gradient_internal.h"
#include "nn/kernels/conv_tiles.h"

/* A tile has more channels than weights, because d_y's vectors are aligned and the input's are not.
 */
#define MOST_WEIGHTS 8

/* Shared by the tiles of one block of output channels. */
typedef struct block {
    const conv_term *terms;
    int64_t count;
    const float *padded; /* the group's */
    const float *d_y;    /* the block's first channel */
    int64_t out_pitch;
    int32_t taps;
} block;

/* Lane 2 i is a[i] + a[i + half], lane 2 i + 1 the same of b. */
VEC_INLINE vec fold(vec a, vec b)
{
#if VEC_LANES == 16
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23) +
           __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                   31);
#elif VEC_LANES == 8
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11) +
           __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
    return __builtin_shufflevector(a, b, 0, 4, 1, 5) + __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

/* Lane i of the result is the sum of the lanes of v[i]: each round folds pairs of vectors, half the
 * remaining count apart, and so halves their number. Overwrites v. */
VEC_INLINE vec sums_of_lanes(vec *v)
{
    VEC_UNROLL
    for (int i = 0; i < VEC_LANES / 2; i++)
        v[i] = fold(v[i], v[i + VEC_LANES / 2]);
    VEC_UNROLL
    for (int i = 0; i < VEC_LANES / 4; i++)
        v[i] = fold(v[i], v[i + VEC_LANES / 4]);
#if VEC_LANES >= 8
    VEC_UNROLL
    for (int i = 0; i < VEC_LANES / 8; i++)
        v[i] = fold(v[i], v[i + VEC_LANES / 8]);
#endif
#if VEC_LANES == 16
    v[0] = fold(v[0], v[1]);
#endif
    return v[0];
}

/* `channels` x `weights` sums at once. Inlined with constants, so the inner loops unroll and the
 * arrays become registers. */
VEC_INLINE void tile(const block *b, const int32_t *offsets, float *d_w, const int channels,
                     const int weights)
{
    const float *x[MOST_WEIGHTS], *d_y = b->d_y;
    vec sum[CONV_TILE_SUMS] = {0}, d[CONV_MOST_CHANNELS], in[MOST_WEIGHTS];
    VEC_UNROLL
    for (int t = 0; t < weights; t++)
        x[t] = b->padded + offsets[t];
    const int64_t pitch = b->out_pitch;
    for (const conv_term *term = b->terms, *end = term + b->count; term < end; term++) {
        const float *out = d_y + term->out;
        VEC_UNROLL
        for (int c = 0; c < channels; c++)
            d[c] = vec_load(out + c * pitch);
        VEC_UNROLL
        for (int t = 0; t < weights; t++)
            in[t] = vec_load(x[t] + term->in);
        VEC_UNROLL
        for (int i = 0; i < channels * weights; i++)
            sum[i] += d[i / weights] * in[i % weights];
    }
    float sums[CONV_TILE_SUMS];
    VEC_UNROLL
    for (int i = 0; i < channels * weights; i += VEC_LANES)
        vec_store(sums + i, sums_of_lanes(sum + i));
    for (int c = 0; c < channels; c++)
        for (int t = 0; t < weights; t++)
            d_w[(int64_t)c * b->taps + t] += sums[c * weights + t];
}

#define TILE(channels, weights)                                                                    \
    static __attribute__((noinline)) void tile_##channels##x##weights(                             \
        const block *b, const int32_t *offsets, float *d_w)                                        \
    {                                                                                              \
        tile(b, offsets, d_w, channels, weights);                                                  \
    }
CONV_TILES(TILE)

typedef void tile_function(const block *b, const int32_t *offsets, float *d_w);

#define TILE_NAME(size) tile_##size
static tile_function *const tiles[4][4] = CONV_TILE_TABLE(TILE_NAME);

static void run_block(const block *b, const int32_t *offsets, int32_t channels, float *d_w)
{
    tile_function *const *by_weights = tiles[__builtin_ctz((unsigned)channels)];
    int32_t t = 0;
    for (int log = 3; log >= 0; log--)
        for (; by_weights[log] && b->taps - t >= 1 << log; t += 1 << log)
            by_weights[log](b, offsets + t, d_w + t);
}

void SIMD(conv_gradient_weights)(const nn_conv_gradient *g, const conv_term *terms, int64_t count,
                                 const float *padded, const float *d_y, float *d_w)
{
    const nn_conv *c = g->conv;
    const int32_t groups = c->shape.groups, channels = c->shape.channels_out / groups;
    block b = {terms, count, padded, NULL, g->out_pitch, c->taps};
    for (int32_t group = 0; group < groups; group++) {
        b.padded = padded + group * (c->shape.channels_in / groups) * c->plane;
        for (int32_t done = 0, step; done < channels; done += step) {
            const int64_t channel = (int64_t)group * channels + done;
            step = conv_block(channels - done, CONV_MOST_CHANNELS);
            b.d_y = d_y + channel * g->out_pitch;
            run_block(&b, c->offsets, step, d_w + channel * c->taps);
        }
    }
}

/* Up to VEC_LANES channels at once. */
static void add_bias(const nn_conv_gradient *g, const conv_term *terms, int64_t count,
                     const float *d_y, int32_t channels, float *d_bias)
{
    vec sum[VEC_LANES] = {0};
    float sums[VEC_LANES];
    for (int32_t c = 0; c < channels; c++) {
        vec even = {0}, odd = {0};
        const float *row = d_y + c * g->out_pitch;
        int64_t i = 0;
        for (; i + 2 <= count; i += 2) {
            even += vec_load(row + terms[i].out);
            odd += vec_load(row + terms[i + 1].out);
        }
        if (i < count)
            even += vec_load(row + terms[i].out);
        sum[c] = even + odd;
    }
    vec_store(sums, sums_of_lanes(sum));
    for (int32_t c = 0; c < channels; c++)
        d_bias[c] += sums[c];
}

void SIMD(conv_gradient_bias)(const nn_conv_gradient *g, const conv_term *terms, int64_t count,
                              const float *d_y, float *d_bias)
{
    const int32_t channels = g->conv->shape.channels_out;
    for (int32_t c = 0; c < channels; c += VEC_LANES)
        add_bias(g, terms, count, d_y + c * g->out_pitch,
                 channels - c < VEC_LANES ? channels - c : VEC_LANES, d_bias + c);
}
