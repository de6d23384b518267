/* trainer_tools.h: small pairs of networks and a trainer over them, for the tests of training. */
#ifndef TESTS_TRAINER_TOOLS_H
#define TESTS_TRAINER_TOOLS_H

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "onnx_builder.h"
#include "train/trainer.h"
#include "train/trainer_internal.h"

/* Two paths of equal power, a tap apart, independent over 8 antennas: 32 real numbers of variance
 * alike in an image of 128, the others zero. Half of them is as much as 16 linear codeword values
 * can hold, and no choice of them is better: NMSE 1/2, and behind a link of SNR g
 * 1/2 + 1/2 / (1 + g), since the linear estimate of s from s + n misses |s|^2 / (1 + g). */
enum { NT = 8, NI = 8, PIXELS = 2 * NT * NI, CODEWORD = 16 };

static const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};

static char folder[] = "/tmp/csilink-test-trainer-XXXXXX";

static inline const char *in_folder(const char *file)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static inline train_config make_config(void)
{
    return (train_config){
        .feed = {.dims = dims,
                 .layout = ONNX_ANGLE_DELAY,
                 .n_sources = 1,
                 .sources = {{.channel = "rayleigh:uniform:2", .weight = 1}},
                 .pool = 2000,
                 .reuse = 2,
                 .threads = 1,
                 .rotate = true,
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

static inline nn_model *finish(Onnx__ModelProto *m)
{
    err e = {0};
    nn_model *model = build_load(m, &e);
    build_free(m);
    if (!model)
        printf("    %s\n", e.text);
    REQUIRE(model != NULL);
    return model;
}

static inline nn_model *make_encoder(const pair_shape *shape)
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

static inline nn_model *make_decoder(const pair_shape *shape)
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

static inline train_pair make_pair(const pair_shape *shape)
{
    return (train_pair){.encoder = make_encoder(shape), .decoder = make_decoder(shape)};
}

static inline void free_pair(train_pair *pair)
{
    nn_model_free(pair->encoder);
    nn_model_free(pair->decoder);
}

static inline trainer *open_trainer(const train_config *config, train_pair *pair,
                                    const char *resume)
{
    err e = {0};
    trainer *t = trainer_open(config, pair, resume, &e);
    if (!t)
        printf("    %s\n", e.text);
    REQUIRE(t != NULL);
    return t;
}

static inline void advance_to(trainer *t, uint64_t samples)
{
    err e = {0};
    while (trainer_status(t)->samples < samples)
        if (trainer_advance(t, samples - trainer_status(t)->samples, &e)) {
            printf("    %s\n", e.text);
            CU_FAIL_FATAL("training failed");
        }
}

static inline bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

static inline bool same_vector(const float *a, const float *b, size_t count)
{
    return memcmp(a, b, count * sizeof *a) == 0;
}

static inline bool same_state(const trainer *a, const trainer *b)
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

static inline train_config noisy_config(void)
{
    train_config c = make_config();
    c.objective.clean = 0.2;
    c.objective.snr_max_db = 20;
    c.objective.balance = 1;
    c.weight_decay = 0.01;
    return c;
}

#endif
