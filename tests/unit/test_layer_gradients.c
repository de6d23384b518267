/* Layers of architectures that are several nodes each: what they compute, against plain loops, and
 * their gradients, against differences. */
#include "layer_tools.h"

static const struct {
    const char *what, *codeword, *layers;
} differentiated[] = {
    {"a gate over channels", "[4, 2, 4]",
     "  - gate: {layers: [{reduce: {by: mean, axes: [2, 3]}}, {conv: {out: 2, act: tanh}},\n"
     "      {conv: {out: 4, bias: false, act: sigmoid}}]}\n"},
    {"a gate over places", "[4, 2, 4]",
     "  - gate: {layers: [{branches: {merge: concat, paths: [\n"
     "      {name: max, layers: [{reduce: {by: max, axes: [1]}}]},\n"
     "      {name: mean, layers: [{reduce: {by: mean, axes: [1]}}]}]}},\n"
     "      {conv: {out: 1, kernel: [3, 3], bn: true, act: sigmoid}}]}\n"},
    {"a maximum along two axes", "[4, 2, 4]", "  - reduce: {by: max, axes: [1, 3]}\n"},
    {"a shuffle between grouped convolutions", "[4, 2, 4]",
     "  - conv: {out: 6, kernel: [1, 3], group: 2}\n  - shuffle: 2\n"
     "  - conv: {out: 6, kernel: [3, 1], group: 2, dilation: 2}\n"},
    {"an upsampling", "[8, 2, 2]", "  - upsample: 3\n  - conv: {out: 2, kernel: [3, 3]}\n"},
    {"batch norm over columns", "[4, 2, 4]", "  - batchnorm: {axis: 3, gain: 0.5}\n"},
    {"batch norm over rows", "[2, 4, 4]", "  - batchnorm: {axis: 2, eps: 0.1}\n"},
    {"batch norm over a flat codeword", "[32]", "  - batchnorm: {}\n"},
    {"a hard sigmoid", "[4, 2, 4]", "  - {scale: 2}\n  - act: hardsigmoid\n"},
    {"a random projection", "[32]", "  - project: {out: 16}\n  - act: tanh\n"},
    {"a subtracted denoiser", "[32]",
     "  - {linear: {out: 24, act: sigmoid}}\n  - {linear: {out: 32}, as: noise}\n"
     "  - sub: [input, noise]\n"},
};

static void gradients_agree_with_differences(void)
{
    for (size_t i = 0; i < sizeof differentiated / sizeof differentiated[0]; i++)
        check_layer_gradients(differentiated[i].what, differentiated[i].codeword,
                              differentiated[i].layers);
}

static void shuffled_channels_are_dealt_out(void)
{
    float in[32], out[SMALL_IMAGE];
    for (int i = 0; i < 32; i++)
        in[i] = (float)i;
    run_layers("[8, 2, 2]", "  - shuffle: 2\n", in, out);
    static const int source[] = {0, 4, 1, 5, 2, 6, 3, 7};
    for (int c = 0; c < 8; c++)
        for (int k = 0; k < 4; k++)
            CHECK_NEAR(out[4 * c + k], 4 * source[c] + k, 0);
}

static void upsampled_places_are_repeated(void)
{
    float in[32], out[SMALL_IMAGE];
    for (int i = 0; i < 32; i++)
        in[i] = (float)i;
    run_layers("[8, 2, 2]", "  - upsample: 2\n", in, out);
    for (int i = 0; i < SMALL_IMAGE; i++) {
        int channel = i / 16, row = i / 4 % 4 / 2, column = i % 4 / 2;
        CHECK_NEAR(out[i], 4 * channel + 2 * row + column, 0);
    }
}

static void reductions_keep_the_axis(void)
{
    float in[32], out[SMALL_IMAGE];
    for (int i = 0; i < 32; i++)
        in[i] = (float)((i * 11) % 32);
    run_layers("[4, 2, 4]",
               "  - {reduce: {by: max, axes: [1]}, as: top}\n"
               "  - {reduce: {by: mean, axes: [1]}, from: input, as: middle}\n"
               "  - concat: [top, middle]\n",
               in, out);
    for (int k = 0; k < 8; k++) {
        float top = -1, sum = 0;
        for (int c = 0; c < 4; c++) {
            top = fmaxf(top, in[8 * c + k]);
            sum += in[8 * c + k];
        }
        CHECK_NEAR(out[k], top, 0);
        CHECK_NEAR(out[8 + k], sum / 4, 1e-6);
    }
}

/* relu6(x + 3) / 6. */
static void the_hard_sigmoid_is_pytorchs(void)
{
    float in[32], out[SMALL_IMAGE];
    for (int i = 0; i < 32; i++)
        in[i] = (float)(i - 16) / 4;
    run_layers("[32]", "  - act: hardsigmoid\n", in, out);
    for (int i = 0; i < 32; i++)
        CHECK_NEAR(out[i], fmin(fmax((double)in[i] + 3, 0), 6) / 6, 1e-6);
}

/* Before training mean 0 and variance 1: x / sqrt(1 + eps), over whatever axis. */
static void a_layer_of_batch_norm_has_its_epsilon(void)
{
    float in[32], out[SMALL_IMAGE];
    for (int i = 0; i < 32; i++)
        in[i] = (float)(i - 7);
    run_layers("[4, 2, 4]", "  - batchnorm: {axis: 3, eps: 0.5, gain: 3}\n", in, out);
    for (int i = 0; i < 32; i++)
        CHECK_NEAR(out[i], 3 * (double)in[i] / sqrt(1.5), 1e-5);
    run_layers("[4, 2, 4]", "  - batchnorm: {axis: 2}\n", in, out);
    CHECK_NEAR(out[31], 24 / sqrt(1.001), 1e-5);
    train_pair pair = build_layers("[4, 2, 4]", "  - batchnorm: {axis: 3}\n");
    CHECK(parameters(pair.decoder) == 33 * SMALL_IMAGE + 2 * 4);
    train_pair_free(&pair);
}

/* Nothing to train, the same matrix for the same seed, and the power that it is given: entries
 * N(0, 1/n), so that each of the 512 values has mean 0 and the variance of the image's values, to
 * 1 / sqrt(256) or so. */
static void a_projection_is_random_and_stays(void)
{
    static const char text[] = "family: f\ncodeword: [512]\nencoder: [{project: {out: 512}}]\n"
                               "decoder: [{linear: {out: 2048}}, {reshape: [2, rows, columns]}]\n";
    static float x[2048], s[2][512];
    train_pair pair;
    err e = {0};
    rng r = rng_at(5, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x, 2048, 1);
    for (int i = 0; i < 2; i++) {
        REQUIRE(build_text(text, 4, 32, &pair, &e) == 0);
        CHECK(parameters(pair.encoder) == 0);
        run(pair.encoder, 1, x, 0, s[i]);
        train_pair_free(&pair);
    }
    double power = 0, given = 0;
    for (int i = 0; i < 512; i++)
        power += pow((double)s[0][i], 2) / 512;
    for (int i = 0; i < 2048; i++)
        given += pow((double)x[i], 2) / 2048;
    CHECK_NEAR(power / given, 1, 5 * sqrt(2.0 / 512));
    CHECK(harness_max_abs_diff(s[0], s[1], 512) == 0);
}

static const harness_test tests[] = {
    {"gradients of compound layers agree with differences", gradients_agree_with_differences},
    {"shuffle deals channels out of their groups", shuffled_channels_are_dealt_out},
    {"upsample repeats rows and columns", upsampled_places_are_repeated},
    {"reduce gives the largest and the mean, with the axis kept", reductions_keep_the_axis},
    {"hardsigmoid is relu6(x + 3) / 6", the_hard_sigmoid_is_pytorchs},
    {"batchnorm has its axis, gain and eps", a_layer_of_batch_norm_has_its_epsilon},
    {"project keeps its random matrix and the power", a_projection_is_random_and_stays},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "layer gradients", tests, sizeof tests / sizeof tests[0]);
}
