/* Starts from images: the transform in networks that take the image as it is, and the decoder's
 * linear estimate. */
#include "architecture_tools.h"

static const csi_dims small = {.nt = SMALL, .nc = 256, .tp = SMALL, .ni = SMALL};

/* Starts the pair of `text` at CR 4 from the small images; their codewords and images from it. */
static void start(const char *text, float *images, float *codewords, float *out)
{
    train_pair pair;
    err e = {0};
    int rc = build_text(text, 4, SMALL, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    make_images(false, images);
    rc = train_architecture_start(&pair, &small, images, SMALL_COUNT, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    CHECK(nn_model_metadata(pair.decoder, "csilink.fit") == NULL);
    run(pair.encoder, SMALL_COUNT, images, 0, codewords);
    run(pair.decoder, SMALL_COUNT, codewords, 0, out);
    check_trains(pair.encoder, false);
    check_trains(pair.decoder, true);
    train_pair_free(&pair);
}

/* Mean over the images of |out - image|^2. */
static double missed(const float *out, const float *images)
{
    double sum = 0;
    for (size_t i = 0; i < SMALL_COUNT * SMALL_IMAGE; i++)
        sum += pow((double)out[i] - (double)images[i], 2) / SMALL_COUNT;
    return sum;
}

static double dropped(void)
{
    double sum = 0;
    for (size_t k = 4; k < 16; k++)
        sum += amplitude(k) * amplitude(k) * SMALL;
    return sum;
}

static float images[SMALL_COUNT * SMALL_IMAGE], out[SMALL_COUNT * SMALL_IMAGE],
    codewords[SMALL_COUNT * SMALL_IMAGE / 4], others[SMALL_COUNT * SMALL_IMAGE / 4];

static void klt_of_the_bare_image_is_that_of_the_centred_one(void)
{
    static const char decoder[] = "decoder: [{conv: {out: 2*rows, init: klt}},\n"
                                  "  {reshape: [2, rows, columns]}, {offset: 0.5}]\n";
    char text[2][600];
    snprintf(text[0], sizeof text[0],
             HEAD "codeword: [4, 1, columns]\n"
                  "encoder: [{offset: -0.5}, {reshape: [2*rows, 1, columns]},\n"
                  "  {conv: {out: 4, init: klt}}]\n%s",
             decoder);
    snprintf(text[1], sizeof text[1],
             HEAD "codeword: [4, 1, columns]\n"
                  "encoder: [{conv: {out: 2, kernel: [3, 3], act: lrelu, init: identity}},\n"
                  "  {reshape: [2*rows, 1, columns]},\n"
                  "  {conv: {out: 4, kernel: [1, 5], init: klt, shift: 3}},\n"
                  "  {conv: {out: 4, init: identity, shift: -3}}]\n%s",
             decoder);
    start(text[0], images, codewords, out);
    CHECK_NEAR(missed(out, images), dropped(), 1e-4 * dropped());
    start(text[1], images, others, out);
    CHECK_NEAR(missed(out, images), dropped(), 1e-4 * dropped());
    for (size_t i = 0; i < sizeof codewords / sizeof codewords[0]; i++)
        CHECK_NEAR(others[i], codewords[i], 1e-4);
}

/* What is fitted under noise of 0 to 30 dB is less than the inverse where there is none: with the
 * codeword's channels at 1/4 to 3/4 of such noise's power it may miss some of what travels, but
 * beats leaving it out by far. */
static void fit_finds_what_the_klt_left(void)
{
    start(HEAD
          "codeword: [4, 1, columns]\n"
          "encoder: [{offset: -0.5}, {reshape: [2*rows, 1, columns]},\n"
          "  {conv: {out: 4, init: klt}}]\n"
          "decoder: [{conv: {out: 8, kernel: [1, 3], init: identity, gain: -1}},\n"
          "  {conv: {out: 2*rows, kernel: [1, 3], init: fit}}, {reshape: [2, rows, columns]}]\n",
          images, codewords, out);
    double power = 0;
    for (size_t k = 0; k < 16; k++)
        power += amplitude(k) * amplitude(k) * SMALL;
    CHECK(missed(out, images) < dropped() + 0.1 * (power - dropped()));
    CHECK(missed(out, images) > 0.5 * dropped()); /* neighbours tell some of it here */
}

/* Columns that are shared by few vectors, at the size of the shipped networks. */
static void make_simple_images(size_t rank, size_t count, float *to)
{
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < 2048; i++) {
            size_t column = i % 32, row = i / 32;
            double v = 0;
            for (size_t k = 0; k < rank; k++)
                v += 0.3 / (double)rank * hadamard(s + 7 * column, k + 1) * cosine(k, row, 64);
            to[s * 2048 + i] = (float)(0.5 + v);
        }
}

static void folded_cllwcsinet_starts_as_a_linear_code(void)
{
    static const uint32_t crs[] = {4, 8, 16, 32, 64};
    enum { COUNT = 64 };
    static float in[COUNT * 2048], back[COUNT * 2048], sent[COUNT * 512];
    for (int c = 0; c < 5; c++) {
        train_pair pair;
        err e = {0};
        csi_dims dims = CSI_DIMS_DEFAULT;
        train_architecture_config config = {.name = "cllwcsinet-folded",
                                            .cr = crs[c],
                                            .dims = dims,
                                            .layout = ONNX_DELAY_ANGLE,
                                            .seed = 1};
        REQUIRE(train_architecture_build(&config, &pair, &e) == 0);
        make_simple_images(64 / crs[c], COUNT, in);
        REQUIRE(train_architecture_start(&pair, &dims, in, COUNT, &e) == 0);
        run(pair.encoder, COUNT, in, 0, sent);
        run(pair.decoder, COUNT, sent, 0, back);
        double error = 0, power = 0;
        for (size_t i = 0; i < COUNT * 2048; i++) {
            error += pow((double)back[i] - (double)in[i], 2);
            power += pow((double)in[i] - 0.5, 2);
        }
        CHECK(error < 0.1 * power); /* these have no dropped eigenvalue; the fit is for noise */
        train_pair_free(&pair);
    }
}

static void fits_elsewhere_are_refused(void)
{
    static const char *const texts[] = {
        "codeword: [4, 1, columns]\n"
        "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 4, init: fit}}]\n"
        "decoder: [{conv: {out: 2*rows}}, {reshape: [2, rows, columns]}]\n",
        "codeword: [4, 1, columns]\n"
        "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 4}}]\n"
        "decoder: [{conv: {out: 2*rows, init: fit, bn: true}}, {reshape: [2, rows, columns]}]\n",
        "codeword: [4, 1, columns]\n"
        "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 4}}]\n"
        "decoder: [{conv: {out: 2*rows, init: fit, bias: false}},\n"
        "  {reshape: [2, rows, columns]}]\n",
    };
    char text[600];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        train_pair pair;
        err e = {0};
        snprintf(text, sizeof text, HEAD "%s", texts[i]);
        CHECK(build_text(text, 4, SMALL, &pair, &e) != 0);
        CHECK(strstr(e.text, "init") && strstr(e.text, "fit"));
    }
    /* Where its output is no image, the start says so. */
    train_pair pair;
    err e = {0};
    REQUIRE(build_text(HEAD "codeword: [4, 1, columns]\n"
                            "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 4}}]\n"
                            "decoder: [{conv: {out: 7, init: fit}}, {conv: {out: 2*rows}},\n"
                            "  {reshape: [2, rows, columns]}]\n",
                       4, SMALL, &pair, &e) == 0);
    make_images(false, images);
    CHECK(train_architecture_start(&pair, &small, images, SMALL_COUNT, &e) == ERR_MISMATCH);
    CHECK(strstr(e.text, "image") != NULL);
    train_pair_free(&pair);
}

static const harness_test tests[] = {
    {"the KLT of the bare image is that of the centred one, by its bias",
     klt_of_the_bare_image_is_that_of_the_centred_one},
    {"a fitted layer finds what travelled", fit_finds_what_the_klt_left},
    {"CLLWCsiNet, folded, starts as a linear code at every CR",
     folded_cllwcsinet_starts_as_a_linear_code},
    {"fits are for one convolution of the decoder that gives an image", fits_elsewhere_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "architecture start", tests, sizeof tests / sizeof tests[0]);
}
