/* The weights of a graph and the net that differentiates it: what is trained, what is added, what
 * is stored, what is refused. Single operators are in test_gradients.c. */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "harness.h"
#include "nn/grad.h"
#include "nn/grad/backward.h"
#include "nn/grad/registry.h"
#include "nn/ops/ops.h"
#include "onnx_builder.h"

typedef struct bench {
    nn_model *model;
    grad_weights *weights;
    grad_net *net;
    err e;
} bench;

/* y = what `nodes` make of x [n, 2, 4, 5]. */
static bench open_bench(void (*nodes)(Onnx__ModelProto *m), int64_t batch)
{
    bench b = {0};
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, 4, 5));
    build_output(m, "y");
    nodes(m);
    b.model = build_load(m, &b.e);
    build_free(m);
    if (b.model)
        b.weights = grad_weights_open(b.model, &b.e);
    if (b.weights)
        b.net = grad_net_open(b.weights, batch, true, &b.e);
    return b;
}

static void close_bench(bench *b)
{
    grad_net_free(b->net);
    grad_weights_free(b->weights);
    nn_model_free(b->model);
}

static void fill(nn_tensor *x, uint32_t stream)
{
    rng r = rng_at(5, RNG_TEST, 3, stream);
    rng_normal_fill(&r, x->data, x->count, 1);
}

/* Forward on random input number `stream`, and back from random gradients. */
static void run(grad_net *net, uint32_t stream)
{
    err e = {0};
    fill(grad_net_input(net, 0), stream);
    CHECK(grad_net_forward(net, &e) == 0);
    nn_tensor d = *grad_net_output(net);
    d.data = grad_net_output_gradient(net);
    fill(&d, 100 + stream);
    grad_net_backward(net);
}

static const grad_entry *find_entry(const grad_weights *w, const char *name)
{
    for (int i = 0; i < w->n_entries; i++)
        if (strcmp(w->entries[i].name, name) == 0)
            return &w->entries[i];
    return NULL;
}

/* --- graphs ------------------------------------------------------------------------------------
 */

/* The kernel is used twice; "const.shift" and the scalar are no weights. */
static void small_net(Onnx__ModelProto *m)
{
    int64_t scalar = 0;
    float half = 0.5f;
    build_weight(m, "kernel", 0.3f, 0, DIMS(2, 2, 1, 3));
    build_weight(m, "bias", 0.3f, 0, DIMS(2));
    build_weight(m, "const.shift", 0.3f, 0, DIMS(2, 4, 5));
    BUILD_APPEND(m->graph, initializer, build_tensor("half", 1, 0, &scalar, &half, 4));
    build_weight(m, "matrix", 0.3f, 0, DIMS(40, 3));
    build_weight(m, "idle", 0.3f, 0, DIMS(3));
    build_ints(build_node(m, "Conv", "one", "x kernel bias", "a"), "pads", DIMS(0, 1, 0, 1));
    build_node(m, "LeakyRelu", "bend", "a", "b");
    build_ints(build_node(m, "Conv", "two", "b kernel", "c"), "pads", DIMS(0, 1, 0, 1));
    build_node(m, "Add", "shift", "c const.shift", "d");
    build_node(m, "Mul", "scale", "d half", "e");
    build_node(m, "Flatten", "flat", "e", "f");
    build_node(m, "Gemm", "dense", "f matrix", "y");
    build_node(m, "Add", "unread", "y idle", "z");
}

static void normed(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(2));
    build_weight(m, "shift", 0.2f, 0, DIMS(2));
    build_weight(m, "mean", 0, 0, DIMS(2));
    build_weight(m, "variance", 0, 1, DIMS(2));
    build_node(m, "BatchNormalization", "n", "x gain shift mean variance", "y");
}

/* The same layer twice, as a shared module is exported. */
static void normed_twice(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(2));
    build_weight(m, "shift", 0.2f, 0, DIMS(2));
    build_weight(m, "mean", 0, 0, DIMS(2));
    build_weight(m, "variance", 0, 1, DIMS(2));
    build_node(m, "BatchNormalization", "n", "x gain shift mean variance", "a");
    build_node(m, "BatchNormalization", "o", "x gain shift mean variance", "b");
    build_node(m, "Add", "sum", "a b", "y");
}

static void three_way(Onnx__ModelProto *m)
{
    build_node(m, "Max", "largest", "x x x", "y");
}

static void shape_only(Onnx__ModelProto *m)
{
    build_weight(m, "level", 1, 0, DIMS(1));
    build_node(m, "Shape", "s", "x", "shape");
    build_node(m, "Expand", "e", "level shape", "wide");
    build_weight(m, "gain", 1, 0, DIMS(5));
    build_node(m, "Mul", "m", "wide gain", "y");
}

static void through_double(Onnx__ModelProto *m)
{
    build_int(build_node(m, "Cast", "widen", "x", "wide"), "to", 11);
    build_int(build_node(m, "Cast", "narrow", "wide", "y"), "to", 1);
}

/* --- laws --------------------------------------------------------------------------------------
 */

static void test_entries(void)
{
    bench b = open_bench(small_net, 3);
    REQUIRE(b.net != NULL);
    const grad_weights *w = b.weights;
    CHECK(w->n_entries == 4 && w->parameters == 12 + 2 + 120 + 3);
    CHECK(!find_entry(w, "const.shift") && !find_entry(w, "half"));
    CHECK(find_entry(w, "kernel")->kind == GRAD_MATRIX);
    CHECK(find_entry(w, "bias")->kind == GRAD_VECTOR);
    CHECK(find_entry(w, "matrix")->kind == GRAD_MATRIX);
    for (int i = 0; i < w->n_entries; i++)
        CHECK(w->entries[i].offset % 16 == 0 &&
              w->entries[i].offset + w->entries[i].count <= w->count);
    close_bench(&b);
    b = open_bench(normed, 3);
    REQUIRE(b.net != NULL);
    CHECK(find_entry(b.weights, "mean")->kind == GRAD_STATISTIC);
    CHECK(find_entry(b.weights, "gain")->kind == GRAD_VECTOR);
    CHECK(b.weights->parameters == 4 && grad_net_has_batch_norm(b.net));
    close_bench(&b);
}

/* Twice the same gradients in float are exact: every sum is added to zero, then to itself. */
static void test_add(void)
{
    bench b = open_bench(small_net, 3);
    REQUIRE(b.net != NULL);
    size_t n = b.weights->count;
    float *once = build_new(n * sizeof *once), *twice = grad_net_gradients(b.net);
    run(b.net, 0);
    memcpy(once, twice, n * sizeof *once);
    double largest = harness_max_abs(once, n), worst = 0;
    run(b.net, 0);
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)twice[i] - 2 * (double)once[i]));
    CHECK(largest > 0.1);
    CHECK_NEAR(worst, 0, 1e-5 * largest);
    grad_net_clear_gradients(b.net);
    CHECK(harness_max_abs(twice, n) == 0);
    const grad_entry *idle = find_entry(b.weights, "idle");
    CHECK(harness_max_abs(once + idle->offset, idle->count) == 0);
    free(once);
    close_bench(&b);
}

/* A sum over samples: the order of additions differs, so 1e-5 of the largest gradient. */
static void test_batches(void)
{
    bench b = open_bench(small_net, 4);
    REQUIRE(b.net != NULL);
    grad_net *single = grad_net_open(b.weights, 1, true, &b.e);
    REQUIRE(single != NULL);
    run(b.net, 0);
    const nn_tensor *x = grad_net_input(b.net, 0), *y = grad_net_output(b.net);
    nn_tensor all = *y;
    float d_y[4 * 3];
    REQUIRE(y->count == sizeof d_y / sizeof *d_y);
    all.data = d_y;
    fill(&all, 100);
    double worst = 0;
    for (size_t n = 0; n < 4; n++) {
        memcpy(grad_net_input(single, 0)->data, (const float *)x->data + n * 40, 40 * 4);
        CHECK(grad_net_forward(single, &b.e) == 0);
        memcpy(grad_net_output_gradient(single), d_y + n * 3, 3 * 4);
        grad_net_backward(single);
        worst = fmax(worst, harness_max_abs_diff(grad_net_input_gradient(single),
                                                 grad_net_input_gradient(b.net) + n * 40, 40));
    }
    const float *sum = grad_net_gradients(single), *whole = grad_net_gradients(b.net);
    double largest = harness_max_abs(whole, b.weights->count);
    CHECK_NEAR(harness_max_abs_diff(sum, whole, b.weights->count), 0, 1e-5 * largest);
    CHECK_NEAR(worst, 0, 1e-5);
    grad_net_free(single);
    close_bench(&b);
}

/* What is trained is what is run: changed weights, stored, loaded again, inferred. */
static void test_store(void)
{
    bench b = open_bench(small_net, 2);
    REQUIRE(b.net != NULL);
    uint64_t before = nn_model_hash(b.model);
    for (int i = 0; i < b.weights->n_entries; i++)
        for (size_t k = 0; k < b.weights->entries[i].count; k++)
            b.weights->values[b.weights->entries[i].offset + k] *= 1.5f;
    grad_net_refresh(b.net);
    run(b.net, 1);
    CHECK(grad_weights_store(b.weights, b.weights->values, b.model, &b.e) == 0);
    CHECK(nn_model_hash(b.model) != before);
    char path[] = "/tmp/csilink-tape-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    close(fd);
    CHECK(nn_model_save(b.model, path, &b.e) == 0);
    nn_model *again = nn_model_load(path, &b.e);
    unlink(path);
    REQUIRE(again != NULL);
    CHECK(nn_model_hash(again) == nn_model_hash(b.model));
    nn_session *s = nn_session_open(again, 2, &b.e);
    REQUIRE(s != NULL);
    memcpy(nn_session_input(s, 0)->data, grad_net_input(b.net, 0)->data,
           nn_session_input(s, 0)->bytes);
    CHECK(nn_session_run(s, &b.e) == 0);
    const nn_tensor *want = nn_session_output(s, 0), *got = grad_net_output(b.net);
    CHECK_NEAR(harness_max_abs_diff(got->data, want->data, got->count), 0, 1e-5);
    nn_session_free(s);
    nn_model_free(again);
    close_bench(&b);
}

/* Sums of means and mean squares over k forwards, divided by k, are the moments of all samples. */
static void check_statistics(void (*nodes)(Onnx__ModelProto *m))
{
    enum { BATCH = 3, FORWARDS = 4 };
    bench b = open_bench(nodes, BATCH);
    REQUIRE(b.net != NULL);
    double *sums = build_new(b.weights->count * sizeof *sums), s1[2] = {0}, s2[2] = {0};
    for (uint32_t k = 0; k < FORWARDS; k++) {
        run(b.net, k);
        const float *x = grad_net_input(b.net, 0)->data;
        for (size_t i = 0; i < BATCH * 40; i++) {
            s1[i / 20 % 2] += (double)x[i] / (20 * BATCH * FORWARDS);
            s2[i / 20 % 2] += (double)x[i] * (double)x[i] / (20 * BATCH * FORWARDS);
        }
    }
    CHECK(grad_net_statistics_take(b.net, sums) == FORWARDS);
    const double *mean = sums + find_entry(b.weights, "mean")->offset;
    const double *square = sums + find_entry(b.weights, "variance")->offset;
    for (int c = 0; c < 2; c++) {
        CHECK_NEAR(mean[c] / FORWARDS, s1[c], 1e-6);
        CHECK_NEAR(square[c] / FORWARDS, s2[c], 1e-6);
    }
    CHECK(grad_net_statistics_take(b.net, sums) == 0);
    free(sums);
    close_bench(&b);
}

static void test_statistics(void)
{
    check_statistics(normed);
    check_statistics(normed_twice);
}

/* A mean a thousand times the spread leaves float's 24 bits 14 for the spread: 1e-3. */
static void test_far_mean(void)
{
    bench b = open_bench(normed, 8);
    REQUIRE(b.net != NULL);
    nn_tensor *x = grad_net_input(b.net, 0);
    fill(x, 0);
    for (size_t i = 0; i < x->count; i++)
        ((float *)x->data)[i] += 1000;
    CHECK(grad_net_forward(b.net, &b.e) == 0);
    const float *y = grad_net_output(b.net)->data;
    const float *gain = b.weights->values + find_entry(b.weights, "gain")->offset;
    const float *shift = b.weights->values + find_entry(b.weights, "shift")->offset;
    double sum[2] = {0}, squares[2] = {0};
    for (size_t i = 0; i < x->count; i++) {
        double v = (double)y[i] - (double)shift[i / 20 % 2];
        sum[i / 20 % 2] += v / 160;
        squares[i / 20 % 2] += v * v / 160;
    }
    for (int c = 0; c < 2; c++) {
        CHECK_NEAR(sum[c], 0, 1e-3);
        CHECK_NEAR(sqrt(squares[c]), fabs((double)gain[c]), 1e-3);
    }
    close_bench(&b);
}

static void test_dependence(void)
{
    bench b = open_bench(shape_only, 2);
    REQUIRE(b.net != NULL);
    run(b.net, 0);
    CHECK(harness_max_abs(grad_net_input_gradient(b.net), 80) == 0);
    CHECK(harness_max_abs(grad_net_gradients(b.net), b.weights->count) > 0);
    close_bench(&b);
}

static void check_refused(void (*nodes)(Onnx__ModelProto *m), const char *node)
{
    bench b = open_bench(nodes, 2);
    CHECK(b.net == NULL && b.e.code == ERR_UNSUPPORTED);
    CHECK(strstr(b.e.text, node) != NULL);
    close_bench(&b);
}

static void test_refusals(void)
{
    check_refused(three_way, "'largest'");
    check_refused(through_double, "'narrow'");
}

/* The others give no floats, or take none that vary. */
static void test_complete(void)
{
    static const char *const without[] = {
        "Equal", "Less",  "LessOrEqual", "Greater",  "GreaterOrEqual", "And", "Or", "Xor",
        "Not",   "Shape", "Size",        "Constant", "ConstantOfShape"};
    static const nn_op *const families[] = {nn_ops_unary, nn_ops_binary, nn_ops_conv,   nn_ops_gemm,
                                            nn_ops_norm,  nn_ops_pool,   nn_ops_reduce, nn_ops_move,
                                            nn_ops_view,  nn_ops_index,  nn_ops_cast};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++)
        for (const nn_op *op = families[f]; op->name; op++) {
            bool has = grad_find_op(op->name) != NULL;
            for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
                has |= strcmp(without[i], op->name) == 0;
            if (!has)
                printf("    %s has no reverse\n", op->name);
            CHECK(has);
        }
}

static const harness_test tests[] = {
    {"weights are what operators read as such, statistics apart, constants left out", test_entries},
    {"gradients of two backward runs add, and clearing zeroes them", test_add},
    {"the gradient of a batch is the sum of its samples' gradients", test_batches},
    {"stored weights are saved, change the hash and give the net's output", test_store},
    {"batch norm's sums over many forwards are the moments of all their samples", test_statistics},
    {"batch norm normalises what lies far from zero", test_far_mean},
    {"what depends on a shape alone has no gradient", test_dependence},
    {"a graph that cannot be differentiated is refused, and the node named", test_refusals},
    {"every operator that maps floats to floats has a reverse", test_complete},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "tape", tests, sizeof tests / sizeof tests[0]);
}
