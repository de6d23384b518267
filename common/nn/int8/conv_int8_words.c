/* The contents of the words of an integer convolution: channels, and positions of the kernel. */
#include "nn/int8/conv_int8_internal.h"

/* 2^31 - 1 divided by 255 * 128, rounded down. */
static const int64_t most_products = 65793;

/* The number of channels in a word: the one that needs the fewest words. No folding with a stride,
 * which splits a row into phases, nor with a large dilation. */
static int32_t channels_of_word(const nn_conv_int8 *conv, int32_t group_in)
{
    const nn_conv_shape *s = &conv->plan.shape;
    int32_t best = conv->per_word;
    int64_t fewest = INT64_MAX;
    if (s->stride_w > 1 || s->dilation_w > INT32_MAX / 32)
        return best;
    for (int32_t channels = best; channels >= 1; channels /= 2) {
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

int conv_int8_set_words(nn_conv_int8 *conv, const nn_conv_shape *shape, err *e)
{
    const int32_t groups = shape->groups > 0 ? shape->groups : 1;
    const int32_t group_in = shape->channels_in / groups;
    if (shape->channels_in < 1 || shape->channels_in % groups)
        return err_set(e, ERR_INVALID, "convolution of %d channels in %d groups",
                       shape->channels_in, shape->groups);
    if (shape->kernel_h < 1 || shape->kernel_w < 1 ||
        group_in > most_products / shape->kernel_h / shape->kernel_w)
        return err_set(e, ERR_UNSUPPORTED,
                       "integer convolution of %d channels with kernel %dx%d: a sum of %lld "
                       "products can overflow 32 bits; at most %lld are allowed",
                       group_in, shape->kernel_h, shape->kernel_w,
                       (long long)group_in * shape->kernel_h * shape->kernel_w,
                       (long long)most_products);
    nn_conv_shape *s = &conv->plan.shape;
    *s = *shape;
    conv_flatten(s);
    conv->channels_in = shape->channels_in;
    conv->channels = conv->images == CONV_INT8_BY_ROWS ? 2 : channels_of_word(conv, group_in);
    conv->fold = conv->per_word / conv->channels;
    conv->fold_step = s->dilation_w;
    conv->words = (group_in + conv->channels - 1) / conv->channels;
    conv->kernel_w = s->kernel_w;
    if (conv->fold > 1) {
        s->kernel_w = (s->kernel_w + conv->fold - 1) / conv->fold;
        s->dilation_w *= conv->fold;
    }
    if ((conv->images == CONV_INT8_BY_COLUMNS && conv->channels != 2) ||
        (conv->images == CONV_INT8_BY_CHANNELS && conv->channels != 4))
        conv->images = CONV_INT8_OTHERS;
    s->channels_in = conv->words * groups;
    s->activation = NN_ACT_NONE;
    conv->plan.in_words = true;
    conv->plan.overhang = (conv->fold - 1) * conv->fold_step;
    return ERR_NONE;
}

/* The weights of tap t of an output channel as a word, over its channels and positions, the
 * channels of a position side by side; 0 for missing ones. */
static int32_t weight_word(const nn_conv_int8 *conv, const int8_t *kernel, int32_t t)
{
    const nn_conv_shape *s = &conv->plan.shape;
    const int32_t positions = s->kernel_h * s->kernel_w, position = t % positions;
    const int32_t group_in = conv->channels_in / s->groups;
    const uint32_t bits = conv->per_word == 4 ? 8 : 16;
    uint32_t word = 0;
    for (int32_t k = conv->per_word - 1; k >= 0; k--) {
        const int32_t channel = t / positions * conv->channels + k % conv->channels;
        const int32_t column = position % s->kernel_w * conv->fold + k / conv->channels;
        const int64_t row = (int64_t)channel * s->kernel_h + position / s->kernel_w;
        int32_t w = 0;
        if (channel < group_in && column < conv->kernel_w)
            w = kernel[row * conv->kernel_w + column];
        word = word << bits | ((uint32_t)w & ((1u << bits) - 1));
    }
    return (int32_t)word;
}

/* Missing channels repeat the last existing one: their weights are 0. */
void conv_int8_find_parts(nn_conv_int8 *conv)
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

void conv_int8_pack_weights(nn_conv_int8 *conv, const int8_t *weights)
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

/* Whether conv_int8_image_simd.c supports the shape, and how. */
conv_int8_images conv_int8_images_of(const nn_conv_shape *s)
{
    if (s->in_w != CONV_INT8_COLUMNS || s->out_w != CONV_INT8_COLUMNS || s->groups != 1 ||
        s->stride_h != 1 || s->stride_w != 1 || s->channels_in < 1)
        return CONV_INT8_OTHERS;
    const bool few = s->channels_in <= CONV_INT8_IMAGE_CHANNELS && s->channels_out == 2;
    if (s->kernel_h == 1 && s->kernel_w > 1 && s->in_h == s->out_h && s->pad_top == 0)
        return few && s->dilation_w <= CONV_INT8_COLUMNS ? CONV_INT8_BY_ROWS
                                                         : CONV_INT8_BY_CHANNELS;
    if (s->kernel_h > 1 && s->kernel_w == 1 && s->pad_left == 0 && s->in_h > 1)
        return CONV_INT8_BY_COLUMNS;
    return s->kernel_h == 1 && s->kernel_w == 1 && s->in_h == 1 && s->out_h == 1 &&
                   s->pad_top == 0 && s->pad_left == 0
               ? CONV_INT8_BY_CHANNELS
               : CONV_INT8_OTHERS;
}

/* Byte k of a half's word i is channel k % 2 at position k / 2 of the tap's two. */
void conv_int8_find_picks(nn_conv_int8 *conv)
{
    const nn_conv_shape *s = &conv->plan.shape;
    for (int32_t p = 0; p < 2 * s->kernel_w; p++)
        for (int32_t i = 0; i < 64; i++) {
            const int32_t lane = i / 4 + p % 2 * 16, position = p / 2 * 2 + i % 4 / 2;
            const int32_t column = lane + position * conv->fold_step - s->pad_left;
            if (column < 0 || column >= CONV_INT8_COLUMNS)
                continue;
            conv->picks[p].from[i] = (uint8_t)(i % 2 * CONV_INT8_COLUMNS + column);
            conv->picks[p].inside |= (uint64_t)1 << i;
        }
}

void conv_int8_sum_outside(nn_conv_int8 *conv, const int8_t *weights)
{
    const int32_t each = conv->channels_in * conv->kernel_w;
    for (int32_t o = 0; o < 2; o++)
        for (int32_t at = 0; at < CONV_INT8_COLUMNS; at++)
            for (int32_t i = 0; i < each; i++) {
                const int32_t position = i % conv->kernel_w;
                const int32_t column = at + position * conv->fold_step - conv->plan.shape.pad_left;
                if (column < 0 || column >= CONV_INT8_COLUMNS)
                    conv->outside[o * CONV_INT8_COLUMNS + at] += weights[o * each + i];
            }
}
