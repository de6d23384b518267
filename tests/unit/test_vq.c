/* Vector quantization: Lloyd's conditions, the file, and the codec that they make. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"
#include "codec/kind.h"
#include "codec/vq/file.h"
#include "codec/vq/lloyd.h"
#include "csi/metrics.h"
#include "harness.h"
#include "io/file.h"
#include "payload/bits.h"
#include "payload/level.h"

enum { NT = 8, NI = 4, ENTRIES = NT * NI, SAMPLES = 1200 };

extern const codec_kind codec_vq, codec_klt;

static char folder[] = "/tmp/csilink-test-vq-XXXXXX";

static const char *in_folder(const char *file)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* --- Lloyd's algorithm -------------------------------------------------------------------------
 */

enum { POINTS = 3000, DIMENSIONS = 3, CODES = 24, ROUNDS = 300 };

static float x[POINTS][DIMENSIONS], code[CODES][DIMENSIONS];
static uint16_t cell[POINTS];

static void draw_points(void)
{
    rng r = rng_at(1, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x[0], (size_t)POINTS * DIMENSIONS, 1);
    for (int i = 0; i < POINTS; i++) /* two clouds of unlike sizes */
        for (int k = 0; i % 3 == 0 && k < DIMENSIONS; k++)
            x[i][k] = 8 + x[i][k] / 4;
}

static double train(uint32_t starts, uint64_t seed, double *history)
{
    const lloyd_config config = {
        .codes = CODES, .dimensions = DIMENSIONS, .starts = starts, .rounds = ROUNDS, .seed = seed};
    double distance;
    draw_points();
    REQUIRE(lloyd_train(&config, x[0], POINTS, code[0], &distance, history, NULL) == ERR_NONE);
    return distance;
}

static float distance_to(const float *a, const float *b)
{
    float sum = 0;
    for (int k = 0; k < DIMENSIONS; k++)
        sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sum;
}

static void a_codebook_meets_lloyds_conditions(void)
{
    double mean[CODES][DIMENSIONS] = {{0}}, members[CODES] = {0}, distance, trained;
    trained = train(3, 1, NULL);
    REQUIRE(lloyd_assign(code[0], CODES, DIMENSIONS, x[0], POINTS, cell, &distance, NULL) == 0);
    CHECK_NEAR(distance, trained, 1e-6 * trained);
    for (int i = 0; i < POINTS; i++) {
        float own = distance_to(x[i], code[cell[i]]);
        for (int c = 0; c < CODES; c++) /* the nearest code vector */
            CHECK(own <= distance_to(x[i], code[c]) + 1e-4f);
        members[cell[i]]++;
        for (int k = 0; k < DIMENSIONS; k++)
            mean[cell[i]][k] += (double)x[i][k];
    }
    for (int c = 0; c < CODES; c++) { /* the centroid of its cell */
        REQUIRE(members[c] > 0);
        for (int k = 0; k < DIMENSIONS; k++)
            CHECK_NEAR((double)code[c][k], mean[c][k] / members[c], 1e-5);
    }
}

static void distortion_never_rises(void)
{
    static double history[ROUNDS];
    double last = train(1, 2, history);
    int rounds = 0;
    while (rounds < ROUNDS && !isnan(history[rounds]))
        rounds++;
    printf("    %.4f after one round, %.4f after %d\n", history[0], last, rounds);
    CHECK(rounds > 3 && rounds < ROUNDS && history[rounds - 1] < 0.95 * history[0]);
    for (int i = 1; i < rounds; i++)
        CHECK(history[i] <= history[i - 1] * (1 + 1e-7));
    CHECK_NEAR(history[rounds - 1], last, 1e-12);
}

static void more_starts_are_no_worse(void)
{
    double one = train(1, 3, NULL), again = train(1, 3, NULL), five = train(5, 3, NULL);
    CHECK(one == again && five <= one);
    CHECK(train(1, 4, NULL) != one);
}

/* As many code vectors as there are different points: none is left without, and nothing is lost. */
static void few_points_are_met_exactly(void)
{
    const lloyd_config config = {
        .codes = CODES, .dimensions = DIMENSIONS, .starts = 1, .rounds = 20, .seed = 1};
    double distance;
    draw_points();
    for (int i = 0; i < POINTS; i++)
        memcpy(x[i], x[i % CODES], sizeof x[i]);
    CHECK(lloyd_train(&config, x[0], POINTS, code[0], &distance, NULL, NULL) == ERR_NONE);
    CHECK_NEAR(distance, 0, 1e-9);
    memset(x, 0, sizeof x); /* one point only: k-means++ has nothing to choose from */
    CHECK(lloyd_train(&config, x[0], POINTS, code[0], &distance, NULL, NULL) == ERR_NONE);
    CHECK(distance == 0);
}

/* --- design ------------------------------------------------------------------------------------
 */

/* Sample `i` of set `set`: entries in an unitary basis, of power 2^-k/2 for basis vector k. */
static void make_sample(uint32_t set, uint32_t i, float complex *h)
{
    rng r = rng_at(7, RNG_TEST, set, i);
    float complex a[ENTRIES];
    for (size_t k = 0; k < ENTRIES; k++) {
        float deviation = exp2f(-(float)k / 4);
        float re = deviation * (float)rng_normal(&r);
        a[k] = re + I * deviation * (float)rng_normal(&r);
    }
    for (size_t j = 0; j < ENTRIES; j++) {
        h[j] = 0;
        for (size_t k = 0; k < ENTRIES; k++)
            h[j] += a[k] * cexpf(2 * (float)M_PI * I * (float)(j * k % ENTRIES) / ENTRIES) /
                    sqrtf(ENTRIES);
    }
}

typedef struct source {
    uint32_t at, end, ragged;
} source;

static int next_samples(void *user, float complex *h, size_t room, size_t *count, err *e)
{
    source *s = user;
    (void)e;
    for (*count = 0; *count < room && *count < s->ragged && s->at < s->end; s->at++)
        make_sample(1, s->at, h + (*count)++ * ENTRIES);
    return ERR_NONE;
}

static int design_bytes(const codec_kind *kind, const char *arguments, uint32_t samples,
                        uint32_t ragged, void **made, size_t *size, err *e)
{
    source s = {.end = samples, .ragged = ragged};
    codec_training t = {.nr = 1,
                        .nt = NT,
                        .ni = NI,
                        .samples = samples,
                        .scenario = "test",
                        .user = &s,
                        .next = next_samples};
    char note[CODEC_NOTE_MAX];
    *made = NULL;
    return kind->design(arguments, &t, made, size, note, e);
}

static const char *design_arguments(const char *options)
{
    static char text[512];
    snprintf(text, sizeof text, "klt=%s,%s", in_folder("basis.klt"), options);
    return text;
}

/* Before any test: what tests use. */
static bool make_file(const codec_kind *kind, const char *arguments, const char *name)
{
    void *made;
    size_t size;
    err e = {0};
    bool done = design_bytes(kind, arguments, SAMPLES, 97, &made, &size, &e) == ERR_NONE &&
                file_replace(in_folder(name), made, size, &e) == ERR_NONE;
    if (!done)
        printf("%s\n", e.text);
    free(made);
    return done;
}

static bool make_files(void)
{
    return make_file(&codec_klt, "cr=2", "basis.klt") &&
           make_file(&codec_vq, design_arguments("bits=256,components=16,group=2,index=6,seed=3"),
                     "test.vq");
}

static void a_seed_repeats_the_file(void)
{
    static const char *const options[] = {"bits=64,components=8,group=2,index=5,seed=1",
                                          "bits=64,components=8,group=2,index=5,seed=1",
                                          "bits=64,components=8,group=2,index=5,seed=2"};
    static const uint32_t ragged[] = {97, 256, 97};
    void *file[3];
    size_t size[3];
    for (int i = 0; i < 3; i++)
        REQUIRE(design_bytes(&codec_vq, design_arguments(options[i]), SAMPLES, ragged[i], &file[i],
                             &size[i], NULL) == ERR_NONE);
    CHECK(size[0] == size[1] && memcmp(file[0], file[1], size[0]) == 0);
    CHECK(size[0] == size[2] && memcmp(file[0], file[2], size[0]) != 0);
    for (int i = 0; i < 3; i++)
        free(file[i]);
}

static void a_design_that_cannot_be_is_refused(void)
{
    static const struct {
        const char *options;
        uint32_t samples;
        const char *message;
    } wrong[] = {{"group=3,components=16", SAMPLES, "multiple of group=3"},
                 {"components=64", SAMPLES, "at most the 16 of"},
                 {"index=11", SAMPLES, "index=N from 1 to 10"},
                 {"bits=31", SAMPLES, "bits=N from 32"},
                 {"components=16,index=8", 100, "100 samples with energy for codebooks of 256"},
                 {"shape=round", SAMPLES, "option shape=round"}};
    err e = {0};
    void *made;
    size_t size;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(design_bytes(&codec_vq, design_arguments(wrong[i].options), wrong[i].samples, 97,
                           &made, &size, &e) == ERR_INVALID);
        CHECK(says(&e, wrong[i].message) && !made);
    }
    CHECK(design_bytes(&codec_vq, "", SAMPLES, 97, &made, &size, &e) == ERR_INVALID);
    CHECK(says(&e, "klt=NAME is missing"));
    CHECK(design_bytes(&codec_vq, "klt=no-such-klt", SAMPLES, 97, &made, &size, &e) == ERR_IO);
}

/* --- the codec ---------------------------------------------------------------------------------
 */

typedef struct chain {
    codec_info info;
    void *encoder, *decoder, *encoding, *decoding;
    payload payload;
    csi_transform *transform;
    csi_view *view;
} chain;

static const char *codec_arguments(const char *options)
{
    static char text[512];
    snprintf(text, sizeof text, "%s%s", in_folder("test.vq"), options);
    return text;
}

static void chain_open(chain *c, const char *options)
{
    const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};
    codec_info other = {0};
    err e = {0};
    *c = (chain){0};
    c->encoder = codec_vq.load(CODEC_ENCODER, codec_arguments(options), &c->info, &e);
    c->decoder = codec_vq.load(CODEC_DECODER, codec_arguments(options), &other, &e);
    if (!c->encoder || !c->decoder)
        printf("    %s\n", e.text);
    REQUIRE(c->encoder && c->decoder);
    CHECK(c->info.identity == other.identity && c->info.identity != 0);
    c->encoding = codec_vq.open(c->encoder, NULL);
    c->decoding = codec_vq.open(c->decoder, NULL);
    c->transform = csi_transform_create(&dims, NULL);
    c->view = c->transform ? csi_view_create(c->transform, NULL) : NULL;
    REQUIRE(c->encoding && c->decoding && c->view);
    REQUIRE(payload_init(&c->payload, &c->info.shape, NULL) == ERR_NONE);
}

static void chain_close(chain *c)
{
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    payload_free(&c->payload);
    codec_vq.close(c->encoding);
    codec_vq.close(c->decoding);
    codec_vq.unload(c->encoder);
    codec_vq.unload(c->decoder);
}

static double lose(chain *c, const float complex *h)
{
    float complex back[ENTRIES];
    csi_view_from_angle_delay(c->view, h);
    REQUIRE(codec_vq.encode(c->encoding, NULL, c->view, &c->payload, NULL, NULL) == ERR_NONE);
    CHECK(c->payload.side_bits == c->info.shape.side_bits_max && c->payload.values == 0);
    REQUIRE(codec_vq.decode(c->decoding, NULL, &c->payload, &(codec_hint){0}, back, NULL, NULL) ==
            ERR_NONE);
    return csi_nmse(h, back, ENTRIES);
}

static void more_bits_lose_less(void)
{
    static const uint32_t budgets[] = {18, 24, 47, 48, 96, 160, 256, 4096};
    static const uint32_t sent[] = {18, 24, 42, 48, 96, 156, 252, 252};
    double last = 1, all = 0;
    uint8_t previous[64];
    uint32_t previous_bits = 0;
    for (size_t b = 0; b < sizeof budgets / sizeof budgets[0]; b++) {
        char options[32];
        chain c;
        snprintf(options, sizeof options, ",bits=%u", budgets[b]);
        chain_open(&c, options);
        CHECK(c.info.shape.side_bits_max == sent[b] && c.info.shape.side_bits_min == sent[b]);
        CHECK(sent[b] <= budgets[b] && c.info.shape.values_max == 0);
        double mean = 0;
        for (uint32_t i = 0; i < 300; i++) {
            float complex h[ENTRIES];
            make_sample(3, i, h);
            mean += lose(&c, h) / 300;
        }
        printf("    %3u bits: %.2f dB\n", sent[b], 10 * log10(mean));
        CHECK(b && sent[b] == sent[b - 1] ? mean == last : mean < last);
        /* A shorter report is the beginning of a longer one of the same channel. */
        for (uint32_t k = 0; k < previous_bits; k++)
            CHECK(((previous[k / 8] ^ c.payload.side[k / 8]) >> k % 8 & 1) == 0);
        previous_bits = sent[b];
        memcpy(previous, c.payload.side, bits_bytes(sent[b]));
        last = all = mean;
        chain_close(&c);
    }
    CHECK(all < 0.2);
}

/* A channel that is made of code vectors is its own reconstruction, but for the gain's level. */
static void code_vectors_come_back(void)
{
    vq_codebooks b;
    void *bytes;
    size_t size;
    chain c;
    REQUIRE(file_read(in_folder("test.vq"), 1 << 20, &bytes, &size, NULL) == ERR_NONE);
    REQUIRE(vq_file_read(bytes, size, &b, NULL) == ERR_NONE);
    chain_open(&c, ",bits=18");
    for (uint32_t index = 0; index < 64; index++) {
        float complex h[ENTRIES] = {0}, back[ENTRIES];
        const float *v = b.code + (size_t)index * 2 * b.group;
        double norm = 0;
        for (uint32_t g = 0; g < b.group; g++) {
            const float *u = b.component + (size_t)(b.target[0] * b.group + g) * 2 * ENTRIES;
            for (size_t j = 0; j < ENTRIES; j++)
                h[j] += (v[2 * g] + I * v[2 * g + 1]) * (u[2 * j] + I * u[2 * j + 1]);
        }
        norm = sqrt(csi_energy(h, ENTRIES));
        /* Of norm 1 it is not h but h / |h| that is nearest to something: give back what that is.
         */
        csi_view_from_angle_delay(c.view, h);
        REQUIRE(codec_vq.encode(c.encoding, NULL, c.view, &c.payload, NULL, NULL) == ERR_NONE);
        bit_reader side = {.byte = c.payload.side, .size = c.payload.side_bits};
        float gain = level_value(LEVEL_IMAGE_SCALE, bits_get(&side, LEVEL_IMAGE_SCALE.bits));
        CHECK_NEAR((double)gain / norm, 1, 0.006);
        bit_writer to = {.byte = c.payload.side, .room = c.payload.side_bits};
        bits_put(&to, level_code(LEVEL_IMAGE_SCALE, 1, LEVEL_NEAREST), LEVEL_IMAGE_SCALE.bits);
        bits_put(&to, index, 6);
        REQUIRE(codec_vq.decode(c.decoding, NULL, &c.payload, &(codec_hint){0}, back, NULL, NULL) ==
                ERR_NONE);
        CHECK(csi_nmse(h, back, ENTRIES) < 1e-4); /* the level of 1 */
    }
    chain_close(&c);
    vq_codebooks_free(&b);
    free(bytes);
}

static void the_code_knows_no_scale(void)
{
    chain c;
    float complex h[ENTRIES], scaled[ENTRIES], back[ENTRIES];
    err e = {0};
    chain_open(&c, "");
    make_sample(3, 5, h);
    double lost = lose(&c, h);
    for (int decade = -8; decade <= 5; decade++) {
        for (size_t j = 0; j < ENTRIES; j++)
            scaled[j] = h[j] * powf(10, (float)decade);
        /* The gain's level is off by a factor within 1 +- d: with unit-norm x and its code x^, the
         * loss moves by at most 2 d |x - x^| |x^| + d^2 |x^|^2, and |x^| is about 1 at most. */
        double d = 0.0043;
        CHECK_NEAR(lose(&c, scaled), lost, 2 * d * sqrt(lost) * 1.1 + d * d * 1.2);
    }
    static const float hostile[] = {1e-30f, 1e30f};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < ENTRIES; j++)
            scaled[j] = h[j] * hostile[i];
        CHECK(lose(&c, scaled) <= 1);
    }
    memset(h, 0, sizeof h);
    csi_view_from_angle_delay(c.view, h);
    CHECK(codec_vq.encode(c.encoding, NULL, c.view, &c.payload, NULL, NULL) == ERR_NONE);
    CHECK(codec_vq.decode(c.decoding, NULL, &c.payload, &(codec_hint){0}, back, NULL, NULL) == 0);
    CHECK(csi_energy(back, ENTRIES) == 0);
    h[3] = NAN;
    csi_view_from_angle_delay(c.view, h);
    CHECK(codec_vq.encode(c.encoding, NULL, c.view, &c.payload, NULL, &e) == ERR_FORMAT);
    CHECK(says(&e, "not finite"));
    c.payload.side_bits--;
    CHECK(codec_vq.decode(c.decoding, NULL, &c.payload, &(codec_hint){0}, back, NULL, &e) ==
          ERR_FORMAT);
    CHECK(says(&e, "this vq takes 0 and 252"));
    chain_close(&c);
}

static void wrong_arguments_are_refused(void)
{
    static const struct {
        const char *options, *message;
    } wrong[] = {{",bits=17", "18 bits and more, up to 252"},
                 {",bits=0", "bits=N, a whole number"},
                 {",bits=nan", "bits=nan"},
                 {",cr=4", "option cr=4 of codec vq"},
                 {",bits", "not KEY=VALUE"}};
    codec_info info;
    err e = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(!codec_vq.load(CODEC_ENCODER, codec_arguments(wrong[i].options), &info, &e));
        CHECK(e.code == ERR_INVALID && says(&e, wrong[i].message));
    }
    CHECK(!codec_vq.load(CODEC_ENCODER, "no-such-vq", &info, &e) && e.code == ERR_IO);
    CHECK(!codec_vq.load(CODEC_ENCODER, "", &info, &e) && says(&e, "takes the name of its file"));
    CHECK(codec_vq.exists(CODEC_ENCODER, codec_arguments(",bits=64")));
    CHECK(!codec_vq.exists(CODEC_ENCODER, "no-such-vq"));
}

/* --- files from outside ------------------------------------------------------------------------
 */

static int read_changed(const uint8_t *file, size_t size, size_t at, uint32_t value, err *e)
{
    uint8_t *copy = malloc(size);
    vq_codebooks c;
    REQUIRE(copy != NULL);
    memcpy(copy, file, size);
    for (size_t i = 0; i < 4; i++)
        copy[at + i] = (uint8_t)(value >> 8 * i);
    uint64_t hash = hash_bytes(HASH_START, copy, size - 8);
    memcpy(copy + size - 8, &hash, sizeof hash);
    int rc = vq_file_read(copy, size, &c, e);
    if (rc == ERR_NONE)
        vq_codebooks_free(&c);
    free(copy);
    return rc;
}

static void damaged_files_are_refused(void)
{
    static const struct {
        size_t at;
        uint32_t value;
        const char *message;
    } wrong[] = {{0, 0, "begins differently"},
                 {8, 2, "version 2 of the format"},
                 {12, 257, "257 antennas"},
                 {16, 0, "x 0 delay taps"},
                 {20, 513, "513 components"},
                 {20, 33, "33 components"},
                 {24, 3, "groups of 3"},
                 {24, 0, "groups of 0"},
                 {28, 0, "0 stages"},
                 {28, 1025, "1025 stages"},
                 {32, 11, "index of 11 bits"},
                 {28, 39, "components and 39 stages take"},
                 {40, 0x07070707, "not a word"},
                 {72, 0x7fc00000, "the step of component 0 is nan"},
                 {72, 0, "the step of component 0 is 0"}};
    void *file;
    size_t size;
    err e = {0};
    vq_codebooks c;
    REQUIRE(file_read(in_folder("test.vq"), 1 << 20, &file, &size, NULL) == ERR_NONE);
    CHECK(vq_file_read(file, size, &c, NULL) == ERR_NONE);
    CHECK(c.nt == NT && c.ni == NI && c.stages == 40 && strcmp(c.scenario, "test") == 0);
    size_t targets = 72 + c.components * (4 + 4 * (size_t)ENTRIES);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(read_changed(file, size, wrong[i].at, wrong[i].value, &e) == ERR_FORMAT &&
              says(&e, wrong[i].message));
    CHECK(read_changed(file, size, targets, 8, &e) == ERR_FORMAT &&
          says(&e, "refines group 8 of 8"));
    vq_codebooks_free(&c);
    for (size_t cut = 0; cut < size; cut += 1 + size / 50)
        CHECK(vq_file_read(file, cut, &c, &e) == ERR_FORMAT);
    ((uint8_t *)file)[size / 2] ^= 1;
    CHECK(vq_file_read(file, size, &c, &e) == ERR_FORMAT && says(&e, "checksum"));
    free(file);
}

static const harness_test tests[] = {
    {"each code vector is the centroid of its cell, each sample in the nearest one's",
     a_codebook_meets_lloyds_conditions},
    {"distortion never rises from round to round", distortion_never_rises},
    {"more starts are no worse, and a seed repeats them", more_starts_are_no_worse},
    {"as few points as code vectors are met exactly", few_points_are_met_exactly},
    {"a seed repeats the file bit for bit", a_seed_repeats_the_file},
    {"a design that cannot be is refused", a_design_that_cannot_be_is_refused},
    {"more bits lose less, and begin with the fewer", more_bits_lose_less},
    {"code vectors come back", code_vectors_come_back},
    {"the code knows no scale, and no channel that is no number", the_code_knows_no_scale},
    {"wrong arguments are refused with what is right", wrong_arguments_are_refused},
    {"damaged files are refused by what is wrong", damaged_files_are_refused},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder) || !make_files())
        return 1;
    int status = harness_main(argc, argv, "codec vq", tests, sizeof tests / sizeof tests[0]);
    unlink(in_folder("basis.klt"));
    unlink(in_folder("test.vq"));
    rmdir(folder);
    return status;
}
