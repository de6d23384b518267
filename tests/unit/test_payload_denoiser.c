/* Denoisers of codewords at the base station: the linear MMSE estimate, networks, and the file. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "chain/bs.h"
#include "denoiser_tools.h"
#include "nn/nn.h"

static char folder[] = "/tmp/csilink-test-denoiser-XXXXXX";

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

typedef struct setting {
    codec *decoder;
    payload_denoiser *denoiser;
    payload_denoiser_work *work;
    payload p;
    denoiser_moments moments; /* of the file, read by itself */
} setting;

static void read_moments(const char *path, denoiser_moments *m)
{
    void *file;
    size_t size;
    REQUIRE(file_read(path, DENOISER_FILE_BYTES_MAX, &file, &size, NULL) == ERR_NONE);
    REQUIRE(denoiser_file_read(file, size, m, NULL) == ERR_NONE);
    free(file);
}

static setting open_setting(const char *file)
{
    setting s = {.decoder = codec_load(CODEC_DECODER, codec_name, NULL)};
    err e = {0};
    REQUIRE(s.decoder != NULL);
    s.denoiser = payload_denoiser_load(file, codec_info_of(s.decoder), &e);
    if (!s.denoiser)
        printf("    %s\n", e.text);
    REQUIRE(s.denoiser != NULL);
    s.work = payload_denoiser_open(s.denoiser, NULL);
    REQUIRE(s.work && payload_init(&s.p, &codec_info_of(s.decoder)->shape, NULL) == ERR_NONE);
    s.p.values = VALUES;
    return s;
}

static setting open_linear(void)
{
    setting s = open_setting(in_folder("x.denoiser"));
    read_moments(in_folder("x.denoiser"), &s.moments);
    return s;
}

static void close_setting(setting *s)
{
    denoiser_moments_free(&s->moments);
    payload_free(&s->p);
    payload_denoiser_close(s->work);
    payload_denoiser_free(s->denoiser);
    codec_unload(s->decoder);
}

static void apply(setting *s, double snr_db, double power)
{
    s->p.snr_db = snr_db;
    s->p.power = power;
    CHECK(payload_denoiser_apply(s->work, &s->p, NULL) == ERR_NONE);
}

static void fill(float *x, uint32_t seq)
{
    rng r = rng_at(9, RNG_UPLINK_NOISE, 0, seq);
    for (size_t i = 0; i < VALUES; i++)
        x[i] = (float)(3 * rng_normal(&r));
}

/* --- the linear estimate ------------------------------------------------------------------------
 */

static void without_noise_nothing_changes(void)
{
    setting s = open_linear();
    const double none[] = {60, INFINITY, (double)NAN};
    float y[VALUES];
    fill(y, 0);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        memcpy(s.p.value, y, sizeof y);
        apply(&s, none[i], 9);
        CHECK(memcmp(s.p.value, y, sizeof y) == 0);
    }
    /* And nothing jumps there: below, the change is of the noise's order. */
    memcpy(s.p.value, y, sizeof y);
    apply(&s, 59.99, 9);
    CHECK(harness_max_abs_diff(s.p.value, y, VALUES) < 1e-2 * harness_max_abs(y, VALUES));
    close_setting(&s);
}

static void in_noise_alone_the_mean_is_left(void)
{
    setting s = open_linear();
    float mean[VALUES];
    for (size_t i = 0; i < VALUES; i++)
        mean[i] = 3 * s.moments.mean[i];
    fill(s.p.value, 1);
    apply(&s, -60, 9);
    CHECK(harness_max_abs_diff(s.p.value, mean, VALUES) < 1e-3);
    fill(s.p.value, 1);
    apply(&s, -INFINITY, 9); /* held to what is finite */
    CHECK(harness_max_abs_diff(s.p.value, mean, VALUES) < 1e-3);
    close_setting(&s);
}

/* Codewords of exactly those moments: z = m + sum_i sqrt(l_i) g_i u_i. */
static void draw_codeword(const denoiser_moments *m, rng *r, double *z)
{
    for (size_t j = 0; j < VALUES; j++)
        z[j] = (double)m->mean[j];
    for (size_t i = 0; i < VALUES; i++) {
        double g = sqrt((double)m->variance[i]) * rng_normal(r);
        for (size_t j = 0; j < VALUES; j++)
            z[j] += g * (double)m->vector[i * VALUES + j];
    }
}

static void the_error_is_that_of_the_equation_and_never_above_the_noise(void)
{
    enum { DRAWS = 4000 };
    setting s = open_linear();
    const double snrs[] = {-20, -10, -5, 0, 5, 10, 20, 40};
    for (size_t k = 0; k < sizeof snrs / sizeof snrs[0]; k++) {
        rng r = rng_at(11, RNG_CHANNEL, 0, (uint32_t)k);
        double noise = power_of_db(-snrs[k]), before = 0, after = 0, equation = 0, z[VALUES];
        for (size_t i = 0; i < VALUES; i++) {
            double l = (double)s.moments.variance[i];
            equation += l * noise / (l + noise);
        }
        for (size_t d = 0; d < DRAWS; d++) {
            draw_codeword(&s.moments, &r, z);
            for (size_t i = 0; i < VALUES; i++) {
                s.p.value[i] = (float)(z[i] + sqrt(noise) * rng_normal(&r));
                before += pow((double)s.p.value[i] - z[i], 2);
            }
            apply(&s, snrs[k], 1);
            for (size_t i = 0; i < VALUES; i++)
                after += pow((double)s.p.value[i] - z[i], 2);
        }
        CHECK(after < before);
        CHECK_NEAR(after / DRAWS / equation, 1, 0.03);
        CHECK(equation < VALUES * noise);
    }
    close_setting(&s);
}

static void a_reports_own_power_counts_for_nothing(void)
{
    setting s = open_linear();
    float y[VALUES], once[VALUES];
    fill(y, 3);
    memcpy(s.p.value, y, sizeof y);
    apply(&s, 3, 9);
    for (size_t i = 0; i < VALUES; i++) {
        once[i] = 1024 * s.p.value[i];
        s.p.value[i] = 1024 * y[i];
    }
    apply(&s, 3, 9 * 1024.0 * 1024.0);
    CHECK(harness_max_abs_diff(s.p.value, once, VALUES) <= 1e-6 * harness_max_abs(once, VALUES));
    close_setting(&s);
}

/* E |y|^2 = P (1 + 1 / SNR): where an uplink tells no power, that is solved for P. */
static void a_power_that_is_not_told_is_taken_from_what_arrived(void)
{
    setting s = open_linear();
    float y[VALUES], told[VALUES];
    double square = 0;
    fill(y, 4);
    for (size_t i = 0; i < VALUES; i++)
        square += (double)y[i] * (double)y[i] / VALUES;
    memcpy(s.p.value, y, sizeof y);
    apply(&s, 0, square / 2);
    memcpy(told, s.p.value, sizeof told);
    memcpy(s.p.value, y, sizeof y);
    apply(&s, 0, (double)NAN);
    CHECK(harness_max_abs_diff(s.p.value, told, VALUES) <= 1e-6 * harness_max_abs(told, VALUES));
    memset(s.p.value, 0, sizeof y);
    apply(&s, 0, 0); /* nothing was sent: no scale to go by, and no division by it */
    for (size_t i = 0; i < VALUES; i++)
        CHECK(s.p.value[i] == 0);
    close_setting(&s);
}

static void the_decoder_hears_of_no_noise_afterwards(void)
{
    setting s = open_linear();
    fill(s.p.value, 5);
    apply(&s, 3, 9);
    CHECK(s.p.snr_db == 60);
    close_setting(&s);
}

static void payloads_of_anywhere_give_values_or_a_refusal(void)
{
    setting s = open_linear();
    err e = {0};
    s.p.values = VALUES - 1;
    s.p.snr_db = 0;
    s.p.power = 1;
    CHECK(payload_denoiser_apply(s.work, &s.p, &e) == ERR_FORMAT && says(&e, "takes 32"));
    s.p.values = VALUES;
    for (size_t i = 0; i < VALUES; i++)
        s.p.value[i] = i % 2 ? 3e38f : -3e38f;
    CHECK(payload_denoiser_apply(s.work, &s.p, &e) == ERR_FORMAT && says(&e, "not finite"));
    close_setting(&s);
}

/* --- whose payloads -----------------------------------------------------------------------------
 */

static void refused(const char *file, const char *codec_spec, int code, const char *what)
{
    err e = {0};
    codec *c = codec_load(CODEC_DECODER, codec_spec, NULL);
    REQUIRE(c != NULL);
    CHECK(payload_denoiser_load(file, codec_info_of(c), &e) == NULL);
    CHECK(e.code == code);
    CHECK(says(&e, what));
    codec_unload(c);
}

static void a_codec_of_bits_has_nothing_to_denoise(void)
{
    refused(in_folder("x.denoiser"), "klt:klt-indoor,bits=256", ERR_INVALID, "sends only bits");
    refused(in_folder("x.denoiser"), "transform:bits=256", ERR_INVALID, "to none");
}

static void a_denoiser_is_of_one_codec(void)
{
    refused(in_folder("x.denoiser"), "klt:klt-indoor,cr=32", ERR_MISMATCH, "klt-indoor-cr32");
    refused(in_folder("x.denoiser"), "klt:klt-outdoor,cr=64", ERR_MISMATCH,
            "made from the codewords of klt-indoor-cr64");
    refused(in_folder("no-such.denoiser"), codec_name, ERR_IO, "no-such");
    refused("no-such.denoiser", codec_name, ERR_IO, "no-such");
}

static void samples_and_codecs_that_do_not_fit_are_refused(void)
{
    static const struct {
        const char *codec;
        size_t samples;
        uint32_t nt;
        int code;
        const char *what;
    } of[] = {
        {"klt:klt-indoor,cr=64", 63, NT, ERR_INVALID, "at least 64"},
        {"klt:klt-indoor,cr=64", 64, 16, ERR_MISMATCH, "32 antennas"},
        {"dpcm", 100000, NT, ERR_INVALID, "has memory"},
        {"transform:bits=256", 100, NT, ERR_INVALID, "only bits"},
    };
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        drawing d;
        codec_training t = training_of(&d, of[i].samples);
        char note[CODEC_NOTE_MAX];
        void *file = NULL;
        size_t size;
        err e = {0};
        codec *c = codec_load(CODEC_ENCODER, of[i].codec, NULL);
        REQUIRE(c != NULL);
        t.nt = of[i].nt;
        CHECK(denoiser_design(c, &t, NULL, NULL, &file, &size, note, &e) == of[i].code);
        CHECK(says(&e, of[i].what) && file == NULL);
        codec_unload(c);
    }
}

/* --- networks -----------------------------------------------------------------------------------
 */

/* codeword x gain + snr_db x slope, as an ONNX file. */
static void write_network(const char *path, int64_t values, float gain, const char *snr_name)
{
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "codeword", 2, (int64_t[]){-1, values});
    nn_builder_floats(b, "gain", 1, (int64_t[]){1}, &gain);
    nn_builder_node(b, "Mul", "scale", "codeword gain", snr_name ? "scaled" : "estimate");
    if (snr_name) {
        char inputs[64];
        snprintf(inputs, sizeof inputs, "scaled %s", snr_name);
        nn_builder_input(b, snr_name, 1, (int64_t[]){-1});
        nn_builder_node(b, "Add", "shift", inputs, "estimate");
    }
    nn_builder_output(b, "estimate", 2, (int64_t[]){-1, values});
    err e = {0};
    nn_model *m = nn_builder_finish(b, "test", &e);
    REQUIRE(m != NULL);
    REQUIRE(nn_model_save(m, path, &e) == ERR_NONE);
    nn_model_free(m);
}

static void a_network_sees_codewords_of_power_one_and_the_snr(void)
{
    const char *path = in_folder("n.onnx");
    float y[VALUES];
    write_network(path, VALUES, 0.5f, NULL);
    setting s = open_setting(path);
    fill(y, 6);
    memcpy(s.p.value, y, sizeof y);
    apply(&s, 3, 4);
    for (size_t i = 0; i < VALUES; i++)
        CHECK_NEAR((double)s.p.value[i], 0.5 * (double)y[i], 1e-6);
    close_setting(&s);
    /* z / 2 + snr_db, times the root of the power. */
    write_network(path, VALUES, 0.5f, "snr_db");
    s = open_setting(path);
    memcpy(s.p.value, y, sizeof y);
    apply(&s, 3, 4);
    for (size_t i = 0; i < VALUES; i++)
        CHECK_NEAR((double)s.p.value[i], 0.5 * (double)y[i] + 3 * 2, 1e-5);
    close_setting(&s);
}

/* It declares an estimate of VALUES values and gives their sum alone. */
static void write_lying_network(const char *path)
{
    nn_builder *b = nn_builder_new();
    const float ones[VALUES] = {1};
    nn_builder_input(b, "codeword", 2, (int64_t[]){-1, VALUES});
    nn_builder_floats(b, "w", 2, (int64_t[]){VALUES, 1}, ones);
    nn_builder_node(b, "MatMul", "sum", "codeword w", "estimate");
    nn_builder_output(b, "estimate", 2, (int64_t[]){-1, VALUES});
    nn_model *m = nn_builder_finish(b, "test", NULL);
    REQUIRE(m != NULL);
    REQUIRE(nn_model_save(m, path, NULL) == ERR_NONE);
    nn_model_free(m);
}

static void networks_of_other_sizes_are_refused(void)
{
    const char *path = in_folder("w.onnx");
    write_network(path, VALUES + 1, 1, NULL);
    refused(path, codec_name, ERR_MISMATCH, "[n x 32]");
    write_network(path, VALUES, 1, "snr");
    refused(path, codec_name, ERR_MISMATCH, "snr_db");
    write_lying_network(path);
    refused(path, codec_name, ERR_MISMATCH, "estimate is float");
    refused("models/csilink-net-cr8-indoor.encoder.onnx", codec_name, ERR_MISMATCH, "[n x 32]");
    REQUIRE(file_replace(path, "rubbish", 7, NULL) == ERR_NONE);
    refused(path, codec_name, ERR_FORMAT, "w.onnx");
}

/* --- the file -----------------------------------------------------------------------------------
 */

static void reads_with(const uint8_t *file, size_t size, size_t at, const void *bytes, size_t count,
                       const char *what)
{
    err e = {0};
    denoiser_moments m;
    uint8_t *copy = malloc(size);
    memcpy(copy, file, size);
    memcpy(copy + at, bytes, count);
    uint64_t hash = hash_bytes(HASH_START, copy, size - 8);
    if (at < size - 8)
        memcpy(copy + size - 8, &hash, 8);
    CHECK(denoiser_file_read(copy, size, &m, &e) == ERR_FORMAT);
    CHECK(says(&e, what));
    free(copy);
}

static void files_are_read_as_written_and_checked_to_the_byte(void)
{
    void *file, *again;
    size_t size, bytes;
    denoiser_moments m;
    err e = {0};
    REQUIRE(file_read(in_folder("x.denoiser"), DENOISER_FILE_BYTES_MAX, &file, &size, NULL) ==
            ERR_NONE);
    REQUIRE(denoiser_file_read(file, size, &m, NULL) == ERR_NONE);
    CHECK(m.values == VALUES && m.samples == 4000 && strcmp(m.codec, "klt-indoor-cr64") == 0);
    REQUIRE(denoiser_file_write(&m, &again, &bytes, NULL) == ERR_NONE);
    CHECK(bytes == size && memcmp(file, again, size) == 0);
    denoiser_moments_free(&m); /* what is refused below resets it */
    for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 97)
        CHECK(denoiser_file_read(file, cut, &m, &e) == ERR_FORMAT);
    const uint32_t wrong_values = VALUES + 1, none = 0, version = 2;
    const float nan = NAN, minus = -1, huge = 1e30f;
    const size_t mean = 124, variance = mean + 4 * VALUES, step = variance + 4 * VALUES;
    reads_with(file, size, 0, "X", 1, "begins differently");
    reads_with(file, size, 8, &version, 4, "version 2");
    reads_with(file, size, 12, &wrong_values, 4, "take");
    reads_with(file, size, 12, &none, 4, "1 to 2048");
    reads_with(file, size, 28, "\n", 1, "printable");
    reads_with(file, size, mean, &nan, 4, "mean of value 0");
    reads_with(file, size, variance + 4, &minus, 4, "eigenvalue 1");
    reads_with(file, size, variance + 4, &huge, 4, "eigenvalue 1");
    reads_with(file, size, step, &nan, 4, "step of eigenvector 0");
    reads_with(file, size, step, &huge, 4, "step of eigenvector 0");
    reads_with(file, size, step + 4 * VALUES, "\xff\x7f\xff\x7f", 4, "norm");
    const uint8_t other = ((uint8_t *)file)[size - 1] ^ 1;
    reads_with(file, size, size - 1, &other, 1, "checksum");
    free(file);
    free(again);
}

/* --- at the base station ------------------------------------------------------------------------
 */

/* A linear decoder that weighs by the SNR itself already makes the MMSE estimate from its training;
 * behind its denoiser it is told of no noise, and decodes once. */
static void the_chain_denoises_each_report_once(void)
{
    setting s = open_linear();
    payload_shape shape = codec_info_of(s.decoder)->shape;
    uplink *u = uplink_open("analog", &shape, NULL);
    chain_bs *plain = chain_bs_create(s.decoder, "analog", NULL);
    chain_bs *denoising = chain_bs_create(s.decoder, "analog", NULL);
    uplink_burst burst;
    bool intact;
    REQUIRE(u && plain && denoising && uplink_burst_init(&burst, u, NULL) == ERR_NONE);
    REQUIRE(chain_bs_set_denoiser(denoising, s.denoiser, NULL) == ERR_NONE);
    fill(s.p.value, 7);
    uplink_context context = {.snr_db = 0};
    REQUIRE(uplink_send(u, &context, &s.p, &burst, NULL) == ERR_NONE);

    float complex *h = malloc(ENTRIES * sizeof *h);
    const double snrs[] = {60, 0};
    for (size_t i = 0; i < 2; i++) {
        REQUIRE(chain_bs_receive(plain, 0, &burst, snrs[i], &intact, NULL) == ERR_NONE);
        REQUIRE(chain_bs_receive(denoising, 0, &burst, snrs[i], &intact, NULL) == ERR_NONE);
        REQUIRE(chain_bs_decode(plain, NULL, NULL, NULL) == ERR_NONE);
        REQUIRE(chain_bs_decode(denoising, NULL, NULL, NULL) == ERR_NONE);
        memcpy(h, chain_bs_reconstruction(denoising), ENTRIES * sizeof *h);
        bool same = memcmp(h, chain_bs_reconstruction(plain), ENTRIES * sizeof *h) == 0;
        CHECK(same == (snrs[i] == 60));
        REQUIRE(chain_bs_decode_failed(denoising, NULL, NULL) == ERR_NONE);
        CHECK(memcmp(h, chain_bs_reconstruction(denoising), ENTRIES * sizeof *h) == 0);
    }
    /* Set back, it decodes as before. */
    REQUIRE(chain_bs_set_denoiser(denoising, NULL, NULL) == ERR_NONE);
    REQUIRE(chain_bs_receive(denoising, 0, &burst, 0, &intact, NULL) == ERR_NONE);
    REQUIRE(chain_bs_decode(denoising, NULL, NULL, NULL) == ERR_NONE);
    CHECK(memcmp(chain_bs_reconstruction(plain), chain_bs_reconstruction(denoising),
                 ENTRIES * sizeof *h) == 0);
    free(h);
    uplink_burst_free(&burst);
    uplink_close(u);
    chain_bs_free(plain);
    chain_bs_free(denoising);
    close_setting(&s);
}

static void the_analog_uplink_tells_the_power_as_it_was_sent(void)
{
    for (uint32_t n = 7; n <= 8; n++) { /* an odd number leaves half a symbol empty */
        payload_shape shape = {.values_max = n};
        payload sent, received;
        uplink_burst burst;
        bool intact;
        double power = 0;
        uplink *u = uplink_open("analog", &shape, NULL);
        REQUIRE(u && payload_init(&sent, &shape, NULL) == ERR_NONE &&
                payload_init(&received, &shape, NULL) == ERR_NONE &&
                uplink_burst_init(&burst, u, NULL) == ERR_NONE);
        sent.values = n;
        for (uint32_t i = 0; i < n; i++) {
            sent.value[i] = (float)i - 2;
            power += (double)sent.value[i] * (double)sent.value[i] / n;
        }
        uplink_context context = {.snr_db = 10};
        REQUIRE(uplink_send(u, &context, &sent, &burst, NULL) == ERR_NONE);
        REQUIRE(uplink_receive(u, &context, &burst, &received, &intact, NULL) == ERR_NONE);
        CHECK_NEAR(received.power / power, 1, 0.005);
        payload_free(&sent);
        payload_free(&received);
        uplink_burst_free(&burst);
        uplink_close(u);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"without noise the linear denoiser changes nothing", without_noise_nothing_changes},
        {"in noise alone it leaves the mean, at the report's power",
         in_noise_alone_the_mean_is_left},
        {"its error over codewords of its moments is sum l n / (l + n), below the noise's",
         the_error_is_that_of_the_equation_and_never_above_the_noise},
        {"a report's own power counts for nothing", a_reports_own_power_counts_for_nothing},
        {"a power that the uplink does not tell is taken from what arrived",
         a_power_that_is_not_told_is_taken_from_what_arrived},
        {"a decoder behind it hears of no noise", the_decoder_hears_of_no_noise_afterwards},
        {"payloads from anywhere give finite values or a refusal",
         payloads_of_anywhere_give_values_or_a_refusal},
        {"a codec of bits has nothing to denoise, and a clear line says so",
         a_codec_of_bits_has_nothing_to_denoise},
        {"a denoiser is of one codec, and another's is refused by name",
         a_denoiser_is_of_one_codec},
        {"a design refuses samples and codecs that do not fit",
         samples_and_codecs_that_do_not_fit_are_refused},
        {"a network sees codewords of mean power 1, and the SNR where it asks",
         a_network_sees_codewords_of_power_one_and_the_snr},
        {"networks of another size or other inputs are refused",
         networks_of_other_sizes_are_refused},
        {"a file is read as it was written, and checked to the byte",
         files_are_read_as_written_and_checked_to_the_byte},
        {"a base station denoises each report once", the_chain_denoises_each_report_once},
        {"the analog uplink tells the power of the values as they were sent",
         the_analog_uplink_tells_the_power_as_it_was_sent},
    };
    if (!mkdtemp(folder) || !design_denoiser(in_folder("x.denoiser"), 4000, NULL, NULL))
        return 1;
    int status =
        harness_main(argc, argv, "payload denoiser", tests, sizeof tests / sizeof tests[0]);
    static const char *const files[] = {"x.denoiser", "n.onnx", "w.onnx"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlink(in_folder(files[i]));
    rmdir(folder);
    return status;
}
