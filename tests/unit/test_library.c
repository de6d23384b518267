#include "library_calls.h"

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
    CHECK(refused(csl_channel_sample(c, 0, 1, UINT32_MAX, 2, 1, h), CSL_INVALID,
                  "the last number is"));
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
    {"an ONNX file runs, and lives as long as its session", networks_run_and_outlive_their_handle},
    {"NULL is an error, not a crash", null_is_an_error_and_not_a_crash},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "library", tests, sizeof tests / sizeof tests[0]);
}
