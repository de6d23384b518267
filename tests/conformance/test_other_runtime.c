/* The quantized networks, and the float ones of the zoo, in another runtime, onnxruntime. An
 * optimised session may sum in another order, but integers have one sum; what may differ is the
 * last bit of a float, and with it, where a value lies at a rounding edge, one step of a layer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "harness.h"
#include "nn/nn.h"
#include "nn/quant.h"
#include "other_runtime.h"
#include "train/architecture/architecture.h"

enum { PIXELS = 2 * 32 * 32, CODEWORD = 256, SAMPLES = 20, MISSING = OTHER_RUNTIME_MISSING };

static char folder[] = "/tmp/csilink-test-runtime-XXXXXX";

/* Images of a few taps and angles over a floor, as channels have them. */
static void make_image(uint32_t k, float *image)
{
    rng r = rng_at(3, RNG_TEST, 10, k);
    for (int i = 0; i < PIXELS; i++)
        image[i] = 0.5f + 0.003f * (float)rng_normal(&r);
    for (int i = 0; i < 60; i++)
        image[rng_u32(&r) % PIXELS] = (float)rng_uniform(&r);
}

static bool quantize(const char *encoder, const quant_options *options, const char *out)
{
    char path[512];
    err e = {0};
    float image[PIXELS];
    models_find(encoder, path, sizeof path, &e);
    nn_model *m = nn_model_load(path, &e);
    quantizer *q = m ? quant_open(m, options, &e) : NULL;
    for (uint32_t k = 0; q && k < SAMPLES; k++) {
        make_image(1000 + k, image);
        if (quant_observe(q, (const float *const[]){image}, &e) != 0)
            break;
    }
    const nn_model *quantized = q ? quant_convert(q, &e) : NULL;
    bool done = quantized && nn_model_save(quantized, out, &e) == 0;
    if (!done)
        printf("    %s\n", e.text);
    quant_free(q);
    nn_model_free(m);
    return done;
}

/* Elements further apart than a step of the codeword in 8 bits, of `n` elements. */
static size_t count_apart(const float *ours, const float *theirs, size_t n)
{
    float step = nn_quantization_of(nn_range_of(theirs, n)).scale;
    size_t apart = 0;
    for (size_t i = 0; i < n; i++)
        apart += fabsf(ours[i] - theirs[i]) <= step ? 0 : 1;
    return apart;
}

/* Ours for each sample in turn against what the other runtime made of all of them. */
static void compare_samples(nn_session *s, const float *images, const float *theirs)
{
    size_t apart = 0;
    err e = {0};
    for (size_t k = 0; k < SAMPLES; k++) {
        memcpy(nn_session_input(s, 0)->data, images + k * PIXELS, PIXELS * sizeof *images);
        REQUIRE(nn_session_run(s, &e) == 0);
        apart += count_apart(nn_session_output(s, 0)->data, theirs + k * CODEWORD, CODEWORD);
    }
    printf("    %zu of %d elements are more than a step apart\n", apart, SAMPLES * CODEWORD);
    CHECK((double)apart <= 0.001 * SAMPLES * CODEWORD);
}

static void compare(const char *encoder, const quant_options *options)
{
    static float images[SAMPLES * PIXELS], theirs[SAMPLES * CODEWORD];
    char model[256], input[256], output[256];
    err e = {0};
    snprintf(model, sizeof model, "%s/m.onnx", folder);
    snprintf(input, sizeof input, "%s/x", folder);
    snprintf(output, sizeof output, "%s/y", folder);
    for (uint32_t k = 0; k < SAMPLES; k++)
        make_image(k, images + k * PIXELS);
    REQUIRE(quantize(encoder, options, model));
    REQUIRE(write_floats(input, images, SAMPLES * PIXELS));
    int status = run_elsewhere(model, "1 2 32 32", input, output);
    if (status == MISSING) {
        harness_skip("neither Python nor node has onnxruntime");
        return;
    }
    REQUIRE(status == 0 && read_floats(output, theirs, SAMPLES * CODEWORD));
    nn_model *m = nn_model_load(model, &e);
    nn_session *s = m ? nn_session_open(m, 1, &e) : NULL;
    REQUIRE(s != NULL);
    compare_samples(s, images, theirs);
    nn_session_free(s);
    nn_model_free(m);
}

static const char plain[] = "csilink-net-cr8-indoor.encoder.onnx";
static const char published[] = "cllwcsinet-cr8-indoor.encoder.onnx";

static void dynamic_agrees(void)
{
    compare(plain, &(quant_options){.scheme = QUANT_DYNAMIC});
}

static void published_agrees(void)
{
    compare(published, &(quant_options){.scheme = QUANT_DYNAMIC});
}

static void static_agrees(void)
{
    compare(plain, &(quant_options){.scheme = QUANT_STATIC});
}

/* Every layer that reads the image, whatever its name. */
static void wide_agrees(void)
{
    char path[512];
    err e = {0};
    models_find(plain, path, sizeof path, &e);
    nn_model *m = nn_model_load(path, &e);
    quantizer *q = m ? quant_open(m, &(quant_options){.scheme = QUANT_DYNAMIC}, &e) : NULL;
    REQUIRE(q != NULL);
    const char *first[] = {quant_layer_at(q, 0)->name};
    compare(plain, &(quant_options){.scheme = QUANT_DYNAMIC, .wides = 1, .wide = first});
    quant_free(q);
    nn_model_free(m);
}

/* --- networks of the zoo, in float --------------------------------------------------------------
 */

/* Both runtimes on one normal sample of the model's input; the sums are float, in some other order.
 */
static bool agrees(const nn_model *m, const char *name, const char *dims)
{
    static float theirs[PIXELS];
    char model[256], input[256], output[256];
    err e = {0};
    snprintf(model, sizeof model, "%s/m.onnx", folder);
    snprintf(input, sizeof input, "%s/x", folder);
    snprintf(output, sizeof output, "%s/y", folder);
    nn_session *s = nn_session_open(m, 1, &e);
    REQUIRE(s != NULL);
    nn_tensor *x = nn_session_input(s, 0);
    const nn_tensor *y = nn_session_output(s, 0);
    rng r = rng_at(4, RNG_TEST, 11, 0);
    rng_normal_fill(&r, x->data, x->count, 1);
    REQUIRE(nn_model_save(m, model, &e) == 0 && write_floats(input, x->data, x->count));
    REQUIRE(nn_session_run(s, &e) == 0);
    int status = run_elsewhere(model, dims, input, output);
    if (status != MISSING) {
        REQUIRE(status == 0 && read_floats(output, theirs, y->count));
        double apart = harness_max_abs_diff(y->data, theirs, y->count);
        if (!(apart <= 1e-4))
            printf("    %s: %g apart\n", name, apart);
        CHECK(apart <= 1e-4);
        CHECK(harness_max_abs(theirs, y->count) > 0.01);
    }
    nn_session_free(s);
    return status != MISSING;
}

/* One for each layer that the others lack: batch norm over columns; gates and the hard sigmoid;
 * shuffles; repeated places; a random projection. */
static void zoo_agrees(void)
{
    static const char *const names[] = {"csinet-keras", "clnet", "dcrnet-1x", "deep-decoder-csinet",
                                        "cs-renet"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        err e = {0};
        train_pair pair;
        train_architecture_config config = {
            .name = names[i], .cr = 32, .dims = CSI_DIMS_DEFAULT, .seed = 2};
        REQUIRE(train_architecture_build(&config, &pair, &e) == 0);
        bool ran =
            agrees(pair.encoder, names[i], "1 2 32 32") && agrees(pair.decoder, names[i], "1 64");
        train_pair_free(&pair);
        if (!ran) {
            harness_skip("neither Python nor node has onnxruntime");
            return;
        }
    }
}

static const harness_test tests[] = {
    {"csilink-net, dynamic, gives the same codeword in onnxruntime", dynamic_agrees},
    {"cllwcsinet, dynamic, gives the same codeword in onnxruntime", published_agrees},
    {"csilink-net, static, gives the same codeword in onnxruntime", static_agrees},
    {"csilink-net with a wide layer gives the same codeword in onnxruntime", wide_agrees},
    {"networks of the zoo give the same values in onnxruntime", zoo_agrees},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "other runtime", tests, sizeof tests / sizeof tests[0]);
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? status : 1;
}
