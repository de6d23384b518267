#include "nn/int8/conv_int8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/int8/conv_int8_internal.h"

/* 2^31 - 1 divided by 255 * 128, rounded down; one product less is left for the offset. */
static const int64_t most_products = 65793;

static int allocate(nn_conv_int8 *conv, err *e)
{
    const nn_conv *c = &conv->plan;
    const size_t weights = (size_t)c->shape.channels_out * (size_t)c->taps;
    conv->weights = calloc(weights, sizeof *conv->weights);
    conv->weight_sums = calloc((size_t)c->shape.channels_out, sizeof *conv->weight_sums);
    conv->parts_at = calloc((size_t)c->shape.channels_in, 4 * sizeof *conv->parts_at);
    if (!conv->weights || !conv->weight_sums || !conv->parts_at)
        return err_set(e, ERR_NOMEM, "no memory for the %zu weights of a convolution", weights);
    return ERR_NONE;
}

/* The weights of tap t of an output channel as a word: those of its channels and places, the
 * channels of a place side by side; 0 for what does not exist. */
static int32_t weight_word(const nn_conv_int8 *conv, const int8_t *kernel, int32_t t)
{
    const nn_conv_shape *s = &conv->plan.shape;
    const int32_t places = s->kernel_h * s->kernel_w, place = t % places;
    const int32_t group_in = conv->channels_in / s->groups;
    const int32_t bits = 32 / conv->per_word;
    uint32_t word = 0;
    for (int32_t k = conv->per_word - 1; k >= 0; k--) {
        const int32_t channel = t / places * conv->channels + k % conv->channels;
        const int32_t column = place % s->kernel_w * conv->fold + k / conv->channels;
        const int64_t row = (int64_t)channel * s->kernel_h + place / s->kernel_w;
        int32_t w = 0;
        if (channel < group_in && column < conv->kernel_w)
            w = kernel[row * conv->kernel_w + column];
        word = word << (bits % 32) | ((uint32_t)w & ((1u << bits) - 1));
    }
    return (int32_t)word;
}

/* Channels that do not exist repeat the last one that does: their weights are 0. */
static void find_parts(nn_conv_int8 *conv)
{
    const int32_t group_in = conv->channels_in / conv->plan.shape.groups;
    for (int32_t i = 0; i < 4 * conv->plan.shape.channels_in; i++) {
        const int32_t word = i / 4, k = i % conv->per_word;
        const int32_t first = word / conv->words * group_in;
        const int32_t at = word % conv->words * conv->channels + k % conv->channels;
        const int32_t channel = first + (at < group_in ? at : group_in - 1);
        conv->parts_at[i] = channel * conv->plan.plane + k / conv->channels * conv->fold_step;
    }
}

static void pack_weights(nn_conv_int8 *conv, const int8_t *weights)
{
    const nn_conv *c = &conv->plan;
    const int32_t per_group = c->shape.channels_out / c->shape.groups;
    const int64_t each =
        (int64_t)conv->channels_in / c->shape.groups * c->shape.kernel_h * conv->kernel_w;
    int32_t *to = conv->weights;
    for (int32_t first = 0, step; first < c->shape.channels_out; first += step) {
        step = conv_block(per_group - first % per_group, c->block);
        for (int32_t t = 0; t < c->taps; t++)
            for (int32_t o = 0; o < step; o++)
                *to++ = weight_word(conv, weights + (first + o) * each, t);
    }
    for (int32_t o = 0; o < c->shape.channels_out; o++)
        for (int64_t i = 0; i < each; i++)
            conv->weight_sums[o] += weights[o * each + i];
}

static void choose_kernel(nn_conv_int8 *conv, cpu_isa level, conv_tile tile)
{
    static void (*const pairs[])(const nn_conv_int8 *, const int32_t *, const int32_t *,
                                 int32_t *) = SIMD_TABLE(conv_int8_pairs);
    static void (*const packs[])(const nn_conv_int8 *, const uint8_t *, uint8_t, int32_t *,
                                 uint8_t *) = SIMD_TABLE(conv_int8_pack);
    nn_conv *c = &conv->plan;
    /* As for floats: weights that stay in the first-level cache are read again for few spots. */
    const int64_t cached_weights = 4096;
    const int64_t group_weights = (int64_t)c->shape.channels_out / c->shape.groups * c->taps;
    c->chunk = group_weights <= cached_weights ? CONV_SPOTS : 8 * CONV_SPOTS;
    conv->dot = pairs[level];
    conv->pack = packs[level];
#if defined(__x86_64__)
    if (conv->per_word == 4)
        conv->dot = level == CPU_AVX512 ? conv_int8_quads_avx512 : conv_int8_quads_avx2;
#endif
    int32_t channels = conv_block(c->shape.channels_out / c->shape.groups, tile.channels);
    int32_t spots = tile.vectors / channels < CONV_SPOTS ? tile.vectors / channels : CONV_SPOTS;
    snprintf(conv->path, sizeof conv->path, "%s %s %dx%d", conv->per_word == 4 ? "quads" : "pairs",
             cpu_level_name(level), channels, spots);
}

/* How many channels share a word: as many as leave the fewest words to multiply. A stride, which
 * parts a row, leaves its places where they are. */
static int32_t channels_of_word(const nn_conv_int8 *conv, int32_t group_in)
{
    const nn_conv_shape *s = &conv->plan.shape;
    int32_t best = conv->per_word;
    int64_t fewest = INT64_MAX;
    for (int32_t channels = best; channels >= 1 && s->stride_w == 1; channels /= 2) {
        const int32_t fold = conv->per_word / channels;
        const int64_t taps = ((int64_t)group_in + channels - 1) / channels *
                             (((int64_t)s->kernel_w + fold - 1) / fold);
        if (taps < fewest) {
            fewest = taps;
            best = channels;
        }
    }
    return best;
}

/* The shape with words in place of channels. */
static int set_words(nn_conv_int8 *conv, const nn_conv_shape *shape, err *e)
{
    const int32_t groups = shape->groups > 0 ? shape->groups : 1;
    const int32_t group_in = shape->channels_in / groups;
    if (shape->channels_in < 1 || shape->channels_in % groups)
        return err_set(e, ERR_INVALID, "convolution of %d channels in %d groups",
                       shape->channels_in, shape->groups);
    if (shape->kernel_h < 1 || shape->kernel_w < 1 ||
        group_in > most_products / shape->kernel_h / shape->kernel_w)
        return err_set(e, ERR_UNSUPPORTED,
                       "integer convolution of %d channels with kernel %dx%d: its sums could pass "
                       "32 bits",
                       group_in, shape->kernel_h, shape->kernel_w);
    nn_conv_shape *s = &conv->plan.shape;
    *s = *shape;
    conv_flatten(s);
    conv->channels_in = shape->channels_in;
    conv->channels = channels_of_word(conv, group_in);
    conv->fold = conv->per_word / conv->channels;
    conv->fold_step = s->dilation_w;
    conv->words = (group_in + conv->channels - 1) / conv->channels;
    conv->kernel_w = s->kernel_w;
    if (conv->fold > 1) {
        if (s->dilation_w > INT32_MAX / 8 / conv->fold)
            return err_set(e, ERR_UNSUPPORTED, "integer convolution with dilation %d",
                           s->dilation_w);
        s->kernel_w = (s->kernel_w + conv->fold - 1) / conv->fold;
        s->dilation_w *= conv->fold;
    }
    s->channels_in = conv->words * groups;
    s->activation = NN_ACT_NONE;
    conv->plan.words = true;
    conv->plan.overhang = (conv->fold - 1) * conv->fold_step;
    return ERR_NONE;
}

/* Vectors of bytes pass the last word by less than one of the longest; so do those of words, and
 * what folding reads. */
static void set_sizes(nn_conv_int8 *conv)
{
    const nn_conv *c = &conv->plan;
    const int64_t longest = 64;
    const int64_t words = c->lead + c->plane * c->shape.channels_in + longest + CONV_ALIGN;
    const int64_t bytes = c->lead + c->plane * conv->channels_in + longest + c->overhang;
    conv->pack_bytes = (size_t)words * sizeof(int32_t);
    conv->byte_count = c->shape.stride_w > 1 ? 0 : (size_t)bytes;
}

nn_conv_int8 *nn_conv_int8_create_at(cpu_isa level, bool vnni, const nn_conv_shape *shape,
                                     const int8_t *weights, err *e)
{
    static conv_tile (*const tile_of[])(void) = SIMD_TABLE(conv_tile_of);
    nn_conv_int8 *conv = calloc(1, sizeof *conv);
    if (!conv) {
        err_set(e, ERR_NOMEM, "no memory for a convolution");
        return NULL;
    }
    const conv_tile tile = tile_of[level]();
    nn_conv *c = &conv->plan;
    conv->per_word = vnni ? 4 : 2;
    c->block = tile.channels;
    if (set_words(conv, shape, e) || conv_lay_out(c, tile.lanes, e) || allocate(conv, e)) {
        nn_conv_int8_free(conv);
        return NULL;
    }
    set_sizes(conv);
    pack_weights(conv, weights);
    find_parts(conv);
    choose_kernel(conv, level, tile);
    return conv;
}

nn_conv_int8 *nn_conv_int8_create(const nn_conv_shape *shape, const int8_t *weights, err *e)
{
    const cpu_isa level = cpu_level();
    return nn_conv_int8_create_at(level, cpu_has_vnni(level), shape, weights, e);
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
    free(conv);
}

nn_sums_layout nn_conv_int8_layout(const nn_conv_int8 *conv)
{
    const nn_conv_shape *s = &conv->plan.shape;
    const int32_t lanes = conv->plan.lanes;
    return (nn_sums_layout){s->channels_out, s->out_h, s->out_w,
                            (s->out_w + lanes - 1) / lanes * lanes};
}

static size_t whole_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* The packed input, the offsets with the zero point taken out, the padded input. */
size_t nn_conv_int8_scratch_bytes(const nn_conv_int8 *conv)
{
    return whole_lines(conv->pack_bytes) +
           whole_lines((size_t)conv->plan.shape.channels_out * sizeof(int32_t)) +
           whole_lines(conv->byte_count);
}

void nn_conv_int8_run(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                      const int32_t *offset, int32_t *sums, void *scratch)
{
    int32_t *packed = scratch;
    const int32_t channels = conv->plan.shape.channels_out;
    int32_t *start = (int32_t *)((char *)scratch + whole_lines(conv->pack_bytes));
    uint8_t *padded = (uint8_t *)start + whole_lines((size_t)channels * sizeof *start);
    for (int32_t o = 0; o < channels; o++)
        start[o] = (offset ? offset[o] : 0) - zero * conv->weight_sums[o];
    conv->pack(conv, x, zero, packed, padded);
    conv->dot(conv, packed, start, sums);
}

const char *nn_conv_int8_path(const nn_conv_int8 *conv)
{
    return conv->path;
}
