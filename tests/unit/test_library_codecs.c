#include "library_calls.h"

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
    CHECK(refused(csl_codec_decode(c, 1, &broken, h), CSL_FORMAT, "set after"));
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

static const harness_test tests[] = {
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
    {"clones work at once, and each thread has its own error",
     clones_work_at_once_and_errors_are_the_threads_own},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "library: codecs", tests, sizeof tests / sizeof tests[0]);
}
