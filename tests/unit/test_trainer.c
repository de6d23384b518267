#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "csi/metrics.h"
#include "harness.h"
#include "io/file.h"
#include "onnx_builder.h"
#include "train/checkpoint.h"
#include "train/trainer.h"
#include "train/trainer_internal.h"

/* Two paths of equal power, a tap apart, independent over 8 antennas: 32 real numbers of variance
 * alike in an image of 128, the others zero. Half of them is as much as 16 linear codeword values
 * can hold, and no choice of them is better: NMSE 1/2, and behind a link of SNR g
 * 1/2 + 1/2 / (1 + g), since the linear estimate of s from s + n misses |s|^2 / (1 + g). */
enum { NT = 8, NI = 8, PIXELS = 2 * NT * NI, CODEWORD = 16 };

static const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};

static char folder[] = "/tmp/csilink-test-trainer-XXXXXX";

static const char *in_folder(const char *file)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static train_config make_config(void)
{
    return (train_config){
        .feed = {.dims = dims,
                 .layout = ONNX_ANGLE_DELAY,
                 .n_sources = 1,
                 .sources = {{.channel = "rayleigh:uniform:2", .weight = 1}},
                 .pool = 2000,
                 .reuse = 2,
                 .threads = 1,
                 .turn = true,
                 .seed = 3},
        .objective = {.loss = TRAIN_NMSE, .clean = 1, .references = 16, .seed = 4},
        .threads = 2,
        .batch = 40,
        .chunk = 10,
        .samples = 4000,
        .learning_rate = 2e-3,
        .warmup = 400,
        .beta1 = 0.9,
        .beta2 = 0.99,
        .epsilon = 1e-8,
        .clip = 1,
        .ema = 0.98,
        .validate_every = 2000,
        .validation = 500,
        .statistics = 200,
        .checks = 1,
        .check_snr_db = {INFINITY},
        .seed = 5,
    };
}

/* --- pairs -------------------------------------------------------------------------------------
 */

typedef struct pair_shape {
    bool batch_norm, snr;
    float sigma; /* of the initial weights */
} pair_shape;

static const pair_shape linear = {.sigma = 0.1f};

static nn_model *finish(Onnx__ModelProto *m)
{
    err e = {0};
    nn_model *model = build_load(m, &e);
    build_free(m);
    if (!model)
        printf("    %s\n", e.text);
    REQUIRE(model != NULL);
    return model;
}

static nn_model *make_encoder(const pair_shape *shape)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, NT, NI));
    build_weight(m, "const.half", 0, 0.5f, DIMS(1));
    build_weight(m, "w", shape->sigma, 0, DIMS(PIXELS, CODEWORD));
    if (shape->batch_norm) {
        build_weight(m, "scale", 0, 1, DIMS(2));
        build_weight(m, "bias", 0, 0, DIMS(2));
        build_weight(m, "mean", 0, 0, DIMS(2));
        build_weight(m, "variance", 0, 1, DIMS(2));
        build_node(m, "BatchNormalization", "norm", "x scale bias mean variance", "centred");
    } else {
        build_node(m, "Sub", "centre", "x const.half", "centred");
    }
    build_weight(m, "mix", 0.5f, 0, DIMS(2, 2, 1, 1));
    build_node(m, "Conv", "mixing", "centred mix", "mixed");
    build_node(m, "Flatten", "flat", "mixed", "vector");
    build_node(m, "Gemm", "encode", "vector w", "codeword");
    build_output(m, "codeword");
    return finish(m);
}

static nn_model *make_decoder(const pair_shape *shape)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "codeword", DIMS(-1, CODEWORD));
    build_weight(m, "w", shape->sigma, 0, DIMS(CODEWORD, PIXELS));
    build_weight(m, "b", 0, 0.5f, DIMS(PIXELS));
    build_list(m, "image", DIMS(-1, 2, NT, NI));
    build_list(m, "column", DIMS(-1, 1));
    const char *codeword = "codeword w b";
    if (shape->snr) {
        build_input(m, "snr_db", DIMS(-1));
        build_weight(m, "gain", 0, -0.01f, DIMS(1, CODEWORD));
        build_weight(m, "offset", 0, 1, DIMS(CODEWORD));
        build_node(m, "Reshape", "as_column", "snr_db column", "snr");
        build_node(m, "Gemm", "gains", "snr gain offset", "gains");
        build_node(m, "Mul", "weigh", "codeword gains", "weighted");
        codeword = "weighted w b";
    }
    build_node(m, "Gemm", "decode", codeword, "vector");
    build_node(m, "Reshape", "as_image", "vector image", "y");
    build_output(m, "y");
    return finish(m);
}

static train_pair make_pair(const pair_shape *shape)
{
    return (train_pair){.encoder = make_encoder(shape), .decoder = make_decoder(shape)};
}

static void free_pair(train_pair *pair)
{
    nn_model_free(pair->encoder);
    nn_model_free(pair->decoder);
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

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* --- it learns what can be learnt --------------------------------------------------------------
 */

/* 0.1 dB above the closed form is 2.3 % of the error: what is left after that many steps, and what
 * 2000 samples of validation scatter (0.5 %). */
static const double near_optimum_db = 0.1;

static double train_fully(const pair_shape *shape, double snr_db)
{
    train_config c = make_config();
    c.samples = 60000;
    c.warmup = 2000;
    c.learning_rate = 5e-3;
    c.validate_every = 20000;
    c.validation = 2000;
    c.check_snr_db[0] = snr_db;
    if (isfinite(snr_db)) {
        c.objective.clean = 0;
        c.objective.snr_min_db = c.objective.snr_max_db = snr_db;
    }
    train_pair pair = make_pair(shape);
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, c.samples);
    CHECK(trainer_complete(t) && trainer_status(t)->validated);
    CHECK(trainer_advance(t, 1, NULL) == ERR_STATE);
    double nmse_db = trainer_status(t)->best_score;
    CHECK_NEAR(db_of_power(trainer_status(t)->loss), nmse_db, near_optimum_db);
    trainer_free(t);
    free_pair(&pair);
    return nmse_db;
}

static void linear_pair_reaches_klt(void)
{
    double optimum = db_of_power(0.5), got = train_fully(&linear, INFINITY);

    CHECK_NEAR(got, optimum + near_optimum_db / 2, near_optimum_db);
}

static void linear_pair_reaches_mmse_behind_noise(void)
{
    double optimum = db_of_power(0.5 + 0.5 / (1 + pow(10, 0.3))), got = train_fully(&linear, 3);

    CHECK_NEAR(got, optimum + near_optimum_db / 2, near_optimum_db);
}

/* Above 5 dB, 16 reference symbols tell an SNR within about 1.5 dB, hardly ever 6. */
static void decoder_is_told_the_snr(void)
{
    train_config c = make_config();
    c.samples = 8000;
    c.objective = (train_objective){.loss = TRAIN_NMSE,
                                    .snr_min_db = 5,
                                    .snr_max_db = 20,
                                    .balance = 0.5,
                                    .references = 16,
                                    .seed = 4};
    c.checks = 2;
    c.check_snr_db[0] = 20;
    c.check_snr_db[1] = 0;
    train_pair pair = make_pair(&(pair_shape){.snr = true, .sigma = 0.1f});
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, 2000);
    double before = trainer_status(t)->score;
    advance_to(t, 8000);
    const train_status *status = trainer_status(t);
    CHECK(status->score < before && status->best_score <= status->score);
    CHECK(status->nmse_db[0] < status->nmse_db[1]);
    CHECK_NEAR(status->score, (status->nmse_db[0] + status->nmse_db[1]) / 2, 1e-12);
    CHECK(status->samples_per_s > 0 && status->seconds > 0 && status->gradient_norm > 0);
    for (unsigned i = 0; i < c.threads; i++) {
        const float *told = grad_net_input(t->workers[i].nets[CODEC_DECODER], 1)->data;
        for (size_t k = 0; k < t->chunk; k++)
            CHECK_NEAR(told[k], t->workers[i].links[k].snr_db, 6);
    }
    trainer_free(t);
    free_pair(&pair);
}

/* --- the same again ----------------------------------------------------------------------------
 */

static bool same_vector(const float *a, const float *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

static bool same_state(const trainer *a, const trainer *b)
{
    bool same = a->steps == b->steps && a->status.samples == b->status.samples &&
                memcmp(&a->balance, &b->balance, sizeof a->balance) == 0 &&
                a->status.best_score == b->status.best_score &&
                a->status.validated_at == b->status.validated_at;
    for (int side = 0; side < SIDES; side++) {
        const train_optimizer *x = &a->optimizers[side], *y = &b->optimizers[side];
        same = same && same_vector(a->weights[side]->values, b->weights[side]->values, x->count) &&
               same_vector(x->m, y->m, x->count) && same_vector(x->v, y->v, x->count) &&
               same_vector(x->average, y->average, x->count) &&
               same_vector(a->validation.best[side], b->validation.best[side], x->count);
    }
    return same;
}

static train_config noisy_config(void)
{
    train_config c = make_config();
    c.objective.clean = 0.2;
    c.objective.snr_max_db = 20;
    c.objective.balance = 1;
    c.weight_decay = 0.01;
    return c;
}

static void same_seed_gives_the_same_bits(void)
{
    static const pair_shape shapes[] = {{.sigma = 0.1f},
                                        {.sigma = 0.1f, .batch_norm = true, .snr = true}};
    for (int k = 0; k < 2; k++) {
        train_config c = noisy_config();
        train_pair pairs[] = {make_pair(&shapes[k]), make_pair(&shapes[k])};
        trainer *a = open_trainer(&c, &pairs[0], NULL), *b = open_trainer(&c, &pairs[1], NULL);
        advance_to(a, 2400);
        for (uint64_t at = 80; at <= 2400; at += 80) /* in other pieces */
            advance_to(b, at);
        CHECK(same_state(a, b));
        trainer_free(a);
        trainer_free(b);
        free_pair(&pairs[0]);
        free_pair(&pairs[1]);
    }
}

/* Gradients are summed in another order: they differ by a few 2^-24 of themselves, and so do the
 * steps, of at most 2e-3 each, as long as no second moment is near 0: 50 of them, and a factor of
 * 100 for how errors grow on the way. */
static void threads_agree_within_rounding(void)
{
    train_config one = noisy_config(), two = noisy_config();
    one.threads = 1;
    one.chunk = 8;
    train_pair pairs[] = {make_pair(&linear), make_pair(&linear)};
    trainer *a = open_trainer(&one, &pairs[0], NULL), *b = open_trainer(&two, &pairs[1], NULL);
    advance_to(a, 2000);
    advance_to(b, 2000);
    double worst = 0;
    for (int side = 0; side < SIDES; side++)
        worst = fmax(worst, harness_max_abs_diff(a->weights[side]->values, b->weights[side]->values,
                                                 a->weights[side]->count));

    CHECK(worst > 0);
    CHECK_NEAR(worst, 0, 50 * 2e-3 * 6e-8 * 100);
    CHECK_NEAR(a->status.score, b->status.score, 1e-4);
    trainer_free(a);
    trainer_free(b);
    free_pair(&pairs[0]);
    free_pair(&pairs[1]);
}

/* --- checkpoints -------------------------------------------------------------------------------
 */

static void resuming_changes_no_bit(void)
{
    static const pair_shape shapes[] = {{.sigma = 0.1f}, {.sigma = 0.1f, .batch_norm = true}};
    for (int k = 0; k < 2; k++) {
        train_config c = noisy_config();
        train_pair pairs[] = {make_pair(&shapes[k]), make_pair(&shapes[k])};
        trainer *whole = open_trainer(&c, &pairs[0], NULL);
        advance_to(whole, 2200);
        CHECK(trainer_checkpoint(whole, in_folder("half"), NULL) == 0);
        CHECK(trainer_store_best(whole, NULL) == 0); /* the run does not notice */
        advance_to(whole, 4000);
        trainer *resumed = open_trainer(&c, &pairs[1], in_folder("half"));
        CHECK(trainer_status(resumed)->samples == 2200 && trainer_status(resumed)->seconds > 0);
        CHECK(trainer_status(resumed)->validated_at == 2000);
        advance_to(resumed, 4000);
        CHECK(same_state(whole, resumed));
        trainer_free(whole);
        trainer_free(resumed);
        free_pair(&pairs[0]);
        free_pair(&pairs[1]);
    }
}

static void expect_refusal(const train_config *c, const pair_shape *shape, const char *what)
{
    err e = {0};
    train_pair pair = make_pair(shape);
    trainer *t = trainer_open(c, &pair, in_folder("half"), &e);
    CHECK(t == NULL && e.code != 0);
    CHECK(says(&e, what));
    trainer_free(t);
    free_pair(&pair);
}

static void other_settings_are_refused_by_name(void)
{
    train_config c = noisy_config(), other = c;
    train_pair pair = make_pair(&linear);
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, 80);
    CHECK(trainer_checkpoint(t, in_folder("half"), NULL) == 0);
    trainer_free(t);
    other.batch = 80;
    expect_refusal(&other, &linear, "batch 40");
    other = c;
    other.objective.snr_max_db = 30;
    expect_refusal(&other, &linear, "objective.snr_max_db 20");
    other = c;
    other.feed.sources[0].channel = "rayleigh:uniform:3";
    expect_refusal(&other, &linear, "rayleigh:uniform:2");
    other = c;
    other.samples = 3000;
    expect_refusal(&other, &linear, "4000 samples");
    expect_refusal(&c, &(pair_shape){.sigma = 0.2f}, "another encoder");
    other = c;
    other.samples = 5000;
    other.validate_every = 100;
    t = open_trainer(&other, &pair, in_folder("half"));
    CHECK(trainer_status(t)->samples == 80 && trainer_status(t)->total == 5000);
    trainer_free(t);
    free_pair(&pair);
}

static void damaged_files_are_refused(void)
{
    train_config c = make_config();
    train_pair pair = make_pair(&linear);
    trainer *t = open_trainer(&c, &pair, NULL);
    CHECK(trainer_checkpoint(t, in_folder("whole"), NULL) == 0);
    trainer_free(t);
    free_pair(&pair);
    void *data;
    size_t size;
    REQUIRE(file_read(in_folder("whole"), 1 << 24, &data, &size, NULL) == 0);
    const size_t cuts[] = {1, 8, 100, sizeof(train_figures), size / 2, size - 8, size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        CHECK(file_replace(in_folder("half"), data, cuts[i], NULL) == 0);
        expect_refusal(&c, &linear, in_folder("half"));
    }
    for (size_t at = 0; at < size; at += size / 23) {
        char *byte = (char *)data + at;
        *byte = (char)(*byte ^ 0x10);
        CHECK(file_replace(in_folder("half"), data, size, NULL) == 0);
        expect_refusal(&c, &linear, in_folder("half"));
        *byte = (char)(*byte ^ 0x10);
    }
    free(data);
    unlink(in_folder("half"));
    expect_refusal(&c, &linear, "cannot be opened");
}

/* Its checksum made right again: what a hand with the source can write. */
static void write_forged(void *data, size_t size)
{
    uint64_t sum = hash_words(HASH_START, data, size - 8);
    memcpy((char *)data + size - 8, &sum, sizeof sum);
    CHECK(file_replace(in_folder("half"), data, size, NULL) == 0);
}

static void forged_files_are_refused(void)
{
    train_config c = make_config();
    train_pair pair = make_pair(&linear);
    trainer *t = open_trainer(&c, &pair, NULL);
    CHECK(trainer_checkpoint(t, in_folder("whole"), NULL) == 0);
    trainer_free(t);
    free_pair(&pair);
    void *data;
    size_t size;
    REQUIRE(file_read(in_folder("whole"), 1 << 24, &data, &size, NULL) == 0);
    char *bytes = data;
    enum { FIGURES = 24 }; /* behind magic, version and size */
    const struct {
        size_t at;
        double value;
        uint64_t whole;
    } forged[] = {{FIGURES + offsetof(train_figures, samples), 0, UINT64_MAX},
                  {FIGURES + offsetof(train_figures, samples), 0, 1000000000},
                  {FIGURES + offsetof(train_figures, steps), 0, UINT64_MAX},
                  {FIGURES + offsetof(train_figures, validated_at), 0, UINT64_MAX},
                  {FIGURES + offsetof(train_figures, seconds), NAN, 0},
                  {FIGURES + offsetof(train_figures, seconds), -1, 0},
                  {FIGURES + offsetof(train_figures, balance), NAN, 0},
                  {FIGURES + sizeof(train_figures), 0, UINT64_MAX}, /* bytes of the settings */
                  {FIGURES + sizeof(train_figures), 0, 1 << 20},
                  {8, 0, 2},           /* version */
                  {16, 0, UINT64_MAX}, /* bytes of the file */
                  {16, 0, 0}};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        char was[8];
        memcpy(was, bytes + forged[i].at, sizeof was);
        memcpy(bytes + forged[i].at,
               forged[i].whole || forged[i].at == 16 ? (const void *)&forged[i].whole
                                                     : (const void *)&forged[i].value,
               sizeof was);
        write_forged(data, size);
        expect_refusal(&c, &linear, in_folder("half"));
        memcpy(bytes + forged[i].at, was, sizeof was);
    }
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) { /* the last float of the last vector may be padding */
        char was[4];
        memcpy(was, bytes + size - 16, sizeof was);
        memcpy(bytes + size - 16, &bad[i], sizeof was);
        write_forged(data, size);
        expect_refusal(&c, &linear, "no training has it");
        memcpy(bytes + size - 16, was, sizeof was);
    }
    write_forged(data, size); /* unforged again */
    pair = make_pair(&linear);
    t = open_trainer(&c, &pair, in_folder("half"));
    CHECK(t != NULL);
    trainer_free(t);
    free_pair(&pair);
    free(data);
    unlink(in_folder("half"));
}

/* --- what comes out ----------------------------------------------------------------------------
 */

static void stored_pair_gives_the_validated_nmse(void)
{
    static const pair_shape shapes[] = {{.sigma = 0.1f}, {.sigma = 0.1f, .batch_norm = true}};
    enum { COUNT = 500 };
    for (int k = 0; k < 2; k++) {
        train_config c = make_config();
        train_pair pair = make_pair(&shapes[k]);
        trainer *t = open_trainer(&c, &pair, NULL);
        advance_to(t, c.samples);
        CHECK(trainer_status(t)->score == trainer_status(t)->best_score);
        for (int side = 0; side < SIDES && !shapes[k].batch_norm; side++)
            CHECK(same_vector(t->validation.best[side], t->optimizers[side].average,
                              t->weights[side]->count));
        REQUIRE(trainer_store_best(t, NULL) == 0);
        float *images = train_vector_new(COUNT * PIXELS);
        REQUIRE(images && train_feed_holdout(t->feed, -1, 0, COUNT, images, NULL) == 0);
        nn_session *encoder = nn_session_open(pair.encoder, COUNT, NULL);
        nn_session *decoder = nn_session_open(pair.decoder, COUNT, NULL);
        REQUIRE(encoder && decoder);
        memcpy(nn_session_input(encoder, 0)->data, images, COUNT * PIXELS * sizeof *images);
        CHECK(nn_session_run(encoder, NULL) == 0);
        memcpy(nn_session_input(decoder, 0)->data, nn_session_output(encoder, 0)->data,
               COUNT * CODEWORD * sizeof *images);
        CHECK(nn_session_run(decoder, NULL) == 0);
        const float *output = nn_session_output(decoder, 0)->data;
        double sum = 0;
        for (size_t i = 0; i < COUNT; i++)
            sum += csi_nmse_image(images + i * PIXELS, output + i * PIXELS, PIXELS);
        /* The codeword goes through a clean link, which changes nothing; batches of 16 and 500 may
         * take other kernels. */
        CHECK_NEAR(db_of_power(sum / COUNT), trainer_status(t)->best_score, 1e-4);
        nn_session_free(encoder);
        nn_session_free(decoder);
        free(images);
        trainer_free(t);
        free_pair(&pair);
    }
}

/* A batch norm right behind the input: its statistics are those of the images themselves. */
static void stored_statistics_are_exact(void)
{
    enum { COUNT = 200 };
    train_config c = make_config();
    train_pair pair = make_pair(&(pair_shape){.sigma = 0.1f, .batch_norm = true});
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, 400);
    REQUIRE(trainer_store_best(t, NULL) == 0);
    float *images = train_vector_new(COUNT * PIXELS);
    REQUIRE(images && train_feed_holdout(t->feed, -1, 1, COUNT, images, NULL) == 0);
    const grad_weights *weights = t->weights[CODEC_ENCODER];
    for (int plane = 0; plane < 2; plane++) {
        double sum = 0, squares = 0, n = COUNT * PIXELS / 2;
        for (size_t i = 0; i < COUNT * PIXELS; i++)
            if ((int)(i / (PIXELS / 2) % 2) == plane) {
                sum += (double)images[i];
                squares += (double)images[i] * (double)images[i];
            }
        double variance = squares / n - sum / n * (sum / n);
        for (int i = 0; i < weights->n_entries; i++) {
            const grad_entry *entry = &weights->entries[i];
            double got =
                (double)t->validation.weights[CODEC_ENCODER][entry->offset + (size_t)plane];
            if (strcmp(entry->name, "mean") == 0)
                CHECK_NEAR(got, sum / n, 1e-6);
            if (strcmp(entry->name, "variance") == 0)
                CHECK_NEAR(got, variance, 1e-5 * variance);
        }
    }
    free(images);
    trainer_free(t);
    free_pair(&pair);
}

/* --- failures ----------------------------------------------------------------------------------
 */

static void infinite_loss_changes_nothing(void)
{
    train_config c = make_config();
    train_pair pair = make_pair(&(pair_shape){.sigma = 1e20f});
    trainer *t = open_trainer(&c, &pair, NULL);
    grad_weights *before = grad_weights_open(pair.encoder, NULL);
    REQUIRE(before != NULL);
    err e = {0};
    CHECK(trainer_advance(t, 100, &e) == ERR_STATE);
    CHECK(says(&e, "step 1") && says(&e, "not finite") && says(&e, "learning rate"));
    CHECK(same_vector(before->values, t->weights[CODEC_ENCODER]->values, before->count));
    CHECK(t->steps == 0 && trainer_status(t)->samples == 0);
    grad_weights_free(before);
    trainer_free(t);
    free_pair(&pair);
}

static void expect_no_trainer(const train_config *c, train_pair *pair, const char *what)
{
    err e = {0};
    trainer *t = trainer_open(c, pair, NULL, &e);
    CHECK(t == NULL);
    CHECK(says(&e, what));
    trainer_free(t);
}

static void misfits_are_refused(void)
{
    train_pair pair = make_pair(&linear);
    train_config c = make_config();
    c.batch = 41;
    expect_no_trainer(&c, &pair, "equal shards");
    c = make_config();
    c.ema = 1;
    expect_no_trainer(&c, &pair, "ema");
    c = make_config();
    c.checks = 0;
    expect_no_trainer(&c, &pair, "checks");
    c = make_config();
    c.feed.dims.ni = 16;
    expect_no_trainer(&c, &pair, "encoder's input");
    c = make_config();
    c.feed.sources[0].channel = "nonsense";
    expect_no_trainer(&c, &pair, "nonsense");
    c = make_config();
    train_pair twice = {.encoder = pair.encoder, .decoder = pair.encoder};
    expect_no_trainer(&c, &twice, "decoder's output");
    free_pair(&pair);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a linear pair reaches the NMSE of the Karhunen-Loeve transform", linear_pair_reaches_klt},
        {"behind noise it reaches the linear minimum mean-square error",
         linear_pair_reaches_mmse_behind_noise},
        {"a decoder with an SNR input gets the SNR, and less noise is better",
         decoder_is_told_the_snr},
        {"the same seed and threads give the same bits, in whatever pieces",
         same_seed_gives_the_same_bits},
        {"one thread and two agree within rounding", threads_agree_within_rounding},
        {"a run that was stopped and resumed has the bits of one that was not",
         resuming_changes_no_bit},
        {"a checkpoint of other settings is refused, by the name of the setting",
         other_settings_are_refused_by_name},
        {"cut and damaged checkpoints are refused", damaged_files_are_refused},
        {"forged checkpoints are refused", forged_files_are_refused},
        {"the stored pair has the averaged weights and the NMSE that validation found",
         stored_pair_gives_the_validated_nmse},
        {"stored statistics of batch norm are those of the samples", stored_statistics_are_exact},
        {"a loss that is not finite is an error, and the weights stay",
         infinite_loss_changes_nothing},
        {"settings and networks that do not fit are refused", misfits_are_refused},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "trainer", tests, sizeof tests / sizeof tests[0]);
    unlink(in_folder("half"));
    unlink(in_folder("whole"));
    rmdir(folder);
    return status;
}
