/* Laws of weights that are stored as float16: a file of half the size that is, to whoever reads
 * it, the network whose floats were rounded; and the way back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "harness.h"
#include "nn/grad.h"
#include "nn/half.h"
#include "nn/nn.h"

enum { N = 32, SMALL = 8 };

static float matrix[N * N], small[SMALL * SMALL], bias[N];

/* y = w2 (w x + b), w with 1,024 weights, w2 with 8 x 8 of its own in front of zeros. `rounded`:
 * with the floats that float16 holds in place of w's. */
static nn_model *network(bool rounded, float largest)
{
    float w[N * N];
    rng r = rng_at(3, RNG_CHECK, 0, 0);
    rng_normal_fill(&r, matrix, N * N, 0.3f);
    rng_normal_fill(&r, bias, N, 0.3f);
    rng_normal_fill(&r, small, SMALL * SMALL, 0.3f);
    matrix[5] = largest;
    matrix[6] = 3e-7f; /* subnormal in float16 */
    for (int i = 0; i < N * N; i++)
        w[i] = rounded ? nn_round_float16(matrix[i]) : matrix[i];
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "x", 2, (int64_t[]){-1, N});
    nn_builder_floats(b, "w", 2, (int64_t[]){N, N}, w);
    nn_builder_floats(b, "b", 1, (int64_t[]){N}, bias);
    nn_builder_floats(b, "const.fixed", 2, (int64_t[]){N, N}, matrix);
    nn_builder_floats(b, "v", 2, (int64_t[]){SMALL, SMALL}, small);
    nn_builder_node(b, "Gemm", "first", "x w b", "h");
    nn_builder_node(b, "MatMul", "fixed", "h const.fixed", "f");
    nn_builder_list(b, "shape", 2, (int64_t[]){-1, SMALL});
    nn_builder_node(b, "Reshape", "cut", "f shape", "c");
    nn_builder_node(b, "MatMul", "last", "c v", "y");
    nn_builder_output(b, "y", 2, (int64_t[]){-1, SMALL});
    nn_builder_metadata(b, "csilink.trained", "by nobody");
    err e = {0};
    nn_model *m = nn_builder_finish(b, "two layers", &e);
    if (!m)
        printf("    %s\n", e.text);
    REQUIRE(m != NULL);
    return m;
}

static void run(const nn_model *m, float y[N])
{
    err e = {0};
    nn_session *s = nn_session_open(m, 1, &e);
    REQUIRE(s != NULL);
    for (int i = 0; i < N; i++)
        ((float *)nn_session_input(s, 0)->data)[i] = (float)(i % 7) - 3;
    REQUIRE(nn_session_run(s, &e) == 0 && nn_session_output(s, 0)->count == N);
    memcpy(y, nn_session_output(s, 0)->data, N * sizeof *y);
    nn_session_free(s);
}

static bool same(const nn_model *a, const nn_model *b)
{
    float one[N], other[N];
    run(a, one);
    run(b, other);
    return memcmp(one, other, sizeof one) == 0 && nn_model_hash(a) == nn_model_hash(b);
}

static void a_halved_network_is_the_rounded_one(void)
{
    err e = {0};
    int64_t weights = 0, parameters = 0, before = 0;
    size_t bytes = 0, bytes_before = 0;
    nn_model *m = network(false, 1), *rounded = network(true, 1);
    nn_model *halved = nn_model_halve(m, &weights, &e);
    REQUIRE(halved != NULL);
    CHECK(weights == N * N); /* neither the bias, nor what is fixed, nor what is small */
    CHECK(same(halved, rounded) && nn_model_hash(halved) != nn_model_hash(m));
    nn_model_weights(m, &before, &bytes_before);
    nn_model_weights(halved, &parameters, &bytes);
    CHECK(parameters == before && bytes == bytes_before - 2 * N * N);
    const char *trained = nn_model_metadata(halved, "csilink.trained");
    CHECK(trained && strcmp(trained, "by nobody") == 0);
    const nn_tensor *t = nn_model_constant(halved, nn_model_find_constant(halved, "w"));
    CHECK(t && t->count == N * N && ((const float *)t->data)[6] == nn_round_float16(3e-7f));
    nn_model_free(halved);
    nn_model_free(rounded);
    nn_model_free(m);
}

static void it_is_saved_small_and_read_again(void)
{
    err e = {0};
    char path[2][40] = {"/tmp/csilink-test-half-XXXXXX", "/tmp/csilink-test-half-XXXXXX"};
    long size[2] = {0};
    nn_model *m = network(false, 1), *halved = nn_model_halve(m, NULL, &e), *models[] = {m, halved};
    REQUIRE(halved != NULL);
    for (int i = 0; i < 2; i++) {
        int file = mkstemp(path[i]);
        REQUIRE(file >= 0 && nn_model_save(models[i], path[i], &e) == 0);
        close(file);
        FILE *f = fopen(path[i], "rb");
        REQUIRE(f != NULL && fseek(f, 0, SEEK_END) == 0);
        size[i] = ftell(f);
        fclose(f);
    }
    nn_model *read = nn_model_load(path[1], &e);
    CHECK(read && same(read, halved));
    CHECK(size[0] - size[1] > 2 * N * N - 200 && size[1] < size[0]);
    nn_model *twice = nn_model_halve(halved, NULL, &e); /* nothing is left to be done */
    CHECK(twice && same(twice, halved));
    for (int i = 0; i < 2; i++)
        unlink(path[i]);
    nn_model_free(twice);
    nn_model_free(read);
    nn_model_free(halved);
    nn_model_free(m);
}

static void what_float16_cannot_hold_stays(void)
{
    err e = {0};
    int64_t weights = -1;
    nn_model *m = network(false, 65520), *halved = nn_model_halve(m, &weights, &e);
    CHECK(halved && weights == 0 && same(halved, m));
    nn_model_free(halved);
    nn_model_free(m);
    m = network(false, 65519);
    halved = nn_model_halve(m, &weights, &e);
    float y[N];
    REQUIRE(halved != NULL);
    run(halved, y);
    CHECK(weights == N * N && isfinite(y[0]));
    nn_model_free(halved);
    nn_model_free(m);
}

static size_t to_train(const nn_model *m)
{
    err e = {0};
    grad_weights *w = grad_weights_open(m, &e);
    REQUIRE(w != NULL);
    size_t parameters = w->parameters;
    grad_weights_free(w);
    return parameters;
}

static void widened_it_trains_as_before(void)
{
    err e = {0};
    nn_model *m = network(false, 1), *rounded = network(true, 1);
    nn_model *halved = nn_model_halve(m, NULL, &e), *wide = nn_model_widen(halved, &e);
    REQUIRE(halved != NULL && wide != NULL);
    CHECK(same(wide, rounded) && to_train(wide) == to_train(m));
    int w = nn_model_find_constant(wide, "w");
    REQUIRE(nn_model_set_constant(wide, w, matrix, &e) == 0 && nn_model_rehash(wide, &e) == 0);
    CHECK(same(wide, m));
    nn_model *again = nn_model_widen(m, &e);
    CHECK(again && same(again, m));
    nn_model_free(again);
    nn_model_free(wide);
    nn_model_free(halved);
    nn_model_free(rounded);
    nn_model_free(m);
}

static void every_16_bits_come_back(void)
{
    int wrong = 0;
    for (uint32_t half = 0; half < 0x10000; half++) {
        float x = nn_from_float16((uint16_t)half);
        wrong += x == x && nn_to_float16(x) != half;
        wrong += x != x && (nn_to_float16(x) & 0x7fff) <= 0x7c00;
    }
    CHECK(wrong == 0);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a network in 16 bits computes and hashes as the one with rounded floats",
         a_halved_network_is_the_rounded_one},
        {"its file is two bytes a weight smaller, and halving it again changes nothing",
         it_is_saved_small_and_read_again},
        {"a tensor with a value that float16 lacks stays in 32 bits",
         what_float16_cannot_hold_stays},
        {"as floats again it trains as before", widened_it_trains_as_before},
        {"every float16 is written as it was read", every_16_bits_come_back},
    };
    return harness_main(argc, argv, "weights in 16 bits", tests, sizeof tests / sizeof tests[0]);
}
