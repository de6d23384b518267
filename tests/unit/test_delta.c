/* delta-klt: what both ends remember, under any losses, and what that gains. */
#include <unistd.h>

#include "base/decibel.h"
#include "chain/memory.h"
#include "codec/codec.h"
#include "klt_tools.h"
#include "payload/bits.h"

enum { REPORTS = 60, UES = 4 };

/* Both ends of a codec, each with a workspace of its own. */
typedef struct ends {
    codec *model[2];
    codec_work *work[2];
    payload report;
    csi_transform *transform;
    csi_view *view;
    size_t bytes;
    void *after[2];
} ends;

static void need_file(void)
{
    if (access(in_folder("set.klt"), F_OK) != 0)
        design("cr=1", SAMPLES, "set.klt");
}

static ends open_ends(const char *kind, const char *options)
{
    const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};
    char spec[512];
    ends c = {0};
    err e = {0};
    need_file();
    snprintf(spec, sizeof spec, "%s:%s%s", kind, in_folder("set.klt"), options);
    for (int side = 0; side < 2; side++) {
        c.model[side] = codec_load((codec_side)side, spec, &e);
        if (!c.model[side])
            printf("    %s: %s\n", spec, e.text);
        REQUIRE(c.model[side] != NULL);
        REQUIRE((c.work[side] = codec_open(c.model[side], NULL)) != NULL);
        c.bytes = codec_memory_bytes(c.model[side]);
        REQUIRE((c.after[side] = calloc(1, c.bytes + 1)) != NULL);
    }
    REQUIRE(payload_init(&c.report, &codec_info_of(c.model[0])->shape, NULL) == ERR_NONE);
    REQUIRE((c.transform = csi_transform_create(&dims, NULL)) != NULL);
    REQUIRE((c.view = csi_view_create(c.transform, NULL)) != NULL);
    return c;
}

static void close_ends(ends *c)
{
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    payload_free(&c->report);
    for (int side = 0; side < 2; side++) {
        codec_close(c->work[side]);
        codec_unload(c->model[side]);
        free(c->after[side]);
    }
}

/* `builds_on` as the chain sets it; the codec may clear it. */
static void encode(ends *c, const void *before, uint32_t builds_on, const float complex *h)
{
    c->report.builds_on = builds_on;
    csi_view_from_angle_delay(c->view, h);
    REQUIRE(codec_encode(c->work[0], before, c->view, &c->report, c->after[0], NULL) == ERR_NONE);
}

static int decode(ends *c, const void *before, double snr_db, float complex *h, err *e)
{
    return codec_decode(c->work[1], before, &c->report, &(codec_hint){.snr_db = snr_db}, h,
                        c->after[1], e);
}

static double energy_of(const float complex *h)
{
    double sum = 0;
    for (size_t j = 0; j < ENTRIES; j++)
        sum += (double)crealf(h[j]) * (double)crealf(h[j]) +
               (double)cimagf(h[j]) * (double)cimagf(h[j]);
    return sum;
}

static double lose(const float complex *h, const float complex *back)
{
    float complex rest[ENTRIES];
    for (size_t j = 0; j < ENTRIES; j++)
        rest[j] = h[j] - back[j];
    return energy_of(rest) / energy_of(h);
}

/* A UE's channel: samples of the set in an AR(1) process, its phase turning. */
static void move(uint32_t ue, uint32_t i, float rho, float complex *h)
{
    float complex fresh[ENTRIES], turn = cexpf(0.3f * I);
    make_sample(30 + ue, i, fresh);
    for (size_t j = 0; j < ENTRIES; j++)
        h[j] = i == 0 ? fresh[j] : rho * turn * h[j] + sqrtf(1 - rho * rho) * fresh[j];
}

/* White noise of the uplink on the values. */
static void add_noise(payload *p, uint32_t ue, uint32_t i, double snr_db)
{
    rng r = rng_at(9, RNG_TEST, ue, i);
    double power = 0;
    for (size_t k = 0; k < p->values; k++)
        power += (double)p->value[k] * (double)p->value[k] / p->values;
    for (size_t k = 0; k < p->values; k++)
        p->value[k] += (float)(sqrt(power * power_of_db(-snr_db)) * rng_normal(&r));
}

/* Mean NMSE of reports that all arrive, each building on the one before. */
static double mean_loss_db(const char *kind, const char *options, float rho, double snr_db)
{
    ends c = open_ends(kind, options);
    bool same = true;
    double sum = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        float complex h[ENTRIES], back[ENTRIES];
        void *known[2] = {calloc(1, c.bytes + 1), calloc(1, c.bytes + 1)};
        for (uint32_t i = 0; i < REPORTS; i++) {
            bool first = i == 0 || c.bytes == 0;
            move(ue, i, rho, h);
            encode(&c, first ? NULL : known[0], first ? 0 : i, h);
            add_noise(&c.report, ue, i, snr_db);
            REQUIRE(decode(&c, first ? NULL : known[1], snr_db, back, NULL) == ERR_NONE);
            same = same && memcmp(c.after[0], c.after[1], c.bytes) == 0;
            for (int side = 0; side < 2; side++)
                memcpy(known[side], c.after[side], c.bytes);
            sum += lose(h, back);
        }
        free(known[0]);
        free(known[1]);
    }
    /* A codec of bits: both ends hold the same, to the last bit. */
    CHECK(same || c.report.values > 0);
    close_ends(&c);
    return db_of_power(sum / (UES * REPORTS));
}

static void memory_gains_at_equal_bits(void)
{
    double klt = mean_loss_db("klt", ",bits=96,entropy=range", 0.99f, INFINITY);
    double with = mean_loss_db("delta-klt", ",bits=96", 0.99f, INFINITY);
    CHECK(with < klt - 3);
    if (!(with < klt - 3))
        printf("    klt %.2f dB, delta-klt %.2f dB\n", klt, with);
    /* What does not last is not predicted: the 4 bits that say so are all that it costs, of 76
     * that give 23 dB. */
    klt = mean_loss_db("klt", ",bits=96,entropy=range", 0, INFINITY);
    with = mean_loss_db("delta-klt", ",bits=96", 0, INFINITY);
    CHECK_NEAR(with, klt, 1.5);
}

static void memory_gains_at_equal_power(void)
{
    for (double snr_db = 0; snr_db < 25; snr_db += 10) {
        double klt = mean_loss_db("klt", ",cr=4", 0.99f, snr_db);
        double with = mean_loss_db("delta-klt", ",cr=4", 0.99f, snr_db);
        CHECK(with < klt - 1);
        if (!(with < klt - 1))
            printf("    %g dB: klt %.2f dB, delta-klt %.2f dB\n", snr_db, klt, with);
    }
}

/* To the last bit of payload and reconstruction. */
static void without_correlation_it_is_klt(void)
{
    static const char *const options[][2] = {
        {",bits=96,entropy=range", ",bits=96,rho=0"}, {",cr=4", ",cr=4,rho=0"}, {"", ",rho=0"}};
    for (size_t n = 0; n < 3; n++) {
        ends klt = open_ends("klt", options[n][0]), delta = open_ends("delta-klt", options[n][1]);
        void *known = calloc(1, delta.bytes);
        for (uint32_t i = 0; i < 20; i++) {
            float complex h[ENTRIES], one[ENTRIES], other[ENTRIES];
            make_sample(3, i, h);
            encode(&klt, NULL, 0, h);
            encode(&delta, i ? known : NULL, i, h);
            CHECK(delta.report.builds_on == 0);
            CHECK(klt.report.side_bits == delta.report.side_bits);
            CHECK(memcmp(klt.report.side, delta.report.side, bits_bytes(klt.report.side_bits)) ==
                  0);
            add_noise(&klt.report, 0, i, 10);
            add_noise(&delta.report, 0, i, 10);
            REQUIRE(decode(&klt, NULL, 10, one, NULL) == ERR_NONE);
            REQUIRE(decode(&delta, NULL, 10, other, NULL) == ERR_NONE);
            CHECK(memcmp(one, other, sizeof one) == 0);
            memcpy(known, delta.after[0], delta.bytes);
        }
        free(known);
        close_ends(&klt);
        close_ends(&delta);
    }
}

/* By any pattern of lost reports and lost answers: the UE builds on what was acknowledged, and the
 * base station has that. In bits, what is built on is the same at both ends. */
static void no_loss_parts_the_ends(void)
{
    static const char *const options[] = {",bits=96", ",bits=64,key-bits=160,gop=7", ",cr=4"};
    for (size_t n = 0; n < 3; n++) {
        ends c = open_ends("delta-klt", options[n]);
        for (uint32_t pattern = 0; pattern < 12; pattern++) {
            chain_memory *ue = chain_memory_create(c.bytes, NULL);
            chain_memory *bs = chain_memory_create(c.bytes, NULL);
            float complex h[ENTRIES], back[ENTRIES];
            rng r = rng_at(11, RNG_TEST, pattern, 0);
            for (uint32_t i = 0; i < REPORTS; i++) {
                uint32_t base = 0;
                const void *before = chain_memory_newest(ue, UINT32_MAX, &base);
                move(pattern % UES, i, 0.98f, h);
                encode(&c, before, chain_memory_builds_on(before, base), h);
                memcpy(chain_memory_add(ue, i, before), c.after[0], c.bytes);
                if (rng_uniform(&r) < 0.1 * pattern) /* the report */
                    continue;
                const void *there = NULL;
                if (c.report.builds_on > 0) {
                    there = chain_memory_find(bs, c.report.builds_on - 1);
                    REQUIRE(there != NULL);
                    CHECK(c.report.values > 0 ||
                          memcmp(there, chain_memory_find(ue, base), c.bytes) == 0);
                }
                REQUIRE(decode(&c, there, 20, back, NULL) == ERR_NONE);
                memcpy(chain_memory_add(bs, i, there), c.after[1], c.bytes);
                chain_memory_acknowledge(bs, i);
                CHECK(lose(h, back) < 1);
                if (rng_uniform(&r) >= 0.1 * pattern) /* the answer */
                    chain_memory_acknowledge(ue, i);
            }
            chain_memory_free(ue);
            chain_memory_free(bs);
        }
        close_ends(&c);
    }
}

static void a_key_resets(void)
{
    static const char *const options[] = {",bits=96", ",cr=4"};
    for (size_t n = 0; n < 2; n++) {
        ends c = open_ends("delta-klt", options[n]);
        float complex h[ENTRIES], one[ENTRIES], other[ENTRIES];
        void *garbage = malloc(c.bytes), *after = malloc(c.bytes);
        memset(garbage, 0x3f, c.bytes);
        make_sample(3, 1, h);
        encode(&c, NULL, 0, h);
        CHECK(c.report.builds_on == 0);
        REQUIRE(decode(&c, NULL, 20, one, NULL) == ERR_NONE);
        memcpy(after, c.after[1], c.bytes);
        REQUIRE(decode(&c, garbage, 20, other, NULL) == ERR_NONE);
        CHECK(memcmp(one, other, sizeof one) == 0 && memcmp(after, c.after[1], c.bytes) == 0);
        free(garbage);
        free(after);
        close_ends(&c);
    }
}

/* Keys are every gop reports, and cost key-bits; nothing is longer than it may be. */
static void keys_come_by_the_gop(void)
{
    ends c = open_ends("delta-klt", ",bits=64,key-bits=160,gop=5");
    void *known = calloc(1, c.bytes);
    float complex h[ENTRIES];
    uint32_t longest = 0;
    for (uint32_t i = 0; i < 25; i++) {
        move(0, i, 0.99f, h);
        encode(&c, i ? known : NULL, i, h);
        CHECK((c.report.builds_on == 0) == (i % 5 == 0));
        CHECK(c.report.side_bits <= (i % 5 == 0 ? 160 : 64));
        longest = i % 5 == 0 && c.report.side_bits > longest ? c.report.side_bits : longest;
        memcpy(known, c.after[0], c.bytes);
    }
    CHECK(longest > 120);
    free(known);
    close_ends(&c);
    /* Head, values, a variance for each component: what a UE takes at either end, 8 times. */
    c = open_ends("delta-klt", ",cr=4,bits=96");
    CHECK(c.bytes == 4 * (2 + REALS / 4 + REALS / 8));
    close_ends(&c);
}

static void reports_from_outside_are_checked(void)
{
    static const char *const options[] = {",bits=96", ",cr=4"};
    for (size_t n = 0; n < 2; n++) {
        ends c = open_ends("delta-klt", options[n]);
        float complex h[ENTRIES], back[ENTRIES];
        void *known = calloc(1, c.bytes);
        err e = {0};
        move(0, 0, 0.99f, h);
        encode(&c, NULL, 0, h);
        memcpy(known, c.after[0], c.bytes);
        move(0, 1, 0.99f, h);
        encode(&c, known, 1, h);
        REQUIRE(c.report.builds_on == 1);
        CHECK(decode(&c, NULL, 20, back, &e) == ERR_FORMAT);
        CHECK(says(&e, "without the report that they build on"));
        uint32_t whole = c.report.side_bits;
        for (c.report.side_bits = 0; c.report.side_bits < whole; c.report.side_bits++)
            if (decode(&c, known, 20, back, &e) != ERR_NONE)
                CHECK(e.code == ERR_FORMAT && strstr(e.text, "bits"));
        /* The same innovation for ever stays finite: no correlation is 1. */
        for (int i = 0; i < 20000; i++) {
            REQUIRE(decode(&c, known, 20, back, NULL) == ERR_NONE);
            memcpy(known, c.after[1], c.bytes);
        }
        CHECK(isfinite(energy_of(back)));
        free(known);
        close_ends(&c);
    }
}

static void options_that_do_not_fit_are_refused(void)
{
    need_file();
    static const struct {
        const char *options, *says;
    } cases[] = {
        {",rho=1", "rho=auto or R from 0 to 0.9999"},
        {",rho=nan", "rho=nan"},
        {",gop=-1", "gop=N from 0"},
        {",bits=31", "bits=N and key-bits=N from 32"},
        {",key-bits=100", "give bits=N"},
        {",bits=96,spread=0.5", "spread="},
        {",bits=96,rho=0,gop=4", "every report is a key"},
        {",bits=96,rho=0,key-bits=128", "every report is a key"},
        {",cr=1000", "this file serves CR"},
        {",entropy=range", "option entropy=range of codec delta-klt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char spec[512];
        err e = {0};
        snprintf(spec, sizeof spec, "delta-klt:%s%s", in_folder("set.klt"), cases[i].options);
        CHECK(codec_load(CODEC_ENCODER, spec, &e) == NULL);
        CHECK(e.code == ERR_INVALID && says(&e, cases[i].says));
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"without correlation it is klt, to the last bit", without_correlation_it_is_klt},
        {"memory gains 3 dB at equal bits, and costs little where nothing lasts",
         memory_gains_at_equal_bits},
        {"memory gains at equal power of the uplink", memory_gains_at_equal_power},
        {"no pattern of losses parts the ends", no_loss_parts_the_ends},
        {"a key does not depend on what was before it", a_key_resets},
        {"keys come by the gop, at their own size", keys_come_by_the_gop},
        {"reports from outside are checked", reports_from_outside_are_checked},
        {"options that do not fit are refused with what would",
         options_that_do_not_fit_are_refused},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "delta-klt", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
