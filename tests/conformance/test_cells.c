/* One step of the cells lstm, gru and convlstm against PyTorch, forward and back (cells.py). */
#include <math.h>

#include "architecture_tools.h"
#include "cells_vectors.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Those of cells.py. */
static double number(int stream, size_t k)
{
    return 0.6 * sin(1.7 * ((double)k + 1) + 0.9 * stream);
}

typedef struct bench {
    train_pair pair;
    grad_weights *weights;
    grad_net *net;
} bench;

/* A decoder whose codeword goes through `layers`, the cell, and a matrix to the image. */
static bench open_bench(const char *codeword, const char *layers)
{
    bench b = {0};
    err e = {0};
    char text[1024];
    snprintf(text, sizeof text,
             HEAD "codeword: %s\nencoder: [{linear: {out: 32}}, {reshape: %s}]\ndecoder:\n%s"
                  "  - linear: {out: 2*rows*columns}\n  - reshape: [2, rows, columns]\n",
             codeword, codeword, layers);
    int rc = build_text(text, 4, SMALL, &b.pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    b.weights = grad_weights_open(b.pair.decoder, &e);
    REQUIRE(b.weights != NULL);
    b.net = grad_net_open_ends(b.weights, 1, 7u >> (nn_model_inputs(b.pair.decoder) == 2), &e);
    REQUIRE(b.net != NULL);
    return b;
}

static void close_bench(bench *b)
{
    grad_net_free(b->net);
    grad_weights_free(b->weights);
    train_pair_free(&b->pair);
}

static const grad_entry *find(const bench *b, const char *name)
{
    for (int i = 0; i < b->weights->n_entries; i++)
        if (strcmp(b->weights->entries[i].name, name) == 0)
            return &b->weights->entries[i];
    printf("    no weight %s\n", name);
    REQUIRE(false);
    return NULL;
}

/* Rows of `in` numbers of a stream, into columns `at` of the weight's rows of `stride`. */
static void put(const bench *b, const char *name, int stream, size_t rows, size_t in, size_t stride,
                size_t at)
{
    const grad_entry *entry = find(b, name);
    CHECK(entry->count == rows * stride);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < in; i++)
            b->weights->values[entry->offset + r * stride + at + i] =
                (float)number(stream, r * in + i);
}

static void compare_weight(const bench *b, const char *name, const double *want, size_t rows,
                           size_t in, size_t stride, size_t at)
{
    const float *gradient = grad_net_gradients(b->net) + find(b, name)->offset;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < in; i++)
            CHECK_NEAR(gradient[r * stride + at + i], want[r * in + i], 2e-6);
}

/* Numbers of stream 1, 2, 3 into the first values of the inputs; h' and c' and back. */
static void step(bench *b, size_t inputs)
{
    err e = {0};
    int ends = nn_model_inputs(b->pair.decoder);
    for (int i = 0; i < ends; i++) {
        nn_tensor *in = grad_net_input(b->net, i);
        float *value = in->data;
        memset(value, 0, in->bytes);
        for (size_t k = 0; k < (i ? in->count : inputs); k++)
            value[k] = (float)number(i + 1, k);
    }
    grad_net_refresh(b->net);
    REQUIRE(grad_net_forward(b->net, &e) == 0);
    for (int i = 0; i < ends; i++) {
        float *d = grad_net_output_gradient_at(b->net, i);
        for (size_t k = 0; k < grad_net_output_at(b->net, i)->count; k++)
            d[k] = i == 0 ? 0 : i == 1 ? 1 : 0.5f;
    }
    grad_net_clear_gradients(b->net);
    grad_net_backward(b->net);
}

static void compare_state(const bench *b, int port, const double *value, const double *gradient,
                          size_t count)
{
    const nn_tensor *out = grad_net_output_at(b->net, port);
    const float *d = grad_net_input_gradient_at(b->net, port);
    REQUIRE(out->count == count);
    for (size_t k = 0; k < count; k++) {
        CHECK_NEAR(((const float *)out->data)[k], value[k], 1e-6);
        CHECK_NEAR(d[k], gradient[k], 2e-6);
    }
}

static void compare_input(const bench *b, const double *want, size_t count)
{
    for (size_t k = 0; k < count; k++)
        CHECK_NEAR(grad_net_input_gradient(b->net)[k], want[k], 2e-6);
}

static void lstm_is_pytorchs(void)
{
    bench b = open_bench("[32]", "  - slice: {axis: 1, from: 0, to: 4}\n"
                                 "  - {lstm: {units: 3}, as: cell}\n");
    CHECK(strcmp(nn_model_input(b.pair.decoder, 1)->name, "memory_cell_h") == 0);
    CHECK(strcmp(nn_model_output(b.pair.decoder, 2)->name, "memory_cell_c_next") == 0);
    put(&b, "cell.gates.weight", 4, 12, 4, 7, 0);
    put(&b, "cell.gates.weight", 5, 12, 3, 7, 4);
    put(&b, "cell.gates.bias", 6, 1, 12, 12, 0);
    step(&b, 4);
    compare_state(&b, 1, lstm_h, lstm_d_h, COUNT(lstm_h));
    compare_state(&b, 2, lstm_c, lstm_d_c, COUNT(lstm_c));
    compare_input(&b, lstm_d_x, COUNT(lstm_d_x));
    compare_weight(&b, "cell.gates.weight", lstm_d_w, 12, 4, 7, 0);
    compare_weight(&b, "cell.gates.weight", lstm_d_u, 12, 3, 7, 4);
    compare_weight(&b, "cell.gates.bias", lstm_d_b, 1, 12, 12, 0);
    close_bench(&b);
}

static void gru_is_pytorchs(void)
{
    bench b = open_bench("[32]", "  - slice: {axis: 1, from: 0, to: 4}\n"
                                 "  - {gru: {units: 3}, as: cell}\n");
    put(&b, "cell.input.weight", 4, 9, 4, 4, 0);
    put(&b, "cell.state.weight", 5, 9, 3, 3, 0);
    put(&b, "cell.input.bias", 6, 1, 9, 9, 0);
    put(&b, "cell.state.bias", 7, 1, 9, 9, 0);
    step(&b, 4);
    compare_state(&b, 1, gru_h, gru_d_h, COUNT(gru_h));
    compare_input(&b, gru_d_x, COUNT(gru_d_x));
    compare_weight(&b, "cell.input.weight", gru_d_w, 9, 4, 4, 0);
    compare_weight(&b, "cell.state.weight", gru_d_u, 9, 3, 3, 0);
    compare_weight(&b, "cell.input.bias", gru_d_b, 1, 9, 9, 0);
    compare_weight(&b, "cell.state.bias", gru_d_d, 1, 9, 9, 0);
    close_bench(&b);
}

static void convlstm_is_pytorchs(void)
{
    bench b = open_bench("[4, 2, 4]", "  - slice: {axis: 1, from: 0, to: 1}\n"
                                      "  - {convlstm: {out: 2}, as: cell}\n");
    put(&b, "cell.gates.weight", 4, 8, 27, 27, 0);
    put(&b, "cell.gates.bias", 6, 1, 8, 8, 0);
    step(&b, 8);
    compare_state(&b, 1, convlstm_h, convlstm_d_h, COUNT(convlstm_h));
    compare_state(&b, 2, convlstm_c, convlstm_d_c, COUNT(convlstm_c));
    compare_input(&b, convlstm_d_x, COUNT(convlstm_d_x));
    compare_weight(&b, "cell.gates.weight", convlstm_d_w, 8, 27, 27, 0);
    compare_weight(&b, "cell.gates.bias", convlstm_d_b, 1, 8, 8, 0);
    close_bench(&b);
}

/* --- memories that are wrong -------------------------------------------------------------------
 */

static void wrong_memories_are_refused(void)
{
    static const char *const bad[][2] = {
        {"  - memory: {name: a, shape: [32]}\n", "remember: a"},
        {"  - remember: a\n", "reads the memory 'a'"},
        {"  - memory: {name: a, shape: [32]}\n  - memory: {name: a, shape: [32]}\n",
         "already read"},
        {"  - memory: {name: a, shape: [32]}\n  - linear: {out: 8}\n  - remember: a\n", "[8]"},
        {"  - {memory: {name: a, shape: [32]}, as: m}\n  - act: tanh\n  - remember: a\n"
         "  - {from: m, act: relu}\n  - remember: a\n",
         "two layers write"},
        {"  - memory: {name: a_next, shape: [32]}\n", "_next"},
        {"  - memory: {name: a.b, shape: [32]}\n", "letters"},
        {"  - memory: {name: a, shape: [300000]}\n", "262144"},
        {"  - memory: {name: a}\n", "shape"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[1024];
        train_pair pair = {0};
        err e = {0};
        snprintf(text, sizeof text,
                 HEAD "codeword: [32]\nencoder: [{linear: {out: 32}}]\ndecoder:\n%s"
                      "  - linear: {out: 2*rows*columns}\n  - reshape: [2, rows, columns]\n",
                 bad[i][0]);
        CHECK(build_text(text, 4, SMALL, &pair, &e) != 0 && strstr(e.text, bad[i][1]) != NULL);
        if (!strstr(e.text, bad[i][1]))
            printf("    '%s' does not say '%s'\n", e.text, bad[i][1]);
        train_pair_free(&pair);
    }
}

static const harness_test tests[] = {
    {"a step of lstm and its gradients are PyTorch's", lstm_is_pytorchs},
    {"a step of gru and its gradients are PyTorch's", gru_is_pytorchs},
    {"a step of convlstm and its gradients are PyTorch's", convlstm_is_pytorchs},
    {"memories that are not read or written once are refused", wrong_memories_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "cells", tests, sizeof tests / sizeof tests[0]);
}
