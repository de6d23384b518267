#include "base/rng.h"
#include "harness.h"
#include "nn/kernels/conv_gradient_internal.h"
#include "nn/ops/ops.h"
#include "train/backward.h"

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

/* --- operators ---------------------------------------------------------------------------------
 */

enum { MOST_IN = 3, MOST_ATTRS = 8 };

/* One operator, its inputs' shapes (rank 0 with `is_set` false: absent) and attributes. */
typedef struct operator_case {
    const char *name;
    struct {
        int rank;
        int64_t dims[5];
    } in[MOST_IN];
    int n_in;
    bool dynamic; /* no input is constant */
    nn_attr attrs[MOST_ATTRS];
} operator_case;

typedef struct fixture {
    nn_pool pool;
    nn_node node;
    nn_attr attrs[MOST_ATTRS];
    nn_tensor tensors[MOST_IN + 1], *in[MOST_IN], *out[1];
    nn_step forward;
    train_step step;
    float *d_in[MOST_IN], *d_y;
    bool add[MOST_IN];
    const float *d_out[1];
} fixture;

static void *take(fixture *f, size_t bytes)
{
    void *p = nn_pool_alloc(&f->pool, bytes);
    REQUIRE(p != NULL);
    return p;
}

static void open_inputs(fixture *f, const operator_case *c, rng *r)
{
    err e = {0};
    for (int k = 0; k < c->n_in; k++) {
        nn_tensor *t = f->in[k] = &f->tensors[k];
        REQUIRE(nn_tensor_shape(t, NN_FLOAT, c->in[k].rank, c->in[k].dims, &e) == 0);
        t->data = take(f, t->bytes);
        fill_whole(r, t->data, t->count);
        f->d_in[k] = take(f, t->bytes);
    }
    f->out[0] = &f->tensors[MOST_IN];
}

static void open_forward(fixture *f, const operator_case *c)
{
    err e = {0};
    f->node = (nn_node){.name = "", .op = nn_find_op(c->name), .opset = 18, .attrs = f->attrs};
    REQUIRE(f->node.op != NULL);
    while (f->node.n_attrs < MOST_ATTRS && c->attrs[f->node.n_attrs].name) {
        f->attrs[f->node.n_attrs] = c->attrs[f->node.n_attrs];
        f->node.n_attrs++;
    }
    nn_step *s = &f->forward;
    *s = (nn_step){.node = &f->node,
                   .op = f->node.op,
                   .run = f->node.op->run,
                   .n_in = c->n_in,
                   .n_out = 1,
                   .in = f->in,
                   .out = f->out,
                   .residual_id = -1,
                   .pool = &f->pool};
    void *data[MOST_IN];
    for (int k = 0; k < c->n_in; k++) {
        data[k] = f->in[k]->data;
        f->in[k]->data = k > 0 && !c->dynamic ? data[k] : NULL;
    }
    REQUIRE(s->op->infer(s, &e) == 0);
    REQUIRE(s->op->prepare(s, &e) == 0);
    for (int k = 0; k < c->n_in; k++)
        f->in[k]->data = data[k];
    f->out[0]->data = take(f, f->out[0]->bytes);
    s->scratch = take(f, s->scratch_bytes);
}

static fixture *open_fixture(const operator_case *c, rng *r)
{
    err e = {0};
    fixture *f = calloc(1, sizeof *f);
    REQUIRE(f != NULL);
    open_inputs(f, c, r);
    open_forward(f, c);
    f->d_y = take(f, f->out[0]->bytes);
    fill_whole(r, f->d_y, f->out[0]->count);
    f->d_out[0] = f->d_y;
    f->step = (train_step){.forward = &f->forward,
                           .op = train_find_op(c->name),
                           .d_in = f->d_in,
                           .add = f->add,
                           .d_out = f->d_out,
                           .pool = &f->pool};
    REQUIRE(f->step.op != NULL);
    REQUIRE(f->step.op->prepare(&f->step, &e) == 0);
    f->step.scratch = take(f, f->step.scratch_bytes);
    return f;
}

static void close_fixture(fixture *f)
{
    if (f->step.op->release)
        f->step.op->release(&f->step);
    if (f->forward.op->release)
        f->forward.op->release(&f->forward);
    nn_pool_free(&f->pool);
    free(f);
}

static void refresh(fixture *f)
{
    if (f->forward.op->refresh)
        f->forward.op->refresh(&f->forward);
    if (f->step.op->refresh)
        f->step.op->refresh(&f->step);
}

/* <d_y, f(inputs)> */
static double loss(fixture *f)
{
    err e = {0};
    refresh(f);
    REQUIRE(f->forward.run(&f->forward, &e) == 0);
    return dot(f->d_y, f->out[0]->data, f->out[0]->count);
}

/* The loss is a polynomial of degree one in each single value, so a difference is the derivative.
 */
static double difference(fixture *f, int k, size_t i)
{
    float *value = (float *)f->in[k]->data + i, kept = *value;
    *value = kept + 1;
    double above = loss(f);
    *value = kept - 1;
    double below = loss(f);
    *value = kept;
    return (above - below) / 2;
}

/* Gradients start as 5, which must be kept exactly where `add` says so. */
static bool reverse_is_exact(fixture *f, unsigned add)
{
    for (int k = 0; k < f->forward.n_in; k++) {
        f->add[k] = add >> k & 1;
        for (size_t i = 0; i < f->in[k]->count; i++)
            f->d_in[k][i] = 5;
    }
    refresh(f);
    memset(f->step.scratch, 0xff, f->step.scratch_bytes);
    f->step.op->backward(&f->step);
    bool exact = true;
    for (int k = 0; k < f->forward.n_in; k++)
        for (size_t i = 0; i < f->in[k]->count; i++)
            exact = exact && (double)f->d_in[k][i] == difference(f, k, i) + (f->add[k] ? 5 : 0);
    return exact;
}

static void check_cases(const operator_case *cases, size_t count)
{
    rng r = rng_at(1, RNG_TEST, 5, 0);
    for (size_t i = 0; i < count; i++) {
        fixture *f = open_fixture(&cases[i], &r);
        bool exact = reverse_is_exact(f, 0);
        for (int k = 0; k < f->forward.n_in; k++) /* changed weights must be taken */
            fill_whole(&r, f->in[k]->data, f->in[k]->count);
        exact = reverse_is_exact(f, 7) && exact;
        if (!exact)
            printf("  %s, case %zu\n", cases[i].name, i);
        CHECK(exact);
        close_fixture(f);
    }
}

#define COUNT(...) (sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define INTS(key, ...)                                                                             \
    {                                                                                              \
        .name = key, .type = 'I', .count = COUNT(__VA_ARGS__), .ints = (const int64_t[])           \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define INT(key, value)                                                                            \
    {                                                                                              \
        .name = key, .type = 'i', .i = value                                                       \
    }
#define FLOAT(key, value)                                                                          \
    {                                                                                              \
        .name = key, .type = 'f', .f = value                                                       \
    }
#define TEXT(key, value)                                                                           \
    {                                                                                              \
        .name = key, .type = 's', .s = value                                                       \
    }
#define IN(...)                                                                                    \
    {                                                                                              \
        COUNT(__VA_ARGS__),                                                                        \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

static void test_conv(void)
{
    const operator_case cases[] = {
        {"Conv", {IN(3, 4, 1, 32), IN(6, 4, 1, 5), IN(6)}, 3, false, {INTS("pads", 0, 2, 0, 2)}},
        {"Conv", {IN(2, 5, 1, 16), IN(3, 5, 1, 1)}, 2, false, {{0}}},
        {"Conv", {IN(2, 2, 6, 7), IN(3, 2, 3, 3), IN(3)}, 3, false, {INTS("pads", 1, 1, 1, 1)}},
        {"Conv", {IN(2, 3, 9), IN(4, 3, 3), IN(4)}, 3, false, {INTS("strides", 2)}},
        {"Conv",
         {IN(2, 4, 7, 9), IN(6, 2, 3, 2), IN(6)},
         3,
         false,
         {INT("group", 2), INTS("strides", 2, 3), INTS("pads", 1, 0, 2, 1)}},
        {"Conv",
         {IN(1, 2, 9, 11), IN(2, 2, 2, 3), IN(2)},
         3,
         false,
         {INTS("dilations", 2, 3), INTS("pads", 0, 3, 1, 2)}},
        {"Conv", {IN(2, 3, 8, 8), IN(3, 1, 3, 1), IN(3)}, 3, false, {INT("group", 3)}},
        /* Pads wider than the kernel: the reverse convolution would have negative ones. */
        {"Conv", {IN(2, 2, 1, 6), IN(2, 2, 1, 3), IN(2)}, 3, false, {INTS("pads", 0, 4, 0, 4)}},
        {"Conv",
         {IN(1, 2, 5, 6), IN(2, 2, 3, 4)},
         2,
         false,
         {TEXT("auto_pad", "SAME_UPPER"), INTS("strides", 2, 1)}},
        /* Weights from the data, and three dimensions: plain loops. */
        {"Conv", {IN(2, 2, 4, 5), IN(3, 2, 2, 3), IN(3)}, 3, true, {INTS("pads", 1, 1, 0, 1)}},
        {"Conv", {IN(2, 2, 3, 4, 3), IN(2, 1, 2, 2, 3)}, 2, false, {INT("group", 2)}},
        {"Conv",
         {IN(1, 2, 3, 4, 5), IN(2, 2, 2, 2, 2), IN(2)},
         3,
         false,
         {INTS("strides", 1, 2, 2), INTS("pads", 1, 0, 1, 1, 0, 0)}},
    };
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_transposed(void)
{
    const operator_case cases[] = {
        {"ConvTranspose", {IN(3, 2, 1, 8), IN(2, 3, 1, 3), IN(3)}, 3, false, {{0}}},
        {"ConvTranspose",
         {IN(2, 4, 3, 5), IN(4, 3, 3, 2), IN(6)},
         3,
         false,
         {INT("group", 2), INTS("strides", 2, 3), INTS("pads", 1, 0, 1, 1)}},
        {"ConvTranspose",
         {IN(2, 2, 5), IN(2, 2, 3)},
         2,
         false,
         {INTS("strides", 2), INTS("output_padding", 1), INTS("dilations", 2)}},
        {"ConvTranspose", {IN(1, 2, 2, 3, 2), IN(2, 2, 2, 2, 2), IN(2)}, 3, false, {{0}}},
    };
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

/* alpha and beta are multiples of 1/2, so that whole numbers stay exact. */
static void test_gemm(void)
{
    const operator_case cases[] = {
        {"Gemm", {IN(3, 4), IN(4, 5)}, 2, false, {{0}}},
        {"Gemm", {IN(7, 4), IN(5, 4), IN(5)}, 3, false, {INT("transB", 1)}},
        {"Gemm",
         {IN(4, 3), IN(4, 5), IN(3, 1)},
         3,
         false,
         {INT("transA", 1), FLOAT("alpha", 0.5f)}},
        {"Gemm",
         {IN(4, 3), IN(5, 4), IN(3, 5)},
         3,
         false,
         {INT("transA", 1), INT("transB", 1), FLOAT("alpha", -1.5f), FLOAT("beta", 2.5f)}},
        {"Gemm", {IN(2, 3), IN(3, 4), IN(1)}, 3, false, {FLOAT("beta", 0)}},
    };
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

static void test_matmul(void)
{
    const operator_case cases[] = {
        {"MatMul", {IN(3, 4), IN(4, 5)}, 2, false, {{0}}},
        {"MatMul", {IN(2, 3, 1, 8), IN(8, 8)}, 2, false, {{0}}},
        {"MatMul", {IN(8, 6), IN(2, 3, 6, 4)}, 2, true, {{0}}},
        {"MatMul", {IN(8, 6), IN(2, 3, 6, 1)}, 2, true, {{0}}},
        {"MatMul", {IN(2, 3, 4), IN(2, 4, 5)}, 2, true, {{0}}},
        {"MatMul", {IN(2, 1, 3, 4), IN(3, 4, 2)}, 2, true, {{0}}},
        {"MatMul", {IN(1, 3, 4), IN(5, 4, 2)}, 2, true, {{0}}},
        {"MatMul", {IN(4), IN(3, 4, 2)}, 2, true, {{0}}},
        {"MatMul", {IN(2, 3, 4), IN(4)}, 2, true, {{0}}},
        {"MatMul", {IN(5), IN(5)}, 2, true, {{0}}},
    };
    check_cases(cases, sizeof cases / sizeof cases[0]);
}

/* Inputs without a wanted gradient are left alone, and the others come out as before. */
static void test_unwanted(void)
{
    rng r = rng_at(1, RNG_TEST, 6, 0);
    const operator_case c = {
        "Conv", {IN(2, 3, 1, 9), IN(4, 3, 1, 3), IN(4)}, 3, false, {INTS("pads", 0, 1, 0, 1)}};
    for (unsigned wanted = 1; wanted < 8; wanted++) {
        fixture *f = open_fixture(&c, &r);
        if (f->step.op->release)
            f->step.op->release(&f->step);
        err e = {0};
        for (int k = 0; k < 3; k++)
            f->d_in[k] = wanted >> k & 1 ? f->d_in[k] : NULL;
        f->step.scratch_bytes = 0;
        REQUIRE(f->step.op->prepare(&f->step, &e) == 0);
        f->step.scratch = take(f, f->step.scratch_bytes);
        refresh(f);
        f->step.op->backward(&f->step);
        for (int k = 0; k < 3; k++)
            for (size_t i = 0; f->d_in[k] && i < f->in[k]->count; i++)
                CHECK((double)f->d_in[k][i] == difference(f, k, i));
        close_fixture(f);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"the weights' gradient of the field's shapes is exact at every level", test_field_shapes},
        {"the weights' gradient of any shape is exact at every level", test_random_shapes},
        {"two runs give the same bits", test_repeatable},
        {"the weights' gradient is the adjoint of the convolution", test_adjoint_reals},
        {"the reverse of Conv is its derivative", test_conv},
        {"the reverse of ConvTranspose is its derivative", test_transposed},
        {"the reverse of Gemm is its derivative", test_gemm},
        {"the reverse of MatMul is its derivative, batches and broadcasts included", test_matmul},
        {"a gradient that is not wanted is not computed", test_unwanted},
    };
    return harness_main(argc, argv, "conv_gradient", tests, sizeof tests / sizeof tests[0]);
}
