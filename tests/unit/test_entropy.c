/* Laws of learned quantized feedback: the density that training learns, its bits and its gradient;
 * the table that is made of it; and the codec that sends rounded codewords by it. */
#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/codec.h"
#include "codec/entropy/table.h"
#include "codec/onnx/pair.h"
#include "csi/view.h"
#include "gradient_tools.h"
#include "train/architecture/architecture.h"
#include "train/architecture/density.h"
#include "train/density_table.h"

enum { SIDE = 8, PIXELS = 2 * SIDE * SIDE, CHANNELS = 2, PLACES = 16, N_S = CHANNELS * PLACES };

static char folder[] = "/tmp/csilink-test-entropy-XXXXXX";

static const char text[] = "family: coded\n"
                           "codeword: [2, 4, 4]\n"
                           "encoder:\n"
                           "  - offset: -0.5\n"
                           "  - scale: 1000\n"
                           "  - down: {out: 2, kernel: [3, 3], stride: 2}\n"
                           "decoder:\n"
                           "  - up: {out: 2, kernel: [3, 3], stride: 2}\n"
                           "  - scale: 0.05\n"
                           "  - offset: 0.5\n";

static train_architecture_config config_of(bool density)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/coded.yaml", folder);
    FILE *f = fopen(path, "w");
    REQUIRE(f && fputs(text, f) >= 0 && fclose(f) == 0);
    return (train_architecture_config){.name = path,
                                       .cr = 4,
                                       .dims = {.nt = SIDE, .nc = 256, .tp = SIDE, .ni = SIDE},
                                       .seed = 1,
                                       .density = density};
}

static train_pair build(bool density)
{
    train_pair pair;
    err e = {0};
    train_architecture_config config = config_of(density);
    int rc = train_architecture_build(&config, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

/* --- the density --------------------------------------------------------------------------------
 */

static void bits_are_those_of_the_density(void)
{
    err e = {0};
    train_pair pair = build(true);
    nn_session *s = nn_session_open(pair.decoder, 1, &e);
    REQUIRE(s != NULL && nn_session_output(s, 0)->count == PIXELS + 1);
    REQUIRE(train_density_channels(pair.decoder) == CHANNELS);
    float *values = gradient_floats(N_S, 8, 0, 1);
    values[3] = 60; /* far out, where a difference of floats near 1 would have no digits */
    values[4] = -60;
    memcpy(nn_session_input(s, 0)->data, values, N_S * sizeof *values);
    REQUIRE(nn_session_run(s, &e) == 0);
    double want = 0, got = (double)((const float *)nn_session_output(s, 0)->data)[PIXELS];
    for (uint32_t i = 0; i < N_S; i++) {
        double x = (double)values[i];
        double chance = train_density_below(pair.decoder, i / PLACES, x + 0.5) -
                        train_density_below(pair.decoder, i / PLACES, x - 0.5);
        want -= log2(fmax(chance, 1e-9));
    }
    CHECK(fabs(got - want) < 1e-3 * want);
    free(values);
    nn_session_free(s);
    train_pair_free(&pair);
}

static void it_is_a_distribution(void)
{
    train_pair pair = build(true);
    for (uint32_t c = 0; c < CHANNELS; c++) {
        double last = 0;
        for (double x = -500; x <= 500; x += 0.5) {
            double below = train_density_below(pair.decoder, c, x);
            CHECK(below >= last && below <= 1);
            last = below;
        }
        CHECK(train_density_below(pair.decoder, c, -500) < 1e-6 && last > 1 - 1e-6);
    }
    train_pair_free(&pair);
}

static void its_gradient_is_that_of_differences(void)
{
    err e = {0};
    train_pair pair = build(true);
    grad_weights *weights = grad_weights_open(pair.decoder, &e);
    grad_net *net = weights ? grad_net_open(weights, 1, true, &e) : NULL;
    if (!net)
        printf("    %s\n", e.text);
    REQUIRE(net != NULL);
    float loss[PIXELS + 1] = {0}, *x = grad_net_input(net, 0)->data;
    float *values = gradient_floats(N_S, 3, 0, 2);
    memcpy(x, values, N_S * sizeof *x);
    loss[PIXELS] = 1; /* bits alone */
    REQUIRE(isfinite(gradient_loss(net, loss)));
    memcpy(grad_net_output_gradient(net), loss, sizeof loss);
    grad_net_clear_gradients(net);
    grad_net_backward(net);
    const float *input = grad_net_input_gradient(net), *own = grad_net_gradients(net);
    int seen = 0;
    for (int i = 0; i < N_S; i++) {
        double want = difference_quotient(net, loss, &x[i], 0x1p-4f);
        CHECK(fabs((double)input[i] - want) < 5e-3 * (1 + fabs(want)));
    }
    float kept[256];
    for (int k = 0; k < weights->n_entries; k++) {
        const grad_entry *entry = &weights->entries[k];
        if (strncmp(entry->name, "density.", 8) != 0)
            continue;
        seen++;
        REQUIRE(entry->count <= 256);
        memcpy(kept, own + entry->offset, entry->count * sizeof *kept);
        for (size_t i = 0; i < entry->count; i++) {
            double want =
                difference_quotient(net, loss, &weights->values[entry->offset + i], 0x1p-6f);
            CHECK(fabs((double)kept[i] - want) < 2e-2 * (1 + fabs(want)));
        }
    }
    CHECK(seen == 11); /* matrices and biases of four stages, factors of three */
    free(values);
    grad_net_free(net);
    grad_weights_free(weights);
    train_pair_free(&pair);
}

/* --- the table ----------------------------------------------------------------------------------
 */

/* A density of two sides about 3. */
static entropy_channel some_channel(double slope)
{
    entropy_channel c;
    double chance[201];
    for (int i = 0; i < 201; i++)
        chance[i] = exp(-fabs(i - 100.0) * (i > 100 ? slope : 2 * slope));
    entropy_channel_set(&c, chance, -97, 201);
    return c;
}

static void every_number_comes_back(void)
{
    static const double slopes[] = {0.03, 0.5, 3, 20};
    static uint8_t bytes[1 << 16];
    for (size_t k = 0; k < sizeof slopes / sizeof slopes[0]; k++) {
        entropy_channel c = some_channel(slopes[k]);
        CHECK(c.centre == 3);
        memset(bytes, 0, sizeof bytes);
        arith a = arith_write(bytes, 5, 8 * sizeof bytes), m = arith_measure();
        for (int q = -400; q <= 400; q++) {
            entropy_code(&a, &c, q);
            entropy_code(&m, &c, q);
        }
        entropy_code(&a, &c, 3 + ENTROPY_FAR);
        entropy_code(&a, &c, INT32_MIN);
        uint32_t bits = arith_finish(&a);
        CHECK(!a.full);
        arith r = arith_read(bytes, 5, 5 + bits);
        int wrong = 0;
        for (int q = -400; q <= 400; q++)
            wrong += entropy_code(&r, &c, 0) != q;
        CHECK(wrong == 0 && entropy_code(&r, &c, 0) == 3 + ENTROPY_FAR);
        CHECK(entropy_code(&r, &c, 0) == 3 - ENTROPY_FAR && arith_is_whole(&r));
    }
}

/* Numbers drawn from the very chances take their entropy, within 1 %. */
static void bits_are_the_entropy(void)
{
    double chance[201], sum = 0, entropy = 0;
    entropy_channel c = some_channel(0.5);
    for (int i = 0; i < 201; i++)
        sum += chance[i] = exp(-fabs(i - 100.0) * (i > 100 ? 0.5 : 1));
    for (int i = 0; i < 201; i++)
        entropy -= chance[i] > 0 ? chance[i] / sum * log2(chance[i] / sum) : 0;
    rng r = rng_at(5, RNG_TEST, 0, 0);
    arith a = arith_measure();
    enum { DRAWS = 100000 };
    for (int k = 0; k < DRAWS; k++) {
        double u = rng_uniform(&r) * sum;
        int i = 0;
        while (i < 200 && (u -= chance[i]) > 0)
            i++;
        entropy_code(&a, &c, i - 97);
    }
    double mean = arith_finish(&a) / (double)DRAWS;
    CHECK(fabs(mean - entropy) < 0.01 * entropy);
}

static void a_table_is_read_as_printed_and_else_refused(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {{"", "does not begin"},
               {"0", "does not begin"},
               {"8193", "does not begin"},
               {"99999999999999999999", "does not begin"},
               {"1", "channel 0 of 1"},
               {"1 0 64 64", "channel 0"},
               {"1 0 63 64 0", "channel 0"},
               {"1 0 64 65473 0", "channel 0"},
               {"1 40000 64 64 0", "channel 0"},
               {"1 0 64 64 65", "channel 0"},
               {"1 0 64 64 1 64", "channel 0"},
               {"1 0 64 64 0 7", "has more text"},
               {"2 0 64 64 0 0 64 64", "channel 1 of 2"},
               {"1 0x 64 64 0", "channel 0"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        entropy_table *t = entropy_table_read(bad[i].text, &e);
        CHECK(t == NULL && e.code == ERR_FORMAT && strstr(e.text, bad[i].message));
        free(t);
    }
    err e = {0};
    entropy_table *t = entropy_table_new(2);
    REQUIRE(t != NULL);
    t->channel[0] = some_channel(0.1);
    t->channel[1] = some_channel(30);
    char *printed = entropy_table_print(t);
    entropy_table *again = entropy_table_read(printed, &e);
    REQUIRE(again != NULL && again->channels == 2);
    CHECK(memcmp(t->channel, again->channel, 2 * sizeof t->channel[0]) == 0);
    free(again);
    free(printed);
    free(t);
}

/* --- the codec ----------------------------------------------------------------------------------
 */

static void write_pair(void)
{
    err e = {0};
    char path[2][96];
    train_pair trained = build(true), plain;
    train_architecture_config config = config_of(true);
    REQUIRE(train_density_strip(&config, &trained, &plain, &e) == 0);
    CHECK(train_density_channels(plain.decoder) == 0 && nn_model_outputs(plain.decoder) == 1);
    const nn_model *models[] = {plain.encoder, plain.decoder};
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/part.%d.onnx", folder, i);
        REQUIRE(nn_model_save(models[i], path[i], &e) == 0);
    }
    REQUIRE(onnx_make_pair(path[0], path[1], "coded-cr4-test", NULL, NULL, false, folder, &e) == 0);
    train_pair_free(&plain);
    train_pair_free(&trained);
}

typedef struct ends {
    codec *codec[2];
    codec_work *work[2];
    payload sent;
    float complex h[SIDE * SIDE], back[SIDE * SIDE];
} ends;

static bool open_ends(ends *t, const char *options, err *e)
{
    char spec[160];
    *t = (ends){0};
    snprintf(spec, sizeof spec, "entropy:%s/coded-cr4-test%s", folder, options);
    for (int side = 0; side < 2; side++) {
        t->codec[side] = codec_load((codec_side)side, spec, e);
        t->work[side] = t->codec[side] ? codec_open(t->codec[side], e) : NULL;
        if (!t->work[side])
            return false;
    }
    REQUIRE(payload_init(&t->sent, &codec_info_of(t->codec[0])->shape, e) == ERR_NONE);
    float *values = gradient_floats(2 * SIDE * SIDE, 1, 0, 9);
    memcpy(t->h, values, sizeof t->h);
    free(values);
    return true;
}

static void close_ends(ends *t)
{
    for (int side = 0; side < 2; side++) {
        codec_close(t->work[side]);
        codec_unload(t->codec[side]);
    }
    payload_free(&t->sent);
}

static int encode(ends *t, err *e)
{
    csi_dims dims = {.nt = SIDE, .nc = 256, .tp = SIDE, .ni = SIDE};
    csi_transform *transform = csi_transform_create(&dims, e);
    csi_view *view = transform ? csi_view_create(transform, e) : NULL;
    REQUIRE(view != NULL);
    csi_view_from_angle_delay(view, t->h);
    int rc = codec_encode(t->work[0], NULL, view, &t->sent, NULL, e);
    csi_view_free(view);
    csi_transform_free(transform);
    return rc;
}

static int decode(ends *t, err *e)
{
    codec_hint hint = {.snr_db = INFINITY};
    return codec_decode(t->work[1], NULL, &t->sent, &hint, t->back, NULL, e);
}

static void a_report_comes_back_and_keeps_its_limit(void)
{
    static const char *const options[] = {"", ",bits=400", ",bits=250"};
    uint32_t bits[3] = {0};
    err e = {0};
    write_pair();
    for (int i = 0; i < 3; i++) {
        ends t;
        bool open = open_ends(&t, options[i], &e);
        if (!open)
            printf("    %s\n", e.text);
        REQUIRE(open && encode(&t, &e) == ERR_NONE);
        bits[i] = t.sent.side_bits;
        CHECK(t.sent.values == 0 && bits[i] <= codec_info_of(t.codec[0])->shape.side_bits_max);
        CHECK(decode(&t, &e) == ERR_NONE);
        for (int k = 0; k < SIDE * SIDE; k++)
            CHECK(isfinite(crealf(t.back[k])) && isfinite(cimagf(t.back[k])));
        close_ends(&t);
    }
    printf("    %u bits, %u and %u under limits\n", bits[0], bits[1], bits[2]);
    CHECK(bits[0] > 400 && bits[1] <= 400 && bits[1] > 350 && bits[2] <= 250 && bits[2] > 200);
}

static void what_no_encoder_sent_is_refused(void)
{
    err e = {0};
    ends t;
    REQUIRE(open_ends(&t, "", &e) && encode(&t, &e) == ERR_NONE);
    t.sent.side_bits += 2; /* zeros that nobody sent */
    CHECK(decode(&t, &e) == ERR_FORMAT && strstr(e.text, "not a codeword"));
    t.sent.side_bits = 2;
    e = (err){0};
    CHECK(decode(&t, &e) == ERR_FORMAT && strstr(e.text, "2 bits"));
    close_ends(&t);
    static const char *const bad[] = {",bits=40", ",bits=1", ",lambda=3", ",precision=half"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        e = (err){0};
        bool open = open_ends(&t, bad[i], &e);
        CHECK(!open && e.code == ERR_INVALID && e.text[0]);
        codec_unload(t.codec[0]);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"the bits that training counts are those of the density", bits_are_those_of_the_density},
        {"the density is one, from 0 to 1 and rising", it_is_a_distribution},
        {"its gradient is that of differences, to codeword and parameters",
         its_gradient_is_that_of_differences},
        {"every number comes back, however unlikely", every_number_comes_back},
        {"numbers of the table's chances take their entropy", bits_are_the_entropy},
        {"a table is read as it was printed; any other text is refused",
         a_table_is_read_as_printed_and_else_refused},
        {"a report comes back, and keeps its limit of bits",
         a_report_comes_back_and_keeps_its_limit},
        {"bits that no encoder sent, and options that make no sense, are refused",
         what_no_encoder_sent_is_refused},
    };
    if (!mkdtemp(folder))
        return 1;
    int status =
        harness_main(argc, argv, "learned entropy coding", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
