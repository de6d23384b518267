/* The engine against PyTorch: encoder and decoder pairs with input, codeword and output vectors. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "io/mat.h"
#include "nn/nn.h"

/* Both sides sum in single precision in orders of their own; the largest sums here have 448 terms
 * of order 1, so 1e-4 is about ten times the rounding to be expected. */
static const double tolerance = 1e-4;

typedef struct pair {
    const char *model, *vectors;        /* files below the reference data, without their endings */
    const char *x, *codeword, *y, *snr; /* variables */
} pair;

static bool read_array(const char *relative, const char *variable, mat_array *out)
{
    err e = {0};
    const char *path = harness_reference(relative);
    if (path && mat_read_float(path, variable, out, &e) == 0)
        return true;
    printf("    %s, %s: %s\n", relative, variable, path ? e.text : "not there");
    return false;
}

static nn_model *load(const char *stem, const char *part)
{
    char relative[256];
    err e = {0};
    snprintf(relative, sizeof relative, "%s.%s.onnx", stem, part);
    const char *path = harness_reference(relative);
    nn_model *m = path ? nn_model_load(path, &e) : NULL;
    if (!m)
        printf("    %s: %s\n", relative, path ? e.text : "not there");
    return m;
}

/* Largest difference of a whole batch from the reference; infinite when it cannot run. `snr` goes
 * into the second input of a decoder that has one. */
static double deviation(const nn_model *m, int64_t batch, bool unfused, const float *in,
                        const float *snr, const float *want, size_t want_count)
{
    err e = {0};
    nn_session *s =
        nn_session_open_with(m, &(nn_session_options){.batch = batch, .unfused = unfused}, &e);
    double worst = INFINITY;
    if (!s) {
        printf("    %s\n", e.text);
        return worst;
    }
    nn_tensor *input = nn_session_input(s, 0), *second = nn_session_input(s, 1);
    memcpy(input->data, in, input->bytes);
    if (second && snr)
        memcpy(second->data, snr, second->bytes);
    const nn_tensor *out = nn_session_output(s, 0);
    if (nn_session_run(s, &e) == 0 && out->count == want_count)
        worst = harness_max_abs_diff(out->data, want, want_count);
    else
        printf("    %s; %zu outputs for %zu\n", e.text, out->count, want_count);
    nn_session_free(s);
    return worst;
}

/* The vectors of one pair; snr_db only where the decoder takes it. */
typedef struct vectors {
    mat_array x, codeword, y, snr;
} vectors;

static void check_model(const char *stem, const char *part, const vectors *v, const mat_array *in,
                        const mat_array *want)
{
    nn_model *m = load(stem, part);
    REQUIRE(m != NULL);
    CHECK(nn_model_inputs(m) == 1 || v->snr.count == want->dims[0]);
    int64_t batch = (int64_t)want->dims[0];
    const float *snr = v->snr.data;
    double fused = deviation(m, batch, false, in->data, snr, want->data, want->count);
    double unfused = deviation(m, batch, true, in->data, snr, want->data, want->count);
    double one = deviation(m, 1, false, in->data, snr, want->data, want->count / want->dims[0]);
    printf("    %s.%s: %.2g fused, %.2g unfused, %.2g at batch 1\n", stem, part, fused, unfused,
           one);
    CHECK(fused <= tolerance);
    CHECK(unfused <= tolerance);
    CHECK(one <= tolerance);
    nn_model_free(m);
}

static void check_pair(const pair *p)
{
    vectors v = {0};
    char path[256];
    snprintf(path, sizeof path, "%s.mat", p->vectors);
    bool there = read_array(path, p->x, &v.x) && read_array(path, p->codeword, &v.codeword) &&
                 read_array(path, p->y, &v.y) && (!p->snr || read_array(path, p->snr, &v.snr));
    CHECK(there);
    if (there) {
        check_model(p->model, "encoder", &v, &v.x, &v.codeword);
        check_model(p->model, "decoder", &v, &v.codeword, &v.y);
    }
    mat_array_free(&v.x);
    mat_array_free(&v.codeword);
    mat_array_free(&v.y);
    mat_array_free(&v.snr);
}

static void check_pairs(const pair *pairs, size_t n)
{
    if (!harness_reference("README.md"))
        return harness_skip("the reference data are not here (CSILINK_REFERENCE_DATA)");
    for (size_t i = 0; i < n; i++)
        check_pair(&pairs[i]);
}

static void random_weights(void)
{
    static const pair pairs[] = {
        {"vectors/cllwcsinet_cr4", "vectors/cllwcsinet_cr4", "x", "s_eval", "y_eval", NULL},
        {"vectors/cllwcsinet_cr8", "vectors/cllwcsinet_cr8", "x", "s_eval", "y_eval", NULL},
        {"vectors/cllwcsinet_cr16", "vectors/cllwcsinet_cr16", "x", "s_eval", "y_eval", NULL},
    };
    check_pairs(pairs, sizeof pairs / sizeof pairs[0]);
}

#define WITH_VECTORS(stem)                                                                         \
    {                                                                                              \
        stem, stem ".vectors", "x", "s", "y", NULL                                                 \
    }

static void published_weights(void)
{
    static const pair pairs[] = {
        WITH_VECTORS("published/indoor-cr4"),  WITH_VECTORS("published/indoor-cr8"),
        WITH_VECTORS("published/indoor-cr16"), WITH_VECTORS("published/outdoor-cr4"),
        WITH_VECTORS("published/outdoor-cr8"), WITH_VECTORS("published/outdoor-cr16"),
    };
    check_pairs(pairs, sizeof pairs / sizeof pairs[0]);
}

static void starter_weights(void)
{
    static const pair pairs[] = {
        WITH_VECTORS("starter/cllwcsinet-cr8-indoor"),
        {"starter/csilink-net-cr8-indoor", "starter/csilink-net-cr8-indoor.vectors", "x", "s", "y",
         "snr_db"},
    };
    check_pairs(pairs, sizeof pairs / sizeof pairs[0]);
}

/* --- the costs that the paper's architecture has ------------------------------------------------
 */

static int64_t total_macs(const char *part)
{
    nn_model *m = load("vectors/cllwcsinet_cr4", part);
    nn_session *s = m ? nn_session_open(m, 1, NULL) : NULL;
    int64_t macs = 0;
    nn_step_info info;
    for (int i = 0; s && i < nn_session_steps(s); i++)
        if (nn_session_step(s, i, &info) == 0)
            macs += info.macs;
    nn_session_free(s);
    nn_model_free(m);
    return macs;
}

static void macs_are_the_papers(void)
{
    if (!harness_reference("README.md"))
        return harness_skip("the reference data are not here (CSILINK_REFERENCE_DATA)");
    CHECK_NEAR((double)total_macs("encoder") / 1e6, 1.13, 0.005);
    CHECK_NEAR((double)total_macs("decoder") / 1e6, 5.6, 0.05);
}

static const harness_test tests[] = {
    {"CLLWCsiNet with random weights reproduces PyTorch's vectors", random_weights},
    {"the published CLLWCsiNet weights reproduce PyTorch's vectors", published_weights},
    {"the starter models reproduce PyTorch's vectors", starter_weights},
    {"CLLWCsiNet CR 4 costs 1.13 M and 5.6 M multiply-accumulates", macs_are_the_papers},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "models", tests, sizeof tests / sizeof tests[0]);
}
