/* Layers of transformers, of unfolded iterations, of image codecs and of binary networks: what they
 * compute, against plain loops, and their gradients, against differences. */
#include "layer_tools.h"

static const struct {
    const char *what, *codeword, *layers;
} differentiated[] = {
    {"attention", "[4, 8]", "  - attention: {heads: 2}\n"},
    {"attention to a memory", "[4, 8]",
     "  - {linear: {axis: 1, out: 3}, as: memory}\n"
     "  - {from: input, attention: {heads: 4, memory: memory, bias: false}}\n"},
    {"a convolution with a stride", "[2, 4, 4]", "  - down: {out: 3, kernel: [4, 4], stride: 2}\n"},
    {"one with uneven zeros", "[2, 4, 4]", "  - down: {out: 3, kernel: [5, 3], stride: 2}\n"},
    {"a transposed convolution", "[8, 2, 2]", "  - up: {out: 2, kernel: [4, 4], stride: 2}\n"},
    {"one with uneven zeros, transposed", "[8, 2, 2]",
     "  - up: {out: 2, kernel: [3, 5], stride: 2, bias: false, bn: true, act: lrelu}\n"},
    {"a transposed convolution of many channels", "[8, 2, 2]",
     "  - conv: {out: 12, act: tanh}\n  - up: {out: 3, kernel: [5, 4], stride: 2}\n"},
    {"soft thresholds that are learned", "[4, 2, 4]",
     "  - {act: abs}\n  - {reduce: {by: mean, axes: [2, 3]}, as: size}\n"
     "  - conv: {out: 4, act: sigmoid}\n  - {mul: [previous, size], as: t}\n"
     "  - {from: input, soft: t}\n"},
    {"the largest values of each row", "[4, 8]", "  - linear: {axis: 2, out: 8}\n  - top: 3\n"},
    {"normalisation by division", "[4, 2, 4]", "  - gdn: {}\n"},
    {"its inverse", "[4, 2, 4]", "  - gdn: {inverse: true}\n"},
    {"gelu", "[32]", "  - act: gelu\n"},
    {"relu6", "[32]", "  - scale: 4\n  - act: relu6\n"},
    {"one number", "[32]", "  - weigh: {one: true, start: 0.7}\n  - position: {one: true}\n"},
    {"a matrix with a name, and its transpose", "[32]",
     "  - tied: {weight: W, out: 8}\n  - act: tanh\n"
     "  - tied: {weight: W, out: 32, transposed: true}\n"},
    {"zeros, and what is computed of them", "[32]",
     "  - zeros: [32]\n  - linear: {out: 32, act: tanh}\n  - position: {}\n  - add: [previous, "
     "input]\n"},
};

static void gradients_agree_with_differences(void)
{
    for (size_t i = 0; i < sizeof differentiated / sizeof differentiated[0]; i++)
        check_layer_gradients(differentiated[i].what, differentiated[i].codeword,
                              differentiated[i].layers);
}

/* --- what they compute --------------------------------------------------------------------------
 */

static void make_input(float in[32])
{
    for (int i = 0; i < 32; i++)
        in[i] = (float)((i * 13) % 32 - 15) / 6;
}

static void maps_follow_their_formulas(void)
{
    float in[32], out[SMALL_IMAGE];
    make_input(in);
    run_layers("[32]", "  - act: gelu\n", in, out);
    for (int i = 0; i < 32; i++) {
        double x = (double)in[i];
        CHECK_NEAR(out[i], x * 0.5 * erfc(-x / M_SQRT2), 2e-6);
    }
    run_layers("[32]", "  - scale: 4\n  - act: relu6\n", in, out);
    for (int i = 0; i < 32; i++)
        CHECK_NEAR(out[i], fmin(fmax(4 * (double)in[i], 0), 6), 1e-6);
    /* At the start beta = 1 and gamma^2 = 0.1 I. */
    run_layers("[4, 2, 4]", "  - gdn: {}\n", in, out);
    for (int i = 0; i < 32; i++) {
        double x = (double)in[i];
        CHECK_NEAR(out[i], x / sqrt(1 + 0.1 * x * x), 1e-5);
    }
    run_layers("[4, 2, 4]", "  - gdn: {inverse: true}\n", in, out);
    for (int i = 0; i < 32; i++) {
        double x = (double)in[i];
        CHECK_NEAR(out[i], x * sqrt(1 + 0.1 * x * x), 1e-5);
    }
}

static void soft_thresholds_shrink_toward_zero(void)
{
    float in[32], out[SMALL_IMAGE];
    make_input(in);
    run_layers("[4, 2, 4]",
               "  - {reduce: {by: max, axes: [1, 2, 3]}, as: top}\n"
               "  - scale: 0.25\n  - {from: previous, scale: 1, as: t}\n"
               "  - {from: input, soft: t}\n",
               in, out);
    double t = 0;
    for (int i = 0; i < 32; i++)
        t = fmax(t, 0.25 * (double)in[i]);
    for (int i = 0; i < 32; i++)
        CHECK_NEAR(out[i], copysign(fmax(fabs((double)in[i]) - t, 0), (double)in[i]), 1e-6);
}

/* By size, whatever their signs; as many as named in every row. */
static void the_largest_of_each_row_stay(void)
{
    float in[32], out[SMALL_IMAGE];
    make_input(in);
    run_layers("[4, 8]", "  - top: 3\n", in, out);
    for (int row = 0; row < 4; row++)
        for (int i = 0; i < 8; i++) {
            int larger = 0;
            for (int k = 0; k < 8; k++)
                larger += fabsf(in[8 * row + k]) > fabsf(in[8 * row + i]);
            CHECK(out[8 * row + i] == (larger < 3 ? in[8 * row + i] : 0));
        }
}

static const float *weight(const grad_weights *w, const char *name)
{
    for (int i = 0; i < w->n_entries; i++)
        if (strcmp(w->entries[i].name, name) == 0)
            return w->values + w->entries[i].offset;
    printf("    no weight %s\n", name);
    REQUIRE(false);
    return NULL;
}

enum { TOKENS = 4, FEATURES = 8, HEADS = 2, EACH = FEATURES / HEADS };

/* x W + b of every token, row by row. */
static void map_tokens(const grad_weights *w, const char *which, double x[TOKENS][FEATURES],
                       double y[TOKENS][FEATURES])
{
    char name[64];
    snprintf(name, sizeof name, "attention1.%s.weight", which);
    const float *matrix = weight(w, name);
    for (int t = 0; t < TOKENS; t++)
        for (int o = 0; o < FEATURES; o++) {
            y[t][o] = 0;
            for (int i = 0; i < FEATURES; i++)
                y[t][o] += x[t][i] * (double)matrix[i * FEATURES + o];
        }
}

static void attend_plainly(double q[TOKENS][FEATURES], double k[TOKENS][FEATURES],
                           double v[TOKENS][FEATURES], double mixed[TOKENS][FEATURES])
{
    for (int h = 0; h < HEADS; h++)
        for (int t = 0; t < TOKENS; t++) {
            double share[TOKENS], sum = 0;
            for (int s = 0; s < TOKENS; s++) {
                double score = 0;
                for (int i = 0; i < EACH; i++)
                    score += q[t][h * EACH + i] * k[s][h * EACH + i];
                sum += share[s] = exp(score / sqrt(EACH));
            }
            for (int i = 0; i < EACH; i++) {
                mixed[t][h * EACH + i] = 0;
                for (int s = 0; s < TOKENS; s++)
                    mixed[t][h * EACH + i] += share[s] / sum * v[s][h * EACH + i];
            }
        }
}

static void attention_is_that_of_plain_loops(void)
{
    static const char layers[] = "  - attention: {heads: 2}\n";
    double x[TOKENS][FEATURES], q[TOKENS][FEATURES], k[TOKENS][FEATURES], v[TOKENS][FEATURES];
    double mixed[TOKENS][FEATURES], y[TOKENS][FEATURES];
    float in[32], out[SMALL_IMAGE];
    err e = {0};
    make_input(in);
    run_layers("[4, 8]", layers, in, out);
    train_pair pair = build_layers("[4, 8]", layers);
    grad_weights *w = grad_weights_open(pair.decoder, &e);
    REQUIRE(w != NULL);
    for (int i = 0; i < 32; i++)
        x[i / FEATURES][i % FEATURES] = (double)in[i];
    map_tokens(w, "q", x, q);
    map_tokens(w, "k", x, k);
    map_tokens(w, "v", x, v);
    attend_plainly(q, k, v, mixed);
    map_tokens(w, "out", mixed, y);
    for (int i = 0; i < 32; i++)
        CHECK_NEAR(out[i], y[i / FEATURES][i % FEATURES], 1e-5);
    grad_weights_free(w);
    train_pair_free(&pair);
}

/* Kernel 4, stride 2, one zero on each side: out[i] = sum_k w[k] x[2 i + k - 1]; and the transposed
 * one sends each value there: out[2 i + k - 1] += w[k] x[i]. */
static void strides_halve_and_double(void)
{
    float in[32], out[SMALL_IMAGE];
    err e = {0};
    make_input(in);
    static const char down[] = "  - down: {out: 1, kernel: [4, 4], stride: 2, bias: false}\n";
    static const char up[] = "  - up: {out: 1, kernel: [4, 4], stride: 2, bias: false}\n";
    for (int way = 0; way < 2; way++) {
        const char *codeword = way ? "[2, 4, 4]" : "[2, 4, 4]", *layers = way ? up : down;
        double want[8 * 8] = {0};
        int large = way ? 8 : 4, small = large / 2;
        run_layers(codeword, layers, in, out);
        train_pair pair = build_layers(codeword, layers);
        grad_weights *w = grad_weights_open(pair.decoder, &e);
        REQUIRE(w != NULL);
        const float *kernel = weight(w, way ? "up1.weight" : "down1.weight");
        for (int c = 0; c < 2; c++)
            for (int i = 0; i < small * small; i++)
                for (int k = 0; k < 16; k++) {
                    int row = 2 * (i / small) + k / 4 - 1, column = 2 * (i % small) + k % 4 - 1;
                    double by = (double)kernel[16 * c + k];
                    if (row < 0 || column < 0 || row >= large || column >= large)
                        continue;
                    if (way)
                        want[row * large + column] += by * (double)in[16 * c + i];
                    else
                        want[i] += by * (double)in[16 * c + row * large + column];
                }
        for (int i = 0; i < (way ? 64 : 4); i++)
            CHECK_NEAR(out[i], want[i], 1e-5);
        grad_weights_free(w);
        train_pair_free(&pair);
    }
}

enum { MANY = 9, GROUPS = 2, HIGH = 3, WIDE = 4, OUTS = 2 };

/* [GROUPS * MANY][HIGH][WIDE] to [GROUPS * OUTS][7][9], two groups, unlike strides and dilations:
 * enough channels for the matrix product. Plain loops add the same in another order. */
static void transposed_of_many_channels_is_that_of_plain_loops(void)
{
    enum { OUT_HIGH = 7, OUT_WIDE = 9, TAPS = 6, PLANE = OUT_HIGH * OUT_WIDE, BATCH = 2 };
    static float x[BATCH * GROUPS * MANY * HIGH * WIDE], w[GROUPS * MANY * OUTS * TAPS];
    static float y[BATCH * GROUPS * OUTS * PLANE];
    static double want[BATCH * GROUPS * OUTS * PLANE];
    float bias[GROUPS * OUTS] = {1, 2, 3, 4};
    err e = {0};
    rng r = rng_at(8, RNG_TEST, 3, 0);
    rng_normal_fill(&r, x, sizeof x / sizeof *x, 1);
    rng_normal_fill(&r, w, sizeof w / sizeof *w, 1);
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "x", 4, (int64_t[]){-1, GROUPS * MANY, HIGH, WIDE});
    nn_builder_floats(b, "w", 4, (int64_t[]){GROUPS * MANY, OUTS, 3, 2}, w);
    nn_builder_floats(b, "b", 1, (int64_t[]){GROUPS * OUTS}, bias);
    nn_builder_node(b, "ConvTranspose", "up", "x w b", "y");
    nn_builder_ints(b, "strides", 2, (int64_t[]){2, 3});
    nn_builder_ints(b, "dilations", 2, (int64_t[]){2, 1});
    nn_builder_ints(b, "pads", 4, (int64_t[]){1, 1, 1, 1});
    nn_builder_int(b, "group", GROUPS);
    nn_builder_output(b, "y", 4, (int64_t[]){-1, GROUPS * OUTS, OUT_HIGH, OUT_WIDE});
    nn_model *m = nn_builder_finish(b, "up", &e);
    REQUIRE(m != NULL);
    run(m, BATCH, x, 0, y);
    for (int i = 0; i < BATCH * GROUPS * OUTS * PLANE; i++)
        want[i] = (double)bias[i / PLANE % (GROUPS * OUTS)];
    for (int i = 0; i < BATCH * GROUPS * MANY * HIGH * WIDE; i++)
        for (int o = 0; o < OUTS; o++)
            for (int t = 0; t < TAPS; t++) {
                int channel = i / (HIGH * WIDE) % (GROUPS * MANY), group = channel / MANY;
                int row = i / WIDE % HIGH * 2 + t / 2 * 2 - 1, column = i % WIDE * 3 + t % 2 - 1;
                int sample = i / (GROUPS * MANY * HIGH * WIDE);
                if (row >= 0 && row < OUT_HIGH && column >= 0 && column < OUT_WIDE)
                    want[((sample * GROUPS + group) * OUTS + o) * PLANE + row * OUT_WIDE +
                         column] += (double)x[i] * (double)w[(channel * OUTS + o) * TAPS + t];
            }
    for (int i = 0; i < BATCH * GROUPS * OUTS * PLANE; i++)
        CHECK_NEAR(y[i], want[i], 1e-4);
    nn_model_free(m);
}

/* --- weights that are one -----------------------------------------------------------------------
 */

static void shared_uses_have_one_set_of_weights(void)
{
    static const char text[] =
        "family: f\ncodeword: [32]\n"
        "blocks: [{name: half, layers: [{linear: {out: 32, act: tanh}}]}]\n"
        "encoder: [{linear: {out: 32}}]\n"
        "decoder: [{use: {block: half, shared: true}, as: a},\n"
        "  {use: {block: half, shared: true}, as: b}, {use: {block: half}, as: c},\n"
        "  {linear: {out: 2*rows*columns, bias: false}}, {reshape: [2, rows, columns]}]\n";
    static const char other[] =
        "family: f\ncodeword: [32]\n"
        "blocks: [{name: half, layers: [{linear: {out: 16, act: tanh}}]}]\n"
        "encoder: [{linear: {out: 32}}]\n"
        "decoder: [{use: {block: half, shared: true}, as: a},\n"
        "  {use: {block: half, shared: true}, as: b},\n"
        "  {linear: {out: 2*rows*columns, bias: false}}, {reshape: [2, rows, columns]}]\n";
    train_pair pair;
    err e = {0};
    REQUIRE(build_text(text, 4, SMALL, &pair, &e) == 0);
    CHECK(parameters(pair.decoder) == 2 * (32 * 32 + 32) + 32 * SMALL_IMAGE);
    check_trains(pair.decoder, true);
    train_pair_free(&pair);
    CHECK(build_text(other, 4, SMALL, &pair, &e) == ERR_MISMATCH);
    CHECK(strstr(e.text, "the shared block 'half' takes [32] elsewhere, [16] here") != NULL);
}

/* A sign for each weight, and one number for all. */
static void a_binary_matrix_has_one_number(void)
{
    float in[32], out[SMALL_IMAGE];
    err e = {0};
    static const char layers[] = "  - linear: {out: 16, binary: true, bias: false}\n";
    make_input(in);
    run_layers("[32]", layers, in, out);
    train_pair pair = build_layers("[32]", layers);
    grad_weights *w = grad_weights_open(pair.decoder, &e);
    REQUIRE(w != NULL);
    CHECK(w->parameters == 16 * 32 + 17 * SMALL_IMAGE);
    const float *matrix = weight(w, "linear1.weight");
    double mean = 0;
    for (int i = 0; i < 16 * 32; i++)
        mean += fabs((double)matrix[i]) / (16 * 32);
    for (int o = 0; o < 16; o++) {
        double sum = 0;
        for (int i = 0; i < 32; i++)
            sum += matrix[o * 32 + i] < 0 ? -(double)in[i] : (double)in[i];
        CHECK_NEAR(out[o], mean * sum, 1e-5);
    }
    grad_weights_free(w);
    train_pair_free(&pair);
}

/* With W = a S, y = x W^T and g = d loss / d W as if W were what computes: d a = sum g S reaches
 * every weight as S / n, and a g reaches those of size at most 1, as XNOR-Net has it. */
static void signs_are_straight_through(void)
{
    static const char layers[] = "  - linear: {out: 4, binary: true, bias: false}\n";
    enum { OUT = 4, N = OUT * 32 };
    err e = {0};
    train_pair pair = build_layers("[32]", layers);
    grad_weights *w = grad_weights_open(pair.decoder, &e);
    grad_net *net = w ? grad_net_open(w, 1, true, &e) : NULL;
    REQUIRE(net != NULL);
    float *matrix = w->values + (weight(w, "linear1.weight") - w->values);
    const float *last = weight(w, "last.weight");
    for (int i = 0; i < N; i++)
        matrix[i] *= i % 3 ? 1 : 40; /* some beyond 1 */
    float *x = grad_net_input(net, 0)->data;
    make_input(x);
    grad_net_refresh(net);
    REQUIRE(grad_net_forward(net, &e) == 0);
    float *d_y = grad_net_output_gradient(net);
    for (int i = 0; i < SMALL_IMAGE; i++)
        d_y[i] = (float)(i % 5) - 2;
    double d_out[OUT] = {0}, scale = 0, d_scale = 0;
    for (int i = 0; i < SMALL_IMAGE; i++)
        for (int o = 0; o < OUT; o++)
            d_out[o] += ((i % 5) - 2) * (double)last[i * OUT + o];
    grad_net_backward(net);
    const float *got = grad_net_gradients(net) + (matrix - w->values);
    int beyond = 0;
    for (int i = 0; i < N; i++) {
        scale += fabs((double)matrix[i]) / N;
        d_scale += d_out[i / 32] * (double)x[i % 32] * (matrix[i] < 0 ? -1 : 1);
        beyond += fabsf(matrix[i]) > 1;
    }
    CHECK(beyond > 10 && beyond < N / 2);
    for (int i = 0; i < N; i++) {
        double through = fabsf(matrix[i]) <= 1 ? scale * d_out[i / 32] * (double)x[i % 32] : 0;
        CHECK_NEAR(got[i], through + d_scale * (matrix[i] < 0 ? -1 : 1) / N, 2e-4);
    }
    grad_net_free(net);
    grad_weights_free(w);
    train_pair_free(&pair);
}

/* --- refusals -----------------------------------------------------------------------------------
 */

static void faults_are_told(void)
{
    static const struct {
        const char *layers, *message;
    } faults[] = {
        {"{reshape: [4, 8]}, {attention: {heads: 3}}", "3 heads do not divide"},
        {"{reshape: [4, 8]}, {attention: {heads: 0}}", "0 heads do not divide"},
        {"{attention: {heads: 2}}", "attention is for [tokens, features]"},
        {"{reshape: [2, 4, 4]}, {down: {out: 2, kernel: [2, 4], stride: 3}}", "kernel [2, 4]"},
        {"{reshape: [2, 4, 4]}, {down: {out: 2, stride: 3}}", "stride 3 does not divide"},
        {"{reshape: [2, 4, 4]}, {up: {out: 2, stride: 0}}", "stride 0; 1 to 64 are allowed"},
        {"{down: {out: 2, stride: 2}}", "down is for [channels, rows, columns]"},
        {"{soft: nothing}", "no layer in scope is named 'nothing'"},
        {"{reshape: [2, 4, 4]}, {soft: input}", "do not spread over"},
        {"{reshape: [4, 8]}, {top: 8}", "that is all"},
        {"{top: 0}", "it must be at least 1"},
        {"{gdn: {}}", "gdn is for [channels, rows, columns]"},
        {"{tied: {weight: W, out: 8}}, {tied: {weight: W, out: 8}}",
         "the matrix 'W' is 8 x 32 elsewhere, 8 x 8 here"},
        {"{tied: {weight: 'a b', out: 8}}", "the name 'a b'"},
        {"{linear: {out: 8, axis: 1, binary: true}}", "binary is for a linear without axis"},
        {"{linear: {out: 8, binary: true, init: klt}}", "init klt and fit"},
        {"{linear: {out: 8}, as: tied}", "'tied' cannot name a layer"},
        {"{zeros: [0]}", "it must be at least 1"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char text[1024];
        train_pair pair;
        err e = {0};
        snprintf(text, sizeof text,
                 HEAD "codeword: [32]\nencoder: [{linear: {out: 32}}]\ndecoder: [%s,\n"
                      "  {linear: {out: 2*rows*columns}}, {reshape: [2, rows, columns]}]\n",
                 faults[i].layers);
        CHECK(build_text(text, 4, SMALL, &pair, &e) != 0);
        if (!strstr(e.text, faults[i].message))
            printf("    %s: %s\n", faults[i].layers, e.text);
        CHECK(strstr(e.text, faults[i].message) != NULL);
    }
}

static const harness_test tests[] = {
    {"gradients of compound layers agree with differences", gradients_agree_with_differences},
    {"gelu, relu6 and gdn follow their formulas", maps_follow_their_formulas},
    {"soft thresholds shrink toward zero", soft_thresholds_shrink_toward_zero},
    {"the largest values of each row stay", the_largest_of_each_row_stay},
    {"attention is that of plain loops", attention_is_that_of_plain_loops},
    {"down and up are strided sums, and each other's transpose", strides_halve_and_double},
    {"a transposed convolution of many channels is that of plain loops",
     transposed_of_many_channels_is_that_of_plain_loops},
    {"shared uses of a block have one set of weights", shared_uses_have_one_set_of_weights},
    {"a binary matrix is its mean size times signs", a_binary_matrix_has_one_number},
    {"the signs of weights are straight-through", signs_are_straight_through},
    {"faults are told", faults_are_told},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "attention layers", tests, sizeof tests / sizeof tests[0]);
}
