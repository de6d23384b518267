/* Integer layers in networks: what fusion makes of them computes what the ONNX operators say. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "onnx_builder.h"

enum { TYPE_FLOAT = 1, TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_INT32 = 6 };

/* --- pieces of models ---------------------------------------------------------------------------
 */

static void add_scalar(Onnx__ModelProto *m, const char *name, float value)
{
    BUILD_APPEND(m->graph, initializer, build_tensor(name, TYPE_FLOAT, 0, NULL, &value, 4));
}

static void add_zero(Onnx__ModelProto *m, const char *name, uint8_t value)
{
    BUILD_APPEND(m->graph, initializer, build_tensor(name, TYPE_UINT8, 0, NULL, &value, 1));
}

/* Random weights of the whole range, -128 and 127 among them. */
static void add_weights(Onnx__ModelProto *m, const char *name, int rank, const int64_t *dims)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    int8_t *w = build_new(n);
    rng r = rng_at(3, RNG_TEST, 0, (uint32_t)m->graph->n_initializer);
    for (size_t i = 0; i < n; i++)
        w[i] = (int8_t)rng_u32(&r);
    w[0] = -128;
    w[n - 1] = 127;
    BUILD_APPEND(m->graph, initializer, build_tensor(name, TYPE_INT8, rank, dims, w, n));
    free(w);
}

/* Positive scales, one for each of n channels. */
static void add_scales(Onnx__ModelProto *m, const char *name, int rank, const int64_t *dims)
{
    build_weight(m, name, 0.0005f, 0.01f, rank, dims);
}

static char *join(char *to, const char *format, const char *layer)
{
    char *out = to;
    for (; *format; format++) {
        if (*format == '%')
            out = stpcpy(out, layer);
        else
            *out++ = *format;
    }
    *out = 0;
    return to;
}

/* A node whose names have the layer's in the place of each %. */
static Onnx__NodeProto *node(Onnx__ModelProto *m, const char *op, const char *layer,
                             const char *inputs, const char *outputs)
{
    char in[256], out[256], name[64];
    join(name, op, layer);
    return build_node(m, op, name, join(in, inputs, layer), join(out, outputs, layer));
}

/* x -> layer: quantized as `x`_q, `x`_s, `x`_z before; gives %_y. A convolution of 1 x 3, padded,
 * or a matrix product. */
static void add_dynamic(Onnx__ModelProto *m, const char *layer, const char *x, bool conv,
                        int64_t in, int64_t out, bool inside_out)
{
    char names[128], name[64];
    snprintf(names, sizeof names, "%s_q %%_w %s_z", x, x);
    if (conv) {
        add_weights(m, join(name, "%_w", layer), DIMS(out, in, 1, 3));
        add_scales(m, join(name, "%_ws", layer), DIMS(out, 1, 1));
        Onnx__NodeProto *n = node(m, "ConvInteger", layer, names, "%_i");
        build_ints(n, "pads", 4, (int64_t[]){0, 1, 0, 1});
        build_weight(m, join(name, "%_b", layer), 3, 0, DIMS(1, out, 1, 1));
    } else {
        add_weights(m, join(name, "%_w", layer), DIMS(in, out));
        add_scales(m, join(name, "%_ws", layer), DIMS(out));
        node(m, "MatMulInteger", layer, names, "%_i");
        build_weight(m, join(name, "%_b", layer), 3, 0, DIMS(out));
    }
    build_int(node(m, "Cast", layer, "%_i", "%_c"), "to", TYPE_FLOAT);
    snprintf(names, sizeof names, inside_out ? "%%_c %s_s" : "%%_ws %s_s", x);
    node(m, "Mul", layer, names, "%_f");
    node(m, "Mul", layer, inside_out ? "%_f %_ws" : "%_f %_c", "%_m");
    node(m, "Add", layer, "%_m %_b", "%_y");
}

static void add_quantizer(Onnx__ModelProto *m, const char *x)
{
    char names[128];
    snprintf(names, sizeof names, "%s_q %s_s %s_z", x, x, x);
    build_node(m, "DynamicQuantizeLinear", x, x, names);
}

/* Convolutions in two branches of one input; a table of positions; moves; a dense layer. */
static Onnx__ModelProto *dynamic_model(bool inside_out)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 5, 2, 19));
    add_quantizer(m, "x");
    add_dynamic(m, "a", "x", true, 5, 7, false);
    build_float(build_node(m, "LeakyRelu", "act", "a_y", "h"), "alpha", 0.3f);
    add_quantizer(m, "h");
    add_dynamic(m, "b", "h", true, 7, 4, inside_out);
    build_weight(m, "table", 2, 0, DIMS(1, 4, 2, 19));
    build_node(m, "Add", "position", "b_y table", "p");
    build_node(m, "Relu", "relu", "p", "r");
    build_list(m, "shape", DIMS(0, 8, 19));
    build_node(m, "Reshape", "reshape", "r shape", "wide");
    build_ints(build_node(m, "Transpose", "transpose", "wide", "t"), "perm", 3,
               (int64_t[]){0, 2, 1});
    add_quantizer(m, "t");
    add_dynamic(m, "d", "t", false, 8, 37, false);
    add_dynamic(m, "e", "x", true, 5, 3, false);
    build_output(m, "d_y");
    build_output(m, "e_y");
    return m;
}

/* --- comparing ----------------------------------------------------------------------------------
 */

static nn_session *open_with(const nn_model *m, int64_t batch, bool unfused)
{
    err e = {0};
    nn_session *s =
        nn_session_open_with(m, &(nn_session_options){.batch = batch, .unfused = unfused}, &e);
    if (!s)
        printf("        %s\n", e.text);
    REQUIRE(s != NULL);
    return s;
}

static nn_model *load(Onnx__ModelProto *m)
{
    err e = {0};
    nn_model *model = build_load(m, &e);
    build_free(m);
    if (!model)
        printf("        %s\n", e.text);
    REQUIRE(model != NULL);
    return model;
}

/* Elements of the outputs that differ between the two sessions by more than `step`; *all counts
 * those that there are, *other those that differ at all. */
static int run_both(nn_session *fused, nn_session *plain, int seed, float step, int *all,
                    int *other)
{
    nn_tensor *x = nn_session_input(fused, 0);
    rng r = rng_at((uint64_t)seed, RNG_TEST, 0, 9);
    rng_normal_fill(&r, x->data, x->count, 1.5f);
    memcpy(nn_session_input(plain, 0)->data, x->data, x->bytes);
    CHECK(nn_session_run(fused, NULL) == 0 && nn_session_run(plain, NULL) == 0);
    int far = 0;
    const nn_tensor *a, *b;
    for (int k = 0; (a = nn_session_output(fused, k)) && (b = nn_session_output(plain, k)); k++) {
        REQUIRE(a->count == b->count && a->dtype == b->dtype);
        *all += (int)a->count;
        for (size_t i = 0; i < a->count; i++) {
            float d = fabsf(((const float *)a->data)[i] - ((const float *)b->data)[i]);
            far += !(d <= step);
            *other += d != 0;
        }
    }
    return far;
}

static int count_steps(const nn_session *s, const char *op)
{
    int n = 0;
    nn_step_info info;
    for (int i = 0; nn_session_step(s, i, &info) == 0; i++)
        n += strcmp(info.op, op) == 0;
    return n;
}

static void test_dynamic(void)
{
    nn_model *m = load(dynamic_model(false));
    for (int64_t batch = 1; batch <= 3; batch += 2) {
        nn_session *fused = open_with(m, batch, false), *plain = open_with(m, batch, true);
        int all = 0, other = 0;
        for (int seed = 0; seed < 5; seed++)
            CHECK(run_both(fused, plain, seed, 0, &all, &other) == 0);
        CHECK(all > 0);
        CHECK(count_steps(fused, "DynamicQuantizeLinear") == 1);
        CHECK(count_steps(fused, "ConvInteger+LeakyRelu+DynamicQuantizeLinear") == 1);
        CHECK(count_steps(fused, "ConvInteger+Relu+DynamicQuantizeLinear") == 1);
        CHECK(count_steps(fused, "MatMulInteger") == 1);
        CHECK(count_steps(fused, "Cast") + count_steps(fused, "Mul") + count_steps(fused, "Add") ==
              0);
        nn_session_free(fused);
        nn_session_free(plain);
    }
    nn_model_free(m);
}

/* (sums * S) * s_w instead of sums * (S s_w): the last bit of a float may differ, and so a tie. */
static void test_other_order(void)
{
    nn_model *m = load(dynamic_model(true));
    nn_session *fused = open_with(m, 1, false), *plain = open_with(m, 1, true);
    int all = 0, other = 0, far = 0;
    for (int seed = 0; seed < 100; seed++)
        far += run_both(fused, plain, seed, 1e-3f, &all, &other);
    CHECK(far * 1000 <= all);
    CHECK(count_steps(fused, "Mul") == 0);
    nn_session_free(fused);
    nn_session_free(plain);
    nn_model_free(m);
}

static void test_info(void)
{
    nn_model *m = load(dynamic_model(false));
    nn_session *s = open_with(m, 1, false);
    nn_step_info info;
    bool found = false;
    for (int i = 0; nn_session_step(s, i, &info) == 0; i++)
        if (strcmp(info.op, "ConvInteger+LeakyRelu+DynamicQuantizeLinear") == 0) {
            found = true;
            CHECK(info.macs == 7 * 5 * 3 * 2 * 19);
            CHECK(info.parameters == 7 * 5 * 3 + 7);
            CHECK(info.weight_bytes == 7 * 5 * 3 + 4 * 7 + 4 * 7);
        }
    CHECK(found);
    nn_session_free(s);
    nn_model_free(m);
}

/* A wide layer, as csilink quantize writes it: what quantizing leaves over is quantized, too. */
static Onnx__ModelProto *wide_model(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 5, 2, 32));
    add_quantizer(m, "x");
    build_node(m, "DequantizeLinear", "back", "x_q x_s x_z", "x_d");
    build_node(m, "Sub", "rest", "x x_d", "r");
    add_quantizer(m, "r");
    add_dynamic(m, "a", "x", true, 5, 7, false);
    add_dynamic(m, "b", "r", true, 5, 7, false);
    build_node(m, "Add", "parts", "a_y b_y", "w");
    build_float(build_node(m, "LeakyRelu", "act", "w", "h"), "alpha", 0.3f);
    add_quantizer(m, "h");
    add_dynamic(m, "c", "h", true, 7, 4, false);
    add_dynamic(m, "d", "x", true, 5, 4, false);
    build_node(m, "Add", "sum", "c_y d_y", "y");
    build_output(m, "y");
    return m;
}

static void test_wide(void)
{
    nn_model *m = load(wide_model());
    for (int64_t batch = 1; batch <= 3; batch += 2) {
        nn_session *fused = open_with(m, batch, false), *plain = open_with(m, batch, true);
        int all = 0, other = 0;
        for (int seed = 0; seed < 5; seed++)
            CHECK(run_both(fused, plain, seed, 0, &all, &other) == 0);
        CHECK(all > 0 && count_steps(fused, "Add") == 0);
        CHECK(count_steps(fused, "2 x ConvInteger+LeakyRelu+DynamicQuantizeLinear") == 1);
        CHECK(count_steps(fused, "2 x ConvInteger") == 1);
        nn_session_free(fused);
        nn_session_free(plain);
    }
    nn_model_free(m);
}

/* Three convolutions, side by side along `axis`, then quantized together, with a scale of their own
 * or a constant one. */
static Onnx__ModelProto *joined_model(int64_t axis, bool constant)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, 6, 32));
    add_quantizer(m, "x");
    add_dynamic(m, "a", "x", true, 2, 4, false);
    add_dynamic(m, "b", "x", true, 2, axis == 1 ? 2 : 4, false);
    add_dynamic(m, "c", "x", true, 2, axis == 1 ? 3 : 4, false);
    build_int(build_node(m, "Concat", "join", "a_y b_y c_y", "j"), "axis", axis);
    build_float(build_node(m, "LeakyRelu", "act", "j", "h"), "alpha", 0.3f);
    if (constant) {
        add_scalar(m, "h_s", 0.11f);
        add_zero(m, "h_z", 40);
        build_node(m, "QuantizeLinear", "quantize", "h h_s h_z", "h_q");
    } else {
        add_quantizer(m, "h");
    }
    add_dynamic(m, "d", "h", true, axis == 1 ? 9 : 4, 3, false);
    build_output(m, "d_y");
    return m;
}

static void test_joined(void)
{
    static const char *const labels[] = {"3 x ConvInteger+LeakyRelu+Concat+DynamicQuantizeLinear",
                                         "3 x ConvInteger+LeakyRelu+Concat+QuantizeLinear"};
    for (int change = 0; change < 6; change++) {
        const bool constant = change % 2, along_rows = change >= 4;
        const int64_t batch = change < 2 ? 1 : 3;
        nn_model *m = load(joined_model(along_rows ? 2 : 1, constant));
        nn_session *fused = open_with(m, batch, false), *plain = open_with(m, batch, true);
        int all = 0, other = 0;
        for (int seed = 0; seed < 5; seed++)
            CHECK(run_both(fused, plain, seed, 0, &all, &other) == 0);
        CHECK(all > 0 && count_steps(fused, labels[constant]) == (along_rows ? 0 : 1));
        nn_step_info info = {0};
        for (int i = 0; nn_session_step(fused, i, &info) == 0; i++)
            if (strcmp(info.op, labels[constant]) == 0) {
                CHECK(info.macs == (int64_t)batch * 9 * 2 * 3 * 6 * 32);
                CHECK(info.parameters == 9 * 2 * 3 + 9);
            }
        nn_session_free(fused);
        nn_session_free(plain);
        nn_model_free(m);
    }
}

/* QuantizeLinear and DequantizeLinear around a value: %_x becomes `to`. */
static void add_pair(Onnx__ModelProto *m, const char *layer, const char *from, const char *to,
                     float scale, uint8_t zero)
{
    char name[64], names[128];
    add_scalar(m, join(name, "%_qs", layer), scale);
    add_zero(m, join(name, "%_qz", layer), zero);
    snprintf(names, sizeof names, "%s %%_qs %%_qz", from);
    node(m, "QuantizeLinear", layer, names, "%_q");
    node(m, "DequantizeLinear", layer, "%_q %_qs %_qz", to);
}

static void add_dequantized(Onnx__ModelProto *m, const char *layer, int64_t axis, int rank,
                            const int64_t *dims)
{
    char name[64];
    add_weights(m, join(name, "%_w", layer), rank, dims);
    add_scales(m, join(name, "%_ws", layer), 1, &dims[axis]);
    build_int(node(m, "DequantizeLinear", layer, "%_w %_ws", "%_wf"), "axis", axis);
}

static Onnx__ModelProto *static_model(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 6, 3, 18));
    add_pair(m, "a", "x", "a_x", 0.03f, 120);
    add_dequantized(m, "a", 0, DIMS(8, 3, 3, 3));
    int32_t bias[8] = {-9000, 400, 0, 77, 1000000, -1, 5, 6};
    BUILD_APPEND(m->graph, initializer,
                 build_tensor("a_b", TYPE_INT32, DIMS(8), bias, sizeof bias));
    add_scalar(m, "a_bs", 3e-4f);
    build_node(m, "DequantizeLinear", "bias", "a_b a_bs", "a_bf");
    Onnx__NodeProto *conv = build_node(m, "Conv", "conv", "a_x a_wf a_bf", "a_y");
    build_ints(conv, "pads", 4, (int64_t[]){1, 1, 1, 1});
    build_int(conv, "group", 2);
    build_node(m, "Relu", "relu", "a_y", "a_r");
    build_int(build_node(m, "Flatten", "flatten", "a_r", "a_flat"), "axis", 1);
    add_pair(m, "g", "a_flat", "g_x", 0.5f, 0);
    add_dequantized(m, "g", 0, DIMS(21, 432));
    build_weight(m, "g_b", 3, 0, DIMS(21));
    build_int(build_node(m, "Gemm", "gemm", "g_x g_wf g_b", "g_y"), "transB", 1);
    add_pair(m, "y", "g_y", "y", 2.0f, 131);
    build_output(m, "y");
    return m;
}

static void test_static(void)
{
    nn_model *m = load(static_model());
    nn_session *fused = open_with(m, 2, false), *plain = open_with(m, 2, true);
    int all = 0, other = 0;
    for (int seed = 0; seed < 100; seed++)
        CHECK(run_both(fused, plain, seed, 2.0f, &all, &other) == 0);
    CHECK(other * 1000 <= all);
    CHECK(count_steps(fused, "ConvInteger+Relu+QuantizeLinear") == 1);
    CHECK(count_steps(fused, "MatMulInteger+QuantizeLinear") == 1);
    CHECK(count_steps(fused, "Conv") + count_steps(fused, "Gemm") == 0);
    nn_session_free(fused);
    nn_session_free(plain);
    nn_model_free(m);
}

/* Between QuantizeLinear and DequantizeLinear, so that ports are floats. */
static Onnx__ModelProto *qlinear_model(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 6, 3, 18));
    add_scalar(m, "xs", 0.02f);
    add_zero(m, "xz", 117);
    add_scalar(m, "ys", 0.05f);
    add_zero(m, "yz", 9);
    int8_t none = 0;
    BUILD_APPEND(m->graph, initializer, build_tensor("wz", TYPE_INT8, 0, NULL, &none, 1));
    add_weights(m, "w", DIMS(4, 6, 3, 1));
    add_scales(m, "ws", DIMS(4));
    int32_t bias[4] = {-900, 400, 0, 77};
    BUILD_APPEND(m->graph, initializer, build_tensor("b", TYPE_INT32, DIMS(4), bias, sizeof bias));
    build_node(m, "QuantizeLinear", "q", "x xs xz", "xq");
    Onnx__NodeProto *conv = build_node(m, "QLinearConv", "conv", "xq xs xz w ws wz ys yz b", "yq");
    build_ints(conv, "strides", 2, (int64_t[]){1, 2});
    build_ints(conv, "pads", 4, (int64_t[]){1, 0, 1, 0});
    build_node(m, "DequantizeLinear", "d", "yq ys yz", "y");
    build_output(m, "y");
    return m;
}

static void test_qlinear(void)
{
    nn_model *m = load(qlinear_model());
    nn_session *fused = open_with(m, 2, false), *plain = open_with(m, 2, true);
    int all = 0, other = 0;
    for (int seed = 0; seed < 20; seed++)
        CHECK(run_both(fused, plain, seed, 0, &all, &other) == 0);
    nn_step_info info;
    CHECK(nn_session_step(fused, 1, &info) == 0 && strcmp(info.op, "QLinearConv") == 0);
    CHECK(info.parameters == 4 * 6 * 3 + 4);
    nn_session_free(fused);
    nn_session_free(plain);
    nn_model_free(m);
}

/* What is not the pattern must still give its own result: each change of the dynamic model. */
static void test_near_misses(void)
{
    static const char *const changes[] = {"a value in the middle is an output",
                                          "a second reader of the sums", "no bias"};
    for (int change = 0; change < 3; change++) {
        Onnx__ModelProto *p = dynamic_model(false);
        if (change == 0)
            build_output(p, "a_m");
        else if (change == 1)
            build_int(build_node(p, "Cast", "again", "b_i", "again"), "to", TYPE_FLOAT);
        if (change == 1)
            build_output(p, "again");
        for (size_t i = 0; change == 2 && i < p->graph->n_node; i++)
            if (strcmp(p->graph->node[i]->output[0], "a_y") == 0) {
                free(p->graph->node[i]->input[1]);
                p->graph->node[i]->input[1] = strdup("a_m");
            }
        nn_model *m = load(p);
        nn_session *fused = open_with(m, 1, false), *plain = open_with(m, 1, true);
        int all = 0, other = 0, far = run_both(fused, plain, change, 0, &all, &other);
        if (far)
            printf("        %s: %d of %d\n", changes[change], far, all);
        CHECK(far == 0);
        nn_session_free(fused);
        nn_session_free(plain);
        nn_model_free(m);
    }
}

static const harness_test tests[] = {
    {"dynamic layers: one step each, equal to the operators bit for bit", test_dynamic},
    {"dynamic layers: the scales may come one by one", test_other_order},
    {"the parts of a wide layer: one step, equal bit for bit", test_wide},
    {"layers joined along the channels: one step, equal bit for bit; not along rows", test_joined},
    {"integer layers: parameters, MACs and bytes are told", test_info},
    {"static layers: within one step, and equal in 99.9 % of the values", test_static},
    {"QLinearConv: the kernels give the definition's integers", test_qlinear},
    {"what only looks like an integer layer keeps its own result", test_near_misses},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "integer layers", tests, sizeof tests / sizeof tests[0]);
}
