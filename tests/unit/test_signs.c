/* Matrices of one number and signs: the kernel of additions, the step that a session makes of them,
 * and models that keep them in bits. */
#include "architecture_tools.h"
#include "nn/kernels/signs.h"

enum { ROOM = 4096 };

static float signed_by(rng *r, float size)
{
    return rng_uniform(r) < 0.5 ? -size : size;
}

/* The instruction set is that of the machine, or of CSILINK_CPU, which tests/integration sets. */
static void all_paths_agree_bit_for_bit(void)
{
    static float x[ROOM], w[7 * ROOM], y[2][7], sizes[7], bias[7];
    static uint16_t bits[7 * ROOM / NN_SIGNS_BLOCK + 7];
    static const int64_t ins[] = {1, 15, 16, 17, 100, 512, 1000, 2048};
    rng r = rng_at(1, RNG_TEST, 2, 0);
    for (size_t k = 0; k < sizeof ins / sizeof ins[0]; k++)
        for (int64_t out = 1; out <= 7; out += 3) {
            int64_t in = ins[k];
            rng_normal_fill(&r, x, (size_t)in, 1);
            rng_normal_fill(&r, bias, 7, 1);
            for (int64_t o = 0; o < out; o++)
                for (int64_t i = 0; i < in; i++)
                    w[o * in + i] = signed_by(&r, 0.37f + 0.1f * (float)o);
            REQUIRE(nn_signs_find(out, in, w, sizes));
            nn_signs_pack(out, in, w, bits);
            nn_signs_product(in, out, x, bits, sizes, bias, y[0]);
            nn_signs_reference(in, out, x, bits, sizes, bias, y[1]);
            CHECK(memcmp(y[0], y[1], (size_t)out * sizeof **y) == 0);
            for (int64_t o = 0; o < out; o++) {
                double sum = (double)bias[o], sizes_sum = 0;
                for (int64_t i = 0; i < in; i++) {
                    sum += (double)w[o * in + i] * (double)x[i];
                    sizes_sum += fabs((double)w[o * in + i] * (double)x[i]);
                }
                CHECK_NEAR(y[0][o], sum, 1e-5 * (1 + sizes_sum));
            }
            nn_signs_product(in, out, x, bits, sizes, NULL, y[0]);
            nn_signs_reference(in, out, x, bits, sizes, NULL, y[1]);
            CHECK(memcmp(y[0], y[1], (size_t)out * sizeof **y) == 0);
        }
}

static void only_rows_of_one_size_are_signs(void)
{
    float sizes[2], w[2][3] = {{1, -1, 1}, {-2, -2, 2}};
    CHECK(nn_signs_find(2, 3, *w, sizes) && sizes[0] == 1 && sizes[1] == 2);
    w[1][2] = nextafterf(2, 3);
    CHECK(!nn_signs_find(2, 3, *w, sizes));
    w[1][2] = NAN;
    CHECK(!nn_signs_find(2, 3, *w, sizes));
    for (int i = 0; i < 3; i++)
        w[1][i] = 0;
    CHECK(!nn_signs_find(2, 3, *w, sizes));
    for (int i = 0; i < 3; i++)
        w[1][i] = INFINITY;
    CHECK(!nn_signs_find(2, 3, *w, sizes));
}

/* --- in models ----------------------------------------------------------------------------------
 */

static train_pair build_binary(void)
{
    train_pair pair;
    err e = {0};
    const train_architecture_config config = {
        .name = "bcsinet-a2", .cr = 16, .dims = CSI_DIMS_DEFAULT, .seed = 9};
    int rc = train_architecture_build(&config, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

static nn_step_info sign_step(const nn_model *model)
{
    nn_step_info found = {0};
    nn_session *s = nn_session_open(model, 1, NULL);
    REQUIRE(s != NULL);
    for (int i = 0; i < nn_session_steps(s); i++) {
        nn_step_info info;
        CHECK(nn_session_step(s, i, &info) == 0);
        if (strcmp(info.op, "SignGemm") == 0)
            found = info;
    }
    CHECK(found.op != NULL);
    nn_session_free(s);
    return found;
}

static nn_model *pack(const nn_model *model)
{
    nn_model *packed;
    err e = {0};
    if (nn_pack_signs(model, &packed, &e))
        printf("    %s\n", e.text);
    REQUIRE(packed != NULL);
    return packed;
}

static nn_model *saved_and_loaded(const nn_model *model, size_t *bytes)
{
    char path[] = "/tmp/csilink-signs-XXXXXX";
    err e = {0};
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    CHECK(nn_model_save(model, path, &e) == 0);
    close(fd);
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL);
    CHECK(fseek(f, 0, SEEK_END) == 0);
    *bytes = (size_t)ftell(f);
    fclose(f);
    nn_model *again = nn_model_load(path, &e);
    unlink(path);
    REQUIRE(again != NULL);
    return again;
}

static void packed_models_compute_the_same(void)
{
    enum { BATCH = 3, VALUES = 2048, CODEWORD = VALUES / 16, WEIGHTS = VALUES * CODEWORD };
    static float x[BATCH * VALUES], s[2][BATCH * CODEWORD];
    train_pair pair = build_binary();
    nn_model *packed = pack(pair.encoder);
    size_t bytes;
    nn_model *again = saved_and_loaded(packed, &bytes);
    rng r = rng_at(2, RNG_TEST, 2, 0);
    rng_normal_fill(&r, x, BATCH * VALUES, 1);
    run(pair.encoder, BATCH, x, 0, s[0]);
    run(again, BATCH, x, 0, s[1]);
    /* The mean is a sum in another order. */
    CHECK(harness_max_abs_diff(s[0], s[1], BATCH * CODEWORD) <
          1e-5 * harness_max_abs(s[0], BATCH * CODEWORD));
    CHECK(bytes < WEIGHTS / 8 + 16384); /* 256 rows of a table, and the convolution */
    nn_step_info step = sign_step(again);
    CHECK(step.macs == WEIGHTS);
    CHECK(step.parameters == WEIGHTS + CODEWORD);
    CHECK(step.weight_bytes == WEIGHTS / 8 + 2 * CODEWORD * sizeof(float));
    CHECK(parameters(again) == 36 + 4 + CODEWORD); /* the signs no longer train */
    check_trains(again, false);
    nn_model *twice = packed;
    CHECK(nn_pack_signs(again, &twice, NULL) == 0 && twice == NULL);
    CHECK(nn_pack_signs(pair.decoder, &twice, NULL) == 0 && twice == NULL);
    nn_model_free(again);
    nn_model_free(packed);
    train_pair_free(&pair);
}

/* A session takes signs as additions whatever the file has; its values are those of the product. */
static void sessions_add_where_weights_are_signs(void)
{
    static float x[2 * 64], y[2][2 * 8], w[8 * 64], bias[8];
    rng r = rng_at(3, RNG_TEST, 2, 0);
    rng_normal_fill(&r, x, 2 * 64, 1);
    rng_normal_fill(&r, bias, 8, 1);
    for (int i = 0; i < 8 * 64; i++)
        w[i] = signed_by(&r, 0.25f);
    for (int odd = 0; odd < 2; odd++) {
        err e = {0};
        w[5] = odd ? nextafterf(w[5], 1) : w[5];
        nn_builder *b = nn_builder_new();
        nn_builder_input(b, "x", 2, (int64_t[]){-1, 64});
        nn_builder_floats(b, "w", 2, (int64_t[]){8, 64}, w);
        nn_builder_floats(b, "b", 1, (int64_t[]){8}, bias);
        nn_builder_node(b, "Gemm", "dense", "x w b", "z");
        nn_builder_int(b, "transB", 1);
        nn_builder_node(b, "LeakyRelu", "bend", "z", "y");
        nn_builder_output(b, "y", 2, (int64_t[]){-1, 8});
        nn_model *m = nn_builder_finish(b, "signs", &e);
        REQUIRE(m != NULL);
        nn_session *s = nn_session_open(m, 2, &e);
        nn_step_info info;
        REQUIRE(s != NULL && nn_session_step(s, 0, &info) == 0);
        CHECK((strncmp(info.op, "SignGemm", 8) == 0) == !odd);
        nn_session_free(s);
        run(m, 2, x, 0, y[odd]);
        nn_model_free(m);
    }
    CHECK(harness_max_abs_diff(y[0], y[1], 2 * 8) < 1e-5);
    CHECK(harness_max_abs(y[0], 2 * 8) > 0.1);
}

static const harness_test tests[] = {
    {"the kernel's paths agree bit for bit", all_paths_agree_bit_for_bit},
    {"only rows of one size are signs", only_rows_of_one_size_are_signs},
    {"a packed model computes the same from one bit a weight", packed_models_compute_the_same},
    {"sessions add where weights are signs", sessions_add_where_weights_are_signs},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "signs", tests, sizeof tests / sizeof tests[0]);
}
