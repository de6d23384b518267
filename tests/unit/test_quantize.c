#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "harness.h"
#include "nn/graph.h"
#include "nn/quant.h"

enum { SAMPLES = 4 };

#define DIMS(...) ((const int64_t[]){__VA_ARGS__})

static void fill(uint32_t stream, float *x, size_t n, float deviation)
{
    rng r = rng_at(1, RNG_TEST, 9, stream);
    rng_normal_fill(&r, x, n, deviation);
}

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* --- networks ----------------------------------------------------------------------------------
 */

/* Two convolutions with batch norm, the second with a bias, stride, padding and groups; a dense
 * layer by Gemm, one by MatMul. Input [n][2][8][8]. */
static nn_model *make_network(bool dense)
{
    nn_builder *b = nn_builder_new();
    static float w[4096];
    fill(50, w, 4096, 0.3f);
    nn_builder_metadata(b, "csilink.scenario", "somewhere");
    nn_builder_input(b, "x", 4, DIMS(-1, 2, 8, 8));
    nn_builder_floats(b, "w1", 4, DIMS(8, 2, 3, 3), w);
    nn_builder_node(b, "Conv", "first", "x w1", "c1");
    nn_builder_ints(b, "pads", 4, DIMS(1, 1, 1, 1));
    static const char *const norms[] = {"g", "b", "m", "v"};
    for (int k = 0; k < 4; k++) {
        float values[8];
        for (int i = 0; i < 8; i++)
            values[i] = 0.5f + 0.25f * (float)((i + 3 * k) % 5);
        nn_builder_floats(b, norms[k], 1, DIMS(8), values);
    }
    nn_builder_node(b, "BatchNormalization", "norm1", "c1 g b m v", "n1");
    nn_builder_node(b, "LeakyRelu", "act1", "n1", "a1");
    nn_builder_float(b, "alpha", 0.3f);
    nn_builder_floats(b, "w2", 4, DIMS(8, 4, 3, 1), w + 512);
    nn_builder_floats(b, "b2", 1, DIMS(8), w + 1024);
    nn_builder_node(b, "Conv", "second", "a1 w2 b2", "c2");
    nn_builder_int(b, "group", 2);
    nn_builder_ints(b, "strides", 2, DIMS(2, 1));
    nn_builder_ints(b, "pads", 4, DIMS(1, 0, 1, 0));
    nn_builder_node(b, "BatchNormalization", "norm2", "c2 g b m v", dense ? "n2" : "y");
    if (dense) {
        nn_builder_list(b, "flat", 2, DIMS(-1, 256));
        nn_builder_node(b, "Reshape", "flatten", "n2 flat", "f");
        nn_builder_floats(b, "w3", 2, DIMS(12, 256), w);
        nn_builder_floats(b, "b3", 1, DIMS(12), w + 100);
        nn_builder_node(b, "Gemm", "third", "f w3 b3", "g3");
        nn_builder_int(b, "transB", 1);
        nn_builder_float(b, "alpha", 0.5f);
        nn_builder_float(b, "beta", 2);
        nn_builder_floats(b, "w4", 2, DIMS(12, 6), w + 200);
        nn_builder_node(b, "MatMul", "fourth", "g3 w4", "y");
        nn_builder_output(b, "y", 2, DIMS(-1, 6));
    } else {
        nn_builder_output(b, "y", 4, DIMS(-1, 8, 4, 8));
    }
    err e = {0};
    nn_model *m = nn_builder_finish(b, "test", &e);
    if (!m)
        printf("    %s\n", e.text);
    return m;
}

/* The first output for sample `k`, in `y`; its size. */
static size_t run_model(const nn_model *m, uint32_t k, float *y, size_t room)
{
    err e = {0};
    nn_session *s = nn_session_open(m, 1, &e);
    if (!s) {
        printf("    %s\n", e.text);
        return 0;
    }
    nn_tensor *in = nn_session_input(s, 0);
    fill(100 + k, in->data, in->count, 1);
    if (nn_session_run(s, &e) != 0)
        printf("    %s\n", e.text);
    const nn_tensor *out = nn_session_output(s, 0);
    size_t n = out->count < room ? out->count : room;
    memcpy(y, out->data, n * sizeof *y);
    nn_session_free(s);
    return n;
}

static double snr_db(const float *want, const float *got, size_t n)
{
    double signal = 0, noise = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)want[i] - (double)got[i];
        signal += (double)want[i] * (double)want[i];
        noise += d * d;
    }
    return db_of_power(signal / noise);
}

/* A quantizer that has seen SAMPLES samples. */
static quantizer *observed(const nn_model *m, const quant_options *options)
{
    err e = {0};
    float x[2 * 8 * 8];
    const float *inputs[] = {x};
    quantizer *q = quant_open(m, options, &e);
    for (uint32_t k = 0; q && k < SAMPLES; k++) {
        fill(100 + k, x, 128, 1);
        CHECK(quant_observe(q, inputs, &e) == 0);
    }
    if (!q)
        printf("    %s\n", e.text);
    return q;
}

static int count_ops(const nn_model *m, const char *op)
{
    int n = 0;
    for (int i = 0; i < m->n_nodes; i++)
        n += strcmp(m->nodes[i].op->name, op) == 0;
    return n;
}

static void folding_changes_nothing(void)
{
    nn_model *m = make_network(false);
    REQUIRE(m != NULL);
    err e = {0};
    nn_model *folded = quant_fold(m, &e);
    REQUIRE(folded != NULL);
    CHECK(count_ops(m, "BatchNormalization") == 2 && count_ops(folded, "BatchNormalization") == 0);
    CHECK(count_ops(folded, "Conv") == 2);
    float before[256], after[256];
    REQUIRE(run_model(m, 1, before, 256) == 256 && run_model(folded, 1, after, 256) == 256);
    /* The engine folds in double as well; only the bias is rounded once more. */
    CHECK(harness_max_abs_diff(before, after, 256) <= 1e-6 * harness_max_abs(before, 256));
    nn_model_free(folded);
    nn_model_free(m);
}

static void no_float_product_is_left(void)
{
    static const quant_scheme schemes[] = {QUANT_DYNAMIC, QUANT_BINARY};
    nn_model *m = make_network(true);
    REQUIRE(m != NULL);
    for (int k = 0; k < 2; k++) {
        err e = {0};
        quantizer *q = observed(m, &(quant_options){.scheme = schemes[k]});
        REQUIRE(q != NULL);
        const nn_model *quantized = quant_convert(q, &e);
        REQUIRE(quantized != NULL);
        CHECK(quant_layers(q) == 4);
        CHECK(count_ops(quantized, "Conv") + count_ops(quantized, "Gemm") +
                  count_ops(quantized, "MatMul") + count_ops(quantized, "BatchNormalization") ==
              0);
        CHECK(count_ops(quantized, "ConvInteger") == 2);
        CHECK(count_ops(quantized, "MatMulInteger") == 2);
        CHECK(count_ops(quantized, "DynamicQuantizeLinear") == 4);
        CHECK(strcmp(nn_model_metadata(quantized, "csilink.scenario"), "somewhere") == 0);
        for (int i = 0; i < 4; i++)
            CHECK(quant_layer_at(q, i)->binary == (schemes[k] == QUANT_BINARY && i >= 2));
        quant_free(q);
    }
    nn_model_free(m);
}

/* 8 bits of a Gaussian signal (peak about 3 sigma) are worth about 40 dB, of weights likewise; four
 * layers add their noises. Wide inputs leave the weights' share. */
static void results_stay_near(void)
{
    static const char *const all[] = {"first", "second", "third", "y"};
    static const char *const by_others[] = {"first", "w2", "third", "fourth"};
    static const struct {
        quant_options options;
        double least_db;
    } cases[] = {
        {{.scheme = QUANT_DYNAMIC}, 30},
        {{.scheme = QUANT_STATIC}, 28},
        {{.scheme = QUANT_STATIC, .rule = QUANT_MSE}, 26},
        {{.scheme = QUANT_STATIC, .rule = QUANT_PERCENTILE}, 15},
        {{.scheme = QUANT_DYNAMIC, .wides = 4, .wide = all}, 35},
        {{.scheme = QUANT_STATIC, .wides = 4, .wide = by_others}, 35},
    };
    nn_model *m = make_network(true);
    REQUIRE(m != NULL);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        err e = {0};
        quantizer *q = observed(m, &cases[k].options);
        REQUIRE(q != NULL);
        const nn_model *quantized = quant_convert(q, &e);
        if (!quantized)
            printf("    %s\n", e.text);
        REQUIRE(quantized != NULL);
        for (uint32_t i = 0; i < SAMPLES; i++) {
            float want[6], got[6];
            REQUIRE(run_model(m, i, want, 6) == 6 && run_model(quantized, i, got, 6) == 6);
            double db = snr_db(want, got, 6);
            if (!(db >= cases[k].least_db))
                printf("    case %zu, sample %u: %.1f dB\n", k, i, db);
            CHECK(db >= cases[k].least_db);
        }
        quant_free(q);
    }
    nn_model_free(m);
}

/* Weights that 8 bits hold exactly, and inputs that are multiples of a step: nothing is lost. */
static void representable_network_is_exact(void)
{
    float w[6 * 4], x[4] = {-128, 127, 3, -77}, want[6], got[6];
    for (int i = 0; i < 24; i++)
        w[i] = i % 4 == 1 ? 127 : (float)(i * 37 % 255 - 127);
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "x", 4, DIMS(-1, 4, 1, 1));
    nn_builder_floats(b, "w", 4, DIMS(6, 4, 1, 1), w);
    nn_builder_node(b, "Conv", "only", "x w", "y");
    nn_builder_output(b, "y", 4, DIMS(-1, 6, 1, 1));
    err e = {0};
    nn_model *m = nn_builder_finish(b, "exact", &e);
    REQUIRE(m != NULL);
    quantizer *q = quant_open(m, &(quant_options){.scheme = QUANT_STATIC}, &e);
    REQUIRE(q != NULL);
    CHECK(quant_convert(q, &e) == NULL && e.code == ERR_STATE && says(&e, "calibrate"));
    CHECK(quant_observe(q, (const float *const[]){x}, &e) == 0);
    const nn_model *quantized = quant_convert(q, &e);
    REQUIRE(quantized != NULL);
    CHECK(quant_layer_at(q, 0)->input.scale == 1.0f && quant_layer_at(q, 0)->input.zero == 128);
    nn_session *s[2] = {nn_session_open(m, 1, &e), nn_session_open(quantized, 1, &e)};
    REQUIRE(s[0] && s[1]);
    for (int k = 0; k < 2; k++) {
        memcpy(nn_session_input(s[k], 0)->data, x, sizeof x);
        CHECK(nn_session_run(s[k], &e) == 0);
        memcpy(k ? got : want, nn_session_output(s[k], 0)->data, sizeof got);
        nn_session_free(s[k]);
    }
    CHECK(memcmp(want, got, sizeof want) == 0);
    quant_free(q);
    nn_model_free(m);
}

static const nn_tensor *constant_named(const nn_model *m, const char *name)
{
    for (int i = 0; i < m->n_values; i++)
        if (m->values[i].constant && strcmp(m->values[i].name, name) == 0)
            return m->values[i].constant;
    return NULL;
}

/* Of numbers added and multiplied value by value the trained ones take 8 bits, with a scale for
 * each channel; what begins with "const." and what a layer left in float reads stay as they are. */
static void trained_tables_take_eight_bits(void)
{
    static float w[256], table[256];
    fill(60, w, 64, 0.3f);
    fill(61, table, 256, 1);
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "x", 4, DIMS(-1, 2, 8, 8));
    nn_builder_floats(b, "w", 4, DIMS(4, 2, 1, 1), w);
    nn_builder_floats(b, "kept", 4, DIMS(4, 4, 3, 3), table);
    nn_builder_floats(b, "added", 3, DIMS(4, 8, 8), table);
    nn_builder_floats(b, "factors", 4, DIMS(1, 4, 8, 8), table);
    nn_builder_floats(b, "const.mask", 3, DIMS(4, 8, 8), table);
    nn_builder_node(b, "Conv", "first", "x w", "a");
    nn_builder_node(b, "Add", "add", "a added", "c");
    nn_builder_node(b, "Mul", "multiply", "c factors", "d");
    nn_builder_node(b, "Conv", "second", "d kept", "f");
    nn_builder_ints(b, "pads", 4, DIMS(1, 1, 1, 1));
    nn_builder_node(b, "Mul", "mask", "f const.mask", "y");
    nn_builder_output(b, "y", 4, DIMS(-1, 4, 8, 8));
    nn_model *m = nn_builder_finish(b, "tables", NULL);
    quantizer *q = observed(m, &(quant_options){.skips = 1, .skip = (const char *[]){"second"}});
    const nn_model *quantized = quant_convert(q, NULL);
    REQUIRE(quantized != NULL);
    const nn_tensor *added = constant_named(quantized, "added_quantized"),
                    *scale = constant_named(quantized, "factors_scale");
    CHECK(added && added->dtype == NN_INT8 && added->count == 256 && scale && scale->count == 4);
    CHECK(constant_named(quantized, "added") == NULL);
    CHECK(constant_named(quantized, "const.mask") && constant_named(quantized, "kept"));
    float want[256], got[256];
    CHECK(run_model(m, 1, want, 256) == 256 && run_model(quantized, 1, got, 256) == 256 &&
          snr_db(want, got, 256) > 35); /* 8 bits of four things, each about 45 dB */
    quant_free(q);
    nn_model_free(m);
}

static void noise_is_told_by_layer(void)
{
    nn_model *m = make_network(true);
    REQUIRE(m != NULL);
    err e = {0};
    float x[128], want[6], got[6];
    const char *skip[] = {"second"};
    quantizer *q = observed(m, &(quant_options){.skips = 1, .skip = skip});
    REQUIRE(q != NULL);
    CHECK(isnan(quant_layer_at(q, 0)->snr_db));
    const nn_model *quantized = quant_convert(q, &e);
    REQUIRE(quantized != NULL);
    CHECK(count_ops(quantized, "Conv") == 1 && count_ops(quantized, "ConvInteger") == 1);
    fill(100, x, 128, 1);
    REQUIRE(quant_compare(q, (const float *const[]){x}, &e) == 0);
    REQUIRE(run_model(m, 0, want, 6) == 6 && run_model(quantized, 0, got, 6) == 6);
    /* The last layer's output is the network's. */
    CHECK_NEAR(quant_layer_at(q, 3)->snr_db, snr_db(want, got, 6), 0.05);
    CHECK(quant_layer_at(q, 1)->why_float && isnan(quant_layer_at(q, 1)->snr_db));
    const quant_layer *first = quant_layer_at(q, 0), *third = quant_layer_at(q, 2);
    CHECK(first->own_snr_db == first->snr_db); /* nothing before it */
    CHECK(third->own_snr_db > 35 && third->snr_db > 35);
    CHECK(first->seen.low < -2 && first->seen.high > 2 && first->weight.low < 0);
    quant_free(q);
    nn_model_free(m);
}

/* --- what is refused ---------------------------------------------------------------------------
 */

static void mistakes_are_named(void)
{
    nn_model *m = make_network(true);
    REQUIRE(m != NULL);
    err e = {0};
    const char *wrong[] = {"fifth"}, *all[] = {"first", "second", "third", "fourth"};
    CHECK(!quant_open(m, &(quant_options){.skips = 1, .skip = wrong}, &e));
    CHECK(e.code == ERR_INVALID && says(&e, "'fifth'") && says(&e, "first, second, third, fourth"));
    CHECK(!quant_open(m, &(quant_options){.wides = 1, .wide = wrong}, &e) && says(&e, "'fifth'"));
    const char *input[] = {"input"};
    quantizer *w = quant_open(m, &(quant_options){.wides = 1, .wide = input}, &e);
    REQUIRE(w != NULL);
    for (int i = 0; i < 4; i++)
        CHECK(quant_layer_at(w, i)->wide == (i == 0));
    quant_free(w);
    CHECK(!quant_open(m, &(quant_options){.skips = 4, .skip = all}, &e));
    CHECK(e.code == ERR_INVALID && says(&e, "nothing is left"));
    quantizer *q = quant_open(m, &(quant_options){.scheme = QUANT_DYNAMIC}, &e);
    const nn_model *once = q ? quant_convert(q, &e) : NULL;
    REQUIRE(once != NULL);
    CHECK(!quant_open(once, &(quant_options){.scheme = QUANT_DYNAMIC}, &e));
    CHECK(e.code == ERR_UNSUPPORTED && says(&e, "already quantized"));
    quant_free(q);
    nn_model_free(m);
}

/* --- codecs ------------------------------------------------------------------------------------
 */

static const char shipped[] = "csilink-net-cr8-indoor";
static char folder[] = "/tmp/csilink-test-quantize-XXXXXX";

static const char *in_folder(const char *file)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

/* The shipped encoder in 8 bits, marked as such and written. */
static bool write_quantized(const char *file, bool mark)
{
    char source[512];
    err e = {0};
    models_find("csilink-net-cr8-indoor.encoder.onnx", source, sizeof source, &e);
    nn_model *m = nn_model_load(source, &e);
    quantizer *q = m ? quant_open(m, &(quant_options){.scheme = QUANT_DYNAMIC}, &e) : NULL;
    nn_model *quantized = q ? quant_convert(q, &e) : NULL;
    bool done = quantized && (!mark || onnx_mark_quantized(quantized, "int8-dynamic", &e) == 0) &&
                nn_model_save(quantized, in_folder(file), &e) == 0;
    if (!done)
        printf("    %s\n", e.text);
    quant_free(q);
    nn_model_free(m);
    return done;
}

static void quantized_encoder_fits_its_decoder(void)
{
    err e = {0};
    REQUIRE(write_quantized("q.encoder.int8.onnx", true));
    onnx_part *q = onnx_load(CODEC_ENCODER, in_folder("q.encoder.int8.onnx"), NULL, &e);
    onnx_part *f = onnx_load_named(CODEC_ENCODER, shipped, &e);
    onnx_part *d = onnx_load_named(CODEC_DECODER, shipped, &e);
    onnx_part *other = onnx_load_named(CODEC_DECODER, "cllwcsinet-cr8-indoor", &e);
    REQUIRE(q && f && d && other);
    const onnx_info *info = onnx_part_info(q), *before = onnx_part_info(f);
    CHECK(strcmp(info->precision, "int8-dynamic") == 0 && strcmp(before->precision, "float") == 0);
    CHECK(strcmp(info->name, shipped) == 0 && info->pair == before->pair && info->pair != 0);
    CHECK(onnx_check_pair(info, onnx_part_info(d), &e) == 0);
    CHECK(onnx_check_pair(info, onnx_part_info(other), &e) == ERR_MISMATCH);
    /* Eight bits for 32, a scale more for each channel. */
    CHECK((double)before->weight_bytes >= 3.6 * (double)info->weight_bytes);
    onnx_part_free(q);
    onnx_part_free(f);
    onnx_part_free(d);
    onnx_part_free(other);
}

static void changed_or_unmarked_is_refused(void)
{
    err e = {0};
    REQUIRE(write_quantized("bare.encoder.onnx", false));
    CHECK(!onnx_load(CODEC_ENCODER, in_folder("bare.encoder.onnx"), NULL, &e));
    CHECK(e.code == ERR_MISMATCH && says(&e, "csilink.pair"));
    REQUIRE(write_quantized("changed.onnx", true));
    nn_model *m = nn_model_load(in_folder("changed.onnx"), &e);
    REQUIRE(m != NULL);
    CHECK(nn_model_set_metadata(m, "csilink.quantized", "0123456789abcdef", &e) == 0);
    CHECK(nn_model_save(m, in_folder("changed.onnx"), &e) == 0);
    CHECK(!onnx_load(CODEC_ENCODER, in_folder("changed.onnx"), NULL, &e));
    CHECK(e.code == ERR_MISMATCH && says(&e, "csilink.quantized"));
    CHECK(nn_model_set_metadata(m, "csilink.precision", "int3", &e) == 0);
    CHECK(nn_model_save(m, in_folder("changed.onnx"), &e) == 0);
    CHECK(!onnx_load(CODEC_ENCODER, in_folder("changed.onnx"), NULL, &e) && says(&e, "'int3'"));
    nn_model_free(m);
}

static void precision_finds_its_file(void)
{
    char from[512];
    err e = {0};
    REQUIRE(write_quantized("q-cr8-x.encoder.int8.onnx", true));
    models_find("csilink-net-cr8-indoor.encoder.onnx", from, sizeof from, &e);
    char *absolute = realpath(from, NULL);
    REQUIRE(absolute != NULL);
    CHECK(symlink(absolute, in_folder("q-cr8-x.encoder.onnx")) == 0);
    free(absolute);
    char *home = getenv("CSILINK_MODELS"), *before = home ? strdup(home) : NULL;
    setenv("CSILINK_MODELS", folder, 1);
    static const struct {
        const char *asked, *name, *got;
    } cases[] = {{NULL, "q-cr8-x", "int8-dynamic"},
                 {"int8", "q-cr8-x", "int8-dynamic"},
                 {"float", "q-cr8-x", "float"},
                 {NULL, "csilink-net-cr8-indoor", NULL}}; /* as the repository has it */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        onnx_part *p = onnx_load_precise(CODEC_ENCODER, cases[i].name, cases[i].asked, &e);
        REQUIRE(p != NULL);
        CHECK(!cases[i].got || strcmp(onnx_part_info(p)->precision, cases[i].got) == 0);
        onnx_part_free(p);
    }
    /* Trained anew, another network: its decoder would refuse the old int8 file. */
    models_find("cllwcsinet-cr8-indoor.encoder.onnx", from, sizeof from, &e);
    absolute = realpath(from, NULL);
    REQUIRE(absolute != NULL);
    CHECK(unlink(in_folder("q-cr8-x.encoder.onnx")) == 0);
    CHECK(symlink(absolute, in_folder("q-cr8-x.encoder.onnx")) == 0);
    free(absolute);
    CHECK(!onnx_load_precise(CODEC_ENCODER, "q-cr8-x", NULL, &e));
    CHECK(e.code == ERR_MISMATCH && says(&e, "another pair") && says(&e, "--precision float"));
    CHECK(!onnx_load_precise(CODEC_ENCODER, "none-cr8-x", "int8", &e));
    CHECK(says(&e, "in int8") && says(&e, "csilink quantize") && says(&e, "q-cr8-x"));
    if (before)
        setenv("CSILINK_MODELS", before, 1);
    else
        unsetenv("CSILINK_MODELS");
    free(before);
}

static const harness_test tests[] = {
    {"trained tables take 8 bits, fixed ones stay", trained_tables_take_eight_bits},
    {"a folded batch norm changes nothing", folding_changes_nothing},
    {"every product with constant weights becomes one of integers", no_float_product_is_left},
    {"each scheme and range rule stays as near as its bits allow", results_stay_near},
    {"a network that 8 bits hold exactly gives the same bits", representable_network_is_exact},
    {"the report gives the noise of each layer and of all layers", noise_is_told_by_layer},
    {"layers that are not there and networks already quantized are refused", mistakes_are_named},
    {"a quantized encoder serves its own decoder, 3.6 times smaller, and no other",
     quantized_encoder_fits_its_decoder},
    {"a quantized encoder with other weights, or without its mark, is refused",
     changed_or_unmarked_is_refused},
    {"int8 is taken where it is there, float where it is asked for", precision_finds_its_file},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "quantize", tests, sizeof tests / sizeof tests[0]);
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? status : 1;
}
