/* Weights as other tools store them: in files beside the model, in 16 bits, in several places. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "io/file.h"
#include "nn/half.h"
#include "onnx_builder.h"

enum { N = 4, FLOAT16 = 10, BFLOAT16 = 16 };

#define CHECK_MSG(condition, ...)                                                                  \
    do {                                                                                           \
        bool holds = (condition);                                                                  \
        if (!holds) {                                                                              \
            printf("    " __VA_ARGS__);                                                            \
            putchar('\n');                                                                         \
        }                                                                                          \
        CHECK(holds);                                                                              \
    } while (0)

static char folder[] = "/tmp/csilink-test-weights-XXXXXX";
static const float matrix[N * N] = {1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8.5f};

/* y = x w; w is [4][4] of that type with the given data. */
static Onnx__ModelProto *product(int32_t type, const void *data, size_t bytes)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, N));
    BUILD_APPEND(m->graph, initializer, build_tensor("w", type, 2, (int64_t[]){N, N}, data, bytes));
    build_node(m, "MatMul", "p", "x w", "y");
    build_output(m, "y");
    return m;
}

static const char *path_of(const char *file)
{
    static char path[4][256];
    static int next;
    char *p = path[next = (next + 1) % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, file);
    return p;
}

static void add_entry(Onnx__TensorProto *t, const char *key, const char *value)
{
    BUILD_MESSAGE(Onnx__StringStringEntryProto, onnx__string_string_entry_proto, entry);
    entry->key = strdup(key);
    entry->value = strdup(value);
    BUILD_APPEND(t, external_data, entry);
}

/* The same with w in another file; NULL leaves an entry out. */
static Onnx__ModelProto *outside(const char *location, const char *offset, const char *length)
{
    Onnx__ModelProto *m = product(1, matrix, sizeof matrix);
    Onnx__TensorProto *t = m->graph->initializer[0];
    free(t->raw_data.data);
    t->raw_data = (ProtobufCBinaryData){0};
    t->has_raw_data = 0;
    t->has_data_location = 1;
    t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    if (location)
        add_entry(t, "location", location);
    if (offset)
        add_entry(t, "offset", offset);
    if (length)
        add_entry(t, "length", length);
    add_entry(t, "checksum", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    return m;
}

static void write_model(const char *file, Onnx__ModelProto *m)
{
    size_t size;
    uint8_t *data = build_bytes(m, &size);
    REQUIRE(file_replace(path_of(file), data, size, NULL) == 0);
    free(data);
    build_free(m);
}

static nn_model *load_outside(const char *location, const char *offset, const char *length, err *e)
{
    *e = (err){0};
    write_model("m.onnx", outside(location, offset, length));
    return nn_model_load(path_of("m.onnx"), e);
}

/* y for x = (1, 0.5, -1, 2). */
static void run(const nn_model *model, float *y)
{
    static const float x[N] = {1, 0.5f, -1, 2};
    err e = {0};
    nn_session *s = nn_session_open(model, 1, &e);
    REQUIRE(s != NULL);
    memcpy(nn_session_input(s, 0)->data, x, sizeof x);
    REQUIRE(nn_session_run(s, &e) == 0);
    memcpy(y, nn_session_output(s, 0)->data, N * sizeof *y);
    nn_session_free(s);
}

static bool same_result(const nn_model *a, const nn_model *b)
{
    float one[N], other[N];
    run(a, one);
    run(b, other);
    return memcmp(one, other, sizeof one) == 0 && nn_model_hash(a) == nn_model_hash(b);
}

static void weights_beside_the_model_are_its_own(void)
{
    err e = {0};
    Onnx__ModelProto *proto = product(1, matrix, sizeof matrix);
    nn_model *inside = build_load(proto, &e);
    build_free(proto);
    uint8_t *padded = calloc(1, 4096 + sizeof matrix);
    memcpy(padded + 4096, matrix, sizeof matrix);
    REQUIRE(mkdir(path_of("sub"), 0777) == 0);
    REQUIRE(file_replace(path_of("w.bin"), matrix, sizeof matrix, &e) == 0);
    REQUIRE(file_replace(path_of("sub/w.bin"), padded, 4096 + sizeof matrix, &e) == 0);
    REQUIRE(symlink("w.bin", path_of("link")) == 0);
    static const char *const places[][3] = {{"w.bin", NULL, NULL},
                                            {"w.bin", "0", "64"},
                                            {"./sub/w.bin", "4096", "64"},
                                            {"link", NULL, "64"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        nn_model *m = load_outside(places[i][0], places[i][1], places[i][2], &e);
        CHECK_MSG(m && same_result(inside, m), "%s: %s", places[i][0], e.text);
        nn_model_free(m);
    }
    /* A saved copy has them inside. */
    nn_model *m = load_outside("w.bin", NULL, NULL, &e);
    REQUIRE(m != NULL && nn_model_save(m, path_of("saved.onnx"), &e) == 0);
    nn_model *saved = nn_model_load(path_of("saved.onnx"), &e), *copy = nn_model_copy(m, &e);
    REQUIRE(unlink(path_of("w.bin")) == 0);
    CHECK(saved && copy && same_result(inside, saved) && same_result(inside, copy));
    nn_model_free(saved);
    nn_model_free(copy);
    nn_model_free(m);
    nn_model_free(inside);
    free(padded);
}

static void weights_elsewhere_are_refused(void)
{
    err e = {0};
    char above[300];
    REQUIRE(file_replace(path_of("w.bin"), matrix, sizeof matrix, &e) == 0);
    REQUIRE(file_replace(path_of("short.bin"), matrix, 60, &e) == 0);
    REQUIRE(symlink("/etc/passwd", path_of("out")) == 0);
    REQUIRE(symlink("..", path_of("up")) == 0);
    REQUIRE(mkfifo(path_of("fifo"), 0600) == 0);
    snprintf(above, sizeof above, "up/%s/w.bin", strrchr(folder, '/') + 1);
    const char *const cases[][4] = {
        {"../w.bin", NULL, NULL, "'../w.bin', outside the model's folder"},
        {"sub/../../w.bin", NULL, NULL, "outside the model's folder"},
        {"/etc/passwd", NULL, NULL, "outside the model's folder"},
        {"out", NULL, NULL, "'out', a link out of the model's folder"},
        {"up/passwd", NULL, NULL, "cannot be opened"},
        {"nowhere.bin", NULL, NULL, "'nowhere.bin' beside the model, which cannot be opened"},
        {".", NULL, NULL, "a link out of the model's folder"},
        {"fifo", NULL, NULL, "'fifo', which is not a regular file"},
        {"", NULL, NULL, "no location"},
        {NULL, "0", NULL, "no location"},
        {"w.bin", "4", NULL, "64 bytes from 4 on, are in 'w.bin', which ends at 64"},
        {"short.bin", NULL, NULL, "are in 'short.bin', which ends at 60: it is cut short"},
        {"w.bin", "9223372036854775807", NULL, "which ends at 64"},
        {"w.bin", "-1", NULL, "offset '-1'; it must be a number of bytes"},
        {"w.bin", "1e3", NULL, "offset '1e3'"},
        {"w.bin", NULL, "60", "length 60; its shape and type say 64"},
        {"w.bin", NULL, "99999999999999999999", "length '99999999999999999999'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nn_model *m = load_outside(cases[i][0], cases[i][1], cases[i][2], &e);
        CHECK_MSG(!m && strstr(e.text, cases[i][3]) && strstr(e.text, "initializer 0 'w'"),
                  "\"%s\" does not say \"%s\"", e.text, cases[i][3]);
        nn_model_free(m);
    }
    /* A link that leads back in is followed. */
    nn_model *m = load_outside(above, NULL, NULL, &e);
    CHECK_MSG(m, "%s", e.text);
    nn_model_free(m);
    Onnx__ModelProto *proto = outside("w.bin", NULL, NULL);
    CHECK(!build_load(proto, &e) && strstr(e.text, "this model has no folder to look in"));
    build_free(proto);
}

/* A file may be small and its claim large: nothing is read or taken for what is not there. */
static void a_claim_is_not_memory(void)
{
    err e = {0};
    REQUIRE(file_replace(path_of("w.bin"), matrix, sizeof matrix, &e) == 0);
    Onnx__ModelProto *m = outside("w.bin", NULL, NULL);
    m->graph->initializer[0]->dims[0] = 1 << 26;
    write_model("m.onnx", m);
    CHECK(!nn_model_load(path_of("m.onnx"), &e) && strstr(e.text, "bring the model above"));
    m = outside("w.bin", NULL, NULL);
    m->graph->initializer[0]->dims[0] = 1 << 24;
    write_model("m.onnx", m);
    CHECK(!nn_model_load(path_of("m.onnx"), &e) && strstr(e.text, "cut short"));
    m = outside("w.bin", NULL, NULL);
    m->graph->initializer[0]->dims[0] = INT64_MAX;
    write_model("m.onnx", m);
    CHECK(!nn_model_load(path_of("m.onnx"), &e) && strstr(e.text, "larger than 2^40 bytes"));
}

/* Both formats hold the matrix above exactly. */
static void pack(int32_t type, uint16_t *half)
{
    for (int i = 0; i < N * N; i++)
        for (uint32_t h = 0; h <= 0xffff; h++) {
            float x =
                type == FLOAT16 ? nn_from_float16((uint16_t)h) : nn_from_bfloat16((uint16_t)h);
            if (x == matrix[i])
                half[i] = (uint16_t)h;
        }
}

static void weights_of_16_bits_are_read_and_counted_as_such(void)
{
    err e = {0};
    Onnx__ModelProto *proto = product(1, matrix, sizeof matrix);
    nn_model *floats = build_load(proto, &e);
    build_free(proto);
    for (int which = 0; which < 4; which++) {
        int32_t type = which % 2 ? BFLOAT16 : FLOAT16;
        uint16_t half[N * N];
        pack(type, half);
        proto = product(type, half, sizeof half);
        if (which >= 2) { /* as int32_data, one number for each */
            Onnx__TensorProto *t = proto->graph->initializer[0];
            free(t->raw_data.data);
            t->raw_data = (ProtobufCBinaryData){0};
            t->has_raw_data = 0;
            for (int i = 0; i < N * N; i++)
                BUILD_APPEND(t, int32_data, half[i]);
        }
        nn_model *m = build_load(proto, &e);
        build_free(proto);
        REQUIRE(m != NULL);
        int64_t parameters;
        size_t bytes;
        nn_step_info step;
        nn_model_weights(m, &parameters, &bytes);
        nn_session *s = nn_session_open(m, 1, &e);
        CHECK(same_result(floats, m) && parameters == 16 && bytes == 32);
        CHECK(s && nn_session_step(s, 0, &step) == 0 && step.parameters == 16 &&
              step.weight_bytes == 32);
        nn_session_free(s);
        /* Set to floats, it is one of floats. */
        REQUIRE(nn_model_set_constant(m, 0, matrix, &e) == 0);
        nn_model *copy = nn_model_copy(m, &e);
        nn_model_weights(copy, &parameters, &bytes);
        CHECK(same_result(floats, copy) && bytes == 64);
        nn_model_free(copy);
        nn_model_free(m);
    }
    nn_model_free(floats);
    uint16_t half[N * N] = {0};
    proto = product(FLOAT16, half, 30);
    CHECK(!build_load(proto, &e) &&
          strstr(e.text, "raw_data has 30 bytes; its shape and type say 32"));
    build_free(proto);
}

static void rounding_goes_to_the_nearest(void)
{
    /* Every value is its own nearest, and half-way points go to the even neighbour. */
    for (uint32_t h = 0; h < 0x7c00; h++) {
        float x = nn_from_float16((uint16_t)h), next = nn_from_float16((uint16_t)(h + 1));
        REQUIRE(nn_round_float16(x) == x && nn_round_float16(-x) == -x);
        if (h + 1 < 0x7c00) {
            float middle = (x + next) / 2, even = h % 2 ? next : x;
            REQUIRE(nn_round_float16(middle) == even);
            REQUIRE(nn_round_float16(nextafterf(middle, 0)) == x);
            REQUIRE(nn_round_float16(nextafterf(middle, next)) == next);
        }
    }
    CHECK(nn_round_float16(65519.0f) == 65504 && isinf(nn_round_float16(65520.0f)));
    CHECK(isinf(nn_from_float16(0x7c00)) && isnan(nn_from_float16(0x7e00)));
    CHECK(signbit(nn_round_float16(-1e-10f)) && isnan(nn_round_float16(NAN)));
    CHECK(nn_round_bfloat16(1.00390625f) == 1 && nn_round_bfloat16(1.01171875f) == 1.015625f);
    CHECK(nn_round_bfloat16(-3e38f) < -2.99e38f && isnan(nn_round_bfloat16(NAN)));
}

/* y = (x W) W, and the same W by way of a Transpose in front of its second use. */
static void a_weight_used_twice_is_counted_once(void)
{
    err e = {0};
    for (int turned = 0; turned < 2; turned++) {
        Onnx__ModelProto *proto = product(1, matrix, sizeof matrix);
        if (turned) {
            Onnx__NodeProto *n = build_node(proto, "Transpose", "t", "w", "v");
            build_ints(n, "perm", DIMS(1, 0));
        }
        build_node(proto, "MatMul", "q", turned ? "y v" : "y w", "z");
        free(proto->graph->output[0]->name);
        proto->graph->output[0]->name = strdup("z");
        nn_model *m = build_load(proto, &e);
        build_free(proto);
        nn_session *s = m ? nn_session_open(m, 1, &e) : NULL;
        REQUIRE(s != NULL);
        int64_t parameters = 0;
        size_t bytes = 0;
        nn_step_info step;
        for (int i = 0; nn_session_step(s, i, &step) == 0; i++) {
            parameters += step.parameters;
            bytes += step.weight_bytes;
        }
        CHECK_MSG(parameters == 16 && bytes == 64, "%s: %lld parameters, %zu bytes",
                  turned ? "turned" : "as it is", (long long)parameters, bytes);
        nn_session_free(s);
        nn_model_free(m);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"weights in a file beside the model, in a folder below or behind a link, are its own",
         weights_beside_the_model_are_its_own},
        {"weights outside the folder, cut short or badly described are refused by name",
         weights_elsewhere_are_refused},
        {"a large claim in a small file takes no memory", a_claim_is_not_memory},
        {"float16 and bfloat16 weights compute as floats and count two bytes each",
         weights_of_16_bits_are_read_and_counted_as_such},
        {"float16 and bfloat16 round to the nearest, ties to even", rounding_goes_to_the_nearest},
        {"a weight used twice, turned or not, is counted once",
         a_weight_used_twice_is_counted_once},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "weight files", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
