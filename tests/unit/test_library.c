/* The public library: what include/csilink.h promises, through that header alone. */
#include "harness.h"

#include <csilink.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NT = 32,
    NC = 1024,
    NI = 32,
    TAPS = NT * NI,
    BAND = NT * NC,
    BOTH = CSL_ENCODER | CSL_DECODER
};

static const csl_dims dims = {NT, NC, NI};

static csl_complex *room(size_t entries)
{
    csl_complex *h = calloc(entries, sizeof *h);
    REQUIRE(h != NULL);
    return h;
}

/* Refused with this code, and a message that has this text. */
static bool refused(int rc, int code, const char *text)
{
    if (rc == code && strstr(csl_error(), text))
        return true;
    printf("    %d: %s\n", rc, rc ? csl_error() : "no failure");
    return false;
}

static csl_channel *channel_of(const char *spec)
{
    csl_channel *c;
    if (csl_channel_open(spec, &c) != CSL_OK)
        printf("    %s\n", csl_error());
    REQUIRE(c != NULL);
    return c;
}

static csl_codec *codec_of(const char *spec)
{
    csl_codec *c;
    if (csl_codec_open(spec, BOTH, 0, &c) != CSL_OK)
        printf("    %s\n", csl_error());
    REQUIRE(c != NULL);
    return c;
}

static csl_payload *payloads_of(const csl_codec *c, uint32_t n)
{
    csl_payload *p;
    REQUIRE(csl_payloads_create(c, n, &p) == CSL_OK);
    return p;
}

static void draw(const char *spec, int domain, uint32_t n, csl_complex *h)
{
    csl_channel *c = channel_of(spec);
    REQUIRE(csl_channel_sample(c, domain, 1, 0, n, 2, h) == CSL_OK);
    csl_channel_close(c);
}

static double mean_of(const double *x, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

static double nmse_db(uint32_t n, size_t entries, const csl_complex *h, const csl_complex *hhat)
{
    double nmse[64];
    REQUIRE(n <= 64 && csl_nmse(n, entries, h, hhat, nmse) == CSL_OK);
    return 10 * log10(mean_of(nmse, n));
}

static void versions_agree(void)
{
    CHECK(strcmp(csl_version(), CSL_VERSION) == 0);
    CHECK(csl_abi() == CSL_ABI);
    CHECK(strcmp(csl_error_name(CSL_INVALID), "invalid argument") == 0);
    CHECK(strcmp(csl_error_name(77), "unknown error") == 0);
}

static void a_spec_sets_sizes_and_says_what_is_wrong(void)
{
    csl_dims d;
    csl_channel *c = channel_of("rayleigh:nt=8:eva:nc=256:ni=16:speed=30");
    CHECK(csl_channel_dims(c, &d) == CSL_OK && d.nt == 8 && d.nc == 256 && d.ni == 16);
    CHECK(strstr(csl_channel_describe(c), "30 km/h") != NULL);
    CHECK(csl_channel_samples(c) == 0);
    csl_channel_close(c);
    CHECK(refused(csl_channel_open("rayleigh:nt=0", &c), CSL_INVALID, "nt=0") && !c);
    CHECK(refused(csl_channel_open("rayleigh:nt=2.5", &c), CSL_INVALID, "whole"));
    CHECK(refused(csl_channel_open("rayleigh:speed=nan", &c), CSL_INVALID, "speed=nan"));
    CHECK(refused(csl_channel_open("rayleigh:speed=1:speed=1", &c), CSL_INVALID, "twice"));
    CHECK(refused(csl_channel_open("rayleigh:ni=64:nc=32", &c), CSL_INVALID, "ni"));
    CHECK(refused(csl_channel_open("raleigh", &c), CSL_INVALID, "unknown channel"));
    CHECK(refused(csl_channel_open("speed=3", &c), CSL_INVALID, "unknown channel"));
    CHECK(refused(csl_channel_open("", &c), CSL_INVALID, "unknown channel"));
    CHECK(refused(csl_channel_open("no.mat", &c), CSL_IO, "no.mat"));
    char longer[1000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    CHECK(refused(csl_channel_open(longer, &c), CSL_INVALID, "characters"));
}

static void samples_depend_on_seed_and_number_alone(void)
{
    csl_complex *one = room(40 * TAPS), *two = room(40 * TAPS);
    csl_channel *c = channel_of("cost2100-indoor");
    REQUIRE(csl_channel_sample(c, CSL_ANGLE_DELAY, 7, 0, 40, 1, one) == CSL_OK);
    REQUIRE(csl_channel_sample(c, CSL_ANGLE_DELAY, 8, 0, 40, 3, two) == CSL_OK);
    CHECK(memcmp(one, two, 40 * TAPS * sizeof *one) != 0);
    REQUIRE(csl_channel_sample(c, CSL_ANGLE_DELAY, 7, 0, 23, 3, two) == CSL_OK);
    REQUIRE(csl_channel_sample(c, CSL_ANGLE_DELAY, 7, 23, 17, 0, two + 23 * TAPS) == CSL_OK);
    CHECK(memcmp(one, two, 40 * TAPS * sizeof *one) == 0);
    csl_channel_close(c);
    free(one);
    free(two);
}

static void the_two_domains_are_one_channel(void)
{
    csl_complex *h = room(4 * BAND), *a = room(4 * TAPS), *of_h = room(4 * TAPS),
                *back = room(BAND);
    csl_transform *t;
    draw("uma-nlos", CSL_FREQUENCY, 4, h);
    draw("uma-nlos", CSL_ANGLE_DELAY, 4, a);
    REQUIRE(csl_transform_open(&dims, &t) == CSL_OK);
    REQUIRE(csl_transform_angle_delay(t, 4, h, of_h) == CSL_OK);
    CHECK(nmse_db(4, TAPS, a, of_h) < -90);
    /* Without what the cut takes, the way back and forth changes nothing. */
    REQUIRE(csl_transform_frequency(t, 1, a, back) == CSL_OK);
    REQUIRE(csl_transform_angle_delay(t, 1, back, of_h) == CSL_OK);
    CHECK(nmse_db(1, TAPS, a, of_h) < -120);
    /* Entry [k][n] is antenna k, subcarrier n: a path of one tap turns along n alone. */
    memset(a, 0, TAPS * sizeof *a);
    a[NT / 2 * NI + 1] = 1; /* broadside, one tap late */
    REQUIRE(csl_transform_frequency(t, 1, a, back) == CSL_OK);
    CHECK(cabsf(back[0] - back[5 * NC]) < 1e-6f);
    CHECK(cabsf(back[NC / 4] - back[0] * -I) < 1e-6f);
    csl_transform_close(t);
    free(h), free(a), free(of_h), free(back);
}

static void a_ue_at_rest_keeps_its_channel_and_one_that_moves_does_not(void)
{
    csl_complex *h = room(6 * TAPS), *first = room(2 * TAPS);
    csl_channel *c = channel_of("cost2100-indoor:speed=3");
    REQUIRE(csl_channel_sequence(c, CSL_ANGLE_DELAY, 1, 0, 2, 3, 0, 0.05, 2, h) == CSL_OK);
    REQUIRE(csl_channel_sample(c, CSL_ANGLE_DELAY, 1, 0, 2, 1, first) == CSL_OK);
    CHECK(memcmp(h, first, TAPS * sizeof *h) == 0);
    CHECK(memcmp(h + 3 * TAPS, first + TAPS, TAPS * sizeof *h) == 0);
    CHECK(nmse_db(1, TAPS, h, h + TAPS) < nmse_db(1, TAPS, h, h + 2 * TAPS));
    csl_channel_close(c);
    c = channel_of("cost2100-indoor");
    REQUIRE(csl_channel_sequence(c, CSL_ANGLE_DELAY, 1, 0, 1, 2, 0, 1, 1, h) == CSL_OK);
    CHECK(memcmp(h, h + TAPS, TAPS * sizeof *h) == 0);
    CHECK(refused(csl_channel_sequence(c, 0, 1, 0, 1, 2, NAN, 1, 1, h), CSL_INVALID, "finite"));
    CHECK(refused(csl_channel_sequence(c, 2, 1, 0, 1, 2, 0, 1, 1, h), CSL_INVALID, "domain 2"));
    CHECK(refused(csl_channel_sample(c, 0, 1, UINT32_MAX, 2, 1, h), CSL_INVALID, "end at"));
    CHECK(refused(csl_channel_sample(c, 0, 1, 0, 1, 257, h), CSL_INVALID, "257 threads"));
    csl_channel_close(c);
    free(h), free(first);
}

static void every_sample_of_a_file_comes_once(void)
{
    csl_channel *c = channel_of("models/replay-cost2100-indoor.mat");
    uint64_t n = csl_channel_samples(c);
    REQUIRE(n > 1 && n < 100000);
    csl_complex *h = room((n + 1) * TAPS);
    REQUIRE(csl_channel_sample(c, CSL_ANGLE_DELAY, 1, 0, (uint32_t)n + 1, 1, h) == CSL_OK);
    CHECK(memcmp(h, h + n * TAPS, TAPS * sizeof *h) == 0);
    for (uint64_t i = 1; i < n; i++)
        CHECK(memcmp(h, h + i * TAPS, TAPS * sizeof *h) != 0);
    csl_channel_close(c);
    free(h);
}

static void images_go_both_ways(void)
{
    csl_complex *a = room(3 * TAPS), *back = room(3 * TAPS);
    float *image = calloc(3 * 2 * TAPS, sizeof *image), scale[3];
    draw("cost2100-outdoor", CSL_ANGLE_DELAY, 2, a); /* the third stays zero */
    REQUIRE(csl_image_from_angle_delay(&dims, 3, a, image, scale) == CSL_OK);
    CHECK(scale[0] > 0 && scale[2] == 0 && image[4 * TAPS] == 0.5f);
    for (size_t i = 0; i < 6 * TAPS; i++)
        CHECK(image[i] >= 0 && image[i] <= 1);
    REQUIRE(csl_image_to_angle_delay(&dims, 3, image, scale, back) == CSL_OK);
    CHECK(nmse_db(3, TAPS, a, back) < -100);
    scale[1] = -1;
    CHECK(refused(csl_image_to_angle_delay(&dims, 3, image, scale, back), CSL_INVALID, "scale 1"));
    scale[1] = 1, image[0] = NAN;
    CHECK(refused(csl_image_to_angle_delay(&dims, 3, image, scale, back), CSL_INVALID, "finite"));
    free(a), free(back), free(image);
}

static void pilots_err_by_their_snr(void)
{
    csl_complex *h = room(8 * BAND), *hhat = room(8 * BAND);
    csl_pilots *p;
    draw("rayleigh:eva", CSL_FREQUENCY, 8, h);
    REQUIRE(csl_pilots_open(&dims, 0, CSL_PILOTS_DFT, &p) == CSL_OK);
    REQUIRE(csl_pilots_estimate(p, 1, 0, 0, (double)INFINITY, 8, h, hhat) == CSL_OK);
    CHECK(nmse_db(8, BAND, h, hhat) < -100);
    REQUIRE(csl_pilots_estimate(p, 1, 0, 0, 10, 8, h, hhat) == CSL_OK);
    CHECK_NEAR(nmse_db(8, BAND, h, hhat), -10, 0.1);
    memcpy(hhat, h, BAND * sizeof *h); /* in place: the same numbers */
    REQUIRE(csl_pilots_estimate(p, 1, 0, 0, 10, 1, hhat, hhat) == CSL_OK);
    CHECK_NEAR(nmse_db(1, BAND, h, hhat), -10, 0.3);
    CHECK(refused(csl_pilots_estimate(p, 1, 0, 0, NAN, 1, h, hhat), CSL_INVALID, "SNR"));
    csl_pilots_close(p);
    CHECK(refused(csl_pilots_open(&dims, 33, CSL_PILOTS_HADAMARD, &p), CSL_INVALID, "") && !p);
    CHECK(refused(csl_pilots_open(&dims, 8, CSL_PILOTS_DFT, &p), CSL_INVALID, "tp"));
    CHECK(refused(csl_pilots_open(&dims, 0, 5, &p), CSL_INVALID, "family 5"));
    free(h), free(hhat);
}

static void metrics_know_the_truth_and_refuse_nonsense(void)
{
    csl_complex *h = room(2 * BAND), *other = room(2 * BAND);
    double own[2], more[2];
    draw("rayleigh", CSL_FREQUENCY, 2, h);
    draw("cost2100-indoor", CSL_FREQUENCY, 2, other);
    CHECK(csl_nmse(2, BAND, h, h, own) == CSL_OK && own[0] == 0);
    CHECK(csl_sgcs(NT, NC, 2, h, h, own) == CSL_OK);
    CHECK_NEAR(own[1], 1, 1e-6);
    CHECK(csl_sgcs(NT, NC, 2, h, other, own) == CSL_OK && own[0] > 0 && own[0] < 0.9);
    CHECK(csl_rate(NT, NC, 2, h, h, 10, more) == CSL_OK);
    CHECK(csl_rate(NT, NC, 2, h, other, 10, own) == CSL_OK && own[0] < more[0]);
    CHECK(refused(csl_rate(NT, NC, 2, h, h, NAN, own), CSL_INVALID, "SNR"));
    CHECK(refused(csl_sgcs(0, NC, 2, h, h, own), CSL_INVALID, "nt"));
    memset(h, 0, BAND * sizeof *h);
    CHECK(refused(csl_nmse(2, BAND, h, other, own), CSL_INVALID, "sample 0"));
    other[BAND + 3] = NAN;
    CHECK(refused(csl_nmse(2, BAND, h, other, own), CSL_INVALID, "entry 3 of sample 1"));
    CHECK(refused(csl_nmse(1, 0, h, other, own), CSL_INVALID, "0 entries"));
    free(h), free(other);
}

/* The chain by hand is the chain of csl_evaluate, and so of `csilink eval`. */
static void the_parts_make_the_chain(const char *spec, double snr_db)
{
    enum { N = 20 };
    csl_complex *h = room(N * TAPS), *hhat = room(N * TAPS);
    csl_arrival arrival[N];
    csl_uplink *uplink;
    csl_figures f;
    csl_codec *codec = codec_of(spec);
    csl_payload *p = payloads_of(codec, N);
    const csl_air air = {.seed = 1, .snr_db = snr_db};
    csl_evaluation e;
    draw("cost2100-indoor", CSL_ANGLE_DELAY, N, h);
    REQUIRE(csl_uplink_open("analog:r4", codec, &uplink) == CSL_OK);
    REQUIRE(csl_codec_encode(codec, CSL_ANGLE_DELAY, N, h, p) == CSL_OK);
    REQUIRE(csl_uplink_transmit(uplink, &air, N, p, p, arrival) == CSL_OK);
    REQUIRE(csl_codec_decode(codec, N, p, hhat) == CSL_OK);
    csl_evaluation_init(&e);
    e.channel = "cost2100-indoor", e.codec = spec, e.uplink = "analog:r4";
    e.snr_db = &snr_db, e.snrs = 1, e.samples = N, e.estimated = 0;
    REQUIRE(csl_evaluate(&e, &f) == CSL_OK);
    CHECK_NEAR(nmse_db(N, TAPS, h, hhat), f.nmse_db, 1e-9);
    CHECK_NEAR(arrival[0].channel_uses, f.channel_uses, 1e-9);
    CHECK(f.samples == N && f.not_decoded == 0);
    csl_uplink_close(uplink);
    csl_payloads_free(p);
    csl_codec_close(codec);
    free(h), free(hhat);
}

static void parts_and_chain_agree(void)
{
    the_parts_make_the_chain("csilink-net-cr8-indoor", 10);
    the_parts_make_the_chain("csilink-net-cr8-indoor", (double)INFINITY);
    the_parts_make_the_chain("klt:klt-indoor,cr=8", 5);
}

static void both_domains_encode_to_one_payload(void)
{
    csl_complex *h = room(BAND), *a = room(TAPS);
    csl_codec *c = codec_of("transform:bits=512");
    csl_payload *p = payloads_of(c, 2);
    csl_codec_info info;
    csl_transform *t;
    draw("rayleigh", CSL_ANGLE_DELAY, 1, a);
    REQUIRE(csl_transform_open(&dims, &t) == CSL_OK);
    REQUIRE(csl_transform_frequency(t, 1, a, h) == CSL_OK);
    REQUIRE(csl_codec_get_info(c, &info) == CSL_OK);
    CHECK(info.bits_max == 512 && info.values_max == 0 && info.entries == TAPS);
    REQUIRE(csl_codec_encode(c, CSL_ANGLE_DELAY, 1, a, p) == CSL_OK);
    REQUIRE(csl_codec_encode(c, CSL_FREQUENCY, 1, h, p + 1) == CSL_OK);
    REQUIRE(csl_codec_decode(c, 1, p, h) == CSL_OK);
    REQUIRE(csl_codec_decode(c, 1, p + 1, h + TAPS) == CSL_OK);
    CHECK(nmse_db(1, TAPS, h, h + TAPS) < -30);
    csl_transform_close(t);
    csl_payloads_free(p);
    csl_codec_close(c);
    free(h), free(a);
}

static void hostile_payloads_are_refused(void)
{
    csl_complex *h = room(TAPS);
    csl_codec *c = codec_of("csilink-net-cr8-indoor"), *half;
    csl_payload *p = payloads_of(c, 1), broken;
    draw("cost2100-indoor", CSL_ANGLE_DELAY, 1, h);
    REQUIRE(csl_codec_encode(c, CSL_ANGLE_DELAY, 1, h, p) == CSL_OK);
    REQUIRE(csl_codec_decode(c, 1, p, h) == CSL_OK); /* never sent: its SNR is infinite */
    draw("cost2100-indoor", CSL_ANGLE_DELAY, 1, h);
    broken = *p, broken.values = 1000000;
    CHECK(refused(csl_codec_decode(c, 1, &broken, h), CSL_FORMAT, "1000000 values"));
    broken = *p, broken.value = NULL;
    CHECK(refused(csl_codec_decode(c, 1, &broken, h), CSL_INVALID, "NULL"));
    broken = *p, broken.snr_db = NAN;
    CHECK(refused(csl_codec_decode(c, 1, &broken, h), CSL_INVALID, "snr_db"));
    broken = *p, broken.builds_on = 1;
    CHECK(refused(csl_codec_decode(c, 1, &broken, h), CSL_FORMAT, "builds on"));
    broken = *p, broken.bits = 3;
    p->bit[0] = 0xff;
    CHECK(refused(csl_codec_decode(c, 1, &broken, h), CSL_FORMAT, "behind"));
    p->bit[0] = 0, p->value[5] = NAN;
    CHECK(refused(csl_codec_decode(c, 1, p, h), CSL_FORMAT, "value 5"));
    h[7] = INFINITY;
    CHECK(refused(csl_codec_encode(c, CSL_ANGLE_DELAY, 1, h, p), CSL_INVALID, "entry 7"));
    h[7] = 0;
    broken = (csl_payload){0};
    CHECK(refused(csl_codec_encode(c, 1, 1, h, &broken), CSL_INVALID, "no memory"));
    CHECK(refused(csl_codec_encode(c, 9, 1, h, p), CSL_INVALID, "domain 9"));
    REQUIRE(csl_codec_open("csilink-net-cr8-indoor", CSL_ENCODER, 0, &half) == CSL_OK);
    CHECK(refused(csl_codec_decode(half, 1, p, h), CSL_STATE, "without its decoder"));
    csl_codec_close(half);
    CHECK(refused(csl_codec_open("nonet", BOTH, 0, &half), CSL_IO, "nonet") && !half);
    CHECK(refused(csl_codec_open("ktl:x", BOTH, 0, &half), CSL_INVALID, "did you mean klt"));
    CHECK(refused(csl_codec_open("klt:klt-indoor,cr=8", 4, 0, &half), CSL_INVALID, "sides 4"));
    CHECK(refused(csl_codec_open("klt:klt-indoor,cr=8", BOTH, 9, &half), CSL_INVALID, "ni"));
    csl_payloads_free(p);
    csl_codec_close(c);
    free(h);
}

static void a_codec_with_memory_builds_on_what_was_decoded(void)
{
    enum { N = 5 };
    csl_complex *h = room(N * TAPS), *hhat = room(N * TAPS);
    csl_channel *channel = channel_of("rayleigh:speed=1");
    csl_codec *c = codec_of("dpcm"), *other;
    csl_payload *p = payloads_of(c, N);
    REQUIRE(csl_channel_sequence(channel, CSL_ANGLE_DELAY, 1, 0, 1, N, 0, 0.001, 1, h) == CSL_OK);
    REQUIRE(csl_codec_encode(c, CSL_ANGLE_DELAY, N, h, p) == CSL_OK);
    CHECK(p[0].builds_on == 0 && p[1].builds_on == 1 && p[4].builds_on == 4);
    REQUIRE(csl_codec_decode(c, N, p, hhat) == CSL_OK);
    CHECK(nmse_db(N, TAPS, h, hhat) < -10);
    /* Payload 2 is lost: the next has nothing to build on. */
    REQUIRE(csl_codec_clone(c, &other) == CSL_OK);
    REQUIRE(csl_codec_decode(other, 2, p, hhat) == CSL_OK);
    CHECK(refused(csl_codec_decode(other, 1, p + 3, hhat), CSL_STATE, "reset the encoder"));
    REQUIRE(csl_codec_decode(other, 1, p + 2, hhat) == CSL_OK); /* it comes late, after all */
    csl_codec_close(c);                                         /* the clone goes on */
    REQUIRE(csl_codec_reset(other) == CSL_OK);
    REQUIRE(csl_codec_encode(other, CSL_ANGLE_DELAY, 1, h, p) == CSL_OK);
    CHECK(p[0].builds_on == 0);
    REQUIRE(csl_codec_decode(other, 1, p, hhat) == CSL_OK);
    csl_codec_close(other);
    csl_payloads_free(p);
    csl_channel_close(channel);
    free(h), free(hhat);
}

static void precoders_stand_for_channels(void)
{
    enum { SUBBANDS = 13 };
    csl_complex *h = room(BAND), *known = room(BAND), *w = room(SUBBANDS * NT);
    csl_codec *c = codec_of("dft");
    csl_payload *p = payloads_of(c, 1);
    csl_codec_info info;
    double sgcs;
    draw("rayleigh", CSL_FREQUENCY, 1, h);
    REQUIRE(csl_codec_get_info(c, &info) == CSL_OK && info.subbands == SUBBANDS);
    CHECK((info.flags & CSL_GIVES_DIRECTIONS) != 0 && info.entries == SUBBANDS * NT);
    REQUIRE(csl_codec_encode(c, CSL_FREQUENCY, 1, h, p) == CSL_OK);
    REQUIRE(csl_codec_decode(c, 1, p, w) == CSL_OK);
    REQUIRE(csl_directions_expand(NT, NC, SUBBANDS, 1, w, known) == CSL_OK);
    REQUIRE(csl_sgcs(NT, NC, 1, h, known, &sgcs) == CSL_OK);
    CHECK(sgcs > 2.0 / NT && sgcs <= 1); /* a beam at random has 1 / NT */
    CHECK(refused(csl_directions_expand(NT, NC, 0, 1, w, known), CSL_INVALID, "0 subbands"));
    csl_payloads_free(p);
    csl_codec_close(c);
    free(h), free(known), free(w);
}

static void an_uplink_keeps_its_promises(void)
{
    enum { N = 12 };
    csl_complex *h = room(N * TAPS);
    csl_arrival one[N], two[N];
    csl_uplink *u, *other;
    csl_uplink_info info;
    csl_codec *c = codec_of("transform:bits=256");
    csl_payload *sent = payloads_of(c, N), *got = payloads_of(c, N);
    csl_air air = {.seed = 3, .snr_db = 20};
    draw("cost2100-indoor", CSL_ANGLE_DELAY, N, h);
    REQUIRE(csl_codec_encode(c, CSL_ANGLE_DELAY, N, h, sent) == CSL_OK);
    REQUIRE(csl_uplink_open("digital:qpsk,uses=256", c, &u) == CSL_OK);
    REQUIRE(csl_uplink_get_info(u, &info) == CSL_OK && info.can_fail && info.symbols >= 256);
    REQUIRE(csl_uplink_transmit(u, &air, N, sent, got, one) == CSL_OK);
    for (int i = 0; i < N; i++)
        CHECK(one[i].intact && got[i].bits == 256 && memcmp(got[i].bit, sent[i].bit, 32) == 0 &&
              fabs(one[i].snr_estimated_db - 20) < 8);
    air.snr_db = -15; /* nothing passes the check there, and nothing claims to */
    REQUIRE(csl_uplink_transmit(u, &air, N, sent, got, two) == CSL_OK);
    for (int i = 0; i < N; i++)
        CHECK(!two[i].intact);
    /* Later reports of one UE are known better: the estimate goes on. */
    air.snr_db = 10, air.sequence = 1;
    REQUIRE(csl_uplink_transmit(u, &air, N, sent, got, one) == CSL_OK);
    CHECK(fabs(one[N - 1].snr_estimated_db - 10) < 3);
    csl_uplink_reset(u);
    REQUIRE(csl_uplink_transmit(u, &air, N, sent, sent, two) == CSL_OK); /* in place */
    CHECK(memcmp(one, two, sizeof one) == 0);
    air.snr_db = NAN;
    CHECK(refused(csl_uplink_transmit(u, &air, 1, sent, got, one), CSL_INVALID, "SNR"));
    CHECK(refused(csl_uplink_open("analogue", c, &other), CSL_INVALID, "unknown uplink") && !other);
    CHECK(refused(csl_uplink_open_sizes("analog", 5, 4, 0, &other), CSL_INVALID, "5 to 4 bits"));
    csl_uplink_close(u);
    csl_payloads_free(sent);
    csl_payloads_free(got);
    csl_codec_close(c);
    free(h);
}

/* A codec of one's own: each delay tap at broadside alone, or what a test asks it to do wrong. */
enum { RIGHT, FAILS, SILENT, NOT_FINITE, TOO_MANY, NO_SIZE };

static int own_size(void *user, const char *arguments, csl_codec_sizes *s)
{
    if (*arguments)
        return csl_fail(CSL_INVALID, "it takes no arguments");
    s->nt = NT, s->ni = *(int *)user == NO_SIZE ? 0 : NI, s->values_max = 2 * NI;
    return CSL_OK;
}

static int own_encode(void *user, void *state, const csl_complex *a, csl_payload *out)
{
    (void)state;
    switch (*(int *)user) {
    case FAILS:
        return csl_fail(CSL_FORMAT, "it is Monday");
    case SILENT:
        return 1;
    }
    memcpy(out->value, a + NT / 2 * NI, NI * sizeof *a);
    out->values = *(int *)user == TOO_MANY ? 1000 : 2 * NI;
    return CSL_OK;
}

static int own_decode(void *user, void *state, const csl_payload *in, csl_complex *a)
{
    (void)state;
    if (in->values != 2 * NI)
        return csl_fail(CSL_FORMAT, "too few values");
    memcpy(a + NT / 2 * NI, in->value, NI * sizeof *a);
    if (*(int *)user == NOT_FINITE)
        a[0] = NAN;
    return CSL_OK;
}

static void a_codec_of_ones_own_is_a_codec(void)
{
    static int mode = RIGHT;
    const double snr_db[] = {(double)INFINITY};
    csl_codec_table table = {.size = own_size, .encode = own_encode, .decode = own_decode};
    csl_complex *h = room(TAPS);
    csl_evaluation e;
    csl_figures f;
    csl_codec *c;
    REQUIRE(csl_codec_register("broadside", &table, &mode) == CSL_OK);
    CHECK(refused(csl_codec_register("broadside", &table, &mode), CSL_INVALID, "already"));
    CHECK(refused(csl_codec_register("klt", &table, &mode), CSL_INVALID, "already"));
    CHECK(refused(csl_codec_register("Own", &table, &mode), CSL_INVALID, "lower-case"));
    CHECK(refused(csl_codec_register("", &table, &mode), CSL_INVALID, "lower-case"));
    CHECK(refused(csl_codec_register("a-name-of-sixteen", &table, NULL), CSL_INVALID, "15"));
    CHECK(refused(csl_codec_open("broadside:x", BOTH, 0, &c), CSL_INVALID, "no arguments"));
    c = codec_of("broadside");
    csl_payload *p = payloads_of(c, 1);
    draw("cost2100-indoor", CSL_ANGLE_DELAY, 1, h);
    CHECK(csl_codec_encode(c, CSL_ANGLE_DELAY, 1, h, p) == CSL_OK && p->values == 2 * NI);
    csl_evaluation_init(&e);
    e.channel = "rayleigh", e.codec = "broadside", e.snr_db = snr_db, e.snrs = 1, e.samples = 10;
    csl_fail(CSL_INVALID, "before");
    CHECK(csl_evaluate(&e, &f) == CSL_OK && f.nmse_db < 0 && f.nmse_db > -3 && f.samples == 10);
    CHECK(strcmp(csl_error(), "before") == 0); /* success leaves the last failure's message */
    mode = FAILS;
    CHECK(refused(csl_codec_encode(c, 1, 1, h, p), CSL_FORMAT, "broadside: it is Monday"));
    mode = SILENT;
    CHECK(refused(csl_codec_encode(c, 1, 1, h, p), CSL_INVALID, "without a message"));
    mode = TOO_MANY;
    CHECK(refused(csl_codec_encode(c, 1, 1, h, p), CSL_FORMAT, "1000 values"));
    mode = NOT_FINITE;
    CHECK(refused(csl_codec_decode(c, 1, p, h), CSL_FORMAT, "not finite"));
    mode = NO_SIZE;
    csl_codec *none;
    CHECK(refused(csl_codec_open("broadside", BOTH, 0, &none), CSL_INVALID, "ni 0"));
    table.decode = NULL;
    CHECK(refused(csl_codec_register("lame", &table, &mode), CSL_INVALID, "`decode`"));
    mode = RIGHT;
    csl_payloads_free(p);
    csl_codec_close(c);
    free(h);
}

static void kinds_end_at_32(void)
{
    static int mode = RIGHT;
    const csl_codec_table table = {.size = own_size, .encode = own_encode, .decode = own_decode};
    char name[16];
    int rc = CSL_OK, count = 1; /* the one above */
    for (; count < 100 && rc == CSL_OK; count += rc == CSL_OK) {
        snprintf(name, sizeof name, "own-%d", count);
        rc = csl_codec_register(name, &table, &mode);
    }
    CHECK(refused(rc, CSL_STATE, "32") && count == 32);
    csl_codec *c = codec_of("own-31");
    csl_codec_close(c);
}

static void an_evaluation_refuses_what_is_out_of_range(void)
{
    const double snr_db[] = {10, NAN};
    csl_figures f[2];
    csl_evaluation e;
    csl_evaluation_init(&e);
    e.channel = "rayleigh", e.codec = "transform:bits=256", e.snr_db = snr_db, e.snrs = 2;
    CHECK(refused(csl_evaluate(&e, f), CSL_INVALID, "SNR 1"));
    e.snrs = 1, e.samples = 0;
    CHECK(refused(csl_evaluate(&e, f), CSL_INVALID, "0 samples"));
    e.samples = 10, e.ues = 11;
    CHECK(refused(csl_evaluate(&e, f), CSL_INVALID, "11 UEs"));
    e.ues = 0, e.channel = "rayleigh:nt=16";
    CHECK(refused(csl_evaluate(&e, f), CSL_MISMATCH, "nt=16"));
    e.channel = "rayleigh", e.period_s = -1;
    CHECK(refused(csl_evaluate(&e, f), CSL_INVALID, "period_s"));
    e.period_s = 0.02, e.codec = "none";
    CHECK(refused(csl_evaluate(&e, f), CSL_IO, "none"));
}

static void networks_run_and_outlive_their_handle(void)
{
    csl_network *n;
    csl_session *s, *bad;
    csl_port port;
    csl_tensor in, out;
    REQUIRE(csl_network_open("models/csilink-net-cr8-indoor.encoder.onnx", &n) == CSL_OK);
    CHECK(csl_network_inputs(n) == 1 && csl_network_outputs(n) == 1);
    REQUIRE(csl_network_input(n, 0, &port) == CSL_OK && port.rank == 4 && port.dims[0] == -1);
    CHECK(refused(csl_network_input(n, 1, &port), CSL_INVALID, "input 1"));
    CHECK(refused(csl_session_open(n, 0, NULL, &bad), CSL_INVALID, "batch of 0") && !bad);
    port.rank = 9;
    CHECK(refused(csl_session_open(n, 1, &port, &bad), CSL_INVALID, "rank 9"));
    port.rank = 4, port.dims[0] = -3;
    CHECK(refused(csl_session_open(n, 1, &port, &bad), CSL_INVALID, "-3"));
    REQUIRE(csl_session_open(n, 3, NULL, &s) == CSL_OK);
    csl_network_close(n);
    REQUIRE(csl_session_input(s, 0, &in) == CSL_OK && in.dims[0] == 3 && in.count == 6 * TAPS);
    for (uint64_t i = 0; i < in.count; i++)
        ((float *)in.data)[i] = 0.5f + 0.3f * sinf((float)(i % (2 * TAPS)));
    REQUIRE(csl_session_run(s) == CSL_OK);
    REQUIRE(csl_session_output(s, 0, &out) == CSL_OK && out.count == 3 * 256);
    CHECK(memcmp(out.data, (float *)out.data + 256, 256 * sizeof(float)) == 0);
    CHECK(refused(csl_session_output(s, UINT32_MAX, &out), CSL_INVALID, "no output"));
    csl_session_close(s);
    CHECK(refused(csl_network_open("VERSION", &n), CSL_FORMAT, "VERSION") && !n);
    CHECK(refused(csl_network_open("/nowhere.onnx", &n), CSL_IO, "/nowhere.onnx"));
}

static void null_is_an_error_and_not_a_crash(void)
{
    csl_channel *c;
    csl_dims d;
    csl_channel_close(NULL), csl_transform_close(NULL), csl_pilots_close(NULL);
    csl_codec_close(NULL), csl_uplink_close(NULL), csl_uplink_reset(NULL);
    csl_network_close(NULL), csl_session_close(NULL), csl_payloads_free(NULL);
    csl_evaluation_init(NULL);
    CHECK(refused(csl_channel_open(NULL, &c), CSL_INVALID, "spec of a channel is NULL"));
    CHECK(refused(csl_channel_open("rayleigh", NULL), CSL_INVALID, "out is NULL"));
    CHECK(refused(csl_channel_dims(NULL, &d), CSL_INVALID, "channel is NULL"));
    CHECK(refused(csl_channel_sample(NULL, 0, 0, 0, 1, 0, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_transform_open(NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_transform_frequency(NULL, 1, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_image_from_angle_delay(NULL, 1, NULL, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_image_from_angle_delay(&dims, 1, NULL, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_pilots_estimate(NULL, 0, 0, 0, 0, 0, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_nmse(1, 1, NULL, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_sgcs(1, 1, 1, NULL, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_rate(1, 1, 1, NULL, NULL, 0, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_open(NULL, BOTH, 0, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_clone(NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_get_info(NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_encode(NULL, 0, 0, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_decode(NULL, 0, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_reset(NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_payloads_create(NULL, 1, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_codec_register(NULL, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_uplink_open("analog", NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_uplink_transmit(NULL, NULL, 0, NULL, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_evaluate(NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_network_open(NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_session_open(NULL, 1, NULL, NULL), CSL_INVALID, "is NULL"));
    CHECK(refused(csl_session_run(NULL), CSL_INVALID, "is NULL"));
    CHECK(csl_network_inputs(NULL) == 0 && csl_channel_samples(NULL) == 0);
}

typedef struct hand {
    csl_codec *codec;
    const csl_complex *h;
    csl_payload *out;
    char error[512];
} hand;

static void *encode_and_fail(void *user)
{
    hand *w = user;
    csl_channel *none;
    snprintf(w->error, sizeof w->error, "%s", csl_error()); /* a thread begins without one */
    for (int i = 0; i < 3; i++)
        if (csl_codec_encode(w->codec, CSL_ANGLE_DELAY, 4, w->h, w->out) != CSL_OK)
            snprintf(w->error, sizeof w->error, "%s", csl_error());
    csl_channel_open("nothing", &none);
    return NULL;
}

static void clones_work_at_once_and_errors_are_the_threads_own(void)
{
    enum { HANDS = 3 };
    pthread_t thread[HANDS];
    hand w[HANDS];
    csl_complex *h = room(4 * TAPS);
    csl_codec *c = codec_of("csilink-net-cr8-indoor");
    draw("cost2100-indoor", CSL_ANGLE_DELAY, 4, h);
    csl_fail(CSL_INVALID, "mine");
    for (int i = 0; i < HANDS; i++) {
        w[i] = (hand){.h = h, .out = payloads_of(c, 4)};
        REQUIRE(csl_codec_clone(c, &w[i].codec) == CSL_OK);
        REQUIRE(pthread_create(&thread[i], NULL, encode_and_fail, &w[i]) == 0);
    }
    csl_codec_close(c);
    for (int i = 0; i < HANDS; i++) {
        pthread_join(thread[i], NULL);
        CHECK(w[i].error[0] == '\0');
        CHECK(memcmp(w[i].out[3].value, w[0].out[3].value, 256 * sizeof(float)) == 0);
        csl_codec_close(w[i].codec);
    }
    CHECK(strcmp(csl_error(), "mine") == 0);
    for (int i = 0; i < HANDS; i++)
        csl_payloads_free(w[i].out);
    free(h);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"header and library have one version", versions_agree},
        {"a channel's spec sets sizes, and errors say what is wrong",
         a_spec_sets_sizes_and_says_what_is_wrong},
        {"samples depend on seed and number, not on threads or cuts",
         samples_depend_on_seed_and_number_alone},
        {"a channel is the same in both domains, [nt][nc] and [nt][ni]",
         the_two_domains_are_one_channel},
        {"a sequence follows the UE through time",
         a_ue_at_rest_keeps_its_channel_and_one_that_moves_does_not},
        {"every sample of a file comes once", every_sample_of_a_file_comes_once},
        {"images go both ways", images_go_both_ways},
        {"the LS estimate errs by its SNR", pilots_err_by_their_snr},
        {"metrics know the truth and refuse nonsense", metrics_know_the_truth_and_refuse_nonsense},
        {"the parts, put together, give the figures of the chain", parts_and_chain_agree},
        {"an estimate in either domain is encoded", both_domains_encode_to_one_payload},
        {"hostile payloads and arguments of codecs are refused", hostile_payloads_are_refused},
        {"a codec with memory builds on what was decoded, and says where it cannot",
         a_codec_with_memory_builds_on_what_was_decoded},
        {"precoders stand for the channels that they match", precoders_stand_for_channels},
        {"an uplink delivers at a high SNR, fails at a low one, and repeats",
         an_uplink_keeps_its_promises},
        {"a codec of one's own is a codec, and its mistakes are caught",
         a_codec_of_ones_own_is_a_codec},
        {"32 kinds may be registered", kinds_end_at_32},
        {"an evaluation refuses what is out of range", an_evaluation_refuses_what_is_out_of_range},
        {"an ONNX file runs, and lives as long as its session",
         networks_run_and_outlive_their_handle},
        {"NULL is an error, not a crash", null_is_an_error_and_not_a_crash},
        {"clones work at once, and each thread has its own error",
         clones_work_at_once_and_errors_are_the_threads_own},
    };
    return harness_main(argc, argv, "library", tests, sizeof tests / sizeof tests[0]);
}
