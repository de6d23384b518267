#include "nn/int8/conv_int8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/int8/conv_int8_internal.h"

static int allocate(nn_conv_int8 *conv, err *e)
{
    const nn_conv *c = &conv->plan;
    const size_t weights = (size_t)c->shape.channels_out * (size_t)c->taps;
    conv->weights = calloc(weights, sizeof *conv->weights);
    conv->weight_sums = calloc((size_t)c->shape.channels_out, sizeof *conv->weight_sums);
    conv->parts_at = calloc((size_t)c->shape.channels_in, 4 * sizeof *conv->parts_at);
    if (conv->images == CONV_INT8_BY_ROWS)
        conv->picks = calloc((size_t)c->shape.kernel_w, 2 * sizeof *conv->picks);
    if (!conv->weights || !conv->weight_sums || !conv->parts_at ||
        (conv->images == CONV_INT8_BY_ROWS && !conv->picks))
        return err_set(e, ERR_NOMEM, "no memory for the %zu weights of a convolution", weights);
    return ERR_NONE;
}

static void choose_kernel(nn_conv_int8 *conv, cpu_isa level, conv_tile tile)
{
    static void (*const pairs[])(const nn_conv_int8 *, const int32_t *, const int32_t *, int32_t *,
                                 int32_t *) = SIMD_TABLE(conv_int8_pairs);
    static void (*const packs[])(const nn_conv_int8 *, const uint8_t *, uint8_t, int32_t *,
                                 uint8_t *) = SIMD_TABLE(conv_int8_pack);
    nn_conv *c = &conv->plan;
    /* As for floats: weights that fit into the L1 cache are read again for every few spots. */
    const int64_t cached_weights = 4096;
    const int64_t group_weights = (int64_t)c->shape.channels_out / c->shape.groups * c->taps;
    c->chunk = group_weights <= cached_weights ? CONV_SPOTS : 8 * CONV_SPOTS;
    conv->dot = pairs[level];
    conv->pack = packs[level];
#if defined(__x86_64__)
    if (conv->per_word == 4)
        conv->dot = level == CPU_AVX512 ? conv_int8_quads_avx512 : conv_int8_quads_avx2;
    if (conv->images == CONV_INT8_BY_ROWS)
        conv->image = conv_int8_image_avx512;
    if (conv->images == CONV_INT8_BY_COLUMNS)
        conv->pack = conv_int8_pack_columns_avx512;
    if (conv->images == CONV_INT8_BY_CHANNELS)
        conv->pack = conv_int8_pack_rows_avx512;
#elif defined(__aarch64__)
    if (conv->per_word == 4)
        conv->dot = conv_int8_quads_dotprod;
#endif
    int32_t channels = conv_block(c->shape.channels_out / c->shape.groups, tile.channels);
    int32_t spots = tile.vectors / channels < CONV_SPOTS ? tile.vectors / channels : CONV_SPOTS;
    static const char *const ways[] = {"quads", "image rows", "image columns", "image channels"};
    snprintf(conv->path, sizeof conv->path, "%s %s %dx%d",
             conv->per_word == 4 ? ways[conv->images] : "pairs", cpu_level_name(level), channels,
             spots);
}

/* Vectors of bytes, vectors of words and folding read past the last word by less than one of the
 * longest vectors. */
static void set_sizes(nn_conv_int8 *conv)
{
    const nn_conv *c = &conv->plan;
    const int64_t longest = 64;
    const int64_t words = c->lead + c->plane * c->shape.channels_in + longest + CONV_ALIGN;
    const int64_t bytes = c->lead + c->plane * conv->channels_in + longest + c->overhang;
    conv->pack_bytes = (size_t)words * sizeof(int32_t);
    conv->byte_count = c->shape.stride_w > 1 ? 0 : (size_t)bytes;
}

nn_conv_int8 *nn_conv_int8_create_at(cpu_isa level, conv_int8_words words,
                                     const nn_conv_shape *shape, const int8_t *weights, err *e)
{
    static conv_tile (*const tile_of[])(void) = SIMD_TABLE(conv_tile_of);
    nn_conv_int8 *conv = calloc(1, sizeof *conv);
    if (!conv) {
        err_set(e, ERR_NOMEM, "no memory for a convolution");
        return NULL;
    }
    const conv_tile tile = tile_of[level]();
    nn_conv *c = &conv->plan;
    conv->per_word = words == CONV_INT8_PAIRS ? 2 : 4;
    conv->images = words == CONV_INT8_IMAGES ? conv_int8_images_of(shape) : CONV_INT8_OTHERS;
    c->block = tile.channels;
    if (conv_int8_set_words(conv, shape, e) || conv_lay_out(c, tile.lanes, e) ||
        allocate(conv, e)) {
        nn_conv_int8_free(conv);
        return NULL;
    }
    set_sizes(conv);
    conv_int8_pack_weights(conv, weights);
    conv_int8_find_parts(conv);
    if (conv->picks) {
        conv_int8_find_picks(conv);
        conv_int8_sum_outside(conv, weights);
    }
    choose_kernel(conv, level, tile);
    return conv;
}

conv_int8_words conv_int8_words_of(cpu_isa level)
{
    if (!cpu_has_byte_products(level))
        return CONV_INT8_PAIRS;
#if defined(__x86_64__)
    if (level == CPU_AVX512 && __builtin_cpu_supports("avx512vbmi"))
        return CONV_INT8_IMAGES;
#endif
    return CONV_INT8_QUADS;
}

nn_conv_int8 *nn_conv_int8_create(const nn_conv_shape *shape, const int8_t *weights, err *e)
{
    const cpu_isa level = cpu_level();
    return nn_conv_int8_create_at(level, conv_int8_words_of(level), shape, weights, e);
}

void nn_conv_int8_free(nn_conv_int8 *conv)
{
    if (!conv)
        return;
    free(conv->plan.offsets);
    free(conv->plan.spots);
    free(conv->weights);
    free(conv->weight_sums);
    free(conv->parts_at);
    free(conv->picks);
    free(conv);
}

nn_sums_layout nn_conv_int8_layout(const nn_conv_int8 *conv)
{
    const nn_conv_shape *s = &conv->plan.shape;
    const int32_t lanes = conv->plan.lanes;
    return (nn_sums_layout){s->channels_out, s->out_h, s->out_w,
                            (s->out_w + lanes - 1) / lanes * lanes};
}

bool nn_conv_int8_extremes(const nn_conv_int8 *conv, nn_sums_layout *layout)
{
    const nn_sums_layout all = nn_conv_int8_layout(conv);
    const int32_t few = 2 * conv->plan.lanes;
    *layout = (nn_sums_layout){all.channels, 1, few, few};
    return all.width == all.pitch && (int64_t)all.rows * all.width >= 4 * few;
}

static size_t whole_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* The packed input, the offsets minus the zero point, the padded input. */
size_t nn_conv_int8_scratch_bytes(const nn_conv_int8 *conv)
{
    return whole_lines(conv->pack_bytes) +
           whole_lines((size_t)conv->plan.shape.channels_out * sizeof(int32_t)) +
           whole_lines(conv->byte_count);
}

void nn_conv_int8_run(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                      const int32_t *offset, int32_t *sums, int32_t *extremes, void *scratch)
{
    int32_t *packed = scratch;
    const int32_t channels = conv->plan.shape.channels_out;
    int32_t *start = (int32_t *)((char *)scratch + whole_lines(conv->pack_bytes));
    uint8_t *padded = (uint8_t *)start + whole_lines((size_t)channels * sizeof *start);
    const int32_t shift = conv->per_word == 4 ? NN_BYTE_SHIFT : 0;
    for (int32_t o = 0; o < channels; o++)
        start[o] = (offset ? offset[o] : 0) - (zero - shift) * conv->weight_sums[o];
    if (conv->image) {
        conv->image(conv, x, zero, start, sums, extremes);
        return;
    }
    conv->pack(conv, x, zero, packed, padded);
    conv->dot(conv, packed, start, sums, extremes);
}

const char *nn_conv_int8_path(const nn_conv_int8 *conv)
{
    return conv->path;
}
