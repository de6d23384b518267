/* The integer kernels: exact sums on every path, on worst-case values and at borders; and the way
 * from sums to floats and bytes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "nn/int8/conv_int8.h"
#include "nn/int8/conv_int8_internal.h"
#include "nn/int8/dense_int8.h"
#include "nn/int8/dense_int8_internal.h"
#include "nn/int8/finish.h"
#include "nn/int8/quantize_simd.h"
#include "nn/quantize.h"

/* A path: a level, and what it has besides. */
typedef struct path {
    cpu_isa level;
    conv_int8_words words;
} path;

/* Those that this machine, and CSILINK_CPU, allow; returns how many. */
static int find_paths(path *out)
{
    int n = 0;
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++)
        for (int words = CONV_INT8_PAIRS; words <= (int)conv_int8_words_of(level); words++)
            out[n++] = (path){level, (conv_int8_words)words};
    return n;
}

static const nn_conv_shape shapes[] = {
    /* csilink-net and CLLWCsiNet */
    {64, 38, 1, 1, 32, 1, 32, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {38, 38, 1, 1, 32, 1, 32, 1, 5, 1, 1, 1, 1, 0, 2, NN_ACT_NONE, 0},
    {38, 16, 1, 1, 32, 1, 32, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {64, 32, 1, 1, 32, 1, 32, 1, 7, 1, 1, 1, 1, 0, 3, NN_ACT_NONE, 0},
    {2, 2, 1, 32, 32, 32, 32, 1, 9, 1, 1, 1, 1, 0, 4, NN_ACT_NONE, 0},
    {2, 2, 1, 32, 32, 32, 32, 9, 1, 1, 1, 1, 1, 4, 0, NN_ACT_NONE, 0},
    {6, 2, 1, 32, 32, 32, 32, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {6, 2, 1, 32, 32, 32, 32, 1, 7, 1, 1, 1, 1, 0, 3, NN_ACT_NONE, 0},
    /* images of 32 columns: odd channels and rows, dilation, even kernels, pads of one side */
    {3, 2, 1, 7, 32, 7, 32, 1, 4, 1, 1, 1, 1, 0, 2, NN_ACT_NONE, 0},
    {1, 2, 1, 2, 32, 2, 32, 1, 3, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {8, 2, 1, 5, 32, 5, 32, 1, 5, 1, 1, 1, 7, 0, 14, NN_ACT_NONE, 0},
    {3, 5, 1, 7, 32, 7, 32, 5, 1, 1, 1, 2, 1, 4, 0, NN_ACT_NONE, 0},
    {2, 2, 1, 5, 32, 9, 32, 4, 1, 1, 1, 3, 1, 9, 0, NN_ACT_NONE, 0},
    {1, 1, 1, 6, 32, 5, 32, 2, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {64, 3, 1, 3, 32, 3, 32, 1, 3, 1, 1, 1, 9, 0, 9, NN_ACT_NONE, 0},
    {38, 2, 1, 1, 32, 1, 32, 1, 2, 1, 1, 1, 1, 0, 20, NN_ACT_NONE, 0},
    {9, 1, 1, 4, 32, 4, 32, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    /* words of several places, by other paths */
    {2, 3, 1, 6, 40, 6, 40, 1, 7, 1, 1, 1, 1, 0, 3, NN_ACT_NONE, 0},
    {1, 2, 1, 5, 31, 5, 31, 3, 5, 1, 1, 1, 1, 1, 2, NN_ACT_NONE, 0},
    {3, 2, 1, 9, 17, 9, 17, 5, 1, 1, 1, 1, 1, 2, 0, NN_ACT_NONE, 0},
    {2, 2, 2, 1, 64, 1, 64, 1, 5, 1, 1, 1, 1, 0, 2, NN_ACT_NONE, 0},
    /* borders: odd sizes, one channel, strides, dilation, groups, pads wider than the input */
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {3, 5, 1, 7, 13, 7, 13, 3, 3, 1, 1, 1, 1, 1, 1, NN_ACT_NONE, 0},
    {5, 7, 1, 9, 11, 4, 5, 3, 3, 2, 2, 1, 1, 0, 0, NN_ACT_NONE, 0},
    {6, 9, 3, 5, 17, 5, 17, 3, 3, 1, 1, 1, 1, 1, 1, NN_ACT_NONE, 0},
    {4, 4, 4, 6, 6, 6, 6, 3, 3, 1, 1, 1, 1, 1, 1, NN_ACT_NONE, 0},
    {2, 3, 1, 4, 19, 4, 19, 3, 5, 1, 1, 2, 3, 2, 6, NN_ACT_NONE, 0},
    {3, 2, 1, 2, 3, 4, 9, 3, 5, 1, 1, 1, 1, 2, 5, NN_ACT_NONE, 0},
    {1, 8, 1, 1, 100, 1, 34, 1, 4, 1, 3, 1, 1, 0, 1, NN_ACT_NONE, 0},
    {257, 3, 1, 2, 33, 2, 33, 1, 3, 1, 1, 1, 1, 0, 1, NN_ACT_NONE, 0},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static size_t in_count(const nn_conv_shape *s)
{
    return (size_t)s->channels_in * (size_t)s->in_h * (size_t)s->in_w;
}

static size_t out_count(const nn_conv_shape *s)
{
    return (size_t)s->channels_out * (size_t)s->out_h * (size_t)s->out_w;
}

static size_t weight_count(const nn_conv_shape *s)
{
    return (size_t)s->channels_out * (size_t)(s->channels_in / s->groups) * (size_t)s->kernel_h *
           (size_t)s->kernel_w;
}

static void *new_memory(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    REQUIRE(p != NULL);
    return p;
}

/* Of each channel's sums, the least and the greatest are among its extremes. */
static int count_wrong_extremes(const nn_sums_layout *few, const int32_t *extremes, size_t count,
                                const int32_t *want)
{
    const size_t each = count / (size_t)few->channels;
    int wrong = 0;
    for (int32_t c = 0; c < few->channels; c++, want += each, extremes += few->pitch) {
        int32_t low = want[0], high = want[0], found_low = extremes[0], found_high = extremes[0];
        for (size_t i = 0; i < each; i++) {
            low = want[i] < low ? want[i] : low;
            high = want[i] > high ? want[i] : high;
        }
        for (int32_t i = 0; i < few->width; i++) {
            found_low = extremes[i] < found_low ? extremes[i] : found_low;
            found_high = extremes[i] > found_high ? extremes[i] : found_high;
        }
        wrong += found_low != low || found_high != high;
    }
    return wrong;
}

/* Convolves on one path, and counts the sums that are not those of the reference. */
static int count_wrong(path at, const nn_conv_shape *s, const int8_t *w, const uint8_t *x,
                       uint8_t zero, const int32_t *offset, const int32_t *want)
{
    nn_conv_int8 *c = nn_conv_int8_create_at(at.level, at.words, s, w, NULL);
    REQUIRE(c != NULL);
    nn_sums_layout l = nn_conv_int8_layout(c);
    CHECK((size_t)l.channels * (size_t)l.rows * (size_t)l.width == out_count(s));
    int32_t *sums = new_memory((size_t)l.channels * (size_t)l.rows * (size_t)l.pitch * 4);
    void *scratch = new_memory(nn_conv_int8_scratch_bytes(c));
    nn_sums_layout few;
    int32_t *extremes = NULL;
    if (nn_conv_int8_extremes(c, &few))
        extremes = new_memory((size_t)few.channels * (size_t)few.pitch * sizeof *extremes);
    nn_conv_int8_run(c, x, zero, offset, sums, extremes, scratch);
    int wrong = extremes ? count_wrong_extremes(&few, extremes, out_count(s), want) : 0;
    for (int32_t row = 0; row < l.channels * l.rows; row++)
        for (int32_t i = 0; i < l.width; i++)
            wrong += sums[(int64_t)row * l.pitch + i] != *want++;
    free(sums);
    free(extremes);
    free(scratch);
    nn_conv_int8_free(c);
    return wrong;
}

/* On every path, with the values that fill_x and fill_w give. */
static void check_shape(const nn_conv_shape *s, rng *r, uint8_t (*x_of)(rng *),
                        int8_t (*w_of)(rng *), uint8_t zero)
{
    path paths[3 * CPU_LEVELS];
    int n = find_paths(paths);
    uint8_t *x = new_memory(in_count(s));
    int8_t *w = new_memory(weight_count(s));
    int32_t *offset = new_memory((size_t)s->channels_out * sizeof *offset);
    int32_t *want = new_memory(out_count(s) * sizeof *want);
    for (size_t i = 0; i < in_count(s); i++)
        x[i] = x_of(r);
    for (size_t i = 0; i < weight_count(s); i++)
        w[i] = w_of(r);
    for (int32_t o = 0; o < s->channels_out; o++)
        offset[o] = (int32_t)(rng_u32(r) % 2000001) - 1000000;
    nn_conv_int8_reference(s, w, x, zero, offset, want);
    for (int i = 0; i < n; i++)
        CHECK(count_wrong(paths[i], s, w, x, zero, offset, want) == 0);
    free(x);
    free(w);
    free(offset);
    free(want);
}

static uint8_t any_x(rng *r)
{
    return (uint8_t)rng_u32(r);
}

static int8_t any_w(rng *r)
{
    return (int8_t)rng_u32(r);
}

static uint8_t most_x(rng *r)
{
    (void)r;
    return 255;
}

static uint8_t extreme_x(rng *r)
{
    return rng_u32(r) % 2 ? 255 : 0;
}

static int8_t least_w(rng *r)
{
    (void)r;
    return -128;
}

static int8_t most_w(rng *r)
{
    (void)r;
    return 127;
}

static int8_t extreme_w(rng *r)
{
    return rng_u32(r) % 2 ? 127 : -128;
}

static void test_random(void)
{
    rng r = rng_at(1, RNG_TEST, 0, 0);
    for (int i = 0; i < SHAPES; i++)
        for (int zero = 0; zero < 256; zero += 51)
            check_shape(&shapes[i], &r, any_x, any_w, (uint8_t)zero);
}

static void test_worst(void)
{
    rng r = rng_at(2, RNG_TEST, 0, 0);
    for (int i = 0; i < SHAPES; i++)
        for (int zero = 0; zero < 256; zero += 255) {
            check_shape(&shapes[i], &r, most_x, least_w, (uint8_t)zero);
            check_shape(&shapes[i], &r, most_x, most_w, (uint8_t)zero);
            check_shape(&shapes[i], &r, extreme_x, extreme_w, (uint8_t)zero);
        }
}

static void test_refusals(void)
{
    err e = {0};
    nn_conv_shape s = {65794, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0};
    int8_t w[1] = {0};
    CHECK(nn_conv_int8_create(&s, w, &e) == NULL && e.code == ERR_UNSUPPORTED);
    s.channels_in = 3;
    s.groups = 2;
    CHECK(nn_conv_int8_create(&s, w, &e) == NULL && e.code == ERR_INVALID);
    s.groups = 0;
    CHECK(nn_conv_int8_create(&s, w, &e) == NULL && e.code == ERR_INVALID);
}

/* A script that runs this program under emulation reads the path that is printed. */
static void test_path(void)
{
    const int8_t w[4] = {1, -2, 3, -4};
    const nn_conv_shape s = {4, 1, 1, 3, 5, 3, 5, 1, 1, 1, 1, 1, 1, 0, 0, NN_ACT_NONE, 0};
    nn_conv_int8 *c = nn_conv_int8_create(&s, w, NULL);
    REQUIRE(c != NULL);
    const char *chosen = nn_conv_int8_path(c);
    printf("    path: %s\n", chosen);
    CHECK((strncmp(chosen, "pairs ", 6) != 0) == cpu_has_byte_products(cpu_level()));
    CHECK(strstr(chosen, cpu_level_name(cpu_level())) != NULL);
    nn_conv_int8_free(c);
}

/* --- matrix products ----------------------------------------------------------------------------
 */

static int32_t dense_one(const uint8_t *x, const int8_t *w, int32_t depth, int32_t columns,
                         uint8_t zero)
{
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; k++)
        sum += (x[k] - zero) * w[(int64_t)k * columns];
    return sum;
}

static void check_dense(path at, int32_t depth, int32_t columns, const int8_t *w, const uint8_t *x,
                        uint8_t zero)
{
    enum { ROWS = 2 };
    nn_dense_int8 *d =
        nn_dense_int8_create_at(at.level, at.words != CONV_INT8_PAIRS, depth, columns, w, NULL);
    REQUIRE(d != NULL);
    nn_sums_layout l = nn_dense_int8_layout(d, ROWS);
    int32_t *sums = new_memory((size_t)l.rows * (size_t)l.pitch * sizeof *sums);
    nn_dense_int8_run(d, ROWS, x, zero, NULL, sums);
    int wrong = 0;
    for (int32_t i = 0; i < ROWS; i++)
        for (int32_t j = 0; j < columns; j++)
            wrong += sums[i * l.pitch + j] !=
                     dense_one(x + (int64_t)i * depth, w + j, depth, columns, zero);
    CHECK(wrong == 0);
    free(sums);
    nn_dense_int8_free(d);
}

static void test_dense(void)
{
    static const int32_t sizes[][2] = {{1, 1}, {2, 3}, {3, 16}, {5, 70}, {64, 129}, {431, 33}};
    uint8_t (*const x_of[])(rng *) = {any_x, most_x, extreme_x};
    int8_t (*const w_of[])(rng *) = {any_w, least_w, extreme_w};
    path paths[3 * CPU_LEVELS];
    const int n = find_paths(paths);
    rng r = rng_at(6, RNG_TEST, 0, 0);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int kind = 0; kind < 3; kind++) {
            const int32_t depth = sizes[s][0], columns = sizes[s][1];
            uint8_t *x = new_memory((size_t)(2 * depth));
            int8_t *w = new_memory((size_t)(depth * columns));
            for (int32_t i = 0; i < 2 * depth; i++)
                x[i] = x_of[kind](&r);
            for (int32_t i = 0; i < depth * columns; i++)
                w[i] = w_of[kind](&r);
            for (int i = 0; i < n; i++)
                check_dense(paths[i], depth, columns, w, x, (uint8_t)(85 * kind));
            free(x);
            free(w);
        }
}

/* --- from sums to floats and bytes --------------------------------------------------------------
 */

typedef void finish_function(const nn_finish *, const nn_sums_layout *, const int32_t *, float *);
typedef void finish_range_function(const nn_finish *, const nn_sums_layout *, const int32_t *,
                                   nn_range *);
typedef void finish_bytes_function(const nn_finish *, const nn_sums_layout *, const int32_t *,
                                   nn_quantization, bool, uint8_t *);
typedef void range_function(const float *, size_t, nn_range *);
typedef void quantize_function(const float *, nn_quantization, uint8_t *, size_t);

static finish_function *const finishers[] = SIMD_TABLE(nn_finish_sums);
static finish_range_function *const finish_ranges[] = SIMD_TABLE(nn_finish_range);
static finish_bytes_function *const finish_bytes[] = SIMD_TABLE(nn_finish_bytes);
static range_function *const rangers[] = SIMD_TABLE(nn_range_row);
static quantize_function *const quantizers[] = SIMD_TABLE(nn_quantize_row);

enum { ROW = 147 };

/* The operators one by one. */
static float finish_one(const nn_finish *f, int32_t sum, int32_t fine, int32_t channel, int32_t at)
{
    float y = (float)sum * f->scale[channel];
    if (f->bias)
        y += f->bias[channel];
    if (f->fine)
        y += (float)fine * f->fine_scale[channel] + f->fine_bias[channel];
    if (f->addend)
        y += f->addend[at];
    if (y < 0 && f->activation == NN_ACT_RELU)
        return 0;
    return y < 0 && f->activation == NN_ACT_LEAKY_RELU ? y * f->alpha : y;
}

static void check_finish(cpu_isa level, const nn_finish *f, const nn_sums_layout *l,
                         const int32_t *sums, bool within)
{
    float y[3 * ROW + 1];
    uint8_t bytes[3 * ROW + 1];
    nn_range range = {0, 0}, want_range = {0, 0};
    const int32_t n = l->channels * l->rows * l->width;
    y[n] = -7;
    bytes[n] = 77;
    finishers[level](f, l, sums, y);
    finish_ranges[level](f, l, sums, &range);
    const nn_quantization q = nn_quantization_of(range);
    finish_bytes[level](f, l, sums, q, within, bytes);
    CHECK(y[n] == -7 && bytes[n] == 77);
    for (int32_t at = 0; at < n; at++) {
        const int32_t r = at / l->width;
        const int32_t from = r * l->pitch + at % l->width;
        float want = finish_one(f, sums[from], f->fine ? f->fine[from] : 0, r / l->rows, at);
        CHECK(y[at] == want);
        CHECK(bytes[at] == nn_quantize_u8(want, q));
        want_range = nn_range_join(want_range, (nn_range){want, want});
    }
    CHECK(range.low == want_range.low && range.high == want_range.high);
}

static void test_finish(void)
{
    rng r = rng_at(3, RNG_TEST, 0, 0);
    int32_t sums[3 * (ROW + 5)], fine[3 * (ROW + 5)];
    float addend[3 * ROW];
    const float scale[3] = {3.1e-5f, 1e-3f, 7.7e-7f}, bias[3] = {0.7f, -1.1f, 0};
    const float fine_scale[3] = {3.1e-7f, 1e-5f, 1e-6f}, fine_bias[3] = {0, 0.01f, -0.1f};
    for (int i = 0; i < 3 * (ROW + 5); i++) {
        sums[i] = (int32_t)(rng_u32(&r) % 4000001) - 2000000;
        fine[i] = (int32_t)(rng_u32(&r) % 4000001) - 2000000;
    }
    for (int i = 0; i < 3 * ROW; i++)
        addend[i] = (float)rng_uniform(&r) * 9 - 4;
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++)
        for (int act = NN_ACT_NONE; act <= NN_ACT_LEAKY_RELU + 1; act++)
            for (int32_t n = 1; n <= ROW; n++) {
                bool steep = act > NN_ACT_LEAKY_RELU;
                nn_finish f = {.scale = scale,
                               .bias = n % 3 ? bias : NULL,
                               .addend = n % 2 ? addend : NULL,
                               .fine = n % 8 > 3 ? fine : NULL,
                               .fine_scale = fine_scale,
                               .fine_bias = fine_bias,
                               .activation = steep ? NN_ACT_LEAKY_RELU : (nn_activation)act,
                               .alpha = steep ? 1.7f : 0.3f};
                nn_sums_layout one = {3, 1, n, n + n % 6}, three = {1, 3, n, n + n % 6};
                check_finish(level, &f, &one, sums, n % 2);
                check_finish(level, &f, &three, sums, n % 5 > 1);
                f.fine = fine; /* whole vectors, two products, no addend */
                f.addend = NULL;
                f.bias = bias;
                check_finish(level, &f, &(nn_sums_layout){3, 1, n, n}, sums, true);
            }
}

static void check_quantize(quantize_function *quantize, const float *x, size_t n, nn_quantization q)
{
    uint8_t y[ROW + 1];
    y[n] = 99;
    quantize(x, q, y, n);
    CHECK(y[n] == 99);
    for (size_t i = 0; i < n; i++)
        CHECK(y[i] == nn_quantize_u8(x[i], q));
}

static void test_dequantize(void)
{
    void (*const dequantizers[])(const uint8_t *, nn_quantization, float *, size_t) =
        SIMD_TABLE(nn_dequantize_row);
    uint8_t x[256];
    float y[257];
    for (int i = 0; i < 256; i++)
        x[i] = (uint8_t)(i * 7);
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++)
        for (size_t n = 0; n <= 256; n++) {
            const nn_quantization q = {0.1f + (float)n, (uint8_t)n};
            y[n] = -7;
            dequantizers[level](x, q, y, n);
            CHECK(y[n] == -7);
            for (size_t i = 0; i < n; i++)
                CHECK(y[i] == nn_dequantize_u8(x[i], q));
        }
}

static void test_quantize(void)
{
    rng r = rng_at(4, RNG_TEST, 0, 0);
    float x[ROW];
    for (int i = 0; i < ROW; i++)
        x[i] = (float)rng_uniform(&r) * 20 - 10;
    for (int i = 0; i < 40; i++) /* ties */
        x[i] = (float)(i - 20) * 0.5f;
    x[40] = NAN;
    x[41] = INFINITY;
    x[42] = -INFINITY;
    x[43] = 3e38f;
    x[44] = -0.0f;
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++)
        for (size_t n = 0; n <= ROW; n++) {
            check_quantize(quantizers[level], x, n, (nn_quantization){1, 13});
            check_quantize(quantizers[level], x, n, (nn_quantization){0.0713f, 128});
            check_quantize(quantizers[level], x, n, (nn_quantization){1e-30f, 255});
            check_quantize(quantizers[level], x, n, (nn_quantization){1e-44f, 0});
        }
}

/* Values over a range of their own, on ties and beside them. */
static void test_quantize_range(void)
{
    rng r = rng_at(5, RNG_TEST, 0, 0);
    quantize_function *const within[] = SIMD_TABLE(nn_quantize_within);
    float x[ROW];
    for (int round = 0; round < 2000; round++) {
        nn_range range = {0, 0};
        float size = ldexpf((float)rng_uniform(&r) + 0.5f, (int)(rng_u32(&r) % 180) - 90);
        for (int i = 0; i < ROW; i++)
            x[i] = size * (round % 2 ? (float)rng_uniform(&r) - 0.3f : (float)(i - 20) / 510);
        nn_range_row(x, ROW, &range);
        for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++)
            check_quantize(within[level], x, ROW - (size_t)round % 40, nn_quantization_of(range));
    }
}

static void test_range(void)
{
    float x[ROW];
    for (int i = 0; i < ROW; i++)
        x[i] = (float)(i % 2 ? i : -i);
    x[3] = NAN;
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++)
        for (size_t n = 0; n <= ROW; n++) {
            nn_range range = {0, 0};
            float least = 0, most = 0;
            rangers[level](x, n, &range);
            for (size_t i = 0; i < n; i++) {
                least = fminf(least, x[i]);
                most = fmaxf(most, x[i]);
            }
            CHECK(range.low == least && range.high == most);
        }
}

static const harness_test tests[] = {
    {"integer convolution: every path gives the reference's sums, bit for bit", test_random},
    {"integer convolution: worst-case weights and activations do not saturate", test_worst},
    {"integer convolution: a shape that cannot be exact is refused", test_refusals},
    {"integer convolution: the path chosen is the best that the machine has", test_path},
    {"integer matrix product: every path is exact, worst cases too", test_dense},
    {"sums to floats, ranges and bytes: every level gives the operators' own bits", test_finish},
    {"quantization: every level rounds ties to even and saturates, NaN to 0", test_quantize},
    {"dequantization: every level gives the definition's bits", test_dequantize},
    {"quantization by the values' own range gives the same integers", test_quantize_range},
    {"range: 0 is in it, NaN is not", test_range},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "8-bit integers", tests, sizeof tests / sizeof tests[0]);
}
