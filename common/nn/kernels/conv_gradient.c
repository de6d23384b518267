#include "nn/kernels/conv_gradient.h"

#include <stdlib.h>
#include <string.h>

#include "nn/kernels/conv_gradient_internal.h"

/* Terms that a tile sums before adding its lanes. More terms make that addition cheaper; fewer keep
 * the tile's input in the L1 cache. */
enum { TERMS = 64 };

static void fill_terms(nn_conv_gradient *g)
{
    const nn_conv *c = g->conv;
    const int64_t out_sample = g->out_pitch * c->shape.channels_out;
    conv_term *term = g->terms;
    for (int64_t n = 0; n < g->samples; n++)
        for (int32_t s = 0; s < c->spot_count; s++, term++) {
            term->in = n * g->padded_pitch + c->spots[s].in;
            term->out =
                n * out_sample + (g->copies_out ? (int64_t)s * g->lanes : (int64_t)c->spots[s].out);
        }
}

static int lay_out(nn_conv_gradient *g, cpu_isa level, err *e)
{
    static conv_tile (*const tile_of[])(void) = SIMD_TABLE(conv_tile_of);
    const nn_conv *c = g->conv;
    g->lanes = tile_of[level]().lanes;
    g->terms_each = c->spot_count;
    g->samples = c->spot_count < TERMS ? TERMS / c->spot_count : 1;
    g->copies_out = c->shape.out_w % g->lanes != 0;
    g->out_pitch = g->copies_out ? (int64_t)c->spot_count * g->lanes
                                 : (int64_t)c->shape.out_h * c->shape.out_w;
    g->padded_pitch = (c->padded_count + CONV_ALIGN - 1) / CONV_ALIGN * CONV_ALIGN;
    if (!c->padded_count)
        g->padded_pitch = (int64_t)c->shape.channels_in * c->shape.in_h * c->shape.in_w;
    g->terms = calloc((size_t)g->samples * (size_t)c->spot_count, sizeof *g->terms);
    if (!g->terms)
        return err_set(e, ERR_NOMEM, "no memory for the gradient of a convolution");
    return ERR_NONE;
}

nn_conv_gradient *nn_conv_gradient_create_at(cpu_isa level, const nn_conv_shape *shape, err *e)
{
    static void (*const weights[])(const nn_conv_gradient *, const conv_term *, int64_t,
                                   const float *, const float *, float *) =
        SIMD_TABLE(conv_gradient_weights);
    static void (*const bias[])(const nn_conv_gradient *, const conv_term *, int64_t, const float *,
                                float *) = SIMD_TABLE(conv_gradient_bias);
    nn_conv_gradient *g = calloc(1, sizeof *g);
    if (!g) {
        err_set(e, ERR_NOMEM, "no memory for the gradient of a convolution");
        return NULL;
    }
    g->conv = nn_conv_create_at(level, shape, NULL, NULL, e);
    if (!g->conv || lay_out(g, level, e)) {
        nn_conv_gradient_free(g);
        return NULL;
    }
    g->weights = weights[level];
    g->bias = bias[level];
    fill_terms(g);
    return g;
}

nn_conv_gradient *nn_conv_gradient_create(const nn_conv_shape *shape, err *e)
{
    return nn_conv_gradient_create_at(cpu_level(), shape, e);
}

void nn_conv_gradient_free(nn_conv_gradient *g)
{
    if (!g)
        return;
    nn_conv_free(g->conv);
    free(g->terms);
    free(g);
}

static size_t padded_floats(const nn_conv_gradient *g)
{
    return g->conv->padded_count ? (size_t)(g->samples * g->padded_pitch) : 0;
}

size_t nn_conv_gradient_scratch_bytes(const nn_conv_gradient *g)
{
    size_t out = g->copies_out
                     ? (size_t)(g->samples * g->out_pitch) * (size_t)g->conv->shape.channels_out
                     : 0;
    return (padded_floats(g) * sizeof(float) + out * sizeof(float) + 63) / 64 * 64;
}

static void copy_out(const nn_conv_gradient *g, int64_t samples, const float *d_y, float *to)
{
    const nn_conv *c = g->conv;
    const int64_t plane = (int64_t)c->shape.out_h * c->shape.out_w;
    for (int64_t k = 0; k < samples * c->shape.channels_out; k++, d_y += plane)
        for (int32_t s = 0; s < c->spot_count; s++, to += g->lanes) {
            const int32_t lanes = c->spots[s].lanes;
            memcpy(to, d_y + c->spots[s].out, (size_t)lanes * sizeof *to);
            memset(to + lanes, 0, (size_t)(g->lanes - lanes) * sizeof *to);
        }
}

/* Adds samples, at most as many as the table of terms covers. */
static void add_samples(const nn_conv_gradient *g, int64_t samples, const float *x,
                        const float *d_y, float *d_w, float *d_bias, float *scratch)
{
    const nn_conv *c = g->conv;
    const int64_t count = samples * g->terms_each;
    const int64_t in_sample = (int64_t)c->shape.channels_in * c->shape.in_h * c->shape.in_w;
    const float *padded = c->padded_count ? scratch : x;
    for (int64_t n = 0; c->padded_count && n < samples; n++)
        c->pad(c, x + n * in_sample, scratch + n * g->padded_pitch);
    if (g->copies_out) {
        copy_out(g, samples, d_y, scratch + padded_floats(g));
        d_y = scratch + padded_floats(g);
    }
    for (int64_t first = 0; first < count; first += TERMS) {
        const int64_t terms = count - first < TERMS ? count - first : TERMS;
        g->weights(g, g->terms + first, terms, padded, d_y, d_w);
        if (d_bias)
            g->bias(g, g->terms + first, terms, d_y, d_bias);
    }
}

void nn_conv_gradient_run(const nn_conv_gradient *g, int64_t batch, const float *x,
                          const float *d_y, float *d_w, float *d_bias, void *scratch)
{
    const nn_conv_shape *s = &g->conv->shape;
    const int64_t in_sample = (int64_t)s->channels_in * s->in_h * s->in_w;
    const int64_t out_sample = (int64_t)s->channels_out * s->out_h * s->out_w;
    for (int64_t n = 0; n < batch; n += g->samples) {
        const int64_t samples = batch - n < g->samples ? batch - n : g->samples;
        add_samples(g, samples, x + n * in_sample, d_y + n * out_sample, d_w, d_bias, scratch);
    }
}
