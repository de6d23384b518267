/* The reverse of the convolutions and products, whole. */
#include "base/rng.h"
#include "harness.h"
#include "nn/grad/backward.h"
#include "nn/grad/registry.h"
#include "nn/kernels/conv_gradient.h"
#include "nn/kernels/conv_gradient_internal.h"
#include "nn/ops/ops.h"
#include "nn/ops/registry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most tests here work on whole numbers from -3 to 3: every sum is then exact in single precision,
 * in whatever order, so that results must be equal, not near. */

static void fill_whole(rng *r, float *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (float)((int)(rng_u32(r) % 7) - 3);
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

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
    grad_step step;
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
    f->step = (grad_step){.forward = &f->forward,
                          .op = grad_find_op(c->name),
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
        {"the reverse of Conv is its derivative", test_conv},
        {"the reverse of ConvTranspose is its derivative", test_transposed},
        {"the reverse of Gemm is its derivative", test_gemm},
        {"the reverse of MatMul is its derivative, batches and broadcasts included", test_matmul},
        {"a gradient that is not wanted is not computed", test_unwanted},
    };
    return harness_main(argc, argv, "conv_reverse", tests, sizeof tests / sizeof tests[0]);
}
