/* architecture_tools.h: what tests of architectures share: pairs from a text, runs, and images
 * whose Karhunen-Loeve transform is known. */
#ifndef TESTS_ARCHITECTURE_TOOLS_H
#define TESTS_ARCHITECTURE_TOOLS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "harness.h"
#include "nn/grad.h"
#include "train/architecture/architecture.h"

#define HEAD "family: f\ncodeword_rms: 2\n"

/* Numbers that training may change. */
static inline size_t parameters(const nn_model *model)
{
    grad_weights *w = grad_weights_open(model, NULL);
    REQUIRE(w != NULL);
    size_t n = w->parameters;
    grad_weights_free(w);
    return n;
}

static inline void run(const nn_model *model, int64_t batch, const float *in, float snr_db,
                       float *out)
{
    err e = {0};
    nn_session *s = nn_session_open(model, batch, &e);
    REQUIRE(s != NULL);
    nn_tensor *x = nn_session_input(s, 0), *snr = nn_session_input(s, 1);
    memcpy(x->data, in, x->bytes);
    for (int64_t i = 0; snr && i < batch; i++)
        ((float *)snr->data)[i] = snr_db;
    REQUIRE(nn_session_run(s, &e) == 0);
    memcpy(out, nn_session_output(s, 0)->data, nn_session_output(s, 0)->bytes);
    nn_session_free(s);
}

/* A pair for images of size x size from the text of a file. */
static inline int build_text(const char *text, uint32_t cr, uint32_t size, train_pair *pair, err *e)
{
    char path[] = "/tmp/csilink-arch-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    train_architecture_config config = {
        .name = path, .cr = cr, .dims = {.nt = size, .nc = 256, .tp = size, .ni = size}};
    int rc = train_architecture_build(&config, pair, e);
    unlink(path);
    return rc;
}

/* A Hadamard matrix of a power of two: H H^T = size I. */
static inline int hadamard(size_t i, size_t j)
{
    return __builtin_popcountll(i & j) % 2 ? -1 : 1;
}

/* Orthonormal: DCT-II. */
static inline double cosine(size_t k, size_t i, size_t n)
{
    double scale = sqrt((k ? 2.0 : 1.0) / (double)n);
    return scale * cos(M_PI * (double)k * (2 * (double)i + 1) / (2 * (double)n));
}

static inline double amplitude(size_t k)
{
    return 0.1 * pow(0.8, (double)k);
}

/* n vectors of n values whose second moment has the cosines as eigenvectors and amplitude(k)^2 as
 * eigenvalues, exactly: x_s = sum_k amplitude(k) H[s][k] cosine_k. */
static inline double design(size_t s, size_t i, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += amplitude(k) * hadamard(s, k) * cosine(k, i, n);
    return sum;
}

enum { SMALL = 8, SMALL_IMAGE = 2 * SMALL * SMALL, SMALL_COUNT = 128 };

/* Images whose columns (n = 16), or which as a whole (n = 128), are such vectors. */
static inline void make_images(bool whole, float *images)
{
    for (size_t s = 0; s < SMALL_COUNT; s++)
        for (size_t i = 0; i < SMALL_IMAGE; i++) {
            size_t column = i % SMALL, row = i / SMALL;
            double v = whole ? design(s, i, SMALL_IMAGE) : design((s + 3 * column) % 16, row, 16);
            images[s * SMALL_IMAGE + i] = (float)(0.5 + v);
        }
}

/* Forward and back; a gradient arrives at every weight that is not behind a zero. */
static inline void check_trains(const nn_model *model, bool decoder)
{
    err e = {0};
    grad_weights *w = grad_weights_open(model, &e);
    REQUIRE(w != NULL);
    grad_net *net = grad_net_open(w, 2, decoder, &e);
    if (!net)
        printf("    %s\n", e.text);
    REQUIRE(net != NULL);
    nn_tensor *x = grad_net_input(net, 0);
    rng r = rng_at(4, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x->data, x->count, 1);
    for (int i = 0; i < 2 && grad_net_input(net, 1); i++)
        ((float *)grad_net_input(net, 1)->data)[i] = 10;
    REQUIRE(grad_net_forward(net, &e) == 0);
    rng_normal_fill(&r, grad_net_output_gradient(net), grad_net_output(net)->count, 1);
    grad_net_clear_gradients(net);
    grad_net_backward(net);
    CHECK(harness_max_abs(grad_net_gradients(net), w->count) > 0);
    CHECK(isfinite(harness_max_abs(grad_net_gradients(net), w->count)));
    grad_net_free(net);
    grad_weights_free(w);
}

#endif
