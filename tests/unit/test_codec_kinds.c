#include "base/rng.h"
#include "codec/kind.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "harness.h"
#include "payload/bits.h"
#include "payload/level.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NT = 32, NI = 32, ENTRIES = NT * NI };

/* One without alignment, one that rolls the image and lists 16 of its 64 blocks. */
static const char *const onnx_names[] = {"csilink-net-cr8-indoor", "csilink-net-cr8-outdoor"};

/* Both sides of a codec, a thread's work on each, and a view to encode from. */
typedef struct ends {
    codec *encoder, *decoder;
    codec_work *encoding, *decoding;
    csi_transform *transform;
    csi_view *view;
    payload payload;
} ends;

static ends open_ends(const char *spec)
{
    ends c = {0};
    err e = {0};
    csi_dims dims = CSI_DIMS_DEFAULT;
    c.encoder = codec_load(CODEC_ENCODER, spec, &e);
    c.decoder = codec_load(CODEC_DECODER, spec, &e);
    if (!c.encoder || !c.decoder)
        printf("    %s\n", e.text);
    REQUIRE(c.encoder && c.decoder);
    const codec_info *info = codec_info_of(c.encoder);
    dims.nt = info->nt;
    dims.ni = info->ni;
    c.encoding = codec_open(c.encoder, &e);
    c.decoding = codec_open(c.decoder, &e);
    c.transform = csi_transform_create(&dims, &e);
    REQUIRE(c.encoding && c.decoding && c.transform);
    c.view = csi_view_create(c.transform, &e);
    REQUIRE(c.view && payload_init(&c.payload, &info->shape, &e) == 0);
    return c;
}

static void close_ends(ends *c)
{
    payload_free(&c->payload);
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    codec_close(c->decoding);
    codec_close(c->encoding);
    codec_unload(c->decoder);
    codec_unload(c->encoder);
}

static void draw(float complex *h, uint32_t stream, float deviation)
{
    rng r = rng_at(2, RNG_TEST, 7, stream);
    rng_normal_fill(&r, (float *)h, 2 * ENTRIES, deviation);
}

static int encode(ends *c, const float complex *h, const void *before, void *after)
{
    csi_view_from_angle_delay(c->view, h);
    return codec_encode(c->encoding, before, c->view, &c->payload, after, NULL);
}

static int decode(ends *c, double snr_db, const void *before, float complex *h, void *after, err *e)
{
    codec_hint hint = {.snr_db = snr_db};
    return codec_decode(c->decoding, before, &c->payload, &hint, h, after, e);
}

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* --- the table of kinds, and names
 * ------------------------------------------------------------------
 */

static void kinds_have_names_of_their_own(void)
{
    char usages[CODEC_NAMES_MAX];
    codec_usages(usages);
    for (const codec_kind *const *k = codec_kinds; *k; k++) {
        size_t length = strlen((*k)->name);
        CHECK(length > 0 && length < CODEC_KIND_MAX && !strpbrk((*k)->name, ":,/ "));
        CHECK(strncmp((*k)->usage, (*k)->name, length) == 0);
        CHECK(strchr(":[", (*k)->usage[length]) != NULL); /* its name and nothing longer */
        CHECK(strstr(usages, (*k)->usage) != NULL);
        CHECK((*k)->load && (*k)->unload && (*k)->open && (*k)->close);
        CHECK((*k)->encode && (*k)->decode);
        for (const codec_kind *const *other = codec_kinds; other < k; other++)
            CHECK(strcmp((*k)->name, (*other)->name) != 0);
    }
}

static void a_name_without_kind_is_an_onnx_model(void)
{
    static const struct {
        const char *name, *spec;
    } cases[] = {
        {"csilink-net-cr8-indoor", "onnx:csilink-net-cr8-indoor"},
        {"onnx:csilink-net-cr8-indoor", "onnx:csilink-net-cr8-indoor"},
        {"onnx", "onnx"},
        {"dpcm", "dpcm"},
        {"dpcmx", "onnx:dpcmx"},
        {"dpcm:leak=0", "dpcm:leak=0"},
        {"unknown:x", "unknown:x"}, /* for codec_load to refuse */
    };
    char spec[CODEC_SPEC_MAX], longest[CODEC_SPEC_MAX + 1];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(codec_full_spec(cases[i].name, spec, NULL) == 0);
        CHECK(strcmp(spec, cases[i].spec) == 0);
    }
    err e = {0};
    memset(longest, 'x', sizeof longest);
    longest[CODEC_SPEC_MAX - 1 - strlen("onnx:")] = '\0';
    CHECK(codec_full_spec(longest, spec, &e) == 0 && strlen(spec) == CODEC_SPEC_MAX - 1);
    strcat(longest, "x");
    CHECK(codec_full_spec(longest, spec, &e) == ERR_INVALID && says(&e, "more than 255"));
    CHECK(codec_load(CODEC_ENCODER, longest, &e) == NULL && e.code == ERR_INVALID);
}

static void what_no_kind_takes_is_refused(void)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"unknown:x", "unknown codec 'unknown:x'; the kinds are"},
        {"dpmc:leak=0", "did you mean dpcm?"},
        {":x", "unknown codec ':x'"},
        {"no-such-model", "unknown model 'no-such-model'"},
        {"onnx", "needs the name of a model"},
        {"onnx:", "needs the name of a model"},
        {"onnx:,precision=float", "needs the name of a model"},
        {"onnx:csilink-net-cr8-indoor,precision=int4", "float or int8"},
        {"onnx:csilink-net-cr8-indoor,precision=", "float or int8"},
        {"onnx:csilink-net-cr8-indoor,precise=float", "unknown option 'precise=float'"},
        {"onnx:csilink-net-cr8-indoor,", "unknown option ''"},
        {"onnx:/no/such/folder/x", "/no/such/folder/x"},
        {"onnx:/no/such/file.onnx", "/no/such/file.onnx"},
        {"dpcm:leak=1", "from 0 to below 1"},
        {"dpcm:leak=-0.1", "leak=-0.1"},
        {"dpcm:leak=nan", "leak=nan"},
        {"dpcm:leak", "option 'leak' of codec dpcm is not"},
        {"dpcm:leak=0.5x", "leak=0.5x"},
        {"dpcm:nt=0", "nt=N from 1 to 256"},
        {"dpcm:ni=257", "ni=N from 1 to 256"},
        {"dpcm:nt=1.5", "nt=1.5"},
        {"dpcm:leak=0.5,gain=1", "option gain=1 of codec dpcm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int side = 0; side < 2; side++) {
            err e = {0};
            CHECK(codec_load((codec_side)side, cases[i].spec, &e) == NULL);
            CHECK(e.code != ERR_NONE && says(&e, cases[i].says));
            CHECK(codec_load((codec_side)side, cases[i].spec, NULL) == NULL);
        }
    err e = {0};
    CHECK(codec_load(CODEC_ENCODER, "unknown:x", &e) == NULL && e.code == ERR_INVALID);
    for (const codec_kind *const *k = codec_kinds; *k; k++)
        CHECK(says(&e, (*k)->name));
    codec_unload(NULL);
    codec_close(NULL);
}

/* A name, a folder and a name, a file. */
static void what_exists_can_be_loaded(void)
{
    static const struct {
        const char *spec; /* with %s for the folder of the models */
        bool there;
    } cases[] = {
        {"csilink-net-cr8-indoor", true},
        {"onnx:csilink-net-cr8-indoor", true},
        {"onnx:csilink-net-cr8-indoor,precision=int8", true},
        {"onnx:%s/csilink-net-cr8-indoor", true},
        {"onnx:%s/csilink-net-cr8-indoor,precision=float", true},
        {"onnx:%s/csilink-net-cr8-indoor.encoder.onnx", true},
        {"onnx:%s/csilink-net-cr8-indoor.encoder.int8.onnx", true},
        {"dpcm", true},
        {"no-such-model", false},
        {"no-such-model,precision=int8", false},
        {"onnx:%s/no-such-model", false},
        {"onnx:%s/no-such-file.onnx", false},
        {"onnx:", false},
        {"unknown:csilink-net-cr8-indoor", false},
    };
    char folder[CODEC_SPEC_MAX], spec[2 * CODEC_SPEC_MAX];
    REQUIRE(models_find("csilink-net-cr8-indoor.encoder.onnx", folder, sizeof folder, NULL) == 0);
    *strrchr(folder, '/') = '\0';
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *at = strstr(cases[i].spec, "%s");
        snprintf(spec, sizeof spec, "%.*s%s%s", at ? (int)(at - cases[i].spec) : 1000,
                 cases[i].spec, at ? folder : "", at ? at + 2 : "");
        codec *c = codec_load(CODEC_ENCODER, spec, NULL);
        bool exists = codec_exists(CODEC_ENCODER, spec);
        if ((c != NULL) != exists)
            printf("    %s\n", spec);
        CHECK((c != NULL) == cases[i].there && exists == cases[i].there);
        codec_unload(c);
    }
}

static void ends_that_do_not_match_are_refused(void)
{
    enum { COUNT = 8 };
    static const char *const specs[COUNT] = {
        "dpcm",       "dpcm:leak=0.8",          "dpcm:nt=16",
        "dpcm:ni=16", "csilink-net-cr8-indoor", "csilink-net-cr8-outdoor",
        "transform",  "transform:bits=512"};
    codec *encoder[COUNT], *decoder[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        encoder[i] = codec_load(CODEC_ENCODER, specs[i], NULL);
        decoder[i] = codec_load(CODEC_DECODER, specs[i], NULL);
        REQUIRE(encoder[i] && decoder[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k < COUNT; k++) {
            const codec_info *a = codec_info_of(encoder[i]), *b = codec_info_of(decoder[k]);
            err e = {0};
            int rc = codec_check_match(encoder[i], decoder[k], &e);
            CHECK(rc == (i == k ? ERR_NONE : ERR_MISMATCH));
            CHECK((a->identity == b->identity) == (i == k));
            if (rc != ERR_NONE)
                CHECK(says(&e, a->name) && says(&e, b->name));
        }
    for (size_t i = 0; i < COUNT; i++) {
        codec_unload(encoder[i]);
        codec_unload(decoder[i]);
    }
    /* However the arguments are written. */
    codec *a = codec_load(CODEC_ENCODER, "dpcm:ni=32,leak=0.50", NULL);
    codec *b = codec_load(CODEC_DECODER, "dpcm", NULL);
    REQUIRE(a && b);
    CHECK(codec_check_match(a, b, NULL) == 0);
    codec_unload(a);
    codec_unload(b);
}

/* --- payloads
 * ---------------------------------------------------------------------------------------
 */

static const char *const every_codec[] = {"csilink-net-cr8-indoor",
                                          "csilink-net-cr8-outdoor",
                                          "cllwcsinet-cr4-outdoor",
                                          "dpcm",
                                          "dpcm:leak=0",
                                          "transform:bits=256",
                                          "vq:vq-indoor,bits=128"};
enum { CODECS = sizeof every_codec / sizeof every_codec[0] };

/* Whatever was encoded in between, by this workspace or with this payload. */
static void encoding_is_a_function_of_the_channel(void)
{
    static float complex h[ENTRIES], other[ENTRIES], first[ENTRIES], again[ENTRIES];
    static unsigned char memory[ENTRIES * sizeof(float complex)], unused[sizeof memory];
    draw(h, 0, 1);
    draw(other, 1, 30);
    for (int i = 0; i < CODECS; i++) {
        ends c = open_ends(every_codec[i]);
        const codec_info *info = codec_info_of(c.encoder);
        float *value = malloc((info->shape.values_max + 1) * sizeof *value);
        uint8_t *side = malloc(info->shape.side_bits_max / 8 + 1);
        REQUIRE(value && side && codec_memory_bytes(c.encoder) <= sizeof memory);
        CHECK((codec_memory_bytes(c.encoder) > 0) == ((info->flags & CODEC_HAS_MEMORY) != 0));
        CHECK(codec_output_size(info) == ENTRIES && info->nr == 1 && info->identity != 0);
        CHECK(codec_ratio(info) ==
              (info->shape.values_max ? 2 * ENTRIES / info->shape.values_max : 0));
        c.payload.builds_on = 77;
        CHECK(encode(&c, h, NULL, memory) == 0);
        uint32_t bytes = bits_bytes(c.payload.side_bits);
        CHECK(c.payload.side_bits <= info->shape.side_bits_max && c.payload.builds_on == 77);
        CHECK(c.payload.values <= info->shape.values_max);
        if (c.payload.side_bits % 8) /* bits behind the last are 0 */
            CHECK(c.payload.side[bytes - 1] >> c.payload.side_bits % 8 == 0);
        memcpy(value, c.payload.value, c.payload.values * sizeof *value);
        memcpy(side, c.payload.side, bytes);
        CHECK(decode(&c, 20, NULL, first, memory, NULL) == 0);
        CHECK(encode(&c, other, NULL, unused) == 0);
        CHECK(decode(&c, 0, NULL, again, unused, NULL) == 0);
        memset(c.payload.side, 0xff, bytes);
        CHECK(encode(&c, h, NULL, unused) == 0);
        CHECK(memcmp(value, c.payload.value, c.payload.values * sizeof *value) == 0);
        CHECK(memcmp(side, c.payload.side, bytes) == 0);
        CHECK(decode(&c, 20, NULL, again, unused, NULL) == 0);
        CHECK(memcmp(first, again, sizeof first) == 0);
        free(value);
        free(side);
        close_ends(&c);
    }
}

/* A payload comes from outside. Counts that this codec never sends are refused with what it takes;
 * side bits of any kind are decoded, or refused, and what is decoded is finite. */
static void payloads_from_outside_are_checked(void)
{
    static float complex h[ENTRIES], out[ENTRIES];
    static unsigned char memory[ENTRIES * sizeof(float complex)];
    rng g = rng_at(3, RNG_TEST, 0, 0);
    for (int i = 0; i < CODECS; i++) {
        ends c = open_ends(every_codec[i]);
        const payload_shape shape = codec_info_of(c.decoder)->shape;
        payload larger; /* room for one more of each */
        REQUIRE(payload_init(&larger,
                             &(payload_shape){.side_bits_max = shape.side_bits_max + 1,
                                              .values_max = shape.values_max + 1},
                             NULL) == 0);
        draw(h, 2, 1);
        CHECK(encode(&c, h, NULL, memory) == 0);
        payload good = c.payload;
        memcpy(larger.side, good.side, bits_bytes(good.side_bits));
        memcpy(larger.value, good.value, good.values * sizeof *good.value);
        c.payload = larger;
        for (int by = -1; by <= 1; by++)
            for (int what = 0; what < 2; what++) {
                err e = {0};
                c.payload.side_bits = good.side_bits + (uint32_t)(what == 0 ? by : 0);
                c.payload.values = good.values + (uint32_t)(what == 1 ? by : 0);
                int rc = decode(&c, 20, NULL, out, memory, &e);
                CHECK(rc == (by ? ERR_FORMAT : ERR_NONE));
                CHECK(by == 0 || says(&e, "a payload of"));
            }
        c.payload.side_bits = c.payload.values = 0;
        CHECK(decode(&c, 20, NULL, out, memory, NULL) == ERR_FORMAT);
        c.payload.side_bits = UINT32_MAX;
        CHECK(decode(&c, 20, NULL, out, memory, NULL) == ERR_FORMAT);
        c.payload.side_bits = good.side_bits;
        c.payload.values = good.values;
        int decoded = 0;
        for (int round = 0; round < 200; round++) {
            for (uint32_t k = 0; k < good.side_bits; k++)
                larger.side[k / 8] = (uint8_t)(larger.side[k / 8] & ~(1u << k % 8)) |
                                     (uint8_t)((rng_uniform(&g) < 0.5) << k % 8);
            err e = {0};
            int rc = decode(&c, 20, NULL, out, memory, &e);
            CHECK(rc == ERR_NONE || (rc == ERR_FORMAT && e.text[0]));
            decoded += rc == ERR_NONE;
            for (int k = 0; rc == ERR_NONE && k < ENTRIES; k++)
                REQUIRE(isfinite(crealf(out[k])) && isfinite(cimagf(out[k])));
        }
        /* A scale and indices are always some; random blocks hardly ever are all different. */
        bool any = shape.side_bits_max <= 20 || strncmp(every_codec[i], "vq:", 3) == 0;
        CHECK(any ? decoded == 200 : decoded < 200);
        larger.value[0] = INFINITY;
        memcpy(larger.side, good.side, bits_bytes(good.side_bits));
        if (good.values > 0)
            CHECK(decode(&c, 20, NULL, out, memory, NULL) == ERR_FORMAT);
        c.payload = good;
        payload_free(&larger);
        close_ends(&c);
    }
}

/* --- onnx
 * -------------------------------------------------------------------------------------------
 */

/* The codec is the pair of networks on the image of the quantized scale: the same codeword, and the
 * reconstruction is their image times that scale, bit for bit. */
static void onnx_is_its_pair_of_networks(void)
{
    static float complex h[ENTRIES], got[ENTRIES], want[ENTRIES];
    static float image[2 * ENTRIES], out[2 * ENTRIES], codeword[2 * ENTRIES];
    const csi_dims dims = CSI_DIMS_DEFAULT;
    const float snr = 7;
    const level_law law = LEVEL_IMAGE_SCALE;
    const double step_db = (law.high_db - law.low_db) / ((1 << law.bits) - 2);
    const double half_step = pow(10, step_db / 40) - 1 + 1e-6; /* and single precision */
    for (int i = 0; i < 2; i++) {
        char spec[CODEC_SPEC_MAX];
        snprintf(spec, sizeof spec, "onnx:%s,precision=float", onnx_names[i]);
        ends c = open_ends(spec);
        onnx_part *parts[2] = {onnx_load_named(CODEC_ENCODER, onnx_names[i], NULL),
                               onnx_load_named(CODEC_DECODER, onnx_names[i], NULL)};
        REQUIRE(parts[0] && parts[1]);
        onnx_encoder *encoder = onnx_encoder_open(parts[0], NULL);
        onnx_decoder *decoder = onnx_decoder_open(parts[1], NULL);
        REQUIRE(encoder && decoder);
        const onnx_info *info = onnx_part_info(parts[0]);
        CHECK(codec_info_of(c.encoder)->identity == info->pair);
        CHECK(strcmp(codec_info_of(c.encoder)->name, onnx_names[i]) == 0);
        for (uint32_t stream = 0; stream < 10; stream++) {
            draw(h, stream, powf(10, (float)stream - 5));
            CHECK(encode(&c, h, NULL, NULL) == 0 && c.payload.values == info->codeword);
            CHECK(c.payload.side_bits ==
                  LEVEL_IMAGE_SCALE.bits + csi_align_bits(info->align, &dims));
            bit_reader side = {.byte = c.payload.side, .size = c.payload.side_bits};
            float scale = level_value(LEVEL_IMAGE_SCALE, bits_get(&side, LEVEL_IMAGE_SCALE.bits));
            float exact = csi_image_scale(&dims, h);
            CHECK_NEAR((double)(scale / exact), 1, half_step);
            csi_shift shift;
            csi_image_scaled(&dims, h, scale, image);
            CHECK(onnx_encode(encoder, image, codeword, &shift, NULL) == 0);
            CHECK(memcmp(codeword, c.payload.value, info->codeword * sizeof *codeword) == 0);
            CHECK(onnx_decode(decoder, 1, codeword, &snr, &shift, out, NULL) == 0);
            csi_image_to_ad(&dims, out, scale, want);
            CHECK(decode(&c, (double)snr, NULL, got, NULL, NULL) == 0);
            CHECK(memcmp(got, want, sizeof got) == 0);
        }
        onnx_encoder_free(encoder);
        onnx_decoder_free(decoder);
        onnx_part_free(parts[0]);
        onnx_part_free(parts[1]);
        close_ends(&c);
    }
}

/* The range of the scale's levels is -180 to 120 dB: six decades around 1 lose nothing. */
static void onnx_knows_no_scale(void)
{
    static float complex h[ENTRIES], scaled[ENTRIES], out[ENTRIES];
    ends c = open_ends("csilink-net-cr8-indoor");
    const level_law law = LEVEL_IMAGE_SCALE;
    const double step_db = (law.high_db - law.low_db) / ((1 << law.bits) - 2);
    double nmse[2];
    draw(h, 3, 0.01f);
    for (int i = 0; i < 8; i++)
        h[(14 + i) * NI + 2] += 1;
    for (int i = 0; i < 2; i++) {
        float by = powf(10, (float)(i * 800 * step_db / 20)); /* a whole number of levels */
        for (int k = 0; k < ENTRIES; k++)
            scaled[k] = by * h[k];
        CHECK(encode(&c, scaled, NULL, NULL) == 0 && decode(&c, 60, NULL, out, NULL, NULL) == 0);
        nmse[i] = csi_nmse(scaled, out, ENTRIES);
    }
    CHECK(nmse[0] < 0.5);
    CHECK_NEAR(nmse[1] / nmse[0], 1, 1e-2);
    memset(scaled, 0, sizeof scaled);
    CHECK(encode(&c, scaled, NULL, NULL) == 0 && decode(&c, 60, NULL, out, NULL, NULL) == 0);
    CHECK(csi_energy(out, ENTRIES) == 0); /* nothing comes back from nothing */
    close_ends(&c);
}

static void precision_is_the_encoders(void)
{
    static const char *const asked[] = {"", ",precision=float", ",precision=int8"};
    uint64_t identity = 0;
    for (int i = 0; i < 3; i++) {
        char spec[CODEC_SPEC_MAX];
        snprintf(spec, sizeof spec, "onnx:%s%s", onnx_names[0], asked[i]);
        ends c = open_ends(spec);
        const codec_info *a = codec_info_of(c.encoder), *b = codec_info_of(c.decoder);
        const char *want = i == 1 ? "float" : "int8"; /* int8 where there is such a file */
        CHECK(strncmp(a->precision, want, strlen(want)) == 0);
        CHECK(strcmp(b->precision, "float") == 0); /* one decoder for either */
        CHECK(codec_check_match(c.encoder, c.decoder, NULL) == 0);
        CHECK(i == 0 || a->identity == identity);
        identity = a->identity;
        close_ends(&c);
    }
}

/* --- dpcm
 * -------------------------------------------------------------------------------------------
 */

typedef float complex channel[ENTRIES];

static void dpcm_is_exact_without_noise(void)
{
    enum { REPORTS = 30 };
    static channel h, out, ue[REPORTS], bs[REPORTS];
    ends c = open_ends("dpcm");
    draw(h, 0, 1);
    for (uint32_t n = 0; n < REPORTS; n++) {
        static channel change;
        draw(change, 1 + n, 0.1f);
        for (int k = 0; k < ENTRIES; k++)
            h[k] += change[k];
        CHECK(encode(&c, h, n ? ue[n - 1] : NULL, ue[n]) == 0);
        CHECK(decode(&c, INFINITY, n ? bs[n - 1] : NULL, out, bs[n], NULL) == 0);
        CHECK_NEAR(csi_nmse(h, out, ENTRIES), 0, 1e-12); /* single precision */
        CHECK(memcmp(ue[n], h, sizeof h) == 0 && memcmp(bs[n], out, sizeof out) == 0);
    }
    close_ends(&c);
}

/* At 10 dB the gain is 10/11 and nothing else is done to what arrives. */
static void dpcm_weighs_by_the_snr(void)
{
    static channel h, out, want, memory;
    ends c = open_ends("dpcm");
    draw(h, 0, 1);
    for (int k = 0; k < ENTRIES; k++)
        want[k] = h[k] * (float)(10.0 / 11);
    CHECK(encode(&c, h, NULL, memory) == 0 && decode(&c, 10, NULL, out, memory, NULL) == 0);
    CHECK_NEAR(csi_nmse(want, out, ENTRIES), 0, 1e-12);
    close_ends(&c);
}

/* An error E of the base station's memory is a^n E after n noiseless reports. */
static void dpcm_forgets_by_its_leak(void)
{
    static channel h, out, error, ue[2], bs[2];
    ends c = open_ends("dpcm:leak=0.5");
    draw(h, 0, 1);
    draw(error, 1, 0.1f);
    memcpy(ue[0], h, sizeof h);
    for (int k = 0; k < ENTRIES; k++)
        bs[0][k] = h[k] + error[k];
    double start = csi_nmse(h, bs[0], ENTRIES);
    for (int n = 1; n <= 8; n++) {
        CHECK(encode(&c, h, ue[(n - 1) % 2], ue[n % 2]) == 0);
        CHECK(decode(&c, INFINITY, bs[(n - 1) % 2], out, bs[n % 2], NULL) == 0);
        CHECK_NEAR(csi_nmse(h, out, ENTRIES) / (start * pow(0.25, n)), 1, 1e-3);
    }
    close_ends(&c);
}

static void dpcm_takes_any_channel(void)
{
    static channel h, out, memory;
    ends c = open_ends("dpcm");
    CHECK(encode(&c, h, NULL, memory) == 0 && decode(&c, 10, NULL, out, memory, NULL) == 0);
    CHECK(csi_energy(out, ENTRIES) == 0);
    for (int decade = -8; decade <= 5; decade++) {
        draw(h, 5, powf(10, (float)decade));
        CHECK(encode(&c, h, NULL, memory) == 0);
        CHECK(harness_max_abs(c.payload.value, 2 * ENTRIES) <= 1);
        CHECK(decode(&c, INFINITY, NULL, out, memory, NULL) == 0);
        CHECK_NEAR(csi_nmse(h, out, ENTRIES), 0, 1e-12);
    }
    h[3] = NAN;
    CHECK(encode(&c, h, NULL, memory) == ERR_FORMAT);
    close_ends(&c);
}

static const harness_test tests[] = {
    {"every kind of codec has a name of its own and a usage", kinds_have_names_of_their_own},
    {"a name without a kind is that of an onnx model", a_name_without_kind_is_an_onnx_model},
    {"unknown kinds and arguments are refused with what is right", what_no_kind_takes_is_refused},
    {"a codec exists where it can be loaded", what_exists_can_be_loaded},
    {"two sides match where they are of one codec, and are named where they do not",
     ends_that_do_not_match_are_refused},
    {"a payload is a function of the channel, a reconstruction of the payload",
     encoding_is_a_function_of_the_channel},
    {"a payload from outside is decoded to finite numbers or refused with a reason",
     payloads_from_outside_are_checked},
    {"onnx is its pair of networks on the image of the quantized scale",
     onnx_is_its_pair_of_networks},
    {"onnx knows no scale of the channel", onnx_knows_no_scale},
    {"precision is the encoder's affair: one decoder serves each", precision_is_the_encoders},
    {"dpcm is exact without noise, and remembers the channel at either end",
     dpcm_is_exact_without_noise},
    {"dpcm weighs what arrives by SNR / (1 + SNR)", dpcm_weighs_by_the_snr},
    {"dpcm forgets an error of its memory by its leak", dpcm_forgets_by_its_leak},
    {"dpcm takes a channel of any scale, and none that is no number", dpcm_takes_any_channel},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "codec kinds", tests, sizeof tests / sizeof tests[0]);
}
