/* Principal components: the file, its design, and the linear code they make. The kind is used by
 * its own functions; the samples are of a small channel with a known second moment. */
#include <math.h>
#include <unistd.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "klt_tools.h"

/* --- one end-to-end chain without an uplink -----------------------------------------------------
 */

typedef struct chain {
    codec_info info;
    void *encoder, *decoder, *encoding, *decoding;
    payload values;
    csi_transform *transform;
    csi_view *view;
} chain;

static void chain_open(chain *c, const char *arguments)
{
    const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};
    codec_info other = {0};
    err e = {0};
    *c = (chain){0};
    c->encoder = codec_klt.load(CODEC_ENCODER, arguments, &c->info, &e);
    c->decoder = codec_klt.load(CODEC_DECODER, arguments, &other, &e);
    if (!c->encoder || !c->decoder)
        printf("    %s\n", e.text);
    REQUIRE(c->encoder && c->decoder);
    CHECK(c->info.identity == other.identity && c->info.identity != 0);
    c->encoding = codec_klt.open(c->encoder, NULL);
    c->decoding = codec_klt.open(c->decoder, NULL);
    c->transform = csi_transform_create(&dims, NULL);
    c->view = c->transform ? csi_view_create(c->transform, NULL) : NULL;
    REQUIRE(c->encoding && c->decoding && c->view);
    REQUIRE(payload_init(&c->values, &c->info.shape, NULL) == ERR_NONE);
}

static void chain_close(chain *c)
{
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    payload_free(&c->values);
    codec_klt.close(c->encoding);
    codec_klt.close(c->decoding);
    codec_klt.unload(c->encoder);
    codec_klt.unload(c->decoder);
}

/* What is lost of h, |h - h^|^2 / |h|^2, with noise drawn for (set, i) at the SNR. */
static double lose(chain *c, const float complex *h, double snr_db, double told_db, uint32_t i)
{
    float complex back[ENTRIES];
    double power = 0, lost = 0, energy = 0;
    csi_view_from_angle_delay(c->view, h);
    REQUIRE(codec_klt.encode(c->encoding, NULL, c->view, &c->values, NULL, NULL) == ERR_NONE);
    REQUIRE(c->values.values == c->info.shape.values_max && c->values.side_bits == 0);
    for (size_t k = 0; k < c->values.values; k++)
        power += (double)c->values.value[k] * (double)c->values.value[k] / c->values.values;
    rng r = rng_at(9, RNG_TEST, 2, i);
    if (isfinite(snr_db))
        rng_normal_add(&r, c->values.value, c->values.values,
                       (float)sqrt(power * power_of_db(-snr_db)));
    const codec_hint hint = {.snr_db = told_db};
    REQUIRE(codec_klt.decode(c->decoding, NULL, &c->values, &hint, back, NULL, NULL) == ERR_NONE);
    for (size_t j = 0; j < ENTRIES; j++) {
        float complex d = h[j] - back[j];
        lost += (double)(crealf(d) * crealf(d) + cimagf(d) * cimagf(d));
        energy += (double)(crealf(h[j]) * crealf(h[j]) + cimagf(h[j]) * cimagf(h[j]));
    }
    return lost / energy;
}

static double mean_loss(chain *c, double snr_db, double told_db)
{
    double sum = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        float complex h[ENTRIES];
        make_sample(3, i, h);
        sum += lose(c, h, snr_db, told_db, i);
    }
    return sum / SAMPLES;
}

/* --- laws ---------------------------------------------------------------------------------------
 */

/* The file's entries are multiples of 1/32767 of the largest: 2e-5 per entry, less in a product. */
static void check_orthonormal(const klt_components *c)
{
    double worst = 0;
    for (size_t a = 0; a < c->vectors; a++) {
        for (size_t b = 0; b < c->vectors; b++) {
            double re = 0, im = 0;
            const float *u = c->vector + a * REALS, *v = c->vector + b * REALS;
            for (size_t j = 0; j < REALS; j += 2) {
                re += (double)u[j] * (double)v[j] + (double)u[j + 1] * (double)v[j + 1];
                im += (double)u[j] * (double)v[j + 1] - (double)u[j + 1] * (double)v[j];
            }
            worst = fmax(worst, fabs(re - (a == b)));
            if (c->form == KLT_COMPLEX)
                worst = fmax(worst, fabs(im));
        }
    }
    CHECK_NEAR(worst, 0, 1e-4);
}

static void components_are_orthonormal(void)
{
    static const char *const forms[] = {"cr=1,form=complex", "cr=1,form=real"};
    for (size_t i = 0; i < 2; i++) {
        klt_components c;
        design_components(forms[i], SAMPLES, &c);
        CHECK(c.vectors * c.form == REALS && c.nt == NT && c.ni == NI && c.samples == SAMPLES);
        CHECK(strcmp(c.scenario, "test") == 0);
        check_orthonormal(&c);
        double sum = 0;
        for (size_t k = 0; k < c.vectors; k++)
            sum += (double)c.variance[k] * (int)c.form;
        CHECK_NEAR(sum, 1, 1e-5); /* the norm of every sample */
        klt_components_free(&c);
    }
}

/* Basis vector k of make_sample has half the power of the one before: component k must be it. */
static void components_are_those_of_the_channel(void)
{
    klt_components c;
    design_components("cr=1", 4000, &c);
    for (size_t k = 0; k < 6; k++) {
        float complex product = 0;
        for (size_t j = 0; j < ENTRIES; j++) {
            const float *u = c.vector + k * REALS + 2 * j;
            product += (u[0] - I * u[1]) *
                       cexpf(2 * (float)M_PI * I * (float)(j * k % ENTRIES) / ENTRIES) /
                       sqrtf(ENTRIES);
        }
        CHECK(cabsf(product) > 0.99f);
    }
    klt_components_free(&c);
}

static void a_sample_inside_the_span_comes_back(void)
{
    static const char *const designs[] = {"cr=4,form=complex", "cr=4,form=real"};
    for (size_t i = 0; i < 2; i++) {
        klt_components k;
        chain c;
        float complex h[ENTRIES] = {0};
        design_components(designs[i], SAMPLES, &k);
        design(designs[i], SAMPLES, "span.klt");
        chain_open(&c, arguments_of("span.klt", ""));
        CHECK(c.info.shape.values_max == REALS / 4 && c.info.shape.side_bits_max == 0);
        for (size_t v = 0; v < k.vectors; v++)
            for (size_t j = 0; j < ENTRIES; j++) {
                float complex u = k.vector[v * REALS + 2 * j] + I * k.vector[v * REALS + 2 * j + 1];
                h[j] += (k.form == KLT_COMPLEX ? 3 - 2 * I : 3) * (float)(v + 1) * u;
            }
        CHECK_NEAR(lose(&c, h, INFINITY, INFINITY, 0), 0, 1e-8);
        CHECK_NEAR(lose(&c, h, INFINITY, 60, 0), 0, 1e-8);
        chain_close(&c);
        klt_components_free(&k);
    }
}

/* The projection leaves the energy of the components that do not travel, whatever the spread. */
static void without_noise_only_the_rest_is_lost(void)
{
    chain a, b;
    design("cr=2", 4000, "half.klt");
    chain_open(&a, arguments_of("half.klt", ",cr=8,spread=0"));
    chain_open(&b, arguments_of("half.klt", ",cr=8,spread=1"));
    CHECK(strcmp(a.info.name, "half-cr8-spread0") == 0);
    CHECK(a.info.shape.values_max == 8 && a.info.identity != b.info.identity);
    double lost = mean_loss(&a, INFINITY, INFINITY);
    CHECK_NEAR(db_of_power(mean_loss(&b, INFINITY, INFINITY) / lost), 0, 1e-3);
    /* 4 complex components of power 1, 1/2, 1/4, 1/8 travel: 1/16 of the power does not. The mean
     * of each sample's own share is above that, for weak samples have a larger one. */
    CHECK(lost > 1 / 16.0 && lost < 2 / 16.0);
    chain_close(&a);
    chain_close(&b);
}

static void mmse_beats_plain_projection(void)
{
    static const char *const spreads[] = {",spread=0", ""};
    design("cr=4", 4000, "mmse.klt");
    for (size_t i = 0; i < 2; i++) {
        chain c;
        chain_open(&c, arguments_of("mmse.klt", spreads[i]));
        double mmse = mean_loss(&c, 0, 0), plain = mean_loss(&c, 0, INFINITY);
        printf("    at 0 dB: %.2f dB, %.2f dB without it\n", db_of_power(mmse), db_of_power(plain));
        CHECK(mmse < 0.7 * plain);
        /* It is a minimum: told another SNR, it does worse. */
        CHECK(mmse < mean_loss(&c, 0, 6) && mmse < mean_loss(&c, 0, -6));
        chain_close(&c);
    }
}

static void the_code_knows_no_scale(void)
{
    chain c;
    float complex h[ENTRIES], louder[ENTRIES];
    design("cr=4", SAMPLES, "scale.klt");
    chain_open(&c, arguments_of("scale.klt", ""));
    make_sample(3, 0, h);
    for (size_t j = 0; j < ENTRIES; j++)
        louder[j] = h[j] * 0x1p40f;
    CHECK(lose(&c, h, 5, 5, 0) == lose(&c, louder, 5, 5, 0));
    memset(h, 0, sizeof h);
    float complex back[ENTRIES];
    csi_view_from_angle_delay(c.view, h);
    CHECK(codec_klt.encode(c.encoding, NULL, c.view, &c.values, NULL, NULL) == ERR_NONE);
    CHECK(codec_klt.decode(c.decoding, NULL, &c.values, &(codec_hint){0}, back, NULL, NULL) == 0);
    for (size_t j = 0; j < ENTRIES; j++)
        CHECK(back[j] == 0);
    h[3] = INFINITY;
    err e = {0};
    csi_view_from_angle_delay(c.view, h);
    CHECK(codec_klt.encode(c.encoding, NULL, c.view, &c.values, NULL, &e) == ERR_FORMAT);
    CHECK(says(&e, "not finite"));
    chain_close(&c);
}

static void what_does_not_fit_is_refused(void)
{
    chain c;
    err e = {0};
    codec_info info;
    float complex h[ENTRIES];
    design("cr=4", SAMPLES, "fit.klt");
    static const struct {
        const char *options, *message;
    } wrong[] = {{",cr=2", "serves CR 4 to 32"},        {",cr=33", "serves CR 4 to 32"},
                 {",cr=0", "cr=N, a whole number"},     {",cr=4.5", "cr=N, a whole number"},
                 {",spread=2", "spread=A from 0 to 1"}, {",spread=nan", "spread=A from 0 to 1"},
                 {",depth=2", "option depth=2"},        {",cr", "not KEY=VALUE"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK(!codec_klt.load(CODEC_ENCODER, arguments_of("fit.klt", wrong[i].options), &info, &e));
        CHECK(e.code == ERR_INVALID && says(&e, wrong[i].message));
    }
    CHECK(!codec_klt.load(CODEC_ENCODER, "no-such-klt", &info, &e) && e.code == ERR_IO);
    CHECK(says(&e, "unknown model 'no-such-klt': no file no-such-klt.klt"));
    CHECK(!codec_klt.load(CODEC_ENCODER, "", &info, &e) && says(&e, "takes the name of its file"));
    CHECK(!codec_klt.exists(CODEC_ENCODER, "no-such-klt"));
    CHECK(codec_klt.exists(CODEC_ENCODER, arguments_of("fit.klt", ",cr=8")));
    CHECK(codec_klt.exists(CODEC_ENCODER, arguments_of("fit", ",cr=8")));
    CHECK(!codec_klt.exists(CODEC_ENCODER, arguments_of("unfit", ",cr=8")));

    chain_open(&c, arguments_of("fit.klt", ""));
    c.values.values = 15;
    CHECK(codec_klt.decode(c.decoding, NULL, &c.values, &(codec_hint){0}, h, NULL, &e) ==
          ERR_FORMAT);
    CHECK(says(&e, "15 values and 0 side bits; this klt takes 16"));
    chain_close(&c);
}

static void a_design_that_cannot_be_is_refused(void)
{
    static const struct {
        const char *arguments;
        uint32_t samples;
        const char *message;
    } wrong[] = {{"cr=65", SAMPLES, "leaves none of 64 values"},
                 {"cr=2", 10, "energy in 10 components only, not in 16"},
                 {"cr=2", 0, "0 samples"},
                 {"form=round", SAMPLES, "form=complex or real"},
                 {"scale=none", SAMPLES, "scale=norm or peak"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        err e = {0};
        void *made;
        size_t size;
        CHECK(design_bytes(wrong[i].arguments, wrong[i].samples, &made, &size, &e) == ERR_INVALID);
        CHECK(says(&e, wrong[i].message) && !made);
    }
}

/* --- files from outside --------------------------------------------------------------------------
 */

enum {
    VERSION_AT = 8,
    NT_AT = 12,
    NI_AT = 16,
    FORM_AT = 20,
    VECTORS_AT = 24,
    SCENARIO_AT = 32,
    VARIANCE_AT = 64
};

static uint8_t *file;
static size_t file_size;

static void set32(uint8_t *data, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        data[at + i] = (uint8_t)(value >> 8 * i);
}

/* Writes `size` bytes, with a checksum that fits where `summed`; reading them must be refused. */
static void refused(const uint8_t *data, size_t size, bool summed, const char *message)
{
    klt_components c;
    err e = {0};
    uint8_t *copy = malloc(size);
    REQUIRE(copy != NULL);
    memcpy(copy, data, size);
    uint64_t hash = summed && size > 8 ? hash_bytes(HASH_START, copy, size - 8) : 0;
    for (size_t i = 0; summed && size > 8 && i < 8; i++)
        copy[size - 8 + i] = (uint8_t)(hash >> 8 * i);
    CHECK(klt_file_read(copy, size, &c, &e) == ERR_FORMAT);
    CHECK(says(&e, message));
    free(copy);
}

static void refused_with(size_t at, uint32_t value, const char *message)
{
    uint8_t *copy = malloc(file_size);
    REQUIRE(copy != NULL);
    memcpy(copy, file, file_size);
    set32(copy, at, value);
    refused(copy, file_size, true, message);
    free(copy);
}

static void hostile_files_are_refused(void)
{
    void *data;
    REQUIRE(design_bytes("cr=4", SAMPLES, &data, &file_size, NULL) == ERR_NONE);
    file = data;
    size_t vectors = 8, step_at = VARIANCE_AT + 4 * vectors;
    REQUIRE(file_size == VARIANCE_AT + vectors * (8 + 2 * REALS) + 8);

    refused_with(0, 0, "begins differently");
    refused_with(VERSION_AT, 2, "version 2");
    refused_with(NT_AT, 0, "0 antennas");
    refused_with(NT_AT, 0xffffffff, "4294967295 antennas");
    refused_with(NI_AT, 257, "8 antennas x 257");
    refused_with(FORM_AT, 3, "form 3");
    refused_with(VECTORS_AT, 0, "0 components");
    refused_with(VECTORS_AT, 33, "33 components; 1 to 32 are allowed");
    refused_with(VECTORS_AT, 7, "7 components of 64 values take");
    refused_with(SCENARIO_AT, 0x0a0a0a0a, "its scenario");
    refused_with(SCENARIO_AT + 8, 'x', "its scenario"); /* behind a zero */
    refused_with(VARIANCE_AT, 0x7fc00000, "variance of component 0 is nan");
    refused_with(VARIANCE_AT, 0x7f800000, "variance of component 0 is inf");
    refused_with(VARIANCE_AT + 4, 0x80000000, "variance of component 1 is -0");
    refused_with(VARIANCE_AT + 4, 0x3f800000, "component 1 is above");
    refused_with(VARIANCE_AT + 4 * 7, 0x00000001, "component 7 is below 1e-13");
    refused_with(step_at, 0x7f800000, "step of component 0 is inf");
    refused_with(step_at, 0, "step of component 0 is 0");

    for (size_t size = 1; size < file_size; size += 1 + size / 3)
        refused(file, size, true, size < 72 ? "begins differently" : "bytes; 8 components");
    uint8_t *longer = calloc(file_size + 1, 1);
    REQUIRE(longer != NULL);
    memcpy(longer, file, file_size);
    refused(longer, file_size + 1, true, "bytes; 8 components");
    longer[file_size - 20] ^= 1;
    refused(longer, file_size, false, "checksum");
    free(longer);
    free(data);
}

static void the_same_samples_give_the_same_file(void)
{
    void *a, *b;
    size_t sizes[2];
    REQUIRE(design_bytes("cr=4", SAMPLES, &a, &sizes[0], NULL) == ERR_NONE);
    REQUIRE(design_bytes("cr=4", SAMPLES, &b, &sizes[1], NULL) == ERR_NONE);
    CHECK(sizes[0] == sizes[1] && memcmp(a, b, sizes[0]) == 0);
    free(a);
    free(b);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"principal components are orthonormal and hold all energy", components_are_orthonormal},
        {"they are the directions in which the channel varies",
         components_are_those_of_the_channel},
        {"a sample inside their span comes back", a_sample_inside_the_span_comes_back},
        {"without noise only what does not travel is lost", without_noise_only_the_rest_is_lost},
        {"at 0 dB linear MMSE beats the projection", mmse_beats_plain_projection},
        {"the code takes a channel of any scale", the_code_knows_no_scale},
        {"what does not fit is refused with what would", what_does_not_fit_is_refused},
        {"a design that cannot be is refused", a_design_that_cannot_be_is_refused},
        {"hostile files are refused", hostile_files_are_refused},
        {"the same samples give the same file", the_same_samples_give_the_same_file},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "klt", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
