/* Quantization-aware training: what a rounding net computes, its gradients, and that it helps. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "csi/metrics.h"
#include "harness.h"
#include "nn/grad.h"
#include "nn/grad/fake_simd.h"
#include "nn/grad/quantize.h"
#include "nn/ops/ops.h"
#include "nn/quant.h"
#include "qat_tools.h"
#include "train/trainer_internal.h"

typedef struct bench {
    nn_model *model;
    grad_weights *weights;
    grad_net *net;
    err e;
} bench;

static bench open_bench(nn_model *model, const grad_quantization *q, int64_t batch)
{
    bench b = {.model = model};
    b.weights = grad_weights_open(b.model, &b.e);
    REQUIRE(b.weights != NULL);
    b.net = grad_net_open_quantized(b.weights, q, batch, true, &b.e);
    return b;
}

static void close_bench(bench *b)
{
    grad_net_free(b->net);
    grad_weights_free(b->weights);
    nn_model_free(b->model);
}

static void fill(float *x, size_t n, uint32_t stream)
{
    rng r = rng_at(5, RNG_TEST, 4, stream);
    rng_normal_fill(&r, x, n, 1);
}

static bool same(const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i]) /* 0 and -0 are the same */
            return false;
    return true;
}

static float *weights_of(const bench *b, const char *name, size_t *count)
{
    for (int i = 0; i < b->weights->n_entries; i++)
        if (strcmp(b->weights->entries[i].name, name) == 0) {
            *count = b->weights->entries[i].count;
            return b->weights->values + b->weights->entries[i].offset;
        }
    CU_FAIL_FATAL("no such weights");
    return NULL;
}

static float *gradient_of(const bench *b, const char *name)
{
    size_t count;
    return grad_net_gradients(b->net) + (weights_of(b, name, &count) - b->weights->values);
}

static const grad_quantization dynamic = {.scheme = GRAD_DYNAMIC};

/* --- kernels -----------------------------------------------------------------------------------
 */

enum { MANY = 4099 }; /* no multiple of any vector's length */

static float values[MANY], rounded[MANY], passed[MANY], ones[MANY];

/* A scale of 1/8 makes halves exact: every other value lies between two integers. */
static void fill_with_ties(nn_quantization *q)
{
    *q = (nn_quantization){.scale = 0.125f, .zero = 77};
    for (int i = 0; i < MANY; i++)
        values[i] = (float)(i - 2000) * 0.0625f;
}

static void check_rounding(nn_quantization q)
{
    static void (*const runs[])(nn_quantization, const float *, float *, size_t) =
        SIMD_TABLE(grad_fake_run);
    for (int level = 0; level <= (int)cpu_level(); level++) {
        size_t wrong = 0;
        runs[level](q, values, rounded, MANY);
        for (int i = 0; i < MANY; i++)
            wrong += rounded[i] != nn_dequantize_u8(nn_quantize_u8(values[i], q), q);
        CHECK(wrong == 0);
    }
}

static void activations_round_as_inference(void)
{
    static nn_range (*const ranges[])(const float *, size_t) = SIMD_TABLE(grad_range_run);
    nn_quantization q;
    fill_with_ties(&q);
    check_rounding(q);
    fill(values, MANY, 1);
    nn_range want = nn_range_of(values, MANY);
    for (int level = 0; level <= (int)cpu_level(); level++) {
        nn_range got = ranges[level](values, MANY);
        CHECK(got.low == want.low && got.high == want.high);
    }
    check_rounding(nn_quantization_of(want));
    check_rounding((nn_quantization){.scale = 0.01f, .zero = 200}); /* most is cut off */
    values[17] = NAN;
    grad_fake_run_base(q, values, rounded, MANY);
    CHECK(isnan(rounded[17]) && !isnan(rounded[18]));
}

static void weights_round_as_inference(void)
{
    static void (*const runs[])(float, const float *, float *, size_t) =
        SIMD_TABLE(grad_fake_weights_run);
    nn_quantization q;
    fill_with_ties(&q);
    for (int level = 0; level <= (int)cpu_level(); level++) {
        size_t wrong = 0;
        runs[level](q.scale, values, rounded, MANY);
        for (int i = 0; i < MANY; i++)
            wrong += rounded[i] != (float)nn_quantize_s8(values[i], q.scale) * q.scale;
        CHECK(wrong == 0);
    }
}

/* Nothing is let through where the integer would be below 0 or above 255. */
static void cut_off_values_get_no_gradient(void)
{
    static void (*const runs[])(nn_quantization, const float *, const float *, float *, size_t,
                                bool) = SIMD_TABLE(grad_fake_pass_run);
    nn_quantization q;
    fill_with_ties(&q);
    for (int i = 0; i < MANY; i++)
        ones[i] = 1;
    for (int level = 0; level <= (int)cpu_level(); level++) {
        size_t wrong = 0;
        runs[level](q, values, ones, passed, MANY, false);
        runs[level](q, values, ones, passed, MANY, true);
        for (int i = 0; i < MANY; i++) {
            float number = nn_round(values[i] / q.scale) + (float)q.zero;
            wrong += passed[i] != (number >= 0 && number <= NN_ACTIVATION_MAX ? 2 : 0);
        }
        CHECK(wrong == 0);
    }
}

/* --- a layer -----------------------------------------------------------------------------------
 */

enum { BATCH = 3, IN = 2, OUT = 4, ROWS = 4, COLUMNS = 5, PIXELS = IN * ROWS * COLUMNS };

static nn_model *make_conv(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, IN, ROWS, COLUMNS));
    build_weight(m, "w", 0.3f, 0.1f, DIMS(OUT, IN, 1, 3));
    build_weight(m, "b", 0.3f, 0, DIMS(OUT));
    build_ints(build_node(m, "Conv", "layer", "x w b", "y"), "pads", 4, (int64_t[]){0, 1, 0, 1});
    build_output(m, "y");
    return finish(m);
}

static nn_model *make_product(bool gemm, bool transposed)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, PIXELS));
    if (transposed)
        build_weight(m, "w", 0.3f, 0.1f, DIMS(OUT, PIXELS));
    else
        build_weight(m, "w", 0.3f, 0.1f, DIMS(PIXELS, OUT));
    build_weight(m, "b", 0.3f, 0, DIMS(OUT));
    if (gemm)
        build_int(build_node(m, "Gemm", "layer", "x w b", "y"), "transB", transposed);
    else
        build_node(m, "MatMul", "layer", "x w", "y");
    build_output(m, "y");
    return finish(m);
}

/* One sample's integers. */
typedef struct integers {
    nn_quantization by;
    int32_t x[PIXELS]; /* less the zero point */
} integers;

static integers quantize_sample(const float *x)
{
    integers q = {.by = nn_quantization_of(nn_range_of(x, PIXELS))};
    for (int i = 0; i < PIXELS; i++)
        q.x[i] = (int32_t)nn_quantize_u8(x[i], q.by) - q.by.zero;
    return q;
}

/* ConvInteger: padding is the zero point, so 0 here. */
static int32_t conv_sum(const integers *q, const int8_t *w, int out, int row, int column)
{
    int32_t sum = 0;
    for (int c = 0; c < IN; c++)
        for (int k = 0; k < 3; k++) {
            int at = column + k - 1;
            if (at >= 0 && at < COLUMNS)
                sum += q->x[(c * ROWS + row) * COLUMNS + at] * w[(out * IN + c) * 3 + k];
        }
    return sum;
}

/* The difference to sum * (S s) + b: three roundings there; here one for each of at most 40
 * products of floats and each addition, whose partial sums are at most sum |x w|. */
static double tolerance(const float *x, const float *w, size_t n)
{
    return 2 * PIXELS * 6e-8 * harness_max_abs(x, PIXELS) * harness_max_abs(w, n) * PIXELS;
}

static void conv_is_integer_arithmetic(void)
{
    bench b = open_bench(make_conv(), &dynamic, BATCH);
    size_t nw = 0, nb = 0;
    const float *w = weights_of(&b, "w", &nw), *bias = weights_of(&b, "b", &nb);
    float *x = grad_net_input(b.net, 0)->data;
    fill(x, BATCH * PIXELS, 2);
    for (int i = 0; i < PIXELS; i++)
        x[PIXELS + i] *= 10; /* each sample has a range of its own */
    REQUIRE(grad_net_forward(b.net, &b.e) == 0);
    int8_t qw[OUT * IN * 3];
    float scale[OUT];
    nn_weights shape = {.channels = OUT, .each = IN * 3, .channel_step = IN * 3, .stride = 1};
    nn_quantize_weights(&shape, w, qw, scale);
    const float *y = grad_net_output(b.net)->data;
    for (int n = 0; n < BATCH; n++) {
        integers q = quantize_sample(x + n * PIXELS);
        for (int i = 0; i < OUT * ROWS * COLUMNS; i++) {
            int out = i / (ROWS * COLUMNS), row = i / COLUMNS % ROWS, column = i % COLUMNS;
            double want =
                (double)conv_sum(&q, qw, out, row, column) * q.by.scale * scale[out] + bias[out];
            CHECK_NEAR(y[n * OUT * ROWS * COLUMNS + i], want, tolerance(x + n * PIXELS, w, nw));
        }
    }
    close_bench(&b);
}

static void check_product(bool gemm, bool transposed)
{
    bench b = open_bench(make_product(gemm, transposed), &dynamic, BATCH);
    size_t nw = 0, nb = 0;
    const float *w = weights_of(&b, "w", &nw), *bias = gemm ? weights_of(&b, "b", &nb) : NULL;
    float *x = grad_net_input(b.net, 0)->data;
    fill(x, BATCH * PIXELS, 3);
    REQUIRE(grad_net_forward(b.net, &b.e) == 0);
    int8_t qw[OUT * PIXELS];
    float scale[OUT];
    nn_weights shape =
        transposed ? (nn_weights){OUT, PIXELS, PIXELS, 1} : (nn_weights){OUT, PIXELS, 1, OUT};
    nn_quantize_weights(&shape, w, qw, scale);
    const float *y = grad_net_output(b.net)->data;
    for (int n = 0; n < BATCH; n++) {
        integers q = quantize_sample(x + n * PIXELS);
        for (size_t c = 0; c < OUT; c++) {
            int32_t sum = 0;
            for (size_t i = 0; i < PIXELS; i++)
                sum += q.x[i] * qw[c * shape.channel_step + i * shape.stride];
            double want = (double)sum * q.by.scale * scale[c] + (bias ? bias[c] : 0);
            CHECK_NEAR(y[(size_t)n * OUT + c], want, tolerance(x + n * PIXELS, w, nw));
        }
    }
    close_bench(&b);
}

static void products_are_integer_arithmetic(void)
{
    check_product(true, true);
    check_product(true, false);
    check_product(false, false);
}

/* --- files in 8 bits ---------------------------------------------------------------------------
 */

enum { SAMPLES = 3 };

/* The integer network of the model, sample by sample, into y. */
static void run_integers(const nn_model *model, const grad_quantization *q, const float *x,
                         size_t each, float *y)
{
    err e = {0};
    quant_options o = {.scheme = q->scheme == GRAD_STATIC   ? QUANT_STATIC
                                 : q->scheme == GRAD_BINARY ? QUANT_BINARY
                                                            : QUANT_DYNAMIC,
                       .wides = q->wide != NULL,
                       .wide = &q->wide};
    quantizer *work = quant_open(model, &o, &e);
    REQUIRE(work != NULL);
    for (int n = 0; n < SAMPLES; n++) {
        const float *sample = x + (size_t)n * each;
        REQUIRE(quant_observe(work, &sample, &e) == 0);
    }
    nn_model *quantized = quant_convert(work, &e);
    nn_session *s = quantized ? nn_session_open(quantized, 1, &e) : NULL;
    REQUIRE(s != NULL);
    const nn_tensor *out = nn_session_output(s, 0);
    for (size_t n = 0; n < SAMPLES; n++) {
        memcpy(nn_session_input(s, 0)->data, x + n * each, each * sizeof *x);
        REQUIRE(nn_session_run(s, &e) == 0);
        memcpy(y + n * out->count, out->data, out->bytes);
    }
    nn_session_free(s);
    quant_free(work);
}

/* The largest difference, in parts of the largest value, between the rounding net's outputs and the
 * integer network's. Frees the model. */
static double differ(nn_model *model, grad_quantization q, float mean)
{
    err e = {0};
    nn_range *ranges = calloc((size_t)model->n_values, sizeof *ranges);
    REQUIRE(ranges != NULL);
    q.ranges = ranges;
    bench b = open_bench(model, &q, SAMPLES);
    REQUIRE(b.net != NULL);
    nn_tensor *x = grad_net_input(b.net, 0);
    const nn_tensor *y = grad_net_output(b.net);
    fill(x->data, x->count, 11);
    for (size_t i = 0; i < x->count; i++)
        ((float *)x->data)[i] = mean + 0.1f * ((float *)x->data)[i];
    CHECK(grad_calibrate(&q, model, x->data, SAMPLES, ranges, &e) == 0);
    REQUIRE(grad_net_forward(b.net, &e) == 0);
    float *want = malloc(y->bytes);
    REQUIRE(want != NULL);
    run_integers(model, &q, x->data, x->count / SAMPLES, want);
    double difference = harness_max_abs_diff(y->data, want, y->count);
    difference /= harness_max_abs(want, y->count);
    free(want);
    free(ranges);
    close_bench(&b);
    return difference;
}

static const grad_quantization kinds[] = {
    {.scheme = GRAD_DYNAMIC}, {.scheme = GRAD_DYNAMIC, .wide = "layer"},
    {.scheme = GRAD_STATIC},  {.scheme = GRAD_STATIC, .wide = "layer"},
    {.scheme = GRAD_BINARY},
};

/* Sums of 40 floats in another order: each at most 40 * 2^-24 of the sum of their sizes, and that
 * is taken to be at most 20 times the largest output. */
static void nets_compute_what_integer_files_compute(void)
{
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        CHECK_NEAR(differ(make_conv(), kinds[k], 0), 0, 5e-5);
        CHECK_NEAR(differ(make_product(true, true), kinds[k], 0), 0, 5e-5);
        CHECK_NEAR(differ(make_product(true, false), kinds[k], 0), 0, 5e-5);
        CHECK_NEAR(differ(make_product(false, false), kinds[k], 0), 0, 5e-5);
    }
}

/* Behind the first layer, sums that differ in their last bits may round to another integer now and
 * then: one step of 255 in single values, of which an output has hundreds. */
static void shipped_encoders_round_as_their_integer_files(void)
{
    static const char *const files[] = {"models/csilink-net-cr8-indoor.encoder.onnx",
                                        "models/cllwcsinet-cr8-indoor.encoder.onnx"};
    for (int i = 0; i < 2; i++) {
        err e = {0};
        nn_model *model = nn_model_load(files[i], &e);
        if (!model) {
            harness_skip("the shipped models are not here");
            return;
        }
        double difference = differ(model, dynamic, 0.5f);
        printf("    %s: %.2g of the largest value\n", files[i], difference);
        CHECK_NEAR(difference, 0, 1.0 / 255);
    }
}

/* --- gradients ---------------------------------------------------------------------------------
 */

/* The gradient of a float net at the rounded weights and the rounded input is, straight through
 * the rounding, that of the quantized net: the same sums of the same numbers. */
static void gradients_pass_straight_through(void)
{
    bench a = open_bench(make_conv(), &dynamic, BATCH), b = open_bench(make_conv(), NULL, BATCH);
    size_t n = 0;
    float *x = grad_net_input(a.net, 0)->data, *xb = grad_net_input(b.net, 0)->data;
    float *w = weights_of(&b, "w", &n);
    grad_layer layer;
    REQUIRE(grad_quantizes(&dynamic, b.model, &b.model->nodes[0], &layer));
    grad_fake_weights(&layer, w, w);
    grad_net_refresh(b.net);
    fill(x, BATCH * PIXELS, 4);
    for (int i = 0; i < BATCH; i++)
        grad_fake_run_base(nn_quantization_of(nn_range_of(x + i * PIXELS, PIXELS)), x + i * PIXELS,
                           xb + i * PIXELS, PIXELS);
    REQUIRE(grad_net_forward(a.net, &a.e) == 0 && grad_net_forward(b.net, &b.e) == 0);
    size_t count = grad_net_output(a.net)->count;
    CHECK(same(grad_net_output(a.net)->data, grad_net_output(b.net)->data, count));
    fill(grad_net_output_gradient(a.net), count, 5);
    fill(grad_net_output_gradient(b.net), count, 5);
    grad_net_backward(a.net);
    grad_net_backward(b.net);
    CHECK(same(grad_net_gradients(a.net), grad_net_gradients(b.net), a.weights->count));
    CHECK(same(grad_net_input_gradient(a.net), grad_net_input_gradient(b.net), BATCH * PIXELS));
    close_bench(&a);
    close_bench(&b);
}

/* y = conv(x) + x: the addition and its gradient have x as it is. */
static nn_model *make_residual(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, IN, ROWS, COLUMNS));
    build_weight(m, "w", 0.3f, 0, DIMS(IN, IN, 1, 1));
    build_node(m, "Conv", "layer", "x w", "c");
    build_node(m, "Add", "sum", "c x", "y");
    build_output(m, "y");
    return finish(m);
}

static void static_ranges_stop_gradients(void)
{
    nn_model *model = make_residual();
    nn_range *ranges = calloc((size_t)model->n_values, sizeof *ranges);
    REQUIRE(ranges != NULL);
    ranges[model->inputs[0]] = (nn_range){-1, 1};
    grad_quantization q = {.scheme = GRAD_STATIC, .ranges = ranges};
    bench b = open_bench(model, &q, BATCH);
    float *x = grad_net_input(b.net, 0)->data;
    fill(x, BATCH * PIXELS, 6);
    REQUIRE(grad_net_forward(b.net, &b.e) == 0);
    size_t n = 0;
    float w[IN * IN];
    grad_layer layer;
    REQUIRE(grad_quantizes(&q, model, &model->nodes[0], &layer));
    grad_fake_weights(&layer, weights_of(&b, "w", &n), w);
    float *d = grad_net_output_gradient(b.net), keep[BATCH * PIXELS];
    fill(d, BATCH * PIXELS, 7);
    memcpy(keep, d, sizeof keep);
    grad_net_backward(b.net);
    nn_quantization by = nn_quantization_of(ranges[model->inputs[0]]);
    int stopped = 0;
    for (int i = 0; i < BATCH * PIXELS; i++) {
        int plane = ROWS * COLUMNS, c = i / plane % IN, first = i - c * plane;
        float level = nn_round(x[i] / by.scale) + (float)by.zero, want = keep[i];
        bool cut = level < 0 || level > NN_ACTIVATION_MAX;
        for (int o = 0; o < IN && !cut; o++)
            want += w[o * IN + c] * keep[first + o * plane];
        stopped += cut;
        CHECK_NEAR(grad_net_input_gradient(b.net)[i], want, 1e-5); /* sums of 3 of about 1 */
    }
    CHECK(stopped > 0 && stopped < BATCH * PIXELS); /* |x| > 1: about a third */
    free(ranges);
    close_bench(&b);
}

static void calibration_sees_every_input(void)
{
    nn_model *model = make_residual();
    nn_range *ranges = calloc((size_t)model->n_values, sizeof *ranges);
    REQUIRE(ranges != NULL);
    enum { SEEN = 37 };
    float images[SEEN * PIXELS];
    fill(images, SEEN * PIXELS, 8);
    images[(SEEN - 1) * PIXELS] = 20;
    images[3] = -30;
    grad_quantization q = {.scheme = GRAD_STATIC, .ranges = ranges};
    err e = {0};
    CHECK(grad_calibrate(&q, model, images, SEEN, ranges, &e) == 0);
    CHECK(ranges[model->inputs[0]].low == -30 && ranges[model->inputs[0]].high == 20);
    free(ranges);
    nn_model_free(model);
}

/* --- binary weights ----------------------------------------------------------------------------
 */

static void binary_weights_are_mean_and_sign(void)
{
    static const grad_quantization q = {.scheme = GRAD_BINARY};
    bench b = open_bench(make_product(true, true), &q, BATCH);
    size_t n = 0;
    float *w = weights_of(&b, "w", &n), stored[OUT * PIXELS], *all;
    w[0] = 1.5f;
    w[1] = -1.5f;
    w[2] = 1;
    w[3] = 0;
    grad_net_refresh(b.net);
    all = malloc(b.weights->count * sizeof *all);
    REQUIRE(all != NULL);
    memcpy(all, b.weights->values, b.weights->count * sizeof *all);
    grad_quantized_store(&q, b.weights, all);
    memcpy(stored, all + (w - b.weights->values), sizeof stored);
    for (int c = 0; c < OUT; c++) {
        double mean = 0;
        for (int i = 0; i < PIXELS; i++)
            mean += fabs((double)w[c * PIXELS + i]) / PIXELS;
        for (int i = 0; i < PIXELS; i++)
            CHECK_NEAR(stored[c * PIXELS + i], w[c * PIXELS + i] < 0 ? -mean : mean, 1e-6);
    }
    fill(grad_net_input(b.net, 0)->data, BATCH * PIXELS, 9);
    REQUIRE(grad_net_forward(b.net, &b.e) == 0);
    fill(grad_net_output_gradient(b.net), BATCH * OUT, 10);
    grad_net_backward(b.net);
    const float *d = gradient_of(&b, "w");
    CHECK(d[0] == 0 && d[1] == 0 && d[2] != 0 && d[3] != 0);
    free(all);
    close_bench(&b);
}

/* --- what is quantized -------------------------------------------------------------------------
 */

static void expect_refusal(nn_model *model, const grad_quantization *q, const char *what)
{
    bench b = open_bench(model, q, 1);
    CHECK(b.net == NULL && b.e.code != 0 && says(&b.e, what));
    close_bench(&b);
}

static nn_model *make_shared(const char *op)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, OUT));
    build_weight(m, "w", 0.3f, 0, DIMS(OUT, OUT));
    build_node(m, "MatMul", "layer", "x w", "c");
    build_node(m, op, "other", "c w", "y");
    build_output(m, "y");
    return finish(m);
}

static nn_model *make_norm(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, IN, ROWS, COLUMNS));
    build_weight(m, "scale", 0, 1, DIMS(IN));
    build_weight(m, "bias", 0, 0, DIMS(IN));
    build_weight(m, "mean", 0, 0, DIMS(IN));
    build_weight(m, "variance", 0, 1, DIMS(IN));
    build_node(m, "BatchNormalization", "norm", "x scale bias mean variance", "y");
    build_output(m, "y");
    return finish(m);
}

static void what_cannot_be_quantized_is_refused(void)
{
    static const grad_quantization without[] = {
        {.scheme = GRAD_DYNAMIC, .skip = "layer"},
        {.scheme = GRAD_DYNAMIC, .skip = "other,w"},
        {.scheme = GRAD_DYNAMIC, .skip = "y"},
    };
    for (int i = 0; i < 3; i++)
        expect_refusal(make_conv(), &without[i], "no layer to quantize");
    expect_refusal(make_shared("Add"), &dynamic, "node 1 'other'");
    expect_refusal(make_norm(), &dynamic, "norm");
    bench b = open_bench(make_shared("MatMul"), &dynamic, 1);
    CHECK(b.net != NULL); /* used twice in the same way */
    err e = {0};
    CHECK(grad_names_check("layer,w", &b.model, 1, &e) == 0);
    CHECK(grad_names_check("layer,lair", &b.model, 1, &e) == ERR_INVALID && says(&e, "'lair'"));
    close_bench(&b);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"activations are rounded as inference rounds them, ties to even",
         activations_round_as_inference},
        {"weights are rounded as inference rounds them, ties to even", weights_round_as_inference},
        {"a value cut off at the end of its range gets no gradient",
         cut_off_values_get_no_gradient},
        {"a quantized convolution is integer arithmetic, sample by sample",
         conv_is_integer_arithmetic},
        {"quantized products are integer arithmetic, whichever way weights lie",
         products_are_integer_arithmetic},
        {"a rounding net computes what the file in integers computes",
         nets_compute_what_integer_files_compute},
        {"the shipped encoders round as their files in integers do",
         shipped_encoders_round_as_their_integer_files},
        {"gradients pass straight through the rounding", gradients_pass_straight_through},
        {"fixed ranges stop gradients outside, and only those of the layer",
         static_ranges_stop_gradients},
        {"calibration sees every sample's input", calibration_sees_every_input},
        {"binary weights are mean |w| and sign; their gradient stops beyond 1",
         binary_weights_are_mean_and_sign},
        {"what cannot be quantized is refused, naming the layer",
         what_cannot_be_quantized_is_refused},
    };
    return harness_main(argc, argv, "qat", tests, sizeof tests / sizeof tests[0]);
}
