/* The engine's own laws; its numbers are held against ONNX's and PyTorch's in tests/conformance. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "nn/kernels/elementwise.h"
#include "onnx_builder.h"

/* --- models -------------------------------------------------------------------------------------
 */

static void conv(Onnx__ModelProto *m, const char *name, const char *in, const char *out,
                 int64_t from, int64_t to, int64_t width)
{
    char w[32], b[32], inputs[96];
    snprintf(w, sizeof w, "%s_w", name);
    snprintf(b, sizeof b, "%s_b", name);
    snprintf(inputs, sizeof inputs, "%s %s %s", in, w, b);
    build_weight(m, w, 0.3f, 0, DIMS(to, from, 1, width));
    build_weight(m, b, 0.1f, 0, DIMS(to));
    Onnx__NodeProto *n = build_node(m, "Conv", name, inputs, out);
    build_ints(n, "pads", DIMS(0, width / 2, 0, width / 2));
}

static void batch_norm(Onnx__ModelProto *m, const char *in, const char *out, int64_t channels)
{
    build_weight(m, "gamma", 0.2f, 1, DIMS(channels));
    build_weight(m, "beta", 0.2f, 0, DIMS(channels));
    build_weight(m, "mean", 0.2f, 0, DIMS(channels));
    build_weight(m, "variance", 0.05f, 1, DIMS(channels));
    char inputs[96];
    snprintf(inputs, sizeof inputs, "%s gamma beta mean variance", in);
    build_float(build_node(m, "BatchNormalization", "norm", inputs, out), "epsilon", 1e-3f);
}

static void leaky(Onnx__ModelProto *m, const char *name, const char *in, const char *out)
{
    build_float(build_node(m, "LeakyRelu", name, in, out), "alpha", 0.3f);
}

/* Everything that fuses: batch norm, activations, an activation behind a concat, residuals added
 * and subtracted; and shape arithmetic as exporters write it. */
static Onnx__ModelProto *branchy_model(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, 8, 16));
    conv(m, "a", "x", "a0", 2, 3, 7);
    batch_norm(m, "a0", "a1", 3);
    leaky(m, "act_a", "a1", "a2");
    conv(m, "b", "x", "b0", 2, 2, 3);
    build_int(build_node(m, "Concat", "join", "a2 b0", "c0"), "axis", 1);
    leaky(m, "act_c", "c0", "c1");
    conv(m, "d", "c1", "d0", 5, 2, 5);
    build_node(m, "Add", "residual", "x d0", "d1");
    build_node(m, "Relu", "act_d", "d1", "d2");
    conv(m, "f", "d2", "f0", 2, 2, 3);
    build_node(m, "Sub", "denoise", "d2 f0", "f1");
    build_node(m, "Tanh", "act_f", "f1", "f2");
    build_node(m, "Shape", "shape", "f2", "s0");
    build_list(m, "zero", DIMS(0));
    build_int(build_node(m, "Gather", "batch", "s0 zero", "s1"), "axis", 0);
    build_list(m, "rest", DIMS(16, -1));
    build_int(build_node(m, "Concat", "new_shape", "s1 rest", "s2"), "axis", 0);
    build_node(m, "Reshape", "reshape", "f2 s2", "y");
    build_output(m, "y");
    return m;
}

static nn_model *load(Onnx__ModelProto *proto)
{
    err e = {0};
    nn_model *m = build_load(proto, &e);
    if (!m)
        printf("    %s\n", e.text);
    build_free(proto);
    return m;
}

static nn_session *open_with(const nn_model *m, int64_t batch, bool unfused)
{
    err e = {0};
    nn_session_options options = {.batch = batch, .unfused = unfused};
    nn_session *s = nn_session_open_with(m, &options, &e);
    if (!s)
        printf("    %s\n", e.text);
    return s;
}

static void fill(nn_tensor *t, uint32_t stream)
{
    rng r = rng_at(3, RNG_TEST, 1, stream);
    rng_normal_fill(&r, t->data, t->count, 1);
}

static void run(nn_session *s)
{
    err e = {0};
    CHECK(nn_session_run(s, &e) == 0);
}

/* Conv, named weights and bias, then Relu: with a value between the two that fusion takes away. */
static nn_model *two_step_model(bool cut)
{
    float w[3] = {1, -2, 0.5f}, bias[1] = {0.25f};
    err e = {0};
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "x", 4, (int64_t[]){-1, 1, 1, 16});
    nn_builder_floats(b, "w", 4, (int64_t[]){1, 1, 1, 3}, w);
    nn_builder_floats(b, "bias", 1, (int64_t[]){1}, bias);
    nn_builder_node(b, "Conv", "conv", "x w bias", "between");
    nn_builder_ints(b, "pads", 4, (int64_t[]){0, 1, 0, 1});
    if (!cut)
        nn_builder_node(b, "Relu", "relu", "between", "y");
    nn_builder_output(b, cut ? "between" : "y", 4, (int64_t[]){-1, 1, 1, 16});
    return nn_builder_finish(b, "two steps", &e);
}

/* --- laws ---------------------------------------------------------------------------------------
 */

static void fusion_changes_rounding_only(void)
{
    nn_model *m = load(branchy_model());
    REQUIRE(m != NULL);
    nn_session *fused = open_with(m, 3, false), *plain = open_with(m, 3, true);
    REQUIRE(fused != NULL && plain != NULL);
    fill(nn_session_input(fused, 0), 0);
    fill(nn_session_input(plain, 0), 0);
    run(fused);
    run(plain);
    const nn_tensor *a = nn_session_output(fused, 0), *b = nn_session_output(plain, 0);
    CHECK(a->rank == 3 && a->dims[0] == 3 && a->dims[1] == 16 && a->dims[2] == 16);
    /* Sums of at most 35 terms of order 1, ended by tanh. */
    CHECK(harness_max_abs_diff(a->data, b->data, b->count) < 2e-6);
    CHECK(harness_max_abs(b->data, b->count) > 0.1);
    nn_session_free(fused);
    nn_session_free(plain);
    nn_model_free(m);
}

static void kept_values_are_those_of_a_cut_network(void)
{
    nn_model *m = two_step_model(false), *cut = two_step_model(true);
    REQUIRE(m != NULL && cut != NULL);
    nn_layer layer;
    CHECK(!nn_model_find_layer(m, "y", &layer));
    REQUIRE(nn_model_find_layer(m, "w", &layer));
    CHECK(layer.weights == nn_model_find_constant(m, "w"));
    CHECK(layer.bias == nn_model_find_constant(m, "bias"));
    CHECK(strcmp(nn_model_value_name(m, layer.output), "between") == 0);
    nn_session *kept =
        nn_session_open_with(m, &(nn_session_options){.batch = 2, .keep = true}, NULL);
    nn_session *s = nn_session_open(cut, 2, NULL);
    REQUIRE(kept != NULL && s != NULL);
    fill(nn_session_input(kept, 0), 5);
    fill(nn_session_input(s, 0), 5);
    run(kept);
    run(s);
    const nn_tensor *in = nn_session_value(kept, layer.input),
                    *between = nn_session_value(kept, layer.output);
    CHECK(in == nn_session_input(kept, 0));
    CHECK(memcmp(between->data, nn_session_output(s, 0)->data, between->bytes) == 0);
    CHECK(nn_session_value(kept, -1) == NULL);
    CHECK(nn_session_value(kept, nn_model_values(m)) == NULL);
    nn_session_free(kept);
    nn_session_free(s);
    nn_model_free(m);
    nn_model_free(cut);
}

static void a_copy_goes_its_own_way(void)
{
    nn_model *m = two_step_model(false);
    REQUIRE(m != NULL);
    nn_model *copy = nn_model_copy(m, NULL);
    REQUIRE(copy != NULL);
    const uint64_t hash = nn_model_hash(m);
    CHECK(nn_model_hash(copy) == hash);
    const float other[3] = {4, 5, 6};
    CHECK(nn_model_set_constant(copy, nn_model_find_constant(copy, "w"), other, NULL) == 0);
    CHECK(nn_model_rehash(copy, NULL) == 0);
    CHECK(nn_model_hash(copy) != hash && nn_model_hash(m) == hash);
    CHECK(nn_model_has_op(copy, "Relu") && !nn_model_has_op(copy, "Gemm"));
    nn_model_free(m);
    nn_model_free(copy);
}

static void fused_model_is_its_convolutions(void)
{
    nn_model *m = load(branchy_model());
    REQUIRE(m != NULL);
    nn_session *s = open_with(m, 1, false);
    REQUIRE(s != NULL);
    const char *const ops[] = {"Conv+LeakyRelu+LeakyRelu", "Conv+LeakyRelu", "Conv+Add+Relu",
                               "Conv+Sub+Tanh"};
    CHECK(nn_session_steps(s) == 4);
    int64_t macs = 0, parameters = 0;
    for (int i = 0; i < nn_session_steps(s); i++) {
        nn_step_info info;
        REQUIRE(nn_session_step(s, i, &info) == 0);
        CHECK(strcmp(info.op, ops[i]) == 0);
        macs += info.macs;
        parameters += info.parameters;
    }
    CHECK(macs == 128 * (3 * 2 * 7 + 2 * 2 * 3 + 2 * 5 * 5 + 2 * 2 * 3));
    CHECK(parameters == (42 + 3) + (12 + 2) + (50 + 2) + (12 + 2));
    CHECK(nn_session_step(s, 4, &(nn_step_info){0}) == ERR_INVALID);
    nn_session_free(s);
    nn_model_free(m);
}

static void batch_is_its_samples(void)
{
    enum { BATCH = 5 };
    nn_model *m = load(branchy_model());
    REQUIRE(m != NULL);
    nn_session *all = open_with(m, BATCH, false), *one = open_with(m, 1, false);
    REQUIRE(all != NULL && one != NULL);
    nn_tensor *x = nn_session_input(one, 0);
    fill(nn_session_input(all, 0), 0);
    run(all);
    for (size_t i = 0; i < BATCH; i++) {
        memcpy(x->data, (const char *)nn_session_input(all, 0)->data + i * x->bytes, x->bytes);
        run(one);
        const nn_tensor *y = nn_session_output(one, 0);
        const float *of_all = (const float *)nn_session_output(all, 0)->data + i * y->count;
        CHECK(harness_max_abs_diff(y->data, of_all, y->count) < 2e-6);
    }
    nn_session_free(all);
    nn_session_free(one);
    nn_model_free(m);
}

static void runs_leave_the_input(void)
{
    nn_model *m = load(branchy_model());
    REQUIRE(m != NULL);
    nn_session *s = open_with(m, 2, false);
    REQUIRE(s != NULL);
    const nn_tensor *y = nn_session_output(s, 0);
    float *first = malloc(y->bytes);
    fill(nn_session_input(s, 0), 0);
    run(s);
    memcpy(first, y->data, y->bytes);
    run(s);
    CHECK(memcmp(first, y->data, y->bytes) == 0);
    free(first);
    nn_session_free(s);
    nn_model_free(m);
}

/* An output that is the input in another shape must not change when the next input is written. */
static void outputs_outlive_the_next_input(void)
{
    Onnx__ModelProto *p = build_model(13);
    build_input(p, "x", DIMS(2, 3));
    build_list(p, "shape", DIMS(6));
    build_node(p, "Reshape", "reshape", "x shape", "y");
    build_output(p, "y");
    nn_model *m = load(p);
    REQUIRE(m != NULL);
    nn_session *s = open_with(m, 1, false);
    REQUIRE(s != NULL);
    float *x = nn_session_input(s, 0)->data;
    for (int i = 0; i < 6; i++)
        x[i] = (float)i;
    run(s);
    memset(x, 0, 6 * sizeof *x);
    const float *y = nn_session_output(s, 0)->data;
    for (int i = 0; i < 6; i++)
        CHECK(y[i] == (float)i);
    nn_session_free(s);
    nn_model_free(m);
}

static void saved_models_are_the_same(void)
{
    char path[] = "/tmp/csilink-test-nn-XXXXXX";
    int fd = mkstemp(path);
    nn_model *m = load(branchy_model());
    REQUIRE(fd >= 0 && m != NULL);
    close(fd);
    err e = {0};
    CHECK(nn_model_set_metadata(m, "csilink.cr", "4", &e) == 0);
    CHECK(nn_model_save(m, path, &e) == 0);
    nn_model *again = nn_model_load(path, &e);
    REQUIRE(again != NULL);
    CHECK(nn_model_hash(m) == nn_model_hash(again));
    CHECK(strcmp(nn_model_metadata(again, "csilink.cr"), "4") == 0);
    nn_session *a = open_with(m, 2, false), *b = open_with(again, 2, false);
    REQUIRE(a != NULL && b != NULL);
    fill(nn_session_input(a, 0), 0);
    fill(nn_session_input(b, 0), 0);
    run(a);
    run(b);
    CHECK(memcmp(nn_session_output(a, 0)->data, nn_session_output(b, 0)->data,
                 nn_session_output(a, 0)->bytes) == 0);
    nn_session_free(a);
    nn_session_free(b);
    nn_model_free(m);
    nn_model_free(again);
    unlink(path);
}

static void metadata_are_set_replaced_removed(void)
{
    nn_model *m = load(branchy_model());
    REQUIRE(m != NULL);
    uint64_t hash = nn_model_hash(m);
    CHECK(nn_model_metadata(m, "k") == NULL);
    CHECK(nn_model_set_metadata(m, "k", "one", NULL) == 0);
    CHECK(nn_model_set_metadata(m, "l", "two", NULL) == 0);
    CHECK(nn_model_set_metadata(m, "k", "three", NULL) == 0);
    CHECK(strcmp(nn_model_metadata(m, "k"), "three") == 0);
    CHECK(nn_model_set_metadata(m, "k", NULL, NULL) == 0);
    CHECK(nn_model_set_metadata(m, "absent", NULL, NULL) == 0);
    CHECK(nn_model_metadata(m, "k") == NULL);
    CHECK(strcmp(nn_model_metadata(m, "l"), "two") == 0);
    CHECK(nn_model_hash(m) == hash);
    nn_model_free(m);
}

/* Two independent branches, in either order and under other names. */
static Onnx__ModelProto *two_branches(bool swapped, const char *left, const char *right)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, swapped ? "input" : "x", DIMS(-1, 4));
    for (int i = 0; i < 2; i++)
        build_node(m, (i == 0) != swapped ? "Relu" : "Tanh", "", swapped ? "input" : "x",
                   (i == 0) != swapped ? left : right);
    char both[64];
    snprintf(both, sizeof both, "%s %s", left, right);
    build_node(m, "Sub", "difference", both, "y");
    build_output(m, "y");
    return m;
}

static void hash_is_of_the_computation(void)
{
    nn_model *a = load(two_branches(false, "l", "r")), *b = load(two_branches(true, "p", "q"));
    Onnx__ModelProto *changed = branchy_model();
    nn_model *c = load(branchy_model());
    changed->graph->initializer[0]->raw_data.data[0] ^= 1;
    nn_model *d = load(changed);
    REQUIRE(a && b && c && d);
    CHECK(nn_model_hash(a) == nn_model_hash(b));
    CHECK(nn_model_hash(a) != nn_model_hash(c));
    CHECK(nn_model_hash(c) != nn_model_hash(d));
    nn_model_free(a);
    nn_model_free(b);
    nn_model_free(c);
    nn_model_free(d);
}

static void bad_data_do_not_end_a_session(void)
{
    Onnx__ModelProto *p = build_model(13);
    build_weight(p, "table", 1, 0, DIMS(5, 2));
    BUILD_APPEND(p->graph, input, build_port("i", 7, DIMS(3)));
    build_node(p, "Gather", "look", "table i", "y");
    build_output(p, "y");
    nn_model *m = load(p);
    REQUIRE(m != NULL);
    nn_session *s = open_with(m, 1, false);
    REQUIRE(s != NULL);
    err e = {0};
    int64_t *index = nn_session_input(s, 0)->data;
    memcpy(index, (int64_t[]){4, -5, 5}, 3 * sizeof *index);
    CHECK(nn_session_run(s, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "node 0 'look' (op 'Gather'): index 5") != NULL);
    index[2] = 0;
    CHECK(nn_session_run(s, &e) == 0);
    nn_session_free(s);
    nn_model_free(m);
}

static void sizes_must_fit(void)
{
    nn_model *m = load(branchy_model());
    REQUIRE(m != NULL);
    err e = {0};
    nn_port shape = {.rank = 4, .dims = {2, 2, 8, 17}};
    CHECK(nn_session_open(m, 0, &e) == NULL && e.code == ERR_INVALID);
    CHECK(nn_session_open_shapes(m, &shape, &e) == NULL && e.code == ERR_MISMATCH);
    CHECK(strstr(e.text, "'x': dimension 3 is 16 in the model, not 17") != NULL);
    nn_session_options tight = {.batch = 4, .memory_limit = 4096};
    CHECK(nn_session_open_with(m, &tight, &e) == NULL && e.code == ERR_NOMEM);
    shape.dims[3] = 16;
    nn_session *s = nn_session_open_shapes(m, &shape, &e);
    REQUIRE(s != NULL);
    CHECK(nn_session_output(s, 0)->dims[0] == 2);
    CHECK(nn_session_input(s, 1) == NULL && nn_session_output(s, -1) == NULL);
    nn_session_free(s);
    nn_model_free(m);
}

/* --- elementwise kernels ------------------------------------------------------------------------
 */

static double worst_error(const float *x, const float *y, size_t n, double (*exact)(double),
                          bool relative)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double want = exact((double)x[i]), error = fabs((double)y[i] - want);
        worst = fmax(worst, relative ? error / want : error);
    }
    return worst;
}

static double exact_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static void elementwise_is_accurate_at_every_level(void)
{
    enum { N = 20001 };
    static void (*const activate[])(nn_activation, float, const float *, float *, size_t) =
        SIMD_TABLE(nn_activate);
    static void (*const exponential[])(const float *, float *, size_t) = SIMD_TABLE(nn_exp);
    static float x[N], y[N];
    for (int i = 0; i < N; i++)
        x[i] = (float)(i - N / 2) * 0.0085f;
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++) {
        activate[level](NN_ACT_SIGMOID, 0, x, y, N);
        CHECK(worst_error(x, y, N, exact_sigmoid, false) < 3e-7);
        activate[level](NN_ACT_TANH, 0, x, y, N);
        CHECK(worst_error(x, y, N, tanh, false) < 3e-7);
        exponential[level](x, y, N);
        CHECK(worst_error(x, y, N, exp, true) < 3e-7);
    }
}

static void extremes_stay_in_range(void)
{
    static const float x[] = {-1e30f, -88, 88.5f, 1e30f, -INFINITY, INFINITY, NAN};
    float y[7];
    nn_exp(x, y, 7);
    CHECK(y[0] == 0 && y[1] == 0 && y[2] > 2e38f && y[3] == INFINITY && y[4] == 0);
    CHECK(y[5] == INFINITY && isnan(y[6]));
    nn_activate(NN_ACT_SIGMOID, 0, x, y, 7);
    CHECK(y[0] >= 0 && y[0] < 1e-37f && y[3] == 1 && y[5] == 1 && isnan(y[6]));
    nn_activate(NN_ACT_TANH, 0, x, y, 7);
    CHECK(y[0] == -1 && y[3] == 1 && y[4] == -1 && isnan(y[6]));
}

/* --- what a network has, and leaves open ---------------------------------------------------------
 */

static void count_parameters(Onnx__ModelProto *m, int64_t *parameters, size_t *bytes)
{
    nn_model *model = load(m);
    nn_session *s = open_with(model, 1, false);
    REQUIRE(s != NULL);
    *parameters = 0;
    *bytes = 0;
    nn_step_info info;
    for (int i = 0; nn_session_step(s, i, &info) == 0; i++) {
        *parameters += info.parameters;
        *bytes += info.weight_bytes;
    }
    nn_session_free(s);
    nn_model_free(model);
}

/* y = (x W) W, once more with W turned by a node each time, and a convolution used twice whose
 * batch norm is folded. */
static void weights_used_twice_count_once(void)
{
    int64_t parameters;
    size_t bytes;
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 4));
    build_weight(m, "w", 0.3f, 0, DIMS(4, 4));
    build_node(m, "MatMul", "a", "x w", "y0");
    build_node(m, "MatMul", "b", "y0 w", "y");
    build_output(m, "y");
    count_parameters(m, &parameters, &bytes);
    CHECK(parameters == 16 && bytes == 64);
    m = build_model(13);
    build_input(m, "x", DIMS(-1, 4));
    build_weight(m, "w", 0.3f, 0, DIMS(4, 4));
    build_node(m, "Transpose", "t", "w", "w0");
    build_node(m, "Transpose", "u", "w", "w1");
    build_node(m, "MatMul", "a", "x w0", "y0");
    build_node(m, "MatMul", "b", "y0 w1", "y");
    build_output(m, "y");
    count_parameters(m, &parameters, &bytes);
    CHECK(parameters == 16 && bytes == 64);
    m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, 1, 4));
    build_weight(m, "k", 0.3f, 0, DIMS(2, 2, 1, 1));
    build_node(m, "Conv", "a", "x k", "c0");
    batch_norm(m, "c0", "c1", 2);
    build_node(m, "Conv", "b", "c1 k", "c2");
    build_node(m, "BatchNormalization", "norm2", "c2 gamma beta mean variance", "y");
    build_float(m->graph->node[m->graph->n_node - 1], "epsilon", 1e-3f);
    build_output(m, "y");
    count_parameters(m, &parameters, &bytes);
    CHECK(parameters == 4 + 2 && bytes == 4 * (4 + 2));
    /* Equal numbers in two initializers are two weights. */
    m = build_model(13);
    build_input(m, "x", DIMS(-1, 4));
    build_weight(m, "w", 0, 1, DIMS(4, 4));
    build_weight(m, "v", 0, 1, DIMS(4, 4));
    build_node(m, "MatMul", "a", "x w", "y0");
    build_node(m, "MatMul", "b", "y0 v", "y");
    build_output(m, "y");
    count_parameters(m, &parameters, &bytes);
    CHECK(parameters == 32 && bytes == 128);
}

/* [n x 2 x ? x ?] -> Flatten -> 2048 x 8: a batch in the open places does not run. */
static void open_sizes_are_named(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, -1, -1));
    build_weight(m, "w", 0.3f, 0, DIMS(2048, 8));
    build_node(m, "Flatten", "f", "x", "x0");
    build_node(m, "MatMul", "a", "x0 w", "y");
    build_output(m, "y");
    nn_model *model = load(m);
    nn_axes_text axes;
    err e = {0};
    CHECK(nn_port_axes(nn_model_input(model, 0), &axes) == 2);
    CHECK(nn_port_axes(nn_model_output(model, 0), &axes) == 0);
    CHECK(nn_session_open(model, 1, &e) == NULL);
    CHECK(strstr(e.text, "symbolic") != NULL && strstr(e.text, "input 'x'") != NULL);
    nn_model_free(model);
}

static const harness_test tests[] = {
    {"fusing and folding change nothing but rounding", fusion_changes_rounding_only},
    {"a fused network is its convolutions, with their costs", fused_model_is_its_convolutions},
    {"a batch gives what its samples give alone", batch_is_its_samples},
    {"a run leaves its input, and repeats bit by bit", runs_leave_the_input},
    {"an output outlives the writing of the next input", outputs_outlive_the_next_input},
    {"a session that keeps its values shows those of a network cut there",
     kept_values_are_those_of_a_cut_network},
    {"a copy of a model is equal, and changes alone", a_copy_goes_its_own_way},
    {"a saved model computes the same bits and has the same hash", saved_models_are_the_same},
    {"metadata are set, replaced and removed, and do not change the hash",
     metadata_are_set_replaced_removed},
    {"the hash knows operators and weights, not names or order", hash_is_of_the_computation},
    {"an index out of range fails one run, not the session", bad_data_do_not_end_a_session},
    {"shapes and memory limits that do not fit are refused", sizes_must_fit},
    {"sigmoid, tanh and exp are within 3e-7 at every instruction set level",
     elementwise_is_accurate_at_every_level},
    {"weights that are used twice are counted once", weights_used_twice_count_once},
    {"sizes that a network leaves open are named", open_sizes_are_named},
    {"extreme arguments and NaN come out as limits and NaN", extremes_stay_in_range},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "nn", tests, sizeof tests / sizeof tests[0]);
}
