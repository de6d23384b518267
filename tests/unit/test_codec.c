#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "harness.h"
#include "io/mat.h"
#include "onnx_builder.h"

/* The shipped pairs: one whose decoder takes the SNR, one whose decoder does not. */
static const char with_snr[] = "csilink-net-cr8-indoor", without_snr[] = "cllwcsinet-cr8-indoor";
enum { PIXELS = 2 * 32 * 32, CODEWORD = 256 };

static char folder[] = "/tmp/csilink-test-codec-XXXXXX";

static const char *in_folder(const char *file)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static onnx_part *load_named(codec_side side, const char *name)
{
    err e = {0};
    onnx_part *p = onnx_load_named(side, name, &e);
    if (!p)
        printf("    %s\n", e.text);
    return p;
}

static void fill(uint32_t stream, float *x, size_t n, float mean, float deviation)
{
    rng r = rng_at(1, RNG_TEST, 1, stream);
    rng_normal_fill(&r, x, n, deviation);
    for (size_t i = 0; i < n; i++)
        x[i] += mean;
}

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* --- what a pair is ----------------------------------------------------------------------------
 */

static void shipped_pairs_fit(void)
{
    static const char *const names[] = {with_snr, without_snr};
    for (int i = 0; i < 2; i++) {
        onnx_part *encoder = load_named(CODEC_ENCODER, names[i]);
        onnx_part *decoder = load_named(CODEC_DECODER, names[i]);
        REQUIRE(encoder && decoder);
        const onnx_info *a = onnx_part_info(encoder), *b = onnx_part_info(decoder);
        CHECK(onnx_check_pair(a, b, NULL) == 0);
        CHECK(a->pair != 0 && a->cr == 8 && a->codeword == CODEWORD && a->nt == 32 && a->ni == 32);
        CHECK(strcmp(a->name, names[i]) == 0 && strcmp(b->name, names[i]) == 0);
        CHECK(a->layout == ONNX_DELAY_ANGLE && b->takes_snr == (i == 0) && !a->takes_snr);
        onnx_part_free(encoder);
        onnx_part_free(decoder);
    }
}

static void ends_of_two_pairs_are_refused(void)
{
    onnx_part *encoder = load_named(CODEC_ENCODER, with_snr);
    onnx_part *decoder = load_named(CODEC_DECODER, without_snr);
    REQUIRE(encoder && decoder);
    err e = {0};
    CHECK(onnx_check_pair(onnx_part_info(encoder), onnx_part_info(decoder), &e) == ERR_MISMATCH);
    CHECK(says(&e, "different pairs"));
    onnx_info info = *onnx_part_info(decoder);
    info.codeword = 128;
    CHECK(onnx_check_pair(onnx_part_info(encoder), &info, &e) == ERR_MISMATCH);
    CHECK(says(&e, "codeword size is 256, the decoder's 128"));
    info = *onnx_part_info(encoder);
    info.layout = ONNX_ANGLE_DELAY;
    CHECK(onnx_check_pair(onnx_part_info(encoder), &info, &e) == ERR_MISMATCH);
    CHECK(says(&e, "layout"));
    info = *onnx_part_info(encoder);
    info.pair = 0;
    CHECK(onnx_check_pair(&info, onnx_part_info(encoder), &e) == ERR_MISMATCH);
    CHECK(says(&e, "csilink model pair"));
    onnx_part_free(encoder);
    onnx_part_free(decoder);
}

static void file_of(const char *name, const char *side, char *path, size_t size)
{
    char file[128];
    snprintf(file, sizeof file, "%s.%s.onnx", name, side);
    REQUIRE(models_find(file, path, size, NULL) == 0);
}

static void wrong_layout_is_refused(void)
{
    char path[4096];
    err e = {0};
    file_of(with_snr, "encoder", path, sizeof path);
    CHECK(onnx_load(CODEC_ENCODER, path, "angle-delay", &e) == NULL);
    CHECK(e.code == ERR_MISMATCH && says(&e, "'delay-angle', not 'angle-delay'"));
    CHECK(onnx_load(CODEC_ENCODER, path, "upside-down", &e) == NULL);
    onnx_part *p = onnx_load(CODEC_ENCODER, path, "delay-angle", &e);
    CHECK(p != NULL);
    onnx_part_free(p);
}

static void wrong_side_is_refused(void)
{
    char path[4096];
    err e = {0};
    file_of(with_snr, "decoder", path, sizeof path);
    CHECK(onnx_load(CODEC_ENCODER, path, NULL, &e) == NULL);
    CHECK(e.code == ERR_MISMATCH && says(&e, "2 inputs"));
    file_of(without_snr, "encoder", path, sizeof path);
    CHECK(onnx_load(CODEC_DECODER, path, NULL, &e) == NULL);
    CHECK(e.code == ERR_MISMATCH && says(&e, "image"));
}

static void unknown_name_lists_what_there_is(void)
{
    err e = {0};
    CHECK(onnx_load_named(CODEC_ENCODER, "cllwcsinet-of-mine", &e) == NULL);
    CHECK(says(&e, "there are cllwcsinet-") && says(&e, without_snr)); /* the likest first */
    CHECK(onnx_load_named(CODEC_ENCODER, "csilink-net-cr8-indor", &e) == NULL);
    CHECK(says(&e, "did you mean csilink-net-cr8-indoor?"));
    CHECK(onnx_load_named(CODEC_ENCODER, "../models/x", &e) == NULL);
    CHECK(e.code == ERR_INVALID);
}

/* --- onnx_make_pair ---------------------------------------------------------------------------
 */

static int make_pair(const char *encoder_of, const char *decoder_of, const char *name, err *e)
{
    char encoder[4096], decoder[4096];
    file_of(encoder_of, "encoder", encoder, sizeof encoder);
    file_of(decoder_of, "decoder", decoder, sizeof decoder);
    return onnx_make_pair(encoder, decoder, name, NULL, NULL, false, folder, e);
}

static void made_pair_has_its_own_identity(void)
{
    err e = {0};
    CHECK(make_pair(with_snr, without_snr, "mixed-cr8-test", &e) == 0);
    char path[4096];
    snprintf(path, sizeof path, "%s", in_folder("mixed-cr8-test.encoder.onnx"));
    onnx_part *encoder = onnx_load(CODEC_ENCODER, path, NULL, &e);
    onnx_part *decoder =
        onnx_load(CODEC_DECODER, in_folder("mixed-cr8-test.decoder.onnx"), NULL, &e);
    onnx_part *original = load_named(CODEC_ENCODER, with_snr);
    REQUIRE(encoder && decoder && original);
    CHECK(onnx_check_pair(onnx_part_info(encoder), onnx_part_info(decoder), &e) == 0);
    CHECK(onnx_part_info(encoder)->pair != onnx_part_info(original)->pair);
    CHECK(strcmp(onnx_part_info(decoder)->name, "mixed-cr8-test") == 0);
    onnx_part_free(encoder);
    onnx_part_free(decoder);
    onnx_part_free(original);
}

static void misnamed_pair_is_refused(void)
{
    static const struct {
        const char *name, *says;
    } cases[] = {{"mixed-cr4-test", "CR 4"},
                 {"mixed", "family-crN-scenario"},
                 {"-cr8-test", "family-crN-scenario"},
                 {"a-cr8-", "family-crN-scenario"},
                 {"a/../b-cr8-test", "'/'"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        CHECK(make_pair(with_snr, with_snr, cases[i].name, &e) != 0);
        CHECK(says(&e, cases[i].says));
    }
}

/* Reads a file, changes one bit of its middle (weights), writes it as `to`. */
static void alter(const char *from, const char *to)
{
    FILE *f = fopen(from, "rb");
    REQUIRE(f != NULL);
    fseek(f, 0, SEEK_END);
    size_t size = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(size);
    REQUIRE(bytes != NULL);
    REQUIRE(fread(bytes, 1, size, f) == size);
    fclose(f);
    bytes[size / 2] ^= 1;
    f = fopen(to, "wb");
    REQUIRE(f != NULL);
    REQUIRE(fwrite(bytes, 1, size, f) == size);
    fclose(f);
    free(bytes);
}

static void one_altered_bit_of_weights_is_found(void)
{
    static const char *const sides[] = {"encoder", "decoder"};
    for (int i = 0; i < 2; i++) {
        char path[4096], altered[4096];
        snprintf(altered, sizeof altered, "%s", in_folder("altered.onnx"));
        file_of(with_snr, sides[i], path, sizeof path);
        alter(path, altered);
        err e = {0};
        CHECK(onnx_load((codec_side)i, altered, NULL, &e) == NULL);
        CHECK(e.code == ERR_MISMATCH && says(&e, "not those that csilink.pair names"));
        CHECK(says(&e, altered));
        unlink(altered);
    }
}

/* --- encoding and decoding ----------------------------------------------------------------------
 */

typedef struct both {
    onnx_part *encoder_part, *decoder_part;
    onnx_encoder *encoder;
    onnx_decoder *decoder;
} both;

static both open_ends(both c)
{
    REQUIRE(c.encoder_part && c.decoder_part);
    c.encoder = onnx_encoder_open(c.encoder_part, NULL);
    c.decoder = onnx_decoder_open(c.decoder_part, NULL);
    REQUIRE(c.encoder && c.decoder);
    CHECK(onnx_encoder_open(c.decoder_part, NULL) == NULL);
    CHECK(onnx_decoder_open(c.encoder_part, NULL) == NULL);
    return c;
}

static both open_both(const char *name)
{
    return open_ends((both){.encoder_part = load_named(CODEC_ENCODER, name),
                            .decoder_part = load_named(CODEC_DECODER, name)});
}

static void close_both(both *c)
{
    onnx_encoder_free(c->encoder);
    onnx_decoder_free(c->decoder);
    onnx_part_free(c->encoder_part);
    onnx_part_free(c->decoder_part);
}

static void batch_is_so_many_single_ones(void)
{
    static float s[ONNX_BATCH_MAX * CODEWORD], snr[ONNX_BATCH_MAX];
    static float together[ONNX_BATCH_MAX * PIXELS], alone[PIXELS];
    static const char *const names[] = {with_snr, without_snr};
    fill(1, s, ONNX_BATCH_MAX * CODEWORD, 0, 1);
    fill(2, snr, ONNX_BATCH_MAX, 10, 5);
    for (int i = 0; i < 2; i++) {
        both c = open_both(names[i]);
        CHECK(onnx_decode(c.decoder, ONNX_BATCH_MAX, s, snr, NULL, together, NULL) == 0);
        for (size_t k = 0; k < ONNX_BATCH_MAX; k++) {
            CHECK(onnx_decode(c.decoder, 1, s + k * CODEWORD, snr + k, NULL, alone, NULL) == 0);
            CHECK(memcmp(alone, together + k * PIXELS, sizeof alone) == 0);
        }
        err e = {0};
        CHECK(onnx_decode(c.decoder, ONNX_BATCH_MAX + 1, s, snr, NULL, together, &e) ==
              ERR_INVALID);
        close_both(&c);
    }
}

static void snr_reaches_the_decoder(void)
{
    static float s[CODEWORD], low[PIXELS], high[PIXELS];
    static const float zero_db = 0, thirty_db = 30;
    fill(1, s, CODEWORD, 0, 1);
    both c = open_both(with_snr);
    CHECK(onnx_decode(c.decoder, 1, s, &zero_db, NULL, low, NULL) == 0);
    CHECK(onnx_decode(c.decoder, 1, s, &thirty_db, NULL, high, NULL) == 0);
    CHECK(harness_max_abs_diff(low, high, PIXELS) > 1e-3);
    err e = {0};
    CHECK(onnx_decode(c.decoder, 1, s, NULL, NULL, high, &e) == ERR_INVALID && says(&e, "SNR"));
    close_both(&c);

    c = open_both(without_snr);
    CHECK(onnx_decode(c.decoder, 1, s, &zero_db, NULL, low, NULL) == 0);
    CHECK(onnx_decode(c.decoder, 1, s, NULL, NULL, high, NULL) == 0);
    CHECK(memcmp(low, high, sizeof low) == 0);
    close_both(&c);
}

/* PyTorch's own results for these weights; sums of 64 x 7 products in another order differ in the
 * last bits: 1e-5 of the largest value. Its x and y are in the network's order, delay rows: the
 * test transposes on the way in and out. */
static void agrees_with_pytorch(void)
{
    const char *name = without_snr;
    char relative[128];
    mat_array x = {0}, s = {0}, y = {0};
    snprintf(relative, sizeof relative, "starter/%s.vectors.mat", name);
    const char *path = harness_reference(relative);
    if (!path) {
        harness_skip("no reference data");
        return;
    }
    REQUIRE(mat_read_float(path, "x", &x, NULL) == 0 && mat_read_float(path, "s", &s, NULL) == 0);
    REQUIRE(mat_read_float(path, "y", &y, NULL) == 0);
    both c = open_both(name);
    for (size_t i = 0; i < x.dims[0]; i++) {
        float image[PIXELS], codeword[CODEWORD], out[PIXELS], turned[PIXELS];
        for (size_t k = 0; k < PIXELS; k++)
            image[k / 1024 * 1024 + k % 32 * 32 + k / 32 % 32] = x.data[i * PIXELS + k];
        CHECK(onnx_encode(c.encoder, image, codeword, NULL, NULL) == 0);
        const float *want = s.data + i * CODEWORD;
        CHECK(harness_max_abs_diff(codeword, want, CODEWORD) <
              1e-5 * harness_max_abs(want, CODEWORD));
        CHECK(onnx_decode(c.decoder, 1, want, NULL, NULL, out, NULL) == 0);
        for (size_t k = 0; k < PIXELS; k++)
            turned[k / 1024 * 1024 + k % 32 * 32 + k / 32 % 32] = out[k];
        CHECK(harness_max_abs_diff(turned, y.data + i * PIXELS, PIXELS) < 1e-5);
    }
    close_both(&c);
    mat_array_free(&x);
    mat_array_free(&s);
    mat_array_free(&y);
}

/* --- alignment ----------------------------------------------------------------------------------
 */

/* The pair without the SNR input, made anew with `align`. */
static both open_aligned(const char *align)
{
    char encoder[4096], decoder[4096];
    file_of(without_snr, "encoder", encoder, sizeof encoder);
    file_of(without_snr, "decoder", decoder, sizeof decoder);
    CHECK(onnx_make_pair(encoder, decoder, "aligned-cr8-test", NULL, align, false, folder, NULL) ==
          0);
    snprintf(encoder, sizeof encoder, "%s", in_folder("aligned-cr8-test.encoder.onnx"));
    both c = {.encoder_part = onnx_load(CODEC_ENCODER, encoder, NULL, NULL),
              .decoder_part =
                  onnx_load(CODEC_DECODER, in_folder("aligned-cr8-test.decoder.onnx"), NULL, NULL)};
    return open_ends(c);
}

/* What alignment is for: an image and its rolled self have one codeword. The shifts tell them
 * apart, and the reconstruction of the one is that of the other, rolled, bit for bit. */
static void rolling_an_image_changes_only_the_shift(void)
{
    static const csi_dims dims = {.nt = 32, .ni = 32, .nc = 32, .tp = 32};
    static const csi_shift roll = {.delay = 5, .angle = 30};
    static float image[PIXELS], rolled[PIXELS], s[CODEWORD], t[CODEWORD];
    static float a[PIXELS], b[PIXELS], want[PIXELS];
    csi_shift u, v;
    fill(3, image, PIXELS, 0.5f, 0.1f);
    csi_align_apply(&dims, &roll, image, rolled);
    both c = open_aligned("delay-angle");
    CHECK(onnx_encode(c.encoder, image, s, &u, NULL) == 0);
    CHECK(onnx_encode(c.encoder, rolled, t, &v, NULL) == 0);
    CHECK(memcmp(s, t, sizeof s) == 0);
    CHECK((v.delay + roll.delay) % 32 == u.delay && (v.angle + roll.angle) % 32 == u.angle);
    CHECK(onnx_decode(c.decoder, 1, s, NULL, &u, a, NULL) == 0);
    CHECK(onnx_decode(c.decoder, 1, t, NULL, &v, b, NULL) == 0);
    csi_align_apply(&dims, &roll, a, want);
    CHECK(memcmp(b, want, sizeof b) == 0);
    close_both(&c);
}

/* The networks are those of the plain pair: they see the aligned image, and no more. */
static void an_aligned_codec_is_the_plain_one_between_two_rolls(void)
{
    static const csi_dims dims = {.nt = 32, .ni = 32, .nc = 32, .tp = 32};
    static const csi_align modes[] = {CSI_ALIGN_DELAY, CSI_ALIGN_DELAY_ANGLE};
    static float image[PIXELS], rolled[PIXELS], s[CODEWORD], t[CODEWORD];
    static float a[PIXELS], b[PIXELS], back[PIXELS];
    both plain = open_both(without_snr);
    for (size_t i = 0; i < 2; i++) {
        both c = open_aligned(csi_align_name(modes[i]));
        csi_shift u, none;
        fill(4 + (uint32_t)i, image, PIXELS, 0.5f, 0.1f);
        csi_shift shift = csi_align_find(modes[i], &dims, image);
        csi_align_apply(&dims, &shift, image, rolled);
        CHECK(onnx_encode(c.encoder, image, s, &u, NULL) == 0);
        CHECK(onnx_encode(plain.encoder, rolled, t, &none, NULL) == 0);
        CHECK(memcmp(s, t, sizeof s) == 0 && u.delay == shift.delay && u.angle == shift.angle);
        CHECK(none.delay == 0 && none.angle == 0);
        CHECK(onnx_decode(c.decoder, 1, s, NULL, &u, a, NULL) == 0);
        CHECK(onnx_decode(plain.decoder, 1, t, NULL, NULL, b, NULL) == 0);
        csi_align_undo(&dims, &shift, b, back);
        CHECK(memcmp(a, back, sizeof a) == 0);
        close_both(&c);
    }
    close_both(&plain);
}

static void shifts_out_of_range_are_refused(void)
{
    static const struct {
        const char *align;
        uint32_t delay, angle;
        bool good;
    } cases[] = {{"none", 0, 0, true},          {"none", 1, 0, false},
                 {"none", 0, 1, false},         {"delay", 31, 0, true},
                 {"delay", 32, 0, false},       {"delay", 0, 1, false},
                 {"delay-angle", 31, 31, true}, {"delay-angle", 0, 32, false},
                 {"delay", 65536, 0, false},    {"delay-angle", UINT32_MAX, UINT32_MAX, false}};
    static float s[CODEWORD], image[PIXELS];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        both c = open_aligned(cases[i].align);
        const onnx_info *info = onnx_part_info(c.decoder_part);
        int status = onnx_check_shift(info, cases[i].delay, cases[i].angle, NULL, 0, &e);
        CHECK(status == (cases[i].good ? 0 : ERR_FORMAT));
        csi_shift shift = {.delay = (uint16_t)cases[i].delay, .angle = (uint16_t)cases[i].angle};
        if (cases[i].delay == shift.delay && cases[i].angle == shift.angle)
            CHECK(onnx_decode(c.decoder, 1, s, NULL, &shift, image, NULL) == status);
        close_both(&c);
    }
}

/* A pair that lists blocks refuses a report without its list, and one that repeats a block. */
static void block_lists_are_checked(void)
{
    static float s[CODEWORD], image[PIXELS], back[PIXELS];
    csi_shift shift, spoiled;
    fill(4, image, PIXELS, 0.5f, 0.1f);
    both c = open_aligned("blocks-8");
    CHECK(onnx_encode(c.encoder, image, s, &shift, NULL) == 0);
    CHECK(shift.blocks == 8);
    CHECK(onnx_decode(c.decoder, 1, s, NULL, &shift, back, NULL) == 0);
    CHECK(onnx_decode(c.decoder, 1, s, NULL, NULL, back, NULL) == ERR_FORMAT);
    spoiled = shift;
    spoiled.block[7] = spoiled.block[0];
    CHECK(onnx_decode(c.decoder, 1, s, NULL, &spoiled, back, NULL) == ERR_FORMAT);
    CHECK(csi_align_bits(CSI_ALIGN_BLOCKS_8, &(csi_dims){.nt = 32, .ni = 32}) == 10 + 8 * 6);
    close_both(&c);
}

/* Pairs that differ in nothing but the alignment are different pairs. */
static void alignment_is_part_of_the_pairs_identity(void)
{
    static const char *const aligns[] = {"none", "delay", "delay-angle"};
    static const unsigned bits[] = {0, 5, 10};
    onnx_info info[3];
    onnx_part *shipped = load_named(CODEC_ENCODER, without_snr);
    REQUIRE(shipped != NULL);
    for (size_t i = 0; i < 3; i++) {
        both c = open_aligned(aligns[i]);
        info[i] = *onnx_part_info(c.encoder_part);
        CHECK(info[i].align == (csi_align)i);
        CHECK(onnx_check_pair(&info[i], onnx_part_info(c.decoder_part), NULL) == 0);
        CHECK(csi_align_bits(info[i].align, &(csi_dims){.nt = 32, .ni = 32}) == bits[i]);
        for (size_t k = 0; k < i; k++) {
            err e = {0};
            CHECK(info[k].pair != info[i].pair);
            CHECK(onnx_check_pair(&info[k], &info[i], &e) == ERR_MISMATCH);
            CHECK(says(&e, aligns[k]) && says(&e, aligns[i]));
        }
        close_both(&c);
    }
    CHECK(info[0].pair == onnx_part_info(shipped)->pair);
    onnx_part_free(shipped);
}

/* --- hostile files ------------------------------------------------------------------------------
 */

/* Writes a network of one node, y = op(x, x) or op(x). */
static const char *write_network(const char *op, const char *inputs, int rank, const int64_t *dims)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s", in_folder("hostile.onnx"));
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", rank, dims);
    build_node(m, op, "node", inputs, "y");
    build_output(m, "y");
    size_t size;
    uint8_t *bytes = build_bytes(m, &size);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    REQUIRE(fwrite(bytes, 1, size, f) == size);
    fclose(f);
    free(bytes);
    build_free(m);
    return path;
}

static void refused(codec_side side, const char *path, const char *reason)
{
    err e = {0};
    onnx_part *p = onnx_load(side, path, NULL, &e);
    CHECK(p == NULL);
    CHECK(e.code == ERR_MISMATCH && says(&e, reason));
    onnx_part_free(p);
}

static void wrong_shapes_are_refused(void)
{
    refused(CODEC_ENCODER, write_network("Flatten", "x", DIMS(1, 2, 64, 128)),
            "16384 values a sample; a codeword has 1 to 8192");
    refused(CODEC_ENCODER, write_network("Relu", "x", DIMS(1, 3, 32, 32)), "an image");
    refused(CODEC_ENCODER, write_network("Relu", "x", DIMS(1, 2047)), "an image");
    refused(CODEC_ENCODER, write_network("Relu", "x", DIMS(1, 2, 300, 2)), "300 angles");
    refused(CODEC_DECODER, write_network("Relu", "x", DIMS(1, 256)), "an image");
    refused(CODEC_DECODER, write_network("Flatten", "x", DIMS(1, 2, 32, 31)), "an image");
}

/* x / x is 1 but for x = 0, where it is no number. */
static void values_that_are_not_finite_are_errors(void)
{
    static float image[2 * 8 * 8], codeword[2 * 8 * 8];
    err e = {0};
    const char *path = write_network("Div", "x x", DIMS(1, 2, 8, 8));
    onnx_part *encoder_part = onnx_load(CODEC_ENCODER, path, NULL, &e);
    onnx_part *decoder_part = onnx_load(CODEC_DECODER, path, NULL, &e);
    REQUIRE(encoder_part && decoder_part);
    onnx_encoder *encoder = onnx_encoder_open(encoder_part, &e);
    onnx_decoder *decoder = onnx_decoder_open(decoder_part, &e);
    REQUIRE(encoder && decoder);
    for (size_t i = 0; i < sizeof image / sizeof image[0]; i++)
        image[i] = 0.5f;
    CHECK(onnx_encode(encoder, image, codeword, NULL, &e) == 0 && codeword[77] == 1.0f);
    CHECK(onnx_decode(decoder, 1, image, NULL, NULL, codeword, &e) == 0);
    image[77] = 0;
    CHECK(onnx_encode(encoder, image, codeword, NULL, &e) == ERR_FORMAT && says(&e, "not finite"));
    CHECK(onnx_decode(decoder, 1, image, NULL, NULL, codeword, &e) == ERR_FORMAT);
    onnx_encoder_free(encoder);
    onnx_decoder_free(decoder);
    onnx_part_free(encoder_part);
    onnx_part_free(decoder_part);
}

static void unpaired_file_has_no_identity(void)
{
    onnx_part *p =
        onnx_load(CODEC_ENCODER, write_network("Relu", "x", DIMS(1, 2, 8, 4)), NULL, NULL);
    REQUIRE(p != NULL);
    const onnx_info *info = onnx_part_info(p);
    CHECK(info->pair == 0 && info->cr == 0 && strcmp(info->name, "hostile") == 0);
    CHECK(info->nt == 8 && info->ni == 4 && info->layout == ONNX_ANGLE_DELAY);
    onnx_part_free(p);
}

static const harness_test tests[] = {
    {"the shipped pairs fit, and say what they are", shipped_pairs_fit},
    {"the ends of two pairs are refused, with the reason", ends_of_two_pairs_are_refused},
    {"a layout that contradicts the metadata is refused", wrong_layout_is_refused},
    {"a file used for the wrong side is refused", wrong_side_is_refused},
    {"an unknown model's message lists what there is", unknown_name_lists_what_there_is},
    {"a made pair fits and has an identity of its own", made_pair_has_its_own_identity},
    {"rolling an image changes its shift, not its codeword",
     rolling_an_image_changes_only_the_shift},
    {"an aligned codec is the plain one between two rolls",
     an_aligned_codec_is_the_plain_one_between_two_rolls},
    {"lists of blocks are checked", block_lists_are_checked},
    {"shifts that no encoder of the pair sends are refused", shifts_out_of_range_are_refused},
    {"the alignment is part of a pair's identity", alignment_is_part_of_the_pairs_identity},
    {"a pair whose name says something else is refused", misnamed_pair_is_refused},
    {"one altered bit of the weights is found", one_altered_bit_of_weights_is_found},
    {"a batch of n decodes as n batches of 1, to the bit", batch_is_so_many_single_ones},
    {"the decoder's image depends on the SNR where it takes one", snr_reaches_the_decoder},
    {"encoder and decoder agree with PyTorch to 1e-5", agrees_with_pytorch},
    {"networks of other shapes are refused, with the reason", wrong_shapes_are_refused},
    {"a network output that is not finite is an error", values_that_are_not_finite_are_errors},
    {"a file without csilink.pair loads without identity", unpaired_file_has_no_identity},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "codec", tests, sizeof tests / sizeof tests[0]);
    unlink(in_folder("hostile.onnx"));
    unlink(in_folder("aligned-cr8-test.encoder.onnx"));
    unlink(in_folder("aligned-cr8-test.decoder.onnx"));
    unlink(in_folder("mixed-cr8-test.encoder.onnx"));
    unlink(in_folder("mixed-cr8-test.decoder.onnx"));
    rmdir(folder);
    return status;
}
