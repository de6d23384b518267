/* Networks of others: images with the planes last or flat, batches that the file fixes. Each must
 * compute what the same network in csilink's own form computes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/onnx/pair.h"
#include "harness.h"
#include "io/file.h"
#include "onnx_builder.h"

enum { ROWS = 8, COLUMNS = 4, CODE = 6, SIDE = 4, IMAGE = 2 * ROWS * COLUMNS };

static char folder[] = "/tmp/csilink-test-forms-XXXXXX";

static onnx_part *load(codec_side side, Onnx__ModelProto *m, err *e)
{
    char path[128];
    size_t size;
    uint8_t *data = build_bytes(m, &size);
    *e = (err){0};
    snprintf(path, sizeof path, "%s/m.onnx", folder);
    REQUIRE(file_replace(path, data, size, NULL) == 0);
    free(data);
    build_free(m);
    return onnx_load(side, path, NULL, e);
}

/* The same at sizes of symbolic rows and columns. */
static onnx_part *load_at(codec_side side, Onnx__ModelProto *m, uint32_t nt, uint32_t ni, err *e)
{
    char path[128];
    size_t size;
    uint8_t *data = build_bytes(m, &size);
    *e = (err){0};
    snprintf(path, sizeof path, "%s/m.onnx", folder);
    REQUIRE(file_replace(path, data, size, NULL) == 0);
    free(data);
    build_free(m);
    return onnx_load_any(side, path, NULL, NULL, nt, ni, e);
}

static void turn(Onnx__ModelProto *m, const char *from, const char *to, int64_t a, int64_t b,
                 int64_t c)
{
    int64_t perm[] = {0, a, b, c};
    build_ints(build_node(m, "Transpose", to, from, to), "perm", 4, perm);
}

/* An image "h" [n x 2 x rows x columns] to a codeword: a convolution, and a product of all it
 * gives. `sizes` are those of the Reshape between them. */
static void encode(Onnx__ModelProto *m, int rows, int columns, int n, const int64_t *sizes)
{
    build_weight(m, "w", 0.5f, 0, DIMS(3, 2, 3, 3));
    build_weight(m, "v", 0.2f, 0, 2, (int64_t[]){3 * rows * columns, CODE});
    build_list(m, "sizes", n, sizes);
    build_ints(build_node(m, "Conv", "conv", "h w", "c"), "pads", DIMS(1, 1, 1, 1));
    build_node(m, "Tanh", "bend", "c", "t");
    build_node(m, "Reshape", "flatten", "t sizes", "f");
    build_node(m, "MatMul", "dense", "f v", "s");
    build_output(m, "s");
}

/* The encoder whose input has this shape; batch is 1, or what file and Reshape fix. */
static Onnx__ModelProto *encoder(int rank, const int64_t *dims, int rows, int columns,
                                 int64_t batch)
{
    Onnx__ModelProto *m = build_model(13);
    int64_t image[] = {0, 2, rows, columns};
    build_input(m, rank == 4 && dims[1] == 2 ? "h" : "x", rank, dims);
    if (rank == 4 && dims[1] != 2)
        turn(m, "x", "h", 3, 1, 2);
    if (rank < 4)
        build_node(m, "Reshape", "unflatten", "x image", "h");
    encode(m, rows, columns, 2, (int64_t[]){batch > 1 ? batch : 0, -1});
    if (rank < 4) /* behind the weights, whose values go by their number */
        build_list(m, "image", 4, image);
    return m;
}

static void some_image(float *image, size_t n)
{
    rng r = rng_at(3, RNG_TEST, 0, 0);
    for (size_t i = 0; i < n; i++)
        image[i] = (float)rng_uniform(&r);
}

static void encode_with(const onnx_part *part, float *codeword)
{
    float image[IMAGE];
    err e = {0};
    onnx_encoder *c = onnx_encoder_open(part, &e);
    REQUIRE(c != NULL);
    some_image(image, IMAGE);
    REQUIRE(onnx_encode(c, image, codeword, NULL, &e) == 0);
    onnx_encoder_free(c);
}

/* Does this encoder give what the plain one of the same size gives? */
static bool encodes_alike(Onnx__ModelProto *m, int rows, int columns)
{
    err e = {0};
    float want[CODE], got[CODE];
    onnx_part *plain =
        load(CODEC_ENCODER, encoder(4, (int64_t[]){-1, 2, rows, columns}, rows, columns, 1), &e);
    REQUIRE(plain != NULL);
    onnx_part *other = load(CODEC_ENCODER, m, &e);
    if (!other)
        printf("    %s\n", e.text);
    REQUIRE(other != NULL);
    const onnx_info *info = onnx_part_info(other);
    bool alike = info->nt == (uint32_t)rows && info->ni == (uint32_t)columns &&
                 info->codeword == CODE && info->parameters == onnx_part_info(plain)->parameters;
    encode_with(plain, want);
    encode_with(other, got);
    onnx_part_free(plain);
    onnx_part_free(other);
    return alike && harness_max_abs_diff(want, got, CODE) < 1e-6;
}

static void encoders_of_other_axes_encode_alike(void)
{
    CHECK(encodes_alike(encoder(4, (int64_t[]){-1, ROWS, COLUMNS, 2}, ROWS, COLUMNS, 1), ROWS,
                        COLUMNS));
    CHECK(encodes_alike(encoder(4, (int64_t[]){1, ROWS, COLUMNS, 2}, ROWS, COLUMNS, 1), ROWS,
                        COLUMNS));
    CHECK(encodes_alike(encoder(2, (int64_t[]){-1, 2 * SIDE * SIDE}, SIDE, SIDE, 1), SIDE, SIDE));
    CHECK(encodes_alike(encoder(3, (int64_t[]){-1, 2, SIDE * SIDE}, SIDE, SIDE, 1), SIDE, SIDE));
}

/* Codeword -> image, planes first; then in the axes of `form`: 0 as it is, 1 planes last, 2 flat.
 */
static Onnx__ModelProto *decoder(int form, int64_t batch)
{
    Onnx__ModelProto *m = build_model(13);
    int64_t first = batch > 1 ? batch : -1;
    build_input(m, "s", 2, (int64_t[]){first, CODE});
    build_weight(m, "v", 0.1f, 0, DIMS(CODE, 2 * SIDE * SIDE));
    build_list(m, "image", 4, (int64_t[]){first, 2, SIDE, SIDE});
    build_node(m, "MatMul", "dense", "s v", "f");
    build_node(m, "Reshape", "unflatten", "f image", "h");
    if (form == 1)
        turn(m, "h", "y", 2, 3, 1);
    build_output(m, form == 0 ? "h" : form == 1 ? "y" : "f");
    return m;
}

static void decoders_of_other_forms_decode_alike(void)
{
    static const float codeword[CODE] = {0.3f, -0.2f, 0.9f, 0, 0.1f, -1};
    float want[2 * SIDE * SIDE], got[2 * SIDE * SIDE];
    for (int form = 0; form < 6; form++) {
        err e = {0};
        onnx_part *part = load(CODEC_DECODER, decoder(form % 3, form < 3 ? 1 : 5), &e);
        onnx_decoder *c = part ? onnx_decoder_open(part, &e) : NULL;
        if (!c)
            printf("    form %d: %s\n", form, e.text);
        REQUIRE(c != NULL);
        REQUIRE(onnx_decode(c, 1, codeword, NULL, NULL, form ? got : want, &e) == 0);
        CHECK(!form || harness_max_abs_diff(want, got, 2 * SIDE * SIDE) < 1e-6);
        onnx_decoder_free(c);
        onnx_part_free(part);
    }
}

/* Convolutions alone: [n x 2 x h x w] to [n x 3 x h/2 x w/2] and back, sizes left open (-1). */
static Onnx__ModelProto *halving(bool encoder, bool last)
{
    Onnx__ModelProto *m = build_model(13);
    if (encoder) {
        build_input(m, last ? "x" : "h", 4,
                    last ? (int64_t[]){-1, -1, -1, 2} : (int64_t[]){-1, 2, -1, -1});
        if (last)
            turn(m, "x", "h", 3, 1, 2);
        build_weight(m, "w", 0.5f, 0, DIMS(3, 2, 2, 2));
        build_ints(build_node(m, "Conv", "down", "h w", "s"), "strides", DIMS(2, 2));
        build_output(m, "s");
        return m;
    }
    build_input(m, "s", 4, (int64_t[]){-1, 3, -1, -1});
    build_weight(m, "w", 0.5f, 0, DIMS(3, 2, 2, 2));
    build_ints(build_node(m, "ConvTranspose", "up", "s w", last ? "h" : "y"), "strides",
               DIMS(2, 2));
    if (last)
        turn(m, "h", "y", 2, 3, 1);
    build_output(m, "y");
    return m;
}

static void open_sizes_are_those_asked_for(void)
{
    static const uint32_t sizes[][2] = {{0, 0}, {16, 64}, {8, 32}, {64, 0}};
    for (int last = 0; last < 2; last++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            err e = {0};
            uint32_t nt = sizes[i][0] ? sizes[i][0] : 32, ni = sizes[i][1] ? sizes[i][1] : 32;
            onnx_part *encoder =
                load_at(CODEC_ENCODER, halving(true, last), sizes[i][0], sizes[i][1], &e);
            onnx_part *decoder =
                encoder ? load_at(CODEC_DECODER, halving(false, last), sizes[i][0], sizes[i][1], &e)
                        : NULL;
            if (!decoder)
                printf("    %u x %u: %s\n", nt, ni, e.text);
            REQUIRE(decoder != NULL);
            const onnx_info *info = onnx_part_info(encoder);
            CHECK(info->nt == nt && info->ni == ni && info->codeword == 3 * nt * ni / 4);
            CHECK(onnx_check_pair(info, onnx_part_info(decoder), &e) == 0);
            onnx_part_free(encoder);
            onnx_part_free(decoder);
        }
}

static void sizes_that_cannot_be_are_refused(void)
{
    err e = {0};
    CHECK(!load_at(CODEC_DECODER, halving(false, false), 15, 64, &e));
    CHECK(e.code == ERR_MISMATCH && strstr(e.text, "is an image of 15 x 64; export it with sizes"));
    CHECK(!load_at(CODEC_ENCODER, encoder(4, (int64_t[]){-1, 2, ROWS, COLUMNS}, ROWS, COLUMNS, 1),
                   16, 0, &e));
    CHECK(e.code == ERR_MISMATCH && strstr(e.text, "rows and columns are not symbolic"));
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "s", 2, (int64_t[]){-1, -1});
    build_node(m, "Tanh", "n", "s", "y");
    build_output(m, "y");
    CHECK(!load_at(CODEC_DECODER, m, 0, 0, &e));
    CHECK(e.code == ERR_MISMATCH && strstr(e.text, "export it with sizes"));
}

static void fixed_batches_run_sample_by_sample(void)
{
    /* In the input and the Reshape; in the Reshape alone; with the planes last, too. */
    CHECK(encodes_alike(encoder(4, (int64_t[]){7, 2, ROWS, COLUMNS}, ROWS, COLUMNS, 7), ROWS,
                        COLUMNS));
    CHECK(encodes_alike(encoder(4, (int64_t[]){-1, 2, ROWS, COLUMNS}, ROWS, COLUMNS, 200), ROWS,
                        COLUMNS));
    CHECK(encodes_alike(encoder(4, (int64_t[]){2, ROWS, COLUMNS, 2}, ROWS, COLUMNS, 2), ROWS,
                        COLUMNS));
    /* The batch as a factor of a size: [batch * 3, rows * columns] and back. */
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "h", DIMS(5, 2, ROWS, COLUMNS));
    encode(m, ROWS, COLUMNS, 2, (int64_t[]){5 * 3, ROWS * COLUMNS});
    Onnx__NodeProto *back = build_node(m, "Reshape", "back", "f again", "g");
    build_list(m, "again", DIMS(5, 3 * ROWS * COLUMNS));
    free(m->graph->node[3]->input[0]);
    m->graph->node[3]->input[0] = strdup("g");
    m->graph->node[4] = m->graph->node[3];
    m->graph->node[3] = back;
    CHECK(encodes_alike(m, ROWS, COLUMNS));
}

static void batches_that_mix_samples_are_refused_by_axis(void)
{
    err e = {0};
    Onnx__ModelProto *m = encoder(4, (int64_t[]){4, 2, ROWS, COLUMNS}, ROWS, COLUMNS, 4);
    build_list(m, "axes", DIMS(0));
    build_int(build_node(m, "ReduceSum", "sum", "s axes", "all"), "keepdims", 1);
    build_node(m, "Sub", "mix", "s all", "y");
    free(m->graph->output[0]->name);
    m->graph->output[0]->name = strdup("y");
    CHECK(!load(CODEC_ENCODER, m, &e));
    CHECK(strstr(e.text,
                 "its batch, axis 0 of input 'h', is fixed to 4, and it does not run sample "
                 "by sample") &&
          strstr(e.text, "sample 0 alone gives values up to"));
    m = encoder(4, (int64_t[]){5000, 2, ROWS, COLUMNS}, ROWS, COLUMNS, 5000);
    CHECK(!load(CODEC_ENCODER, m, &e) && strstr(e.text, "a fixed batch of up to 4096"));
    m = encoder(4, (int64_t[]){-1, 3, ROWS, COLUMNS}, ROWS, COLUMNS, 1);
    CHECK(!load(CODEC_ENCODER, m, &e) && strstr(e.text, "conv"));
    m = build_model(13);
    build_input(m, "x", DIMS(-1, 30));
    build_weight(m, "v", 0.1f, 0, DIMS(30, CODE));
    build_node(m, "MatMul", "dense", "x v", "s");
    build_output(m, "s");
    CHECK(!load(CODEC_ENCODER, m, &e) &&
          strstr(e.text, "its input is float [1 x 30], not an image"));
}

/* What is saved as a pair is in csilink's form, and loads as itself. */
static void a_pair_of_them_is_saved_in_the_form_of_csilink(void)
{
    err e = {0};
    char path[2][128];
    for (int side = 0; side < 2; side++) {
        Onnx__ModelProto *m =
            side ? decoder(1, 3) : encoder(4, (int64_t[]){3, SIDE, SIDE, 2}, SIDE, SIDE, 3);
        size_t size;
        uint8_t *data = build_bytes(m, &size);
        snprintf(path[side], sizeof path[side], "%s/raw%d.onnx", folder, side);
        REQUIRE(file_replace(path[side], data, size, NULL) == 0);
        free(data);
        build_free(m);
    }
    REQUIRE(onnx_make_pair(path[0], path[1], "other-cr5-test", NULL, NULL, false, folder, &e) == 0);
    snprintf(path[0], sizeof path[0], "%s/other-cr5-test.encoder.onnx", folder);
    snprintf(path[1], sizeof path[1], "%s/other-cr5-test.decoder.onnx", folder);
    nn_model *m = nn_model_load(path[0], &e);
    REQUIRE(m != NULL);
    const nn_port *port = nn_model_input(m, 0);
    CHECK(port->rank == 4 && port->dims[0] < 0 && port->dims[1] == 2 && port->dims[2] == SIDE);
    nn_session *s = nn_session_open(m, 3, &e);
    CHECK(s != NULL); /* a batch of any size */
    nn_session_free(s);
    nn_model_free(m);
    onnx_part *one = onnx_load(CODEC_ENCODER, path[0], NULL, &e);
    onnx_part *other = onnx_load(CODEC_DECODER, path[1], NULL, &e);
    REQUIRE(one && other);
    CHECK(onnx_check_pair(onnx_part_info(one), onnx_part_info(other), &e) == 0);
    onnx_part_free(one);
    onnx_part_free(other);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"symbolic rows and columns are those asked for", open_sizes_are_those_asked_for},
        {"sizes that cannot be are refused, with the reason", sizes_that_cannot_be_are_refused},
        {"encoders with their planes last, or flat, encode alike",
         encoders_of_other_axes_encode_alike},
        {"decoders with their planes last, flat or of a fixed batch decode alike",
         decoders_of_other_forms_decode_alike},
        {"a batch that the file fixes runs sample by sample", fixed_batches_run_sample_by_sample},
        {"a fixed batch whose samples mix is refused, and the axis named",
         batches_that_mix_samples_are_refused_by_axis},
        {"a pair made of other forms is saved in csilink's",
         a_pair_of_them_is_saved_in_the_form_of_csilink},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "onnx forms", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
