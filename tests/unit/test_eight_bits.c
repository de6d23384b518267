/* The arithmetic of 8 bits: values, ranges, weights. Networks made of it are test_quantize.c's. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "nn/quantize.h"

enum { VALUES = 4096 };

static void fill(uint32_t stream, float *x, size_t n, float deviation)
{
    rng r = rng_at(1, RNG_TEST, 9, stream);
    rng_normal_fill(&r, x, n, deviation);
}

static void error_is_half_a_step(void)
{
    static float x[VALUES];
    for (uint32_t k = 0; k < 8; k++) {
        fill(k, x, VALUES, powf(10, (float)k - 4));
        nn_quantization q = nn_quantization_of(nn_range_of(x, VALUES));
        double worst = 0;
        for (size_t i = 0; i < VALUES; i++) {
            float back = nn_dequantize_u8(nn_quantize_u8(x[i], q), q);
            worst = fmax(worst, fabs((double)x[i] - (double)back));
        }
        /* Z is rounded too, which moves the ends of the range by up to half a step: what lies
         * there saturates, half a step off. 255 steps of float rounding come on top. */
        CHECK(worst <= (double)q.scale * (0.5 + 0.5 + 1e-4));
        CHECK(worst > 0.4 * (double)q.scale);
        CHECK(nn_dequantize_u8(nn_quantize_u8(0, q), q) == 0);
    }
}

/* Inside by half a step from either end nothing saturates. */
static void inside_the_bound_is_strict(void)
{
    static float x[VALUES];
    fill(20, x, VALUES, 1);
    nn_range r = nn_range_of(x, VALUES);
    nn_quantization q = nn_quantization_of(r);
    for (size_t i = 0; i < VALUES; i++) {
        float back = nn_dequantize_u8(nn_quantize_u8(x[i], q), q);
        if (x[i] > r.low + q.scale / 2 && x[i] < r.high - q.scale / 2)
            CHECK(fabsf(x[i] - back) <= q.scale * 0.50001f);
    }
}

static void ties_go_to_even(void)
{
    const nn_quantization q = {.scale = 2, .zero = 10};
    static const float x[] = {1, 3, 5, -1, -3, 1e9f, -1e9f, NAN};
    static const uint8_t want[] = {10, 12, 12, 10, 8, 255, 0, 0};
    for (size_t i = 0; i < sizeof want; i++)
        CHECK(nn_quantize_u8(x[i], q) == want[i]);
    CHECK(nn_quantize_s8(2.5f, 1) == 2 && nn_quantize_s8(-3.5f, 1) == -4);
    CHECK(nn_quantize_s8(-1000, 1) == -127);
}

static void odd_ranges_quantize(void)
{
    nn_quantization zero = nn_quantization_of((nn_range){0, 0});
    CHECK(zero.scale == 1.0f && zero.zero == 0);
    nn_quantization above = nn_quantization_of((nn_range){3, 51});
    CHECK(above.scale == 0.2f && above.zero == 0); /* widened to 0..51 */
    nn_quantization below = nn_quantization_of((nn_range){-51, -3});
    CHECK(below.scale == 0.2f && below.zero == 255);
    nn_quantization tiny = nn_quantization_of((nn_range){0, 1e-45f});
    CHECK(tiny.scale == 1.0f && tiny.zero == 0);
}

/* Integers times a scale of their channel, one of them 127, come back as they are. */
static void representable_weights_are_exact(void)
{
    enum { CHANNELS = 5, EACH = 64 };
    float w[CHANNELS * EACH], scale[CHANNELS], turned[CHANNELS * EACH];
    int8_t q[CHANNELS * EACH], want[CHANNELS * EACH], q_turned[CHANNELS * EACH];
    rng r = rng_at(1, RNG_TEST, 9, 30);
    for (int i = 0; i < CHANNELS * EACH; i++) {
        int value = i % EACH == 7 ? -127 : (int)(rng_u32(&r) % 255) - 127;
        want[i] = (int8_t)value;
        w[i] = (float)value * ldexpf(1, i / EACH - 3);
        turned[i % EACH * CHANNELS + i / EACH] = w[i];
    }
    nn_quantize_weights(&(nn_weights){CHANNELS, EACH, EACH, 1}, w, q, scale);
    CHECK(memcmp(q, want, sizeof q) == 0);
    for (int c = 0; c < CHANNELS; c++)
        CHECK(scale[c] == ldexpf(1, c - 3));
    nn_quantize_weights(&(nn_weights){CHANNELS, EACH, 1, CHANNELS}, turned, q_turned, scale);
    for (int i = 0; i < CHANNELS * EACH; i++)
        CHECK(q_turned[i % EACH * CHANNELS + i / EACH] == want[i]);
}

/* No other scale of signs comes nearer to the weights. */
static void binary_scale_is_best(void)
{
    float w[256], scale;
    int8_t q[256];
    fill(31, w, 256, 2);
    w[3] = 0;
    nn_binarize_weights(&(nn_weights){1, 256, 256, 1}, w, q, &scale);
    double error[3] = {0};
    for (int i = 0; i < 256; i++) {
        CHECK(q[i] == (w[i] < 0 ? -1 : 1));
        for (int k = 0; k < 3; k++) {
            double d = (double)w[i] - (double)scale * (0.99 + 0.01 * k) * q[i];
            error[k] += d * d;
        }
    }
    CHECK(error[1] < error[0] && error[1] < error[2]);
}

static const harness_test tests[] = {
    {"quantizing errs by half a step inside the range, and 0 is exact", error_is_half_a_step},
    {"half a step inside the range nothing saturates", inside_the_bound_is_strict},
    {"ties go to even, what lies outside saturates", ties_go_to_even},
    {"ranges without 0, of 0 alone and of denormals have a scale", odd_ranges_quantize},
    {"weights that 8 bits hold come back exactly, channel by channel",
     representable_weights_are_exact},
    {"mean |w| is the best scale of signs", binary_scale_is_best},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "eight bits", tests, sizeof tests / sizeof tests[0]);
}
