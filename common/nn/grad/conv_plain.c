#include "nn/grad/conv_plain.h"

/* One plane of each side and the taps between them: reads two, and adds to the third, `sum`. */
typedef struct planes {
    const float *large, *small, *weights;
    float *sum;
} planes;

typedef void (*pair)(const planes *p, int64_t large, int64_t small, int64_t tap);

static void pair_to_weights(const planes *p, int64_t large, int64_t small, int64_t tap)
{
    p->sum[tap] += p->large[large] * p->small[small];
}

static void pair_to_large(const planes *p, int64_t large, int64_t small, int64_t tap)
{
    p->sum[large] += p->weights[tap] * p->small[small];
}

static void pair_to_small(const planes *p, int64_t large, int64_t small, int64_t tap)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): given for this sum */
    p->sum[small] += p->weights[tap] * p->large[large];
}

/* Accumulates all taps inside the large side for position o of the small one. */
static void accumulate_taps(const nn_window *w, const int64_t *o, int64_t small, const planes *p,
                            pair add)
{
    int64_t from[3], to[3], start[3];
    for (int d = 0; d < 3; d++) {
        nn_window_taps(w, d, o[d], &from[d], &to[d]);
        start[d] = o[d] * w->stride[d] - w->pad[d];
    }
    for (int64_t a = from[0]; a < to[0]; a++)
        for (int64_t b = from[1]; b < to[1]; b++)
            for (int64_t c = from[2]; c < to[2]; c++) {
                int64_t z = start[0] + a * w->dilation[0], y = start[1] + b * w->dilation[1];
                int64_t large = (z * w->in[1] + y) * w->in[2] + start[2] + c * w->dilation[2];
                add(p, large, small, (a * w->kernel[1] + b) * w->kernel[2] + c);
            }
}

static void meet_planes(const nn_window *w, const planes *p, pair add)
{
    int64_t o[3], small = 0;
    for (o[0] = 0; o[0] < w->out[0]; o[0]++)
        for (o[1] = 0; o[1] < w->out[1]; o[1]++)
            for (o[2] = 0; o[2] < w->out[2]; o[2]++)
                accumulate_taps(w, o, small++, p, add);
}

static int64_t volume(const int64_t *sizes)
{
    return sizes[0] * sizes[1] * sizes[2];
}

/* Loops over every sample, and every pair of channels of one group. `sum` replaces the one of the
 * three arrays that is NULL. */
static void accumulate(const grad_conv_sides *s, const float *large, const float *small,
                       const float *weights, float *sum, pair add)
{
    const nn_window *w = &s->window;
    const int64_t large_plane = volume(w->in), small_plane = volume(w->out);
    const int64_t taps = volume(w->kernel), channels = s->groups * s->small;
    for (int64_t n = 0; n < s->batch; n++)
        for (int64_t c = 0; c < channels; c++)
            for (int64_t k = 0; k < s->large; k++) {
                int64_t at_large = (n * s->groups + c / s->small) * s->large + k;
                int64_t at_large_plane = at_large * large_plane;
                int64_t at_small_plane = (n * channels + c) * small_plane;
                int64_t at_taps = (c * s->large + k) * taps;
                planes p = {large ? large + at_large_plane : NULL,
                            small ? small + at_small_plane : NULL,
                            weights ? weights + at_taps : NULL, NULL};
                p.sum = sum + (!large ? at_large_plane : !small ? at_small_plane : at_taps);
                meet_planes(w, &p, add);
            }
}

void grad_conv_to_weights(const grad_conv_sides *s, const float *large, const float *small,
                          float *weights)
{
    accumulate(s, large, small, NULL, weights, pair_to_weights);
}

void grad_conv_to_large(const grad_conv_sides *s, const float *weights, const float *small,
                        float *large)
{
    accumulate(s, NULL, small, weights, large, pair_to_large);
}

void grad_conv_to_small(const grad_conv_sides *s, const float *weights, const float *large,
                        float *small)
{
    accumulate(s, large, NULL, weights, small, pair_to_small);
}
