#include "nn/kernels/conv_internal.h"
#include "nn/kernels/conv_tiles.h"
#include "nn/kernels/vector_math.h"

/* Shared by the tiles of one block of output channels. */
typedef struct block {
    const int32_t *offsets;
    int32_t taps;
    nn_activation activation;
    float alpha;
    int64_t out_plane;
    const float *padded;   /* the group's padded input */
    const float *weights;  /* [taps][channels of the block] */
    const float *bias;     /* the block's */
    const float *residual; /* the block's first channel, or NULL */
    float *y;              /* the block's first channel */
} block;

/* The sums already include the bias. Out of line and through memory, so that the rare cases, which
 * call functions, do not take registers from the common ones. */
static __attribute__((noinline)) void finish_rare(const block *b, const conv_spot *spot,
                                                  const float *sums, int channels, int spots)
{
    for (int i = 0; i < channels * spots; i++) {
        const conv_spot *at = spot + i % spots;
        const int64_t out = at->out + i / spots * b->out_plane;
        vec sum = vec_load(sums + i * VEC_LANES);
        if (b->residual)
            sum += vec_load_part(b->residual + out, at->lanes);
        vec_store_part(b->y + out, vec_activate(sum, b->activation, b->alpha), at->lanes);
    }
}

/* Whole vectors, and an activation of a few instructions. */
VEC_INLINE void finish_common(const block *b, const conv_spot *spot, vec *sum, const int channels,
                              const int spots)
{
    if (b->residual) {
        VEC_UNROLL
        for (int i = 0; i < channels * spots; i++)
            sum[i] += vec_load(b->residual + spot[i % spots].out + i / spots * b->out_plane);
    }
    if (b->activation == NN_ACT_RELU) {
        VEC_UNROLL
        for (int i = 0; i < channels * spots; i++)
            sum[i] = vec_relu(sum[i]);
    } else if (b->activation == NN_ACT_LEAKY_RELU) {
        VEC_UNROLL
        for (int i = 0; i < channels * spots; i++)
            sum[i] = vec_leaky_relu(sum[i], b->alpha);
    }
    VEC_UNROLL
    for (int i = 0; i < channels * spots; i++)
        vec_store(b->y + spot[i % spots].out + i / spots * b->out_plane, sum[i]);
}

/* `channels` x `spots` sums at once. Inlined with constants, so the loops over i and s unroll and
 * the arrays become registers. */
VEC_INLINE void tile(const block *b, const conv_spot *spot, const int channels, const int spots)
{
    const float *in[CONV_SPOTS];
    vec sum[CONV_TILE_SUMS], x[CONV_SPOTS];
    int32_t lanes = VEC_LANES;
    VEC_UNROLL
    for (int s = 0; s < spots; s++) {
        in[s] = b->padded + spot[s].in;
        lanes &= spot[s].lanes;
    }
    VEC_UNROLL
    for (int i = 0; i < channels * spots; i++)
        sum[i] = vec_all(b->bias[i / spots]);
    const float *w = b->weights;
    for (int32_t t = 0; t < b->taps; t++, w += channels) {
        const int64_t offset = b->offsets[t];
        VEC_UNROLL
        for (int s = 0; s < spots; s++)
            x[s] = vec_load(in[s] + offset);
        VEC_UNROLL
        for (int i = 0; i < channels * spots; i++)
            sum[i] += w[i / spots] * x[i % spots];
    }
    if (lanes == VEC_LANES && b->activation <= NN_ACT_LEAKY_RELU) {
        finish_common(b, spot, sum, channels, spots);
        return;
    }
    float sums[CONV_TILE_SUMS * VEC_LANES];
    VEC_UNROLL
    for (int i = 0; i < channels * spots; i++)
        vec_store(sums + i * VEC_LANES, sum[i]);
    finish_rare(b, spot, sums, channels, spots);
}

#define TILE(channels, spots)                                                                      \
    static __attribute__((noinline)) void tile_##channels##x##spots(const block *b,                \
                                                                    const conv_spot *spot)         \
    {                                                                                              \
        tile(b, spot, channels, spots);                                                            \
    }
CONV_TILES(TILE)

typedef void tile_function(const block *b, const conv_spot *spot);

#define TILE_NAME(size) tile_##size
static tile_function *const tiles[4][4] = CONV_TILE_TABLE(TILE_NAME);

static void run_block(const block *b, int32_t channels, const conv_spot *spot, int32_t count)
{
    tile_function *const *by_spots = tiles[__builtin_ctz((unsigned)channels)];
    for (int log = 3; log >= 0; log--)
        for (; by_spots[log] && count >= 1 << log; count -= 1 << log, spot += 1 << log)
            by_spots[log](b, spot);
}

static void run_group(const nn_conv *c, int32_t group, const float *padded, const float *residual,
                      float *y)
{
    const int32_t channels = c->shape.channels_out / c->shape.groups;
    const int64_t out_plane = (int64_t)c->shape.out_h * c->shape.out_w;
    block b = {
        c->offsets, c->taps, c->shape.activation, c->shape.alpha, out_plane, padded, NULL, NULL,
        NULL,       NULL};
    for (int32_t spot = 0; spot < c->spot_count; spot += c->chunk) {
        int32_t left = c->spot_count - spot;
        int32_t count = left < c->chunk ? left : c->chunk;
        for (int32_t done = 0, step; done < channels; done += step) {
            int64_t channel = (int64_t)group * channels + done;
            step = conv_block(channels - done, CONV_MOST_CHANNELS);
            b.weights = c->weights + channel * c->taps;
            b.bias = c->bias + channel;
            b.residual = residual ? residual + channel * out_plane : NULL;
            b.y = y + channel * out_plane;
            run_block(&b, step, c->spots + spot, count);
        }
    }
}

void SIMD(conv_direct)(const nn_conv *c, const float *padded, const float *residual, float *y)
{
    const int64_t group_in = c->plane * (c->shape.channels_in / c->shape.groups);
    for (int32_t g = 0; g < c->shape.groups; g++)
        run_group(c, g, padded + g * group_in, residual, y);
}

VEC_INLINE float *copy_floats(float *to, const float *from, int64_t n)
{
    int64_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        vec_store(to + i, vec_load(from + i));
    for (; i < n; i++)
        to[i] = from[i];
    return to + n;
}

VEC_INLINE float *zero_floats(float *to, int64_t n)
{
    int64_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        vec_store(to + i, (vec){0});
    for (; i < n; i++)
        to[i] = 0;
    return to + n;
}

/* The gap after a row is the right padding of this row and the left padding of the next. */
VEC_INLINE void pad_planes(const nn_conv *c, const float *x, float *padded, int32_t width,
                           int32_t gap)
{
    const int64_t above = (int64_t)c->shape.pad_top * c->row_pitch;
    float *to = zero_floats(padded, c->lead);
    for (int32_t channel = 0; channel < c->shape.channels_in; channel++) {
        float *next = to + c->plane;
        to = zero_floats(to, above);
        for (int32_t row = 0; row < c->shape.in_h; row++, x += width)
            to = zero_floats(copy_floats(to, x, width), gap);
        to = zero_floats(to, next - to);
    }
    zero_floats(to, padded + c->padded_count - to);
}

void SIMD(conv_pad)(const nn_conv *c, const float *x, float *padded)
{
    const int32_t width = c->shape.in_w, gap = c->row_pitch - width;
    if (width == 32 && gap == CONV_ALIGN) /* the field's usual row; constants remove the loops */
        pad_planes(c, x, padded, 32, CONV_ALIGN);
    else
        pad_planes(c, x, padded, width, gap);
}

conv_tile SIMD(conv_tile_of)(void)
{
    return (conv_tile){VEC_LANES, CONV_MOST_CHANNELS, CONV_TILE_SUMS};
}
