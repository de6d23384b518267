/* The codec kind transform: its budget, its accuracy, and payloads from outside. */
#include "base/rng.h"
#include "codec/codec.h"
#include "codec/transform/step.h"
#include "codec/transform/taps.h"
#include "csi/dataset.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "csi/view.h"
#include "harness.h"
#include "payload/bits.h"
#include "payload/enumerative.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NT = 32, NI = 32, ENTRIES = NT * NI, BITS_MAX = 16384 };

typedef float complex channel[ENTRIES];

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
    dims.nt = codec_info_of(c.encoder)->nt;
    dims.ni = codec_info_of(c.encoder)->ni;
    dims.tp = dims.nt;
    c.encoding = codec_open(c.encoder, &e);
    c.decoding = codec_open(c.decoder, &e);
    c.transform = csi_transform_create(&dims, &e);
    REQUIRE(c.encoding && c.decoding && c.transform);
    c.view = csi_view_create(c.transform, &e);
    REQUIRE(c.view && payload_init(&c.payload, &codec_info_of(c.encoder)->shape, &e) == 0);
    CHECK(codec_check_match(c.encoder, c.decoder, NULL) == ERR_NONE);
    return c;
}

static ends open_bits(uint32_t bits)
{
    char spec[64];
    snprintf(spec, sizeof spec, "transform:bits=%u", bits);
    return open_ends(spec);
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

static int encode(ends *c, const float complex *h, err *e)
{
    csi_view_from_angle_delay(c->view, h);
    return codec_encode(c->encoding, NULL, c->view, &c->payload, NULL, e);
}

static int decode(ends *c, float complex *h, err *e)
{
    codec_hint hint = {.snr_db = 20};
    return codec_decode(c->decoding, NULL, &c->payload, &hint, h, NULL, e);
}

static double lose(ends *c, const float complex *h, size_t n)
{
    static float complex back[TAPS_MAX];
    REQUIRE(encode(c, h, NULL) == ERR_NONE);
    CHECK(c->payload.values == 0 &&
          c->payload.side_bits == codec_info_of(c->encoder)->shape.side_bits_max);
    REQUIRE(decode(c, back, NULL) == ERR_NONE);
    return csi_nmse(h, back, n);
}

static bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* Six clusters that decay around a beam and a delay, of 20 dB of different powers, over a floor. */
static void draw_clusters(uint32_t stream, float complex *h)
{
    rng r = rng_at(5, RNG_TEST, 1, stream);
    rng_normal_fill(&r, (float *)h, (size_t)2 * ENTRIES, 0.003f);
    for (int c = 0; c < 6; c++) {
        double angle = rng_uniform(&r) * NT, delay = rng_uniform(&r) * NI / 2;
        double power = exp(-4.6 * rng_uniform(&r));
        for (int t = 0; t < NT; t++)
            for (int d = 0; d < NI; d++) {
                double far = fabs(remainder(t - angle, NT)) + fabs(d - delay);
                double size = sqrt(power) * exp(-far);
                h[t * NI + d] +=
                    (float)(size * rng_normal(&r)) + I * (float)(size * rng_normal(&r));
            }
    }
}

static void draw_white(uint32_t stream, float complex *h)
{
    rng r = rng_at(6, RNG_TEST, 2, stream);
    rng_normal_fill(&r, (float *)h, (size_t)2 * ENTRIES, 1);
}

/* `count` taps of size 1 anywhere, nothing else. */
static void draw_scattered(uint32_t stream, int count, float complex *h)
{
    rng r = rng_at(7, RNG_TEST, 3, stream);
    memset(h, 0, sizeof(channel));
    for (int i = 0; i < count; i++)
        h[(int)(rng_uniform(&r) * ENTRIES)] = cexpf(I * (float)(6.28 * rng_uniform(&r)));
}

/* --- accuracy ----------------------------------------------------------------------------------
 */

/* On each channel to a quantizer's chance, and in the mean. */
static void more_bits_lose_less(void)
{
    static const uint32_t budgets[] = {32, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
    enum { COUNT = sizeof budgets / sizeof budgets[0], CHANNELS = 20 };
    static channel h[2 * CHANNELS];
    double last[2 * CHANNELS], last_mean = INFINITY;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        draw_clusters(i, h[2 * i]);
        draw_white(i, h[2 * i + 1]);
    }
    for (size_t b = 0; b < COUNT; b++) {
        ends c = open_bits(budgets[b]);
        double mean = 0;
        for (size_t i = 0; i < 2 * CHANNELS; i++) {
            double lost = lose(&c, h[i], ENTRIES);
            CHECK(lost <= 1);
            CHECK(b == 0 || lost < 1.02 * last[i]);
            CHECK(budgets[b] < 256 || lost < last[i]);
            last[i] = lost;
            mean += lost / (2 * CHANNELS);
        }
        printf("    %5u bits: %.2f dB\n", budgets[b], 10 * log10(mean));
        CHECK(mean < last_mean);
        last_mean = mean;
        close_ends(&c);
    }
    CHECK(last_mean < 1e-4);
}

/* At many bits for each tap: a cell's mean squared error is step^2 / 6, and a bit less of each part
 * doubles the step. */
static void a_bit_of_each_part_is_worth_six_db(void)
{
    static channel h;
    draw_white(0, h);
    ends few = open_bits(8 * ENTRIES), many = open_bits(12 * ENTRIES);
    double db = 10 * log10(lose(&few, h, ENTRIES) / lose(&many, h, ENTRIES));
    printf("    2 bits more of each part: %.2f dB\n", db);
    CHECK_NEAR(db, 2 * 6.02, 0.5);
    /* The rate-distortion bound of white complex Gaussian taps is 2^-R in R bits a tap; a uniform
     * quantizer with entropy coding is 1.53 dB above it. */
    double above = 10 * log10(lose(&many, h, ENTRIES)) + 12 * 10 * log10(2);
    printf("    %.2f dB above the rate-distortion bound\n", above);
    CHECK(above > 1 && above < 2.5);
    close_ends(&few);
    close_ends(&many);
}

static void clusters_cost_less_than_scattered_taps(void)
{
    static channel h, shuffled;
    double clustered = 0, scattered = 0;
    ends c = open_bits(512);
    for (uint32_t i = 0; i < 20; i++) {
        draw_clusters(i, h);
        for (size_t k = 0; k < ENTRIES; k++) /* 389 and 1024 have no factor in common */
            shuffled[k * 389 % ENTRIES] = h[k];
        clustered += lose(&c, h, ENTRIES);
        scattered += lose(&c, shuffled, ENTRIES);
    }
    printf("    scattered taps lose %.2f dB more\n", 10 * log10(scattered / clustered));
    CHECK(scattered > 1.3 * clustered);
    close_ends(&c);
}

static void scale_changes_nothing(void)
{
    static channel h, scaled, back;
    ends c = open_bits(1024);
    draw_clusters(3, h);
    double lost = lose(&c, h, ENTRIES);
    for (int decade = -8; decade <= 6; decade++) {
        for (int k = 0; k < ENTRIES; k++)
            scaled[k] = h[k] * powf(10, (float)decade);
        CHECK_NEAR(lose(&c, scaled, ENTRIES) / lost, 1, 0.1); /* another place between steps */
    }
    /* Beyond the steps that there are: zeros, or as much as the highest levels hold. */
    static const float hostile[] = {1e-38f, 1e-30f, 1e30f, 3e37f};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        for (int k = 0; k < ENTRIES; k++)
            scaled[k] = h[k] * hostile[i];
        CHECK(encode(&c, scaled, NULL) == ERR_NONE && decode(&c, back, NULL) == ERR_NONE);
        CHECK(csi_nmse(scaled, back, ENTRIES) <= 1);
        CHECK(hostile[i] > 1 || csi_energy(back, ENTRIES) == 0);
    }
    close_ends(&c);
}

static void zeros_come_back_as_zeros(void)
{
    static const uint32_t budgets[] = {32, 1024, 16384};
    static channel h, back;
    for (size_t b = 0; b < 3; b++) {
        ends c = open_bits(budgets[b]);
        memset(h, 0, sizeof h);
        CHECK(encode(&c, h, NULL) == ERR_NONE && decode(&c, back, NULL) == ERR_NONE);
        CHECK(csi_energy(back, ENTRIES) == 0);
        for (uint32_t k = 0; k < budgets[b] / 8; k++)
            CHECK(c.payload.side[k] == 0);
        /* One tap alone, at the budget's least: its level and one of nine phases. */
        h[7 * NI + 3] = 1 + 2 * I;
        CHECK(lose(&c, h, ENTRIES) < 0.2);
        h[5] = NAN;
        CHECK(encode(&c, h, NULL) == ERR_FORMAT);
        h[5] = I * INFINITY;
        CHECK(encode(&c, h, NULL) == ERR_FORMAT);
        close_ends(&c);
    }
}

static void any_shape_is_coded(void)
{
    static const char *const specs[] = {
        "transform:bits=32,nt=1,ni=1",    "transform:bits=16384,nt=1,ni=1",
        "transform:bits=64,nt=1,ni=256",  "transform:bits=64,nt=256,ni=1",
        "transform:bits=512,nt=3,ni=7",   "transform:bits=2048,nt=64,ni=128",
        "transform:bits=48,nt=32,ni=256", "transform:bits=16384,nt=2,ni=2"};
    static float complex h[TAPS_MAX];
    rng r = rng_at(8, RNG_TEST, 0, 0);
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        ends c = open_ends(specs[i]);
        size_t n = codec_output_size(codec_info_of(c.encoder));
        rng_normal_fill(&r, (float *)h, 2 * n, 1);
        h[n / 2] = 20;
        CHECK(lose(&c, h, n) < 1);
        close_ends(&c);
    }
}

/* --- the string of taps ------------------------------------------------------------------------
 */

static uint16_t level[ENTRIES], level_back[ENTRIES];
static uint32_t phase[ENTRIES], phase_back[ENTRIES];

/* `count` taps anywhere, of geometric levels. */
static void draw_taps(uint32_t stream, uint32_t count)
{
    rng r = rng_at(9, RNG_TEST, 0, stream);
    memset(level, 0, sizeof level);
    memset(phase, 0, sizeof phase);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (uint32_t)(rng_uniform(&r) * ENTRIES);
        double size = exp2(stream % 2 ? 16 * rng_uniform(&r) : -log2(1 - rng_uniform(&r)));
        level[at] = (uint16_t)fmin(size, TAPS_LEVEL_MAX);
        phase[at] = (uint32_t)(rng_uniform(&r) * taps_phases(level[at]));
    }
}

static void taps_come_back_as_measured(void)
{
    static uint8_t bytes[16 * ENTRIES];
    taps x = {NT, NI, level, phase}, y = {NT, NI, level_back, phase_back};
    taps_work *w = taps_open(NT, NI, 8 * sizeof bytes, NULL);
    REQUIRE(w != NULL);
    for (uint32_t stream = 0; stream < 60; stream++) {
        uint32_t count = stream * stream / 3;
        for (int listed = 0; listed < 2; listed++) {
            draw_taps(stream, count);
            memset(bytes, 0, sizeof bytes);
            uint32_t measured = taps_measure(w, &x, listed, UINT32_MAX - 1);
            arith a = arith_write(bytes, 11, 8 * sizeof bytes);
            taps_write(w, &x, listed, &a);
            uint32_t written = arith_finish(&a);
            CHECK(!a.full && written <= measured && written + 1 >= measured);
            CHECK(taps_measure(w, &x, listed, measured / 2) > measured / 2 || measured < 2);
            a = arith_read(bytes, 11, 8 * sizeof bytes);
            memset(level_back, 0xff, sizeof level_back);
            CHECK(taps_read(w, &a, &y, NULL) == ERR_NONE);
            CHECK(memcmp(level, level_back, sizeof level) == 0);
            for (size_t i = 0; i < ENTRIES; i++)
                CHECK(level[i] == 0 || phase[i] == phase_back[i]);
        }
    }
    taps_close(w);
}

/* A tap is nearer to its value than the cell's corner, whatever level and phase it falls on. */
static void a_value_is_in_its_cell(void)
{
    rng r = rng_at(10, RNG_TEST, 0, 0);
    for (int i = 0; i < 2000; i++) {
        float complex tap = cexpf((float)(log(TAPS_LEVEL_MAX) * rng_uniform(&r)) +
                                  I * (float)(6.28 * rng_uniform(&r)));
        uint32_t l = (uint32_t)cabsf(tap), count = taps_phases(l);
        double turn = (double)cargf(tap) / (2 * M_PI) + 1;
        uint32_t q = (uint32_t)lrint(turn * count) % count;
        CHECK(cabsf(tap - taps_value(l, q)) < 0.85f + 1e-6f * (float)l);
    }
}

/* White channels of few taps are what a list of places is for. It must never cost much more than
 * places, phases and levels of one step do by themselves. */
static void scattered_places_cost_no_more_than_their_rank(void)
{
    static uint32_t work[ENTRIES / 32 + 1];
    taps x = {NT, NI, level, phase};
    taps_work *w = taps_open(NT, NI, 1024, NULL);
    REQUIRE(w != NULL);
    for (uint32_t count = 1; count < 200; count += 11) {
        rng r = rng_at(11, RNG_TEST, 0, count);
        memset(level, 0, sizeof level);
        for (uint32_t i = 0; i < count; i++)
            level[(uint32_t)(rng_uniform(&r) * ENTRIES)] = 1;
        uint32_t taken = 0;
        for (size_t i = 0; i < ENTRIES; i++)
            taken += level[i];
        double rest =
            taken * log2(taps_phases(1)) + log2(ENTRIES + 1) + 4 /* the list's decision */;
        double levels = taken * 1.0; /* far less, once the chances have adapted */
        uint32_t measured = taps_measure(w, &x, true, 1 << 16);
        CHECK(measured < enumerative_bits(ENTRIES, taken, work) + rest + levels + 3);
        uint32_t open = taps_measure(w, &x, false, 1 << 16);
        CHECK(open + 8 < measured || taps_listing_is_near(w, &x));
    }
    taps_close(w);
}

/* Taps that stand anywhere and alone: the encoder lists them where that is shorter. The first
 * decision after the step says so: its chance is 1/16, and true comes first. */
static void the_encoder_lists_where_that_is_shorter(void)
{
    static channel h;
    uint32_t listed = 0;
    ends c = open_ends("transform:bits=1024,nt=32,ni=256");
    static float complex wide[TAPS_MAX];
    for (uint32_t i = 0; i < 40; i++) {
        rng r = rng_at(12, RNG_TEST, 0, i);
        memset(wide, 0, sizeof wide);
        for (int k = 0; k < 80; k++)
            wide[(int)(rng_uniform(&r) * TAPS_MAX)] = (float)exp(-3 * rng_uniform(&r));
        CHECK(lose(&c, wide, TAPS_MAX) < 0.5);
        arith a = arith_read(c.payload.side, STEP_LAW.bits, 1024);
        arith_chance chance = arith_chance_of(65536 / 16, ARITH_MEMORY);
        listed += arith_bit(&a, &chance, false);
    }
    close_ends(&c);
    printf("    %u of 40 channels of 80 taps in 8,192 are listed\n", listed);
    CHECK(listed > 20); /* by 5 % of the bits; one step's worth is not always there */
    c = open_bits(1024);
    for (uint32_t i = 0; i < 10; i++) {
        draw_scattered(i, 70, h);
        CHECK(lose(&c, h, ENTRIES) < 0.05);
    }
    close_ends(&c);
}

/* --- payloads from outside ---------------------------------------------------------------------
 */

static void what_is_malformed_is_refused(void)
{
    static channel h, out;
    ends c = open_bits(1024);
    err e = {0};
    draw_clusters(1, h);
    REQUIRE(encode(&c, h, NULL) == ERR_NONE);
    payload good = c.payload;
    c.payload.side_bits = 1023;
    CHECK(decode(&c, out, &e) == ERR_FORMAT && says(&e, "transform takes 0 and 1024"));
    c.payload = good;
    /* A bit behind the string, or a string that says something else: hardly any is one of ours. */
    uint32_t refused = 0;
    for (uint32_t at = STEP_LAW.bits; at < 1024; at++) {
        c.payload.side[at / 8] ^= (uint8_t)(1u << at % 8);
        int rc = decode(&c, out, &e);
        CHECK(rc == ERR_NONE || (rc == ERR_FORMAT && e.text[0]));
        refused += rc != ERR_NONE;
        c.payload.side[at / 8] ^= (uint8_t)(1u << at % 8);
    }
    printf("    %u of %u wrong bits are noticed\n", refused, 1024 - STEP_LAW.bits);
    CHECK(refused > 950);
    CHECK(decode(&c, out, NULL) == ERR_NONE);
    memset(c.payload.side, 0, 128);
    CHECK(decode(&c, out, NULL) == ERR_NONE && csi_energy(out, ENTRIES) == 0);
    c.payload.side[100] = 4;
    CHECK(decode(&c, out, &e) == ERR_FORMAT && says(&e, "channel of zeros"));
    close_ends(&c);
}

static void random_payloads_are_finite_or_refused(void)
{
    static const char *const specs[] = {"transform:bits=32", "transform:bits=1024",
                                        "transform:bits=16384,nt=32,ni=256",
                                        "transform:bits=64,nt=2,ni=2"};
    static float complex out[TAPS_MAX];
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        ends c = open_ends(specs[i]);
        uint32_t bits = codec_info_of(c.encoder)->shape.side_bits_max;
        for (uint32_t round = 0; round < 150; round++) {
            rng r = rng_at(13, RNG_TEST, (uint32_t)i, round);
            /* Later rounds have more zeros: other decisions come true. */
            for (uint32_t k = 0; k < bits / 8; k++)
                c.payload.side[k] = rng_uniform(&r) * 150 > round ? (uint8_t)rng_u32(&r) : 0;
            err e = {0};
            c.payload.side_bits = bits;
            int rc = decode(&c, out, &e);
            CHECK(rc == ERR_NONE || (rc == ERR_FORMAT && e.text[0]));
            for (size_t k = 0; rc == ERR_NONE && k < codec_output_size(codec_info_of(c.encoder));
                 k++)
                REQUIRE(isfinite(crealf(out[k])) && isfinite(cimagf(out[k])));
        }
        close_ends(&c);
    }
}

static void wrong_arguments_are_refused(void)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"transform:bits=31", "bits=N from 32 to 16384"},
        {"transform:bits=16385", "bits=16385"},
        {"transform:bits=1e9", "bits=1e9"},
        {"transform:bits=nan", "bits=nan"},
        {"transform:bits", "option 'bits' of codec transform is not"},
        {"transform:nt=0", "nt=N from 1 to 256"},
        {"transform:ni=257", "ni=N from 1 to 256"},
        {"transform:nt=256,ni=33", "256 x 33 taps; at most 8192 in all"},
        {"transform:taps=3", "option taps=3 of codec transform"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        CHECK(codec_load(CODEC_DECODER, cases[i].spec, &e) == NULL && e.code == ERR_INVALID);
        CHECK(says(&e, cases[i].says));
    }
}

/* Marks: EricssonResearch/icassp-2023 keeps the K = 221, 55 or 13 largest taps, with an index of 10
 * bits and mu-law values, at the same bits. Its figures are of the public test sets. */
static void the_public_coder_is_beaten(void)
{
    enum { SAMPLES = 300 };
    static const struct {
        const char *file;
        uint32_t bits;
        double public_db;
    } cases[] = {
        {"cost2100/DATA_Htestin.mat", 16384, -25.75}, {"cost2100/DATA_Htestin.mat", 4096, -15.39},
        {"cost2100/DATA_Htestin.mat", 1024, -8.73},   {"cost2100/DATA_Htestout.mat", 16384, -17.67},
        {"cost2100/DATA_Htestout.mat", 4096, -9.81},  {"cost2100/DATA_Htestout.mat", 1024, -4.61}};
    static channel h;
    const csi_dims dims = CSI_DIMS_DEFAULT;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = harness_reference(cases[i].file);
        csi_dataset set;
        if (!path) {
            harness_skip("the reference data are not there");
            return;
        }
        REQUIRE(csi_dataset_read(path, &dims, &set, NULL) == ERR_NONE && set.samples >= SAMPLES);
        ends c = open_bits(cases[i].bits);
        double mean = 0;
        for (size_t k = 0; k < SAMPLES; k++) {
            csi_image_to_ad(&dims, set.x + 2 * k * ENTRIES, 1, h);
            mean += lose(&c, h, ENTRIES) / SAMPLES;
        }
        printf("    %s, %u bits: %.2f dB\n", cases[i].file, cases[i].bits, 10 * log10(mean));
        CHECK(10 * log10(mean) < cases[i].public_db - 9);
        close_ends(&c);
        csi_dataset_free(&set);
    }
}

static const harness_test tests[] = {
    {"more bits lose less, on every channel and in the mean", more_bits_lose_less},
    {"at many bits a tap, a bit of each part is worth 6 dB, near the bound",
     a_bit_of_each_part_is_worth_six_db},
    {"clustered taps cost less than scattered ones", clusters_cost_less_than_scattered_taps},
    {"a channel of any scale is coded alike, one beyond the steps without harm",
     scale_changes_nothing},
    {"zeros and a single tap come back as they are, a channel that is not finite is refused",
     zeros_come_back_as_zeros},
    {"matrices of any shape are coded", any_shape_is_coded},
    {"a public coder of the largest taps is beaten on the reference sets",
     the_public_coder_is_beaten},
    {"a string of taps is read as it was written, in the bits that were measured",
     taps_come_back_as_measured},
    {"a tap's reconstruction is within its cell", a_value_is_in_its_cell},
    {"a list of places costs their enumerative rank",
     scattered_places_cost_no_more_than_their_rank},
    {"the encoder lists places where that is shorter", the_encoder_lists_where_that_is_shorter},
    {"a payload that no encoder makes is refused", what_is_malformed_is_refused},
    {"a random payload is finite or refused", random_payloads_are_finite_or_refused},
    {"wrong arguments are refused with what is right", wrong_arguments_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "codec transform", tests, sizeof tests / sizeof tests[0]);
}
