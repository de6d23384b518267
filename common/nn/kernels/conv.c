#include "nn/kernels/conv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/kernels/conv_internal.h"

static int allocate(nn_conv *c, err *e)
{
    /* Below 2^61, so its bytes can be counted too. */
    const size_t weights = (size_t)c->shape.channels_out * (size_t)c->taps;
    c->weights = aligned_alloc(64, (weights * sizeof(float) + 63) / 64 * 64);
    c->bias = calloc((size_t)c->shape.channels_out, sizeof *c->bias);
    if (!c->weights || !c->bias)
        return err_set(e, ERR_NOMEM, "no memory for the %zu weights of a convolution", weights);
    return ERR_NONE;
}

static void pack_weights(nn_conv *c, const float *weights)
{
    const int32_t per_group = c->shape.channels_out / c->shape.groups;
    float *to = c->weights;
    for (int32_t first = 0, step; first < c->shape.channels_out; first += step) {
        step = conv_block(per_group - first % per_group, c->block);
        for (int32_t t = 0; t < c->taps; t++)
            for (int32_t o = 0; o < step; o++)
                *to++ = weights[(int64_t)(first + o) * c->taps + t];
    }
}

void nn_conv_repack(nn_conv *c, const float *weights, const float *bias)
{
    const size_t channels = (size_t)c->shape.channels_out;
    if (weights)
        pack_weights(c, weights);
    else
        memset(c->weights, 0, channels * (size_t)c->taps * sizeof *c->weights);
    if (bias)
        memcpy(c->bias, bias, channels * sizeof *bias);
    else
        memset(c->bias, 0, channels * sizeof *c->bias);
}

/* The copy for stride_w > 1: column u of the padded row goes to phase u % stride_w. */
static void pad_strided(const nn_conv *c, const float *x, float *padded)
{
    const nn_conv_shape *s = &c->shape;
    memset(padded, 0, (size_t)c->padded_count * sizeof *padded);
    for (int32_t channel = 0; channel < s->channels_in; channel++)
        for (int32_t row = 0; row < s->in_h; row++, x += s->in_w) {
            float *to = padded + channel * c->plane + (int64_t)(s->pad_top + row) * c->row_pitch;
            for (int32_t column = 0; column < s->in_w; column++) {
                int64_t u = (int64_t)column + s->pad_left, in_phase = u / s->stride_w;
                if (in_phase < c->phase_pitch)
                    to[u % s->stride_w * c->phase_pitch + in_phase] = x[column];
            }
        }
}

static void choose_kernel(nn_conv *c, cpu_isa level, conv_tile tile)
{
    static void (*const direct[])(const nn_conv *, const float *, const float *, float *) =
        SIMD_TABLE(conv_direct);
    static void (*const pad[])(const nn_conv *, const float *, float *) = SIMD_TABLE(conv_pad);
    /* Weights that fit into the L1 cache are best read again for every few spots; larger ones are
     * streamed, with more spots per pass. */
    const int64_t cached_weights = 4096;
    const int64_t group_weights = (int64_t)c->shape.channels_out / c->shape.groups * c->taps;
    c->chunk = group_weights <= cached_weights ? CONV_SPOTS : 8 * CONV_SPOTS;
    c->direct = direct[level];
    c->pad = c->shape.stride_w == 1 ? pad[level] : pad_strided;
    int32_t channels = conv_block(c->shape.channels_out / c->shape.groups, tile.channels);
    int32_t spots = tile.vectors / channels < CONV_SPOTS ? tile.vectors / channels : CONV_SPOTS;
    snprintf(c->path, sizeof c->path, "direct %s %dx%d", cpu_level_name(level), channels, spots);
}

nn_conv *nn_conv_create_at(cpu_isa level, const nn_conv_shape *shape, const float *weights,
                           const float *bias, err *e)
{
    static conv_tile (*const tile_of[])(void) = SIMD_TABLE(conv_tile_of);
    nn_conv *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for a convolution");
        return NULL;
    }
    const conv_tile tile = tile_of[level]();
    c->shape = *shape;
    if (conv_lay_out(c, tile.lanes, e) || allocate(c, e)) {
        nn_conv_free(c);
        return NULL;
    }
    c->block = tile.channels;
    nn_conv_repack(c, weights, bias);
    choose_kernel(c, level, tile);
    return c;
}

nn_conv *nn_conv_create(const nn_conv_shape *shape, const float *weights, const float *bias, err *e)
{
    return nn_conv_create_at(cpu_level(), shape, weights, bias, e);
}

void nn_conv_free(nn_conv *c)
{
    if (!c)
        return;
    free(c->offsets);
    free(c->spots);
    free(c->weights);
    free(c->bias);
    free(c);
}

size_t nn_conv_scratch_bytes(const nn_conv *c)
{
    return ((size_t)c->padded_count * sizeof(float) + 63) / 64 * 64;
}

void nn_conv_run(const nn_conv *c, int64_t batch, const float *x, const float *residual, float *y,
                 void *scratch)
{
    const nn_conv_shape *s = &c->shape;
    const int64_t in_count = (int64_t)s->channels_in * s->in_h * s->in_w;
    const int64_t out_count = (int64_t)s->channels_out * s->out_h * s->out_w;
    for (int64_t n = 0; n < batch; n++, x += in_count, y += out_count) {
        const float *padded = x;
        if (c->padded_count) {
            c->pad(c, x, scratch);
            padded = scratch;
        }
        c->direct(c, padded, residual ? residual + n * out_count : NULL, y);
    }
}

const char *nn_conv_path(const nn_conv *c)
{
    return c->path;
}
