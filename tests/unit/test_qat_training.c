/* Runs of training with the numbers of 8-bit inference. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csi/metrics.h"
#include "harness.h"
#include "qat_tools.h"
#include "train/trainer.h"
#include "train/trainer_internal.h"

enum { SIDE = 8, IMAGE = 2 * SIDE * SIDE, CODEWORD = 16 };

static nn_model *make_encoder(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, SIDE, SIDE));
    build_weight(m, "const.half", 0, 0.5f, DIMS(1));
    build_weight(m, "w", 0.1f, 0, DIMS(CODEWORD, IMAGE));
    build_weight(m, "b", 0, 0, DIMS(CODEWORD));
    build_node(m, "Sub", "centre", "x const.half", "centred");
    build_node(m, "Flatten", "flat", "centred", "vector");
    build_int(build_node(m, "Gemm", "encode", "vector w b", "codeword"), "transB", 1);
    build_output(m, "codeword");
    return finish(m);
}

static nn_model *make_decoder(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "codeword", DIMS(-1, CODEWORD));
    build_weight(m, "w", 0.1f, 0, DIMS(IMAGE, CODEWORD));
    build_weight(m, "b", 0, 0.5f, DIMS(IMAGE));
    build_list(m, "image", DIMS(-1, 2, SIDE, SIDE));
    build_int(build_node(m, "Gemm", "decode", "codeword w b", "vector"), "transB", 1);
    build_node(m, "Reshape", "as_image", "vector image", "y");
    build_output(m, "y");
    return finish(m);
}

static train_pair make_pair(void)
{
    return (train_pair){.encoder = make_encoder(), .decoder = make_decoder()};
}

static void free_pair(train_pair *pair)
{
    nn_model_free(pair->encoder);
    nn_model_free(pair->decoder);
}

/* Two paths, 16 numbers of 32: NMSE 1/2 at best, see test_trainer.c. */
static train_config make_config(grad_scheme scheme)
{
    return (train_config){
        .feed = {.dims = {.nt = SIDE, .nc = 64, .tp = SIDE, .ni = SIDE},
                 .layout = ONNX_ANGLE_DELAY,
                 .n_sources = 1,
                 .sources = {{.channel = "rayleigh:uniform:2", .weight = 1}},
                 .pool = 2000,
                 .reuse = 4,
                 .threads = 1,
                 .rotate = true,
                 .seed = 3},
        .objective = {.loss = TRAIN_NMSE, .clean = 1, .references = 16, .seed = 4},
        .quantize = {.scheme = scheme, .calibration = 100},
        .threads = 2,
        .batch = 40,
        .chunk = 10,
        .samples = 20000,
        .learning_rate = 5e-3,
        .warmup = 400,
        .beta1 = 0.9,
        .beta2 = 0.99,
        .epsilon = 1e-8,
        .clip = 1,
        .ema = 0.98,
        .validate_every = 20000,
        .validation = 500,
        .statistics = 1,
        .checks = 1,
        .check_snr_db = {INFINITY},
        .seed = 5,
    };
}

static trainer *open_trainer(const train_config *config, train_pair *pair, const char *resume)
{
    err e = {0};
    trainer *t = trainer_open(config, pair, resume, &e);
    if (!t)
        printf("    %s\n", e.text);
    REQUIRE(t != NULL);
    return t;
}

static void advance_to(trainer *t, uint64_t samples)
{
    err e = {0};
    while (trainer_status(t)->samples < samples)
        if (trainer_advance(t, samples - trainer_status(t)->samples, &e)) {
            printf("    %s\n", e.text);
            CU_FAIL_FATAL("training failed");
        }
}

/* Trains the pair's weights on, and leaves the best ones in it. */
static double train_on(train_pair *pair, const train_config *c)
{
    trainer *t = open_trainer(c, pair, NULL);
    advance_to(t, c->samples);
    double score = trainer_status(t)->best_score;
    CHECK(trainer_store_best(t, NULL) == 0);
    trainer_free(t);
    return score;
}

/* The score of the pair as it is: one step too small to change anything. */
static double score_of(train_pair *pair, grad_scheme scheme)
{
    train_config c = make_config(scheme);
    c.samples = c.validate_every = c.batch;
    c.warmup = 0;
    c.learning_rate = c.final_rate = 1e-9;
    trainer *t = open_trainer(&c, pair, NULL);
    advance_to(t, c.samples);
    double score = trainer_status(t)->score;
    trainer_free(t);
    return score;
}

/* Rounding to 8 bits adds errors of about 1/3 of 1/127 of the largest weight or value: power below
 * 1e-4 of the signal's for each, against an NMSE of 1/2. */
static void eight_bits_cost_little_and_two_values_much(void)
{
    train_pair pair = make_pair();
    train_config c = make_config(GRAD_UNQUANTIZED);
    double trained = train_on(&pair, &c), loose = score_of(&pair, GRAD_DYNAMIC);
    CHECK_NEAR(score_of(&pair, GRAD_UNQUANTIZED), trained, 1e-6);
    CHECK(loose != trained);
    CHECK_NEAR(loose, trained, 0.01);
    CHECK_NEAR(score_of(&pair, GRAD_STATIC), trained, 0.01);

    /* In signs alone, the encoder fits its decoder badly, until both have been trained so. */
    double broken = score_of(&pair, GRAD_BINARY);
    c = make_config(GRAD_BINARY);
    double mended = train_on(&pair, &c);
    printf("    NMSE in dB: float %.2f, dynamic %.4f; binary %.2f, trained %.2f\n", trained, loose,
           broken, mended);
    CHECK(broken > trained + 0.5);
    CHECK(mended < broken - 0.5);
    CHECK_NEAR(score_of(&pair, GRAD_BINARY), mended, 1e-6);
    CHECK_NEAR(score_of(&pair, GRAD_UNQUANTIZED), score_of(&pair, GRAD_BINARY), 0.02);
    free_pair(&pair);
}

static bool same_training(const trainer *a, const trainer *b)
{
    bool equal = a->status.best_score == b->status.best_score;
    for (int side = 0; side < SIDES; side++)
        equal = equal && memcmp(a->weights[side]->values, b->weights[side]->values,
                                a->weights[side]->count * sizeof(float)) == 0;
    return equal;
}

static void the_same_again_to_the_bit(void)
{
    char path[] = "/tmp/csilink-test-qat-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    close(fd);
    for (int scheme = GRAD_DYNAMIC; scheme <= GRAD_BINARY; scheme++) {
        train_config c = make_config((grad_scheme)scheme);
        c.samples = 2000;
        c.validate_every = 1000;
        c.quantize.decoder = scheme != GRAD_STATIC;
        train_pair pairs[] = {make_pair(), make_pair()};
        trainer *whole = open_trainer(&c, &pairs[0], NULL);
        advance_to(whole, 1200);
        CHECK(trainer_checkpoint(whole, path, NULL) == 0);
        CHECK(trainer_store_best(whole, NULL) == 0); /* the run does not notice */
        advance_to(whole, 2000);
        trainer *resumed = open_trainer(&c, &pairs[1], path);
        advance_to(resumed, 2000);
        CHECK(same_training(whole, resumed));
        trainer_free(whole);
        trainer_free(resumed);
        free_pair(&pairs[0]);
        free_pair(&pairs[1]);
    }
    unlink(path);
}

static void other_schemes_are_refused_by_name(void)
{
    train_pair pair = make_pair();
    train_config c = make_config(GRAD_STATIC);
    err e = {0};
    c.quantize.decoder = true;
    CHECK(trainer_open(&c, &pair, NULL, &e) == NULL && says(&e, "static ranges"));
    c.quantize.decoder = false;
    c.quantize.skip = "decode";
    CHECK(trainer_open(&c, &pair, NULL, &e) == NULL && says(&e, "'decode'"));
    free_pair(&pair);
}

/* What a float file carries is what 8 bits hold: rounding it again changes no integer. */
static void rounded_weights_stay_as_they_are(void)
{
    nn_model *model = make_encoder();
    grad_weights *w = grad_weights_open(model, NULL);
    REQUIRE(w != NULL);
    const grad_quantization q = {.scheme = GRAD_DYNAMIC};
    float *first = malloc(w->count * sizeof *first), *again = malloc(w->count * sizeof *again);
    REQUIRE(first && again);
    memcpy(first, w->values, w->count * sizeof *first);
    grad_quantized_store(&q, w, first);
    CHECK(memcmp(first, w->values, w->count * sizeof *first) != 0);
    memcpy(again, first, w->count * sizeof *again);
    grad_quantized_store(&q, w, again);
    double largest = harness_max_abs(first, w->count);
    CHECK(largest > 0 && harness_max_abs_diff(first, again, w->count) <= 1e-6 * largest);
    CHECK(harness_max_abs_diff(first, w->values, w->count) <= largest / 127 / 2 * (1 + 1e-5));
    free(first);
    free(again);
    grad_weights_free(w);
    nn_model_free(model);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"8 bits cost little; two values cost much, and training regains it",
         eight_bits_cost_little_and_two_values_much},
        {"the same seed gives the same bits, interrupted or not", the_same_again_to_the_bit},
        {"settings that do not fit are refused by name", other_schemes_are_refused_by_name},
        {"rounded weights are what rounding gives again", rounded_weights_stay_as_they_are},
    };
    return harness_main(argc, argv, "qat training", tests, sizeof tests / sizeof tests[0]);
}
