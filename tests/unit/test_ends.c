/* Nets with several ends, as those with memory have: the gradient of a sum over all outputs with
 * respect to every input asked for and to the weights, against differences. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "nn/grad.h"
#include "nn/nn.h"

enum { BATCH = 2, IN = 3, HELD = 4, OUT = 5 };

/* h = tanh(x A + m B); y = h C; the next memory is h, and one that nothing else reads passes on. */
static nn_model *make_model(err *e)
{
    nn_builder *b = nn_builder_new();
    float a[IN * HELD], back[HELD * HELD], c[HELD * OUT];
    rng r = rng_at(3, RNG_TEST, 1, 0);
    rng_normal_fill(&r, a, IN * HELD, 0.5f);
    rng_normal_fill(&r, back, HELD * HELD, 0.5f);
    rng_normal_fill(&r, c, HELD * OUT, 0.5f);
    nn_builder_input(b, "x", 2, (int64_t[]){-1, IN});
    nn_builder_input(b, "memory_h", 2, (int64_t[]){-1, HELD});
    nn_builder_input(b, "memory_unread", 2, (int64_t[]){-1, 2});
    nn_builder_floats(b, "A", 2, (int64_t[]){IN, HELD}, a);
    nn_builder_floats(b, "B", 2, (int64_t[]){HELD, HELD}, back);
    nn_builder_floats(b, "C", 2, (int64_t[]){HELD, OUT}, c);
    nn_builder_node(b, "MatMul", "xa", "x A", "xa");
    nn_builder_node(b, "MatMul", "mb", "memory_h B", "mb");
    nn_builder_node(b, "Add", "sum", "xa mb", "sum");
    nn_builder_node(b, "Tanh", "bend", "sum", "h");
    nn_builder_node(b, "MatMul", "hc", "h C", "y");
    nn_builder_node(b, "Identity", "keep", "h", "memory_h_next");
    nn_builder_node(b, "Identity", "pass", "memory_unread", "memory_unread_next");
    nn_builder_output(b, "y", 2, (int64_t[]){-1, OUT});
    nn_builder_output(b, "memory_h_next", 2, (int64_t[]){-1, HELD});
    nn_builder_output(b, "memory_unread_next", 2, (int64_t[]){-1, 2});
    return nn_builder_finish(b, "ends", e);
}

typedef struct bench {
    nn_model *model;
    grad_weights *weights;
    grad_net *net;
    float towards[3][BATCH * OUT]; /* d loss / d output */
} bench;

static bench open_bench(unsigned inputs)
{
    bench b = {0};
    err e = {0};
    b.model = make_model(&e);
    REQUIRE(b.model != NULL);
    b.weights = grad_weights_open(b.model, &e);
    b.net = grad_net_open_ends(b.weights, BATCH, inputs, &e);
    REQUIRE(b.net != NULL);
    for (int i = 0; i < 3; i++) {
        rng r = rng_at(4, RNG_TEST, 2, (uint32_t)i);
        nn_tensor *in = grad_net_input(b.net, i);
        rng_normal_fill(&r, in->data, in->count, 1);
        rng_normal_fill(&r, b.towards[i], BATCH * OUT, 1);
    }
    return b;
}

static void close_bench(bench *b)
{
    grad_net_free(b->net);
    grad_weights_free(b->weights);
    nn_model_free(b->model);
}

static double loss(bench *b)
{
    double sum = 0;
    grad_net_refresh(b->net);
    REQUIRE(grad_net_forward(b->net, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        const nn_tensor *t = grad_net_output_at(b->net, i);
        const float *value = t->data;
        for (size_t k = 0; k < t->count; k++)
            sum += (double)b->towards[i][k] * (double)value[k];
    }
    return sum;
}

static void backward(bench *b)
{
    loss(b);
    for (int i = 0; i < 3; i++)
        memcpy(grad_net_output_gradient_at(b->net, i), b->towards[i],
               grad_net_output_at(b->net, i)->bytes);
    grad_net_clear_gradients(b->net);
    grad_net_backward(b->net);
}

/* Central differences of step 2^-8: their own error is the third derivative times 3e-6, and that of
 * float sums of about 10 values a few 1e-7 / 2^-8. */
static double slope(bench *b, float *at)
{
    float was = *at, step = 0x1p-8f;
    *at = was + step;
    double up = loss(b);
    *at = was - step;
    double down = loss(b);
    *at = was;
    return (up - down) / (2 * (double)step);
}

static void every_end_has_its_gradient(void)
{
    bench b = open_bench(1u << 0 | 1u << 1 | 1u << 2);
    for (int i = 0; i < 3; i++) {
        nn_tensor *in = grad_net_input(b.net, i);
        for (size_t k = 0; k < in->count; k++) {
            backward(&b);
            double got = (double)grad_net_input_gradient_at(b.net, i)[k];
            CHECK_NEAR(got, slope(&b, (float *)in->data + k), 1e-3);
        }
    }
    for (int i = 0; i < b.weights->n_entries; i++)
        for (size_t k = 0; k < b.weights->entries[i].count; k++) {
            size_t at = b.weights->entries[i].offset + k;
            backward(&b);
            double got = (double)grad_net_gradients(b.net)[at];
            CHECK_NEAR(got, slope(&b, b.weights->values + at), 1e-3);
        }
    close_bench(&b);
}

static void only_what_is_asked_for_has_one(void)
{
    bench b = open_bench(1u << 1);
    CHECK(!grad_net_input_gradient(b.net) && grad_net_input_gradient_at(b.net, 1));
    CHECK(!grad_net_input_gradient_at(b.net, 2) && !grad_net_input_gradient_at(b.net, 3) &&
          !grad_net_input_gradient_at(b.net, -1));
    CHECK(!grad_net_output_gradient_at(b.net, 3) && !grad_net_output_at(b.net, 3));
    grad_net *plain = grad_net_open(b.weights, BATCH, true, NULL);
    REQUIRE(plain != NULL);
    CHECK(grad_net_output_gradient(plain) && !grad_net_output_gradient_at(plain, 1));
    grad_net_free(plain);
    err e = {0};
    CHECK(!grad_net_open_ends(b.weights, BATCH, 1u << 5, &e) && e.code == ERR_UNSUPPORTED);
    close_bench(&b);
}

static const harness_test tests[] = {
    {"every input and weight has the gradient of all outputs' sum", every_end_has_its_gradient},
    {"what was not asked for has none", only_what_is_asked_for_has_one},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ends", tests, sizeof tests / sizeof tests[0]);
}
