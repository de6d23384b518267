#include "train/architecture/density.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"

enum { STAGES = 4, WIDTH_MAX = 3 };

static const int width[STAGES + 1] = {1, 3, 3, 3, 1};

/* The initial density is about +-10 wide, so that the first codewords, wherever they are, get a
 * gradient towards it. */
static const double spread = 10;

/* Caps the cost of a value at 30 bits; less probable values differ by less than float precision. */
static const float least = 1e-9f;

/* --- the graph -------------------------------------------------------------------------------- */

/* Weights start with a spread of `spread` and factors with 0, so that the network of a channel is
 * nearly a straight line. Each stage draws its own numbers, so that all sizes start alike. */
static void add_weights(arch_emitter *m, int64_t channels, int stage)
{
    int in = width[stage], out = width[stage + 1];
    int64_t count = channels * out;
    double step = 1 / pow(spread, 1.0 / STAGES) / out;
    float *matrix = calloc((size_t)(count * in), sizeof *matrix);
    float *bias = calloc((size_t)count, sizeof *bias);
    char name[48];
    rng r = rng_at(m->seed, RNG_TRAIN_WEIGHTS, 0xde5u, (uint32_t)stage);
    for (int64_t i = 0; matrix && i < count * in; i++)
        matrix[i] = (float)log(expm1(step));
    for (int64_t i = 0; bias && i < count; i++)
        bias[i] = (float)(rng_uniform(&r) - 0.5);
    snprintf(name, sizeof name, "density.matrix%d", stage);
    nn_builder_floats(m->b, name, 4, (int64_t[]){count, in, 1, 1}, matrix);
    snprintf(name, sizeof name, "density.bias%d", stage);
    nn_builder_floats(m->b, name, 1, (int64_t[]){count}, bias);
    snprintf(name, sizeof name, "density.factor%d", stage);
    if (stage + 1 < STAGES)
        nn_builder_floats(m->b, name, 4, (int64_t[]){1, count, 1, 1}, NULL);
    free(matrix);
    free(bias);
}

static void node(arch_emitter *m, const char *op, const char *inputs, const char *output)
{
    char name[96];
    snprintf(name, sizeof name, "density.%s", output);
    nn_builder_node(m->b, op, name, inputs, output);
}

/* The four stages of all channels at once, as grouped 1 x 1 convolutions. The weights under
 * softplus and tanh are first multiplied by 1, because training takes as weights only what a
 * product reads (nn/grad.h). */
static void add_stages(arch_emitter *m, int64_t channels)
{
    char in[48] = "density.ends", out[48], text[4][48], inputs[160];
    for (int k = 0; k < STAGES; k++) {
        add_weights(m, channels, k);
        snprintf(text[0], sizeof text[0], "density.m%d", k);
        snprintf(inputs, sizeof inputs, "density.matrix%d const.density.one", k);
        node(m, "Mul", inputs, text[0]);
        snprintf(text[1], sizeof text[1], "density.h%d", k);
        node(m, "Softplus", text[0], text[1]);
        snprintf(inputs, sizeof inputs, "%s %s density.bias%d", in, text[1], k);
        snprintf(out, sizeof out, "density.line%d", k);
        node(m, "Conv", inputs, out);
        nn_builder_int(m->b, "group", channels);
        snprintf(in, sizeof in, "%s", out);
        if (k + 1 == STAGES)
            break;
        snprintf(text[0], sizeof text[0], "density.f%d", k);
        snprintf(inputs, sizeof inputs, "density.factor%d const.density.one", k);
        node(m, "Mul", inputs, text[0]);
        snprintf(text[1], sizeof text[1], "density.a%d", k);
        node(m, "Tanh", text[0], text[1]);
        snprintf(text[2], sizeof text[2], "density.t%d", k);
        node(m, "Tanh", out, text[2]);
        snprintf(text[3], sizeof text[3], "density.b%d", k);
        snprintf(inputs, sizeof inputs, "%s %s", text[2], text[1]);
        node(m, "Mul", inputs, text[3]);
        snprintf(inputs, sizeof inputs, "%s %s", out, text[3]);
        snprintf(in, sizeof in, "density.bent%d", k);
        node(m, "Add", inputs, in);
    }
}

static void number(arch_emitter *m, const char *name, float value)
{
    nn_builder_floats(m->b, name, 0, NULL, &value);
}

/* s[n, C, ...] -> density.ends[n, C, 1, 2 S]: all values plus 1/2, then all values minus 1/2. */
static void add_ends(arch_emitter *m, const arch_value *s, int64_t places)
{
    nn_builder_list(m->b, "const.density.shape", 4, (int64_t[]){0, s->dims[1], 1, places});
    number(m, "const.density.half", 0.5f);
    nn_builder_node(m->b, "Reshape", "density.values", "s const.density.shape", "density.x");
    node(m, "Add", "density.x const.density.half", "density.above");
    node(m, "Sub", "density.x const.density.half", "density.below");
    node(m, "Concat", "density.above density.below", "density.ends");
    nn_builder_int(m->b, "axis", 3);
}

/* Flips both logits to the side where the sigmoid is small, since the difference of two floats near
 * 1 loses all digits. The sign that flips them has no gradient. */
static void add_bits(arch_emitter *m, int64_t places)
{
    nn_builder_list(m->b, "const.density.parts", 2, (int64_t[]){places, places});
    number(m, "const.density.tiny", 1e-9f); /* avoids sign 0 exactly in the middle */
    number(m, "const.density.least", least);
    number(m, "const.density.minus", -1);
    number(m, "const.density.bit", (float)-M_LOG2E);
    nn_builder_list(m->b, "const.density.axes", 3, (int64_t[]){1, 2, 3});
    node(m, "Split", "density.line3 const.density.parts", "density.up density.low");
    nn_builder_int(m->b, "axis", 3);
    node(m, "Add", "density.up density.low", "density.middle");
    node(m, "Add", "density.middle const.density.tiny", "density.moved");
    node(m, "Sign", "density.moved", "density.sign");
    node(m, "Mul", "density.sign const.density.minus", "density.turn");
    node(m, "Mul", "density.up density.turn", "density.up_t");
    node(m, "Mul", "density.low density.turn", "density.low_t");
    node(m, "Sigmoid", "density.up_t", "density.up_c");
    node(m, "Sigmoid", "density.low_t", "density.low_c");
    node(m, "Sub", "density.up_c density.low_c", "density.gap");
    node(m, "Abs", "density.gap", "density.chance");
    node(m, "Clip", "density.chance const.density.least", "density.kept");
    node(m, "Log", "density.kept", "density.log");
    node(m, "ReduceSum", "density.log const.density.axes", "density.sum");
    nn_builder_int(m->b, "keepdims", 0);
    node(m, "Mul", "density.sum const.density.bit", "density.total");
    node(m, "Reshape", "density.total const.density.column", "density.bits");
}

int arch_density(arch_emitter *m, const arch_value *codeword, const arch_value *image)
{
    int64_t pixels = arch_count(image), places = arch_count(codeword) / codeword->dims[1];
    number(m, "const.density.one", 1);
    add_ends(m, codeword, places);
    add_stages(m, codeword->dims[1]);
    nn_builder_list(m->b, "const.density.column", 2, (int64_t[]){-1, 1});
    add_bits(m, places);
    nn_builder_list(m->b, "const.density.flat", 2, (int64_t[]){0, pixels});
    node(m, "Reshape", "y const.density.flat", "density.image");
    node(m, "Concat", "density.image density.bits", "image_and_bits");
    nn_builder_int(m->b, "axis", 1);
    nn_builder_output(m->b, "image_and_bits", 2, (int64_t[]){-1, pixels + 1});
    return 0;
}

/* --- the same in double precision ------------------------------------------------------------- */

static const float *weights_of(const nn_model *decoder, const char *what, int stage)
{
    char name[48];
    snprintf(name, sizeof name, "density.%s%d", what, stage);
    const nn_tensor *t = nn_model_constant(decoder, nn_model_find_constant(decoder, name));
    return t ? t->data : NULL;
}

uint32_t train_density_channels(const nn_model *decoder)
{
    const nn_tensor *t =
        nn_model_constant(decoder, nn_model_find_constant(decoder, "density.bias3"));
    return t ? (uint32_t)t->count : 0;
}

double train_density_below(const nn_model *decoder, uint32_t channel, double x)
{
    double at[WIDTH_MAX] = {x}, next[WIDTH_MAX];
    for (int k = 0; k < STAGES; k++) {
        int in = width[k], out = width[k + 1];
        const float *matrix = weights_of(decoder, "matrix", k) + channel * (uint32_t)(in * out);
        const float *bias = weights_of(decoder, "bias", k) + channel * (uint32_t)out;
        const float *factor = k + 1 < STAGES ? weights_of(decoder, "factor", k) : NULL;
        for (int i = 0; i < out; i++) {
            next[i] = (double)bias[i];
            for (int j = 0; j < in; j++)
                next[i] += log1p(exp((double)matrix[i * in + j])) * at[j];
            if (factor)
                next[i] +=
                    tanh((double)factor[channel * (uint32_t)out + (uint32_t)i]) * tanh(next[i]);
        }
        for (int i = 0; i < out; i++)
            at[i] = next[i];
    }
    return 1 / (1 + exp(-at[0]));
}
