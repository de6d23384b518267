#include "base/rng.h"
#include "harness.h"
#include "nn/grad/backward.h"
#include "nn/kernels/conv_gradient.h"
#include "nn/kernels/conv_gradient_internal.h"
#include "nn/ops/ops.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most tests here work on whole numbers from -3 to 3: every sum is then exact in single precision,
 * in whatever order, so that results must be equal, not near. */

static float *new_floats(size_t n)
{
    float *p = aligned_alloc(64, (n * sizeof *p + 64) / 64 * 64);
    REQUIRE(p != NULL);
    return p;
}

static void fill_whole(rng *r, float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (float)((int)(rng_u32(r) % 7) - 3);
}

static float *new_whole(rng *r, size_t n)
{
    float *p = new_floats(n);
    fill_whole(r, p, n);
    return p;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* --- the kernel --------------------------------------------------------------------------------
 */

typedef struct sizes {
    size_t x, w, y;
} sizes;

static sizes sizes_of(const nn_conv_shape *s, int64_t batch)
{
    return (sizes){
        (size_t)batch * (size_t)(s->channels_in * s->in_h * s->in_w),
        (size_t)(s->channels_out * (s->channels_in / s->groups) * s->kernel_h * s->kernel_w),
        (size_t)batch * (size_t)(s->channels_out * s->out_h * s->out_w)};
}

/* sum over the output plane of one sample, by the definition */
static double weight_sum(const nn_conv_shape *s, const float *x, const float *d_y, int32_t i,
                         int32_t j)
{
    double sum = 0;
    for (int32_t u = 0; u < s->out_h; u++)
        for (int32_t v = 0; v < s->out_w; v++) {
            int64_t row = (int64_t)u * s->stride_h + (int64_t)i * s->dilation_h - s->pad_top;
            int64_t at = (int64_t)v * s->stride_w + (int64_t)j * s->dilation_w - s->pad_left;
            if (row >= 0 && row < s->in_h && at >= 0 && at < s->in_w)
                sum += (double)x[row * s->in_w + at] * (double)d_y[u * s->out_w + v];
        }
    return sum;
}

static double reference(const nn_conv_shape *s, int64_t batch, const float *x, const float *d_y,
                        size_t index)
{
    const int64_t group_in = s->channels_in / s->groups, group_out = s->channels_out / s->groups;
    const int64_t taps = (int64_t)s->kernel_h * s->kernel_w, at = (int64_t)index;
    const int64_t o = at / (group_in * taps), c = at / taps % group_in, tap = at % taps;
    const int64_t in_plane = (int64_t)s->in_h * s->in_w, out_plane = (int64_t)s->out_h * s->out_w;
    double sum = 0;
    for (int64_t n = 0; n < batch; n++)
        sum += weight_sum(s, x + (n * s->channels_in + o / group_out * group_in + c) * in_plane,
                          d_y + (n * s->channels_out + o) * out_plane, (int32_t)(tap / s->kernel_w),
                          (int32_t)(tap % s->kernel_w));
    return sum;
}

static double bias_reference(const nn_conv_shape *s, int64_t batch, const float *d_y, int64_t o)
{
    const int64_t plane = (int64_t)s->out_h * s->out_w;
    double sum = 0;
    for (int64_t n = 0; n < batch; n++)
        for (int64_t i = 0; i < plane; i++)
            sum += (double)d_y[(n * s->channels_out + o) * plane + i];
    return sum;
}

/* Scratch of exactly the bytes asked for, full of NaN: what is read before it is written shows. */
static void *new_scratch(size_t bytes)
{
    void *scratch = aligned_alloc(64, bytes ? bytes : 64);
    REQUIRE(scratch != NULL);
    memset(scratch, 0xff, bytes);
    return scratch;
}

static void run_kernel(cpu_isa level, const nn_conv_shape *s, int64_t batch, const float *x,
                       const float *d_y, float *d_w, float *d_bias)
{
    err e = {0};
    nn_conv_gradient *g = nn_conv_gradient_create_at(level, s, &e);
    REQUIRE(g != NULL);
    void *scratch = new_scratch(nn_conv_gradient_scratch_bytes(g));
    nn_conv_gradient_run(g, batch, x, d_y, d_w, d_bias, scratch);
    free(scratch);
    nn_conv_gradient_free(g);
}

static bool equals_reference(const nn_conv_shape *s, int64_t batch, const float *x,
                             const float *d_y, const float *d_w, const float *d_bias)
{
    bool equal = true;
    for (size_t i = 0; i < sizes_of(s, batch).w; i++)
        equal = equal && (double)d_w[i] == 1 + reference(s, batch, x, d_y, i);
    for (int64_t o = 0; o < s->channels_out; o++)
        equal = equal && (double)d_bias[o] == 2 + bias_reference(s, batch, d_y, o);
    return equal;
}

/* d_w begins at 1 and d_bias at 2, to which the kernel must add. */
static void check_kernel(rng *r, const nn_conv_shape *s, int64_t batch)
{
    const sizes n = sizes_of(s, batch);
    const size_t channels = (size_t)s->channels_out;
    float *x = new_whole(r, n.x), *d_y = new_whole(r, n.y);
    float *d_w = new_floats(n.w), *d_bias = new_floats(channels);
    for (int level = 0; level <= (int)cpu_level(); level++) {
        for (size_t i = 0; i < n.w; i++)
            d_w[i] = 1;
        for (size_t i = 0; i < channels; i++)
            d_bias[i] = 2;
        run_kernel((cpu_isa)level, s, batch, x, d_y, d_w, d_bias);
        bool equal = equals_reference(s, batch, x, d_y, d_w, d_bias);
        if (!equal)
            printf("  level %d, %d->%d in %d groups, kernel %dx%d, in %dx%d, out %dx%d, stride "
                   "%dx%d, dilation %dx%d, pads %d %d, batch %d\n",
                   level, s->channels_in, s->channels_out, s->groups, s->kernel_h, s->kernel_w,
                   s->in_h, s->in_w, s->out_h, s->out_w, s->stride_h, s->stride_w, s->dilation_h,
                   s->dilation_w, s->pad_top, s->pad_left, (int)batch);
        CHECK(equal);
    }
    free(x);
    free(d_y);
    free(d_w);
    free(d_bias);
}

/* Stride 1 and the same size out as in. */
static nn_conv_shape same_shape(int32_t in, int32_t out, int32_t h, int32_t w, int32_t kh,
                                int32_t kw)
{
    return (nn_conv_shape){.channels_in = in,
                           .channels_out = out,
                           .groups = 1,
                           .in_h = h,
                           .in_w = w,
                           .out_h = h,
                           .out_w = w,
                           .kernel_h = kh,
                           .kernel_w = kw,
                           .stride_h = 1,
                           .stride_w = 1,
                           .dilation_h = 1,
                           .dilation_w = 1,
                           .pad_top = kh / 2,
                           .pad_left = kw / 2};
}

static void test_field_shapes(void)
{
    rng r = rng_at(1, RNG_TEST, 1, 0);
    const nn_conv_shape shapes[] = {
        same_shape(64, 8, 1, 32, 1, 1), same_shape(4, 64, 1, 32, 1, 1),
        same_shape(12, 9, 1, 32, 1, 5), same_shape(32, 8, 1, 32, 1, 7),
        same_shape(2, 8, 32, 32, 1, 7), same_shape(8, 2, 32, 32, 1, 5),
        same_shape(2, 2, 32, 32, 3, 1), same_shape(2, 2, 32, 32, 1, 3),
        same_shape(2, 2, 32, 32, 3, 3), same_shape(6, 2, 32, 32, 1, 1),
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        check_kernel(&r, &shapes[i], 1 + (int64_t)i % 5);
    /* More samples than one table of terms covers, and a remainder. */
    check_kernel(&r, &shapes[2], 69);
    check_kernel(&r, &shapes[6], 3);
}

static int32_t pick(rng *r, int32_t least, int32_t most)
{
    return least + (int32_t)(rng_u32(r) % (uint32_t)(most - least + 1));
}

/* Any shape with at least one output; the kernel may stick out of the input on every side. */
static nn_conv_shape random_shape(rng *r)
{
    const int32_t groups = pick(r, 0, 3) ? 1 : pick(r, 2, 3);
    nn_conv_shape s = {.channels_in = groups * pick(r, 1, 9),
                       .channels_out = groups * pick(r, 1, 19),
                       .groups = groups,
                       .in_h = pick(r, 0, 1) ? 1 : pick(r, 1, 9),
                       .in_w = pick(r, 1, 40),
                       .kernel_h = pick(r, 1, 3),
                       .kernel_w = pick(r, 1, 7),
                       .stride_h = pick(r, 1, 2),
                       .stride_w = pick(r, 0, 1) ? 1 : pick(r, 2, 3),
                       .dilation_h = pick(r, 1, 2),
                       .dilation_w = pick(r, 1, 3)};
    const int32_t span_h = (s.kernel_h - 1) * s.dilation_h + 1;
    const int32_t span_w = (s.kernel_w - 1) * s.dilation_w + 1;
    s.pad_top = pick(r, 0, span_h);
    s.pad_left = pick(r, 0, span_w);
    const int32_t room_h = s.in_h + s.pad_top + pick(r, 0, span_h) - span_h;
    const int32_t room_w = s.in_w + s.pad_left + pick(r, 0, span_w) - span_w;
    s.out_h = (room_h > 0 ? room_h : 0) / s.stride_h + 1;
    s.out_w = (room_w > 0 ? room_w : 0) / s.stride_w + 1;
    return s;
}

static void test_random_shapes(void)
{
    rng r = rng_at(1, RNG_TEST, 2, 0);
    for (int i = 0; i < 300; i++) {
        const nn_conv_shape s = random_shape(&r);
        check_kernel(&r, &s, 1 + i % 5);
    }
}

static void test_repeatable(void)
{
    rng r = rng_at(1, RNG_TEST, 3, 0);
    const nn_conv_shape s = same_shape(7, 5, 4, 21, 3, 5);
    const sizes n = sizes_of(&s, 9);
    float *x = new_floats(n.x), *d_y = new_floats(n.y);
    float *first = calloc(n.w, sizeof *first), *second = calloc(n.w, sizeof *second);
    REQUIRE(first && second);
    for (size_t i = 0; i < n.x; i++)
        x[i] = (float)rng_uniform(&r);
    for (size_t i = 0; i < n.y; i++)
        d_y[i] = (float)rng_uniform(&r);
    run_kernel(cpu_level(), &s, 9, x, d_y, first, NULL);
    run_kernel(cpu_level(), &s, 9, x, d_y, second, NULL);
    CHECK(memcmp(first, second, n.w * sizeof *first) == 0);
    free(x);
    free(d_y);
    free(first);
    free(second);
}

/* <d_y, conv(x, w)> = <d_w, w>: both are a sum of the same products. Each product is below 1 and
 * rounded to 2^-24 of its sum's size; terms / 2^24 bounds that generously. */
static void test_adjoint_reals(void)
{
    rng r = rng_at(1, RNG_TEST, 4, 0);
    err e = {0};
    const nn_conv_shape s = same_shape(16, 24, 1, 32, 1, 5);
    const int64_t batch = 11;
    const sizes n = sizes_of(&s, batch);
    float *x = new_floats(n.x), *d_y = new_floats(n.y), *y = new_floats(n.y);
    float *w = new_floats(n.w), *d_w = new_floats(n.w);
    float *all[] = {x, d_y, w};
    const size_t counts[] = {n.x, n.y, n.w};
    for (int k = 0; k < 3; k++)
        for (size_t i = 0; i < counts[k]; i++)
            all[k][i] = (float)(2 * rng_uniform(&r) - 1);
    memset(d_w, 0, n.w * sizeof *d_w);
    run_kernel(cpu_level(), &s, batch, x, d_y, d_w, NULL);
    nn_conv *c = nn_conv_create(&s, w, NULL, &e);
    REQUIRE(c != NULL);
    void *scratch = new_scratch(nn_conv_scratch_bytes(c));
    nn_conv_run(c, batch, x, NULL, y, scratch);
    CHECK_NEAR(dot(d_w, w, n.w), dot(d_y, y, n.y), (double)n.y * 80 / 16777216.0);
    nn_conv_free(c);
    free(scratch);
    free(x);
    free(d_y);
    free(y);
    free(w);
    free(d_w);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"the weights' gradient of the field's shapes is exact at every level", test_field_shapes},
        {"the weights' gradient of any shape is exact at every level", test_random_shapes},
        {"two runs give the same bits", test_repeatable},
        {"the weights' gradient is the adjoint of the convolution", test_adjoint_reals},
    };
    return harness_main(argc, argv, "conv_gradient", tests, sizeof tests / sizeof tests[0]);
}
