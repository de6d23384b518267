#include "base/rng.h"
#include "harness.h"
#include "nn/kernels/conv.h"
#include "nn/kernels/conv_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64 }; /* floats before and after every output, which no kernel may touch */

static const float guard_value = -12345.0f;

/* One convolution with its data; all arrays have exactly the size that they need. */
typedef struct problem {
    nn_conv_shape shape;
    int64_t batch;
    size_t x_count, w_count, y_count;
    float *x, *w, *bias;
    float *residual; /* NULL in every third problem */
    float *want;     /* by the definition */
    float *scale;    /* sum |w| |x| + |bias| + |residual|, which rounding errors are measured in */
} problem;

static float *new_floats(size_t n)
{
    float *p = malloc((n ? n : 1) * sizeof *p);
    REQUIRE(p != NULL);
    return p;
}

/* With `integers`, whole numbers from -4 to 4: their sums here are exact in float. */
static float *new_random(rng *r, size_t n, bool integers)
{
    float *p = new_floats(n);
    for (size_t i = 0; i < n; i++)
        p[i] = integers ? (float)((int)(rng_u32(r) % 9) - 4) : (float)(2 * rng_uniform(r) - 1);
    return p;
}

static float *new_absolute(const float *from, size_t n)
{
    if (!from)
        return NULL;
    float *p = new_floats(n);
    for (size_t i = 0; i < n; i++)
        p[i] = fabsf(from[i]);
    return p;
}

static void find_scale(problem *p)
{
    nn_conv_shape plain = p->shape;
    plain.activation = NN_ACT_NONE;
    float *x = new_absolute(p->x, p->x_count), *w = new_absolute(p->w, p->w_count);
    float *bias = new_absolute(p->bias, (size_t)p->shape.channels_out);
    float *residual = new_absolute(p->residual, p->y_count);
    nn_conv_reference(&plain, w, bias, p->batch, x, residual, p->scale);
    free(x);
    free(w);
    free(bias);
    free(residual);
}

static problem new_problem(rng *r, nn_conv_shape s, int64_t batch, bool integers)
{
    problem p = {.shape = s, .batch = batch};
    p.x_count = (size_t)batch * (size_t)(s.channels_in * s.in_h * s.in_w);
    p.w_count = (size_t)(s.channels_out * (s.channels_in / s.groups) * s.kernel_h * s.kernel_w);
    p.y_count = (size_t)batch * (size_t)(s.channels_out * s.out_h * s.out_w);
    p.x = new_random(r, p.x_count, integers);
    p.w = new_random(r, p.w_count, integers);
    p.bias = new_random(r, (size_t)s.channels_out, integers);
    p.residual = rng_u32(r) % 3 ? new_random(r, p.y_count, integers) : NULL;
    p.want = new_floats(p.y_count);
    p.scale = new_floats(p.y_count);
    nn_conv_reference(&s, p.w, p.bias, batch, p.x, p.residual, p.want);
    find_scale(&p);
    return p;
}

static void free_problem(problem *p)
{
    float *all[] = {p->x, p->w, p->bias, p->residual, p->want, p->scale};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

/* Scratch of exactly the bytes asked for, full of NaN: what is read before it is written shows. */
static void *new_scratch(const nn_conv *c)
{
    size_t bytes = nn_conv_scratch_bytes(c);
    void *scratch = aligned_alloc(64, bytes ? bytes : 64);
    REQUIRE(scratch != NULL);
    memset(scratch, 0xff, bytes);
    return scratch;
}

/* Runs into y[GUARD ..]; returns whether the guards survived. */
static bool run_guarded(const problem *p, cpu_isa level, bool residual_is_y, float *guarded)
{
    err e = {0};
    nn_conv *c = nn_conv_create_at(level, &p->shape, p->w, p->bias, &e);
    REQUIRE(c != NULL);
    void *scratch = new_scratch(c);
    float *y = guarded + GUARD;
    for (size_t i = 0; i < p->y_count + 2 * GUARD; i++)
        guarded[i] = guard_value;
    if (residual_is_y && p->residual)
        memcpy(y, p->residual, p->y_count * sizeof *y);
    nn_conv_run(c, p->batch, p->x, residual_is_y && p->residual ? y : p->residual, y, scratch);
    bool intact = true;
    for (size_t i = 0; i < GUARD; i++)
        intact = intact && guarded[i] == guard_value && y[p->y_count + i] == guard_value;
    free(scratch);
    nn_conv_free(c);
    return intact;
}

static void print_shape(const nn_conv_shape *s, cpu_isa level)
{
    printf("    %s: %d->%d/%d, %dx%d->%dx%d, kernel %dx%d stride %dx%d dilation %dx%d pad %d %d "
           "activation %d\n",
           cpu_level_name(level), s->channels_in, s->channels_out, s->groups, s->in_h, s->in_w,
           s->out_h, s->out_w, s->kernel_h, s->kernel_w, s->stride_h, s->stride_w, s->dilation_h,
           s->dilation_w, s->pad_top, s->pad_left, (int)s->activation);
}

/* |got - want| <= relative * scale + 4e-7 everywhere, at every level, both ways to give the
 * residual. The constant is for sigmoid and tanh. */
static bool holds_at_all_levels(const problem *p, double relative)
{
    float *guarded = new_floats(p->y_count + 2 * GUARD);
    bool all = true;
    for (int run = 0; run <= 2 * (int)cpu_level() + 1; run++) {
        const cpu_isa level = (cpu_isa)(run / 2);
        bool good = run_guarded(p, level, run % 2, guarded);
        for (size_t i = 0; i < p->y_count; i++) {
            double d = fabs((double)guarded[GUARD + i] - (double)p->want[i]);
            bool smooth = p->shape.activation >= NN_ACT_SIGMOID;
            good = good && d <= relative * (double)p->scale[i] + (smooth ? 4e-7 : 0);
        }
        if (!good)
            print_shape(&p->shape, level);
        all = all && good;
    }
    free(guarded);
    return all;
}

static int32_t between(rng *r, int32_t low, int32_t high)
{
    return low + (int32_t)(rng_u32(r) % (uint32_t)(high - low + 1));
}

/* The output's size with `pad` zeros at both ends; 0 where the kernel does not fit. */
static int32_t out_size(int32_t in, int32_t pad, int32_t k, int32_t stride, int32_t dilation)
{
    int32_t room = in + 2 * pad - (k - 1) * dilation - 1;
    return room < 0 ? 0 : room / stride + 1;
}

/* Some valid shape of at most `macs` multiply-adds. */
static nn_conv_shape random_shape(rng *r, double macs)
{
    for (;;) {
        nn_conv_shape s = {.groups = 1, .alpha = 0.3f};
        if (rng_u32(r) % 4 == 0)
            s.groups = between(r, 1, 8);
        s.channels_in = s.groups * between(r, 1, 70 / s.groups);
        s.channels_out = s.groups * between(r, 1, 70 / s.groups);
        s.in_h = rng_u32(r) % 2 ? 1 : between(r, 1, 34);
        s.in_w = rng_u32(r) % 4 ? between(r, 1, 70) : 16 * between(r, 1, 4);
        s.kernel_h = s.in_h == 1 ? 1 : between(r, 1, 7);
        s.kernel_w = between(r, 1, 7);
        s.stride_h = rng_u32(r) % 3 ? 1 : between(r, 1, 3);
        s.stride_w = rng_u32(r) % 3 ? 1 : between(r, 1, 4);
        s.dilation_h = rng_u32(r) % 3 ? 1 : between(r, 1, 3);
        s.dilation_w = rng_u32(r) % 3 ? 1 : between(r, 1, 3);
        s.pad_top = between(r, 0, s.kernel_h);
        s.pad_left = between(r, 0, s.kernel_w);
        s.activation = (nn_activation)between(r, NN_ACT_NONE, NN_ACT_TANH);
        s.out_h = out_size(s.in_h, s.pad_top, s.kernel_h, s.stride_h, s.dilation_h);
        s.out_w = out_size(s.in_w, s.pad_left, s.kernel_w, s.stride_w, s.dilation_w);
        if (rng_u32(r) % 2) { /* more or fewer zeros, or even a cut, at the far ends */
            s.out_h += s.in_h == 1 ? 0 : between(r, -3, 3);
            s.out_w += between(r, -3, 3);
        }
        double cost = (double)s.channels_out * (s.channels_in / s.groups) * s.kernel_h *
                      s.kernel_w * s.out_h * s.out_w;
        if (s.out_h > 0 && s.out_w > 0 && cost <= macs)
            return s;
    }
}

/* 1e-6 of sum |w| |x|: float sums of up to 3430 terms of random sign stay far below; one term or
 * weight out of place would not. */
static void random_shapes_match_the_definition(void)
{
    rng r = rng_at(1, RNG_TEST, 1, 0);
    int wrong = 0;
    for (int i = 0; i < 400; i++) {
        problem p = new_problem(&r, random_shape(&r, 3e5), between(&r, 1, 2), false);
        wrong += !holds_at_all_levels(&p, 1e-6);
        free_problem(&p);
    }
    CHECK(wrong == 0);
}

static nn_conv_shape same_shape(int32_t in, int32_t out, int32_t h, int32_t w, int32_t kh,
                                int32_t kw)
{
    return (nn_conv_shape){
        in, out, 1, h, w, h, w, kh, kw, 1, 1, 1, 1, kh / 2, kw / 2, NN_ACT_LEAKY_RELU, 0.3f};
}

/* The layers of the field's networks: 32 x 32 images and rows of 32. */
static void network_shapes_match_the_definition(void)
{
    static const int32_t layers[][6] = {
        {2, 2, 32, 32, 1, 7},  {2, 2, 32, 32, 7, 1},  {2, 2, 32, 32, 1, 5},  {2, 2, 32, 32, 5, 1},
        {2, 2, 32, 32, 1, 3},  {2, 2, 32, 32, 3, 1},  {6, 2, 32, 32, 1, 7},  {2, 8, 32, 32, 1, 7},
        {8, 16, 32, 32, 1, 7}, {16, 2, 32, 32, 1, 5}, {4, 2, 32, 32, 1, 7},  {64, 32, 1, 32, 1, 7},
        {32, 16, 1, 32, 1, 7}, {16, 4, 1, 32, 1, 7},  {32, 64, 1, 32, 1, 7}, {48, 64, 1, 32, 1, 5},
        {2, 2, 32, 32, 1, 1},  {2, 16, 32, 32, 3, 3}, {16, 3, 32, 32, 3, 3}, {64, 64, 1, 32, 1, 1},
    };
    rng r = rng_at(1, RNG_TEST, 2, 0);
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        const int32_t *l = layers[i];
        problem p = new_problem(&r, same_shape(l[0], l[1], l[2], l[3], l[4], l[5]), 1, false);
        CHECK(holds_at_all_levels(&p, 1e-6));
        free_problem(&p);
    }
}

/* Every width has its own tail of the last vector, and every count its own blocks of channels. */
static void all_widths_and_channel_counts_are_exact(void)
{
    rng r = rng_at(1, RNG_TEST, 3, 0);
    int wrong = 0;
    for (int32_t n = 1; n <= 70; n++) {
        nn_conv_shape shapes[] = {same_shape(2, 3, 3, n, 1, 5), same_shape(2, 2, 3, n, 3, 1),
                                  same_shape(n, 2, 2, 17, 1, 3), same_shape(3, n, 1, 33, 1, 3)};
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            shapes[i].activation = NN_ACT_RELU;
            problem p = new_problem(&r, shapes[i], 1, true);
            wrong += !holds_at_all_levels(&p, 0);
            free_problem(&p);
        }
    }
    CHECK(wrong == 0);
}

/* Whole numbers make every sum exact, so a border value taken from a wrong place must show. */
static void borders_are_exact(void)
{
    rng r = rng_at(1, RNG_TEST, 4, 0);
    int wrong = 0;
    for (int i = 0; i < 400; i++) {
        nn_conv_shape s = random_shape(&r, 1e5);
        s.activation = i % 2 ? NN_ACT_NONE : NN_ACT_RELU;
        problem p = new_problem(&r, s, 1, true);
        wrong += !holds_at_all_levels(&p, 0);
        free_problem(&p);
    }
    CHECK(wrong == 0);
}

/* Outputs that see nothing but padding are the bias; here the kernel starts 5 to the left. */
static void outputs_beyond_the_input_are_the_bias(void)
{
    nn_conv_shape s = {.channels_in = 1,
                       .channels_out = 1,
                       .groups = 1,
                       .in_h = 1,
                       .in_w = 3,
                       .out_h = 1,
                       .out_w = 20,
                       .kernel_h = 1,
                       .kernel_w = 2,
                       .stride_h = 1,
                       .stride_w = 1,
                       .dilation_h = 1,
                       .dilation_w = 1,
                       .pad_left = 5};
    const float w[] = {1, 10}, bias[] = {0.5f}, x[] = {1, 2, 3};
    const float want[20] = {0.5f, 0.5f, 0.5f, 0.5f, 10.5f, 21.5f, 32.5f, 3.5f, 0.5f, 0.5f,
                            0.5f, 0.5f, 0.5f, 0.5f, 0.5f,  0.5f,  0.5f,  0.5f, 0.5f, 0.5f};
    for (int level = CPU_BASE; level <= (int)cpu_level(); level++) {
        float y[20];
        nn_conv *c = nn_conv_create_at((cpu_isa)level, &s, w, bias, NULL);
        REQUIRE(c != NULL);
        void *scratch = new_scratch(c);
        nn_conv_run(c, 1, x, NULL, y, scratch);
        CHECK(memcmp(y, want, sizeof y) == 0);
        free(scratch);
        nn_conv_free(c);
    }
}

static void a_batch_is_its_samples(void)
{
    rng r = rng_at(1, RNG_TEST, 5, 0);
    int wrong = 0;
    for (int i = 0; i < 100; i++) {
        problem p = new_problem(&r, random_shape(&r, 1e5), 5, false);
        nn_conv *c = nn_conv_create(&p.shape, p.w, p.bias, NULL);
        REQUIRE(c != NULL);
        void *scratch = new_scratch(c);
        float *together = new_floats(p.y_count), *apart = new_floats(p.y_count);
        const size_t x1 = p.x_count / 5, y1 = p.y_count / 5;
        nn_conv_run(c, 5, p.x, p.residual, together, scratch);
        for (size_t n = 5; n-- > 0;)
            nn_conv_run(c, 1, p.x + n * x1, p.residual ? p.residual + n * y1 : NULL, apart + n * y1,
                        scratch);
        wrong += memcmp(together, apart, p.y_count * sizeof *apart) != 0;
        free(together);
        free(apart);
        free(scratch);
        nn_conv_free(c);
        free_problem(&p);
    }
    CHECK(wrong == 0);
}

/* Through a 1x1 kernel of weight 1, y = activation(x). The number of values leaves a tail. */
static void activate(cpu_isa level, nn_activation activation, int32_t n, const float *x, float *y)
{
    nn_conv_shape s = same_shape(1, 1, 1, n, 1, 1);
    s.activation = activation;
    const float one = 1;
    nn_conv *c = nn_conv_create_at(level, &s, &one, NULL, NULL);
    REQUIRE(c != NULL);
    void *scratch = new_scratch(c);
    nn_conv_run(c, 1, x, NULL, y, scratch);
    free(scratch);
    nn_conv_free(c);
}

static void smooth_activations_are_accurate(void)
{
    enum { N = 40001 };
    static float x[N], y[N];
    for (int i = 0; i < N; i++)
        x[i] = (float)(i - N / 2) * 0.005f; /* -100 to 100 */
    for (int level = CPU_BASE; level <= (int)cpu_level(); level++) {
        double worst_sigmoid = 0, worst_tanh = 0;
        activate((cpu_isa)level, NN_ACT_SIGMOID, N, x, y);
        for (int i = 0; i < N; i++)
            worst_sigmoid = fmax(worst_sigmoid, fabs((double)y[i] - 1 / (1 + exp(-(double)x[i]))));
        activate((cpu_isa)level, NN_ACT_TANH, N, x, y);
        for (int i = 0; i < N; i++)
            worst_tanh = fmax(worst_tanh, fabs((double)y[i] - tanh((double)x[i])));
        CHECK_NEAR(worst_sigmoid, 0, 3e-7);
        CHECK_NEAR(worst_tanh, 0, 3e-7);
    }
}

static void activations_pass_nan_and_saturate(void)
{
    const float x[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f};
    const float limits[][4] = {[NN_ACT_NONE] = {INFINITY, -INFINITY, 1e30f, -1e30f},
                               [NN_ACT_RELU] = {INFINITY, 0, 1e30f, 0},
                               [NN_ACT_LEAKY_RELU] = {INFINITY, -INFINITY, 1e30f, -1e30f * 0.3f},
                               [NN_ACT_SIGMOID] = {1, 0, 1, 0},
                               [NN_ACT_TANH] = {1, -1, 1, -1}};
    for (int level = CPU_BASE; level <= (int)cpu_level(); level++)
        for (int a = NN_ACT_NONE; a <= NN_ACT_TANH; a++) {
            float y[5];
            activate((cpu_isa)level, (nn_activation)a, 5, x, y);
            CHECK(isnan(y[0]));
            CHECK(memcmp(y + 1, limits[a], sizeof limits[a]) == 0);
        }
}

static void contradictory_shapes_are_refused(void)
{
    const nn_conv_shape good = same_shape(4, 4, 4, 4, 3, 3);
    nn_conv_shape bad[16];
    for (int i = 0; i < 16; i++)
        bad[i] = good;
    bad[0].channels_in = 0;
    bad[1].channels_out = -1;
    bad[2].groups = 3;
    bad[3].in_w = 0;
    bad[4].out_h = 0;
    bad[5].kernel_w = 0;
    bad[6].stride_h = 0;
    bad[7].dilation_w = -1;
    bad[8].pad_left = -1;
    bad[9].pad_top = -1;
    bad[10].activation = (nn_activation)99;
    bad[11].dilation_w = INT32_MAX;
    bad[12].out_w = INT32_MAX;
    bad[13].pad_top = INT32_MAX;
    bad[14].stride_h = INT32_MAX;
    bad[15].in_h = INT32_MAX;
    const float w[4 * 4 * 9] = {0};
    for (int i = 0; i < 16; i++) {
        err e = {0};
        nn_conv *c = nn_conv_create(&bad[i], w, NULL, &e);
        CHECK(c == NULL && e.code != ERR_NONE && e.text[0] != '\0');
        nn_conv_free(c);
    }
}

static const harness_test tests[] = {
    {"convolutions of the field's networks equal the definition at every level",
     network_shapes_match_the_definition},
    {"convolutions of random shapes equal the definition at every level",
     random_shapes_match_the_definition},
    {"convolutions of whole numbers are exact for every width and channel count",
     all_widths_and_channel_counts_are_exact},
    {"convolutions of whole numbers are exact up to the borders", borders_are_exact},
    {"outputs that see only padding are the bias", outputs_beyond_the_input_are_the_bias},
    {"a batch gives each sample the bits that it has alone", a_batch_is_its_samples},
    {"sigmoid and tanh are within 3e-7", smooth_activations_are_accurate},
    {"activations pass NaN on and saturate at infinity", activations_pass_nan_and_saturate},
    {"contradictory or oversized convolutions are refused with a reason",
     contradictory_shapes_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "convolution kernels", tests, sizeof tests / sizeof tests[0]);
}
