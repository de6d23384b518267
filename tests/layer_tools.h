/* layer_tools.h: a few layers of an architecture alone: what they compute, and their gradients. */
#ifndef TESTS_LAYER_TOOLS_H
#define TESTS_LAYER_TOOLS_H

#include "architecture_tools.h"
#include "gradient_tools.h"

/* A decoder whose codeword of 32 values goes through `layers`, and then, so that any shape will do,
 * through a matrix to the image. */
static inline train_pair build_layers(const char *codeword, const char *layers)
{
    char text[2048];
    train_pair pair;
    err e = {0};
    snprintf(text, sizeof text,
             HEAD "codeword: %s\nencoder: [{linear: {out: 32}}, {reshape: %s}]\n"
                  "decoder:\n%s"
                  "  - {linear: {out: 2*rows*columns}, as: last}\n"
                  "  - reshape: [2, rows, columns]\n",
             codeword, codeword, layers);
    int rc = build_text(text, 4, SMALL, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

/* Those of the codeword and of all weights of `layers`, against differences. */
static inline void check_layer_gradients(const char *what, const char *codeword, const char *layers)
{
    err e = {0};
    train_pair pair = build_layers(codeword, layers);
    grad_weights *w = grad_weights_open(pair.decoder, &e);
    grad_net *net = w ? grad_net_open(w, 3, true, &e) : NULL;
    if (!net)
        printf("    %s: %s\n", what, e.text);
    REQUIRE(net != NULL);
    check_differences(what, w, net, 1, 0.2, "last.weight");
    grad_net_free(net);
    grad_weights_free(w);
    train_pair_free(&pair);
}

/* What `layers` make of a codeword, by a decoder whose last matrix is the identity, as far as it
 * goes: 128 values of room. */
static inline void run_layers(const char *codeword, const char *layers, const float *in, float *out)
{
    err e = {0};
    train_pair pair = build_layers(codeword, layers);
    grad_weights *w = grad_weights_open(pair.decoder, &e);
    REQUIRE(w != NULL);
    for (int i = 0; i < w->n_entries; i++)
        if (strcmp(w->entries[i].name, "last.weight") == 0) {
            size_t columns = w->entries[i].count / SMALL_IMAGE;
            float *matrix = w->values + w->entries[i].offset;
            memset(matrix, 0, w->entries[i].count * sizeof *matrix);
            for (size_t k = 0; k < columns && k < SMALL_IMAGE; k++)
                matrix[k * columns + k] = 1;
        }
    REQUIRE(grad_weights_store(w, w->values, pair.decoder, &e) == 0);
    run(pair.decoder, 1, in, 0, out);
    grad_weights_free(w);
    train_pair_free(&pair);
}

#endif
