/* The uplink `digital` and its parts: payload to bits, bits to symbols, and back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"
#include "payload/bits.h"
#include "payload/codeword.h"
#include "uplink/air.h"
#include "uplink/digital/coded.h"
#include "uplink/digital/rows.h"
#include "uplink/digital/source.h"
#include "uplink/snr.h"
#include "uplink/uplink.h"

typedef struct link {
    payload_shape shape;
    uplink *u;
    payload sent, got;
    uplink_burst burst;
    uint64_t sent_digest;
} link;

static link open_link(const char *spec, payload_shape shape)
{
    link l = {.shape = shape};
    err e = {0};
    l.u = uplink_open(spec, &shape, &e);
    if (!l.u)
        printf("    %s: %s\n", spec, e.text);
    REQUIRE(l.u != NULL);
    REQUIRE(payload_init(&l.sent, &shape, NULL) == 0);
    REQUIRE(payload_init(&l.got, &shape, NULL) == 0);
    REQUIRE(uplink_burst_init(&l.burst, l.u, NULL) == 0);
    return l;
}

static void close_link(link *l)
{
    payload_free(&l->sent);
    payload_free(&l->got);
    uplink_burst_free(&l->burst);
    uplink_close(l->u);
}

static payload_shape fixed(uint32_t side_bits, uint32_t values)
{
    return (payload_shape){
        .side_bits_max = side_bits, .side_bits_min = side_bits, .values_max = values};
}

/* Values of heavy tails about an offset, and random side bits. */
static void fill(payload *p, const payload_shape *shape, uint32_t seed, float scale, float offset)
{
    rng r = rng_at(5, RNG_TEST, 11, seed);
    p->values = shape->values_max;
    rng_normal_fill(&r, p->value, p->values, 1);
    for (uint32_t i = 0; i < p->values; i++)
        p->value[i] = offset + scale * p->value[i] * fabsf(p->value[i]);
    bit_writer w = {p->side, 0, shape->side_bits_max, false};
    uint32_t most = shape->side_bits_max - shape->side_bits_min;
    uint32_t count = shape->side_bits_min + (most ? rng_u32(&r) % (most + 1) : 0);
    for (uint32_t i = 0; i < count; i++)
        bits_put(&w, rng_u32(&r) >> 31, 1);
    p->side_bits = w.bits;
}

static void send(link *l, uint32_t ue, double snr_db)
{
    const uplink_context at = {.ue = ue, .snr_db = snr_db};
    err e = {0};
    if (uplink_send(l->u, &at, &l->sent, &l->burst, &e) != 0)
        printf("    %s\n", e.text);
    REQUIRE(!e.text[0]);
    l->sent_digest = uplink_digest(l->u);
}

static bool receive(link *l, uint32_t ue, double snr_db)
{
    const uplink_context at = {.ue = ue, .snr_db = snr_db};
    bool intact = false;
    REQUIRE(uplink_receive(l->u, &at, &l->burst, &l->got, &intact, NULL) == 0);
    return intact;
}

static bool same_side(const link *l)
{
    return l->got.side_bits == l->sent.side_bits &&
           memcmp(l->got.side, l->sent.side, bits_bytes(l->sent.side_bits)) == 0;
}

static double error_of(const payload *a, const payload *b)
{
    double sum = 0;
    for (uint32_t i = 0; i < a->values; i++)
        sum += pow((double)a->value[i] - (double)b->value[i], 2);
    return sum;
}

static const char *const laws[] = {"u2",    "u4", "u8",    "mu2", "mu5", "mu8",
                                   "r1.25", "r2", "r2.75", "r3",  "r5",  "r8"};
enum { LAWS = sizeof laws / sizeof laws[0] };

/* Without noise: side bits to the bit, their number, and the values that the law makes of them. */
static void what_arrives_is_what_was_quantized(void)
{
    static const payload_shape shapes[] = {{25, 128, 25, .values_min = 0},
                                           {0, 33, 0, .values_min = 0},
                                           {100, 40, 3, .values_min = 0},
                                           {12, 700, 12, .values_min = 0}};
    static const char *const modulations[] = {"pi2bpsk", "qpsk", "16qam", "64qam", "256qam"};
    for (size_t i = 0; i < LAWS; i++) {
        for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
            char spec[UPLINK_SPEC_MAX];
            snprintf(spec, sizeof spec, "digital:%s,%s,rate=0.45", laws[i],
                     modulations[(i + k) % 5]);
            link l = open_link(spec, shapes[k]);
            CHECK(uplink_info_of(l.u)->words == (uplink_bits(l.u, &l.sent) + 1705) / 1706);
            CHECK(uplink_info_of(l.u)->side_bits_max == 0 && !uplink_info_of(l.u)->adaptive);
            for (uint32_t seed = 0; seed < 3; seed++) {
                fill(&l.sent, &l.shape, seed, 0.3f, 0.1f * (float)seed);
                send(&l, seed, (double)NAN);
                CHECK(l.burst.side_bits == 0);
                CHECK(receive(&l, seed, UPLINK_SNR_MAX_DB));
                CHECK(same_side(&l) && l.got.values == l.sent.values);
                CHECK(uplink_digest(l.u) == l.sent_digest && l.sent_digest != 0);
            }
            close_link(&l);
        }
    }
}

/* Scale and offset in 25 bits or so instead of 64 may cost little. */
static void a_short_range_costs_little(void)
{
    const payload_shape shape = fixed(0, 128);
    for (size_t i = 0; i < LAWS; i++) {
        csi_codeword_format format;
        if (strchr(laws[i], '.'))
            continue;
        REQUIRE(csi_codeword_parse(laws[i], &format, NULL) == 0);
        char spec[UPLINK_SPEC_MAX];
        snprintf(spec, sizeof spec, "digital:%s,qpsk,rate=1/3", laws[i]);
        link l = open_link(spec, shape);
        double exact = 0, short_range = 0;
        for (uint32_t seed = 0; seed < 50; seed++) {
            float scale = powf(10, (float)(seed % 7) - 4), direct[128];
            uint8_t bytes[128];
            csi_codeword_range range;
            fill(&l.sent, &shape, seed, scale, scale * (float)(seed % 4));
            REQUIRE(csi_codeword_pack(format, l.sent.value, 128, bytes, &range, NULL) == 0);
            REQUIRE(csi_codeword_unpack(format, range, bytes, csi_codeword_bytes(format, 128),
                                        direct, 128, NULL) == 0);
            payload made = {.values = 128, .value = direct};
            send(&l, 0, (double)NAN);
            CHECK(receive(&l, 0, 60));
            double unit = 1 / ((double)scale * (double)scale);
            exact += error_of(&l.sent, &made) * unit;
            short_range += error_of(&l.sent, &l.got) * unit;
        }
        CHECK(short_range < exact * power_of_db(0.15));
        close_link(&l);
    }
}

/* The receiver's SNR of the values is the true one, as far as it can know it. */
static void quantization_noise_is_known(void)
{
    const payload_shape shape = fixed(0, 256);
    for (size_t i = 0; i < LAWS; i++) {
        char spec[UPLINK_SPEC_MAX];
        snprintf(spec, sizeof spec, "digital:%s,qpsk,rate=1/3", laws[i]);
        link l = open_link(spec, shape);
        double power = 0, error = 0, told_db = 0;
        for (uint32_t seed = 0; seed < 20; seed++) {
            rng r = rng_at(5, RNG_TEST, 12, seed);
            l.sent.values = 256;
            rng_normal_fill(&r, l.sent.value, 256, 0.5f);
            send(&l, 0, (double)NAN);
            CHECK(receive(&l, 0, 60));
            const payload nothing = {.value = (float[256]){0}, .values = 256};
            power += error_of(&l.sent, &nothing);
            error += error_of(&l.sent, &l.got);
            told_db += l.got.snr_db / 20;
        }
        double true_db = db_of_power(power / error);
        double within_db = strcmp(laws[i], "mu2") == 0 ? 1.7 : 0.8; /* its cells are the coarsest */
        if (fabs(true_db - told_db) > within_db)
            printf("    %s: %g dB, told %g\n", laws[i], true_db, told_db);
        CHECK_NEAR(told_db, true_db, within_db);
        close_link(&l);
    }
}

/* Each UE scrambles for itself: nobody's report passes as another's. */
static void another_ue_is_not_heard(void)
{
    link l = open_link("digital:r3,qpsk,uses=400", fixed(12, 64));
    unsigned passed = 0;
    for (uint32_t ue = 1; ue < 200; ue++) {
        fill(&l.sent, &l.shape, ue, 1, 0);
        send(&l, ue, 20);
        CHECK(receive(&l, ue, 20));
        passed += receive(&l, ue * 70001, 20); /* differs in both fields of c_init */
        CHECK(uplink_digest(l.u) != l.sent_digest);
    }
    CHECK(passed < 5); /* 8 paths, 11 bits of CRC: 0.8 of 199 */
    close_link(&l);
}

/* Well above its cliff every report passes and is right, well below none is. */
static void there_is_a_cliff(void)
{
    link l = open_link("digital:r4,qpsk,rate=1/2", fixed(12, 64));
    for (int below = 0; below < 2; below++) {
        double snr_db = below ? -2.5 : 5;
        unsigned intact = 0, right = 0;
        for (uint32_t seq = 0; seq < 100; seq++) {
            fill(&l.sent, &l.shape, seq, 1, 0);
            send(&l, 3, snr_db);
            air_add_noise(1, 3, seq, snr_db, l.burst.symbol, l.burst.symbols);
            intact += receive(&l, 3, snr_db);
            right += uplink_digest(l.u) == l.sent_digest;
            for (uint32_t i = 0; i < l.got.values; i++)
                CHECK(isfinite(l.got.value[i]));
        }
        CHECK(below ? intact < 5 && right == 0 : intact == 100 && right == 100);
    }
    close_link(&l);
}

static void power_is_one_in_the_mean(void)
{
    static const struct {
        const char *spec;
        bool constant;
    } cases[] = {{"digital:r4,pi2bpsk,rate=1/2", true},
                 {"digital:r4,qpsk,rate=1/2", true},
                 {"digital:r4,16qam,rate=1/2", false},
                 {"digital:r4,256qam,rate=1/2", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        link l = open_link(cases[i].spec, fixed(0, 32));
        double sum = 0;
        const unsigned bursts = 400, data = l.burst.symbols - l.burst.references;
        for (uint32_t seed = 0; seed < bursts; seed++) {
            fill(&l.sent, &l.shape, seed, 1, 0);
            send(&l, seed, (double)NAN);
            double power = air_power(l.burst.symbol + l.burst.references, data);
            CHECK(!cases[i].constant || fabs(power - 1) < 1e-6);
            CHECK(air_check_power(l.burst.symbol, l.burst.symbols, NULL) == 0);
            sum += power;
        }
        CHECK_NEAR(sum / bursts, 1, 5 * sqrt(0.395 / (bursts * data)));
        close_link(&l);
    }
}

/* What a wrong word decodes to is a payload all the same. */
static void any_bits_are_a_payload(void)
{
    static const payload_shape shapes[] = {
        {5, 40, 0, .values_min = 0}, {77, 0, 60, .values_min = 0}, {0, 3, 0, .values_min = 0}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        for (size_t i = 0; i < LAWS; i++) {
            const payload_shape *shape = &shapes[k];
            digital_source s;
            digital_scratch scratch;
            payload p;
            REQUIRE(digital_source_parse(laws[i], &s, NULL) == 0);
            if (!digital_source_has(s.law, s.quarters, shape->values_max))
                continue;
            uint32_t size = digital_source_bits(s, shape);
            uint8_t *bits = malloc(size);
            REQUIRE(bits && payload_init(&p, shape, NULL) == 0);
            REQUIRE(digital_scratch_init(&scratch, shape, size, NULL) == 0);
            for (uint32_t seed = 0; seed < 300; seed++) {
                rng r = rng_at(5, RNG_TEST, 13, seed);
                uint64_t digest;
                for (uint32_t b = 0; b < size; b++)
                    bits[b] = (uint8_t)(seed < 2 ? seed : rng_u32(&r) >> 31);
                (void)digital_source_read(s, shape, bits, &scratch, &p, &digest);
                CHECK(digest != 0 && p.values == shape->values_max);
                CHECK(p.side_bits >= shape->side_bits_min && p.side_bits <= shape->side_bits_max);
                CHECK(p.side_bits % 8 == 0 || p.side[p.side_bits / 8] >> p.side_bits % 8 == 0);
                for (uint32_t v = 0; v < p.values; v++)
                    CHECK(isfinite(p.value[v]));
                CHECK(p.snr_db >= UPLINK_SNR_MIN_DB && p.snr_db <= UPLINK_SNR_MAX_DB);
            }
            free(bits);
            payload_free(&p);
            digital_scratch_free(&scratch);
        }
    }
}

/* Payloads of 1 to 11 bits have codes of their own, of 1 and 2 with placeholders. */
static void strings_of_every_size_come_back(void)
{
    static const uint32_t sizes[] = {1,   2,   3,    11,   12,   19,   20,
                                     359, 360, 1012, 1013, 1706, 1707, 5000};
    for (int m = 0; m < MODULATIONS; m++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            const uint32_t bits = sizes[i], qm = modulation_bits((modulation)m);
            const uint32_t symbols = (3 * bits + 40) / qm + 1;
            coded *c = coded_create(bits, (modulation)m, symbols, NULL);
            coded_work *w = coded_work_create(symbols * qm, 8, NULL);
            uint8_t *sent = malloc(bits), *got = malloc(bits);
            float complex *symbol = calloc(symbols, sizeof *symbol);
            REQUIRE(c && w && sent && got && symbol);
            CHECK(coded_bits(c) == bits && coded_words(c) == (bits + 1705) / 1706);
            for (uint32_t seed = 0; seed < 8; seed++) {
                rng r = rng_at(5, RNG_TEST, 14, seed);
                for (uint32_t b = 0; b < bits; b++)
                    sent[b] = (uint8_t)(rng_u32(&r) >> 31);
                coded_send(c, w, seed, sent, symbol);
                CHECK(coded_receive(c, w, seed, symbol, 30, got));
                CHECK(memcmp(sent, got, bits) == 0);
            }
            coded_free(c);
            coded_work_free(w);
            free(sent);
            free(got);
            free(symbol);
        }
    }
}

static void sizes_follow_from_the_arguments(void)
{
    static const struct {
        const char *spec;
        payload_shape shape;
        uint32_t bits, symbols;
    } cases[] = {
        /* 12 side bits, 64 values of 4 bits, 12 + 12 + 1 of the range */
        {"digital:r4,qpsk,uses=200", {12, 64, 12, .values_min = 0}, 293, 208},
        {"digital", {12, 64, 12, .values_min = 0}, 293, 8 + 293},
        {"digital:r4,16qam,rate=1/2,references=2", {12, 64, 12, .values_min = 0}, 293, 2 + 147},
        {"digital:u2,pi2bpsk,rate=0.25", {0, 64, 0, .values_min = 0}, 149, 8 + 596},
        /* of 0 to 100 side bits, 7 say how many; r1.25 of 33 values are 42 bits */
        {"digital:r1.25,qpsk,rate=1/2,list=32",
         {100, 33, 0, .values_min = 0},
         107 + 42 + 21,
         8 + 170},
        {"digital:qpsk,rate=1/2", {40, 0, 40, .values_min = 0}, 40, 8 + 40},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        link l = open_link(cases[i].spec, cases[i].shape);
        CHECK(uplink_bits(l.u, &l.sent) == cases[i].bits);
        CHECK(uplink_info_of(l.u)->symbols == cases[i].symbols);
        close_link(&l);
    }
}

static void receivers_that_differ_have_other_identities(void)
{
    static const char *const specs[] = {"digital",
                                        "digital:r4,16qam",
                                        "digital:r4,qpsk,rate=0.4",
                                        "digital:u4",
                                        "digital:r4,qpsk,uses=300",
                                        "digital:list=4",
                                        "digital:references=9"};
    static const char *const same[] = {"digital:r4", "digital:qpsk,rate=1/2",
                                       "digital:r4.0,rate=.5", "digital:list=8,references=8"};
    const payload_shape shape = fixed(0, 64);
    uint64_t id[sizeof specs / sizeof specs[0]];
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        link l = open_link(specs[i], shape);
        id[i] = uplink_info_of(l.u)->identity;
        for (size_t k = 0; k < i; k++)
            CHECK(id[k] != id[i]);
        close_link(&l);
    }
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        link l = open_link(same[i], shape);
        CHECK(uplink_info_of(l.u)->identity == id[0]);
        close_link(&l);
    }
}

static void wrong_arguments_are_refused(void)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {{"digital:r9", "'r9' is not a law; the laws are u2 to u8"},
                 {"digital:r1", "'r1' is not a law"},
                 {"digital:r2.3", "'r2.3' is not a law"},
                 {"digital:u2.5", "'u2.5' is not a law"},
                 {"digital:u1", "'u1' is not a law"},
                 {"digital:r1e999", "'r1e999' is not a law"},
                 {"digital:r-4", "'r-4' is not a law"},
                 {"digital:float32", "'float32' is not a law"},
                 {"digital:", NULL},
                 {"digital:,qpsk", "'' is not a law"},
                 {"digital:qpsk,r4", "unexpected 'r4'"},
                 {"digital:r4,qpsk,", "unexpected ''"},
                 {"digital:r4,8psk", "unexpected '8psk'"},
                 {"digital:r", "write, for example, r4"},
                 {"digital:rate=1", "rate must be above 0 and below 1"},
                 {"digital:rate=0", "rate must be above 0"},
                 {"digital:rate=1/0", "rate must be above 0"},
                 {"digital:rate=nan", "rate must be above 0"},
                 {"digital:rate=1/2/3", "rate must be above 0"},
                 {"digital:rate=1e-9", "more than the 65528 symbols"},
                 {"digital:rate=0.5,uses=3", "unexpected 'uses=3'"},
                 {"digital:r4,qpsk,uses=0", "uses must be 1 to 65024, not '0'"},
                 {"digital:r4,qpsk,uses=-1", "uses must be 1 to"},
                 {"digital:r4,qpsk,uses=65535", "uses must be 1 to 65024"},
                 {"digital:r4,qpsk,uses=20", "bits take"},
                 {"digital:uses=9", "9 symbols of 256qam have 72 coded bits, too few for the 113"},
                 {"digital:qpsk,uses=30", "30 symbols of qpsk have 60 coded bits"},
                 {"digital:list=0", "list must be 1 to 32"},
                 {"digital:list=33", "list must be 1 to 32"},
                 {"digital:list=8,list=8", "unexpected 'list=8'"},
                 {"digital:margin=-1", "margin must be 0 to 20 dB"},
                 {"digital:references=0", "references must be 1 to 512"},
                 {"digital:outage=3", "unexpected 'outage=3'"}};
    const payload_shape shape = fixed(12, 64), tiny = fixed(0, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        uplink *u = uplink_open(cases[i].spec, &shape, &e);
        CHECK((u != NULL) == (cases[i].says == NULL));
        if (cases[i].says && !strstr(e.text, cases[i].says))
            printf("    '%s' does not say '%s'\n", e.text, cases[i].says);
        CHECK(!cases[i].says || (e.code == ERR_INVALID && strstr(e.text, cases[i].says) != NULL));
        uplink_close(u);
    }
    const payload_shape two_bits = fixed(2, 0);
    err e = {0};
    CHECK(!uplink_open("digital:16qam,uses=9", &two_bits, &e) && strstr(e.text, "unit power"));
    CHECK(!uplink_open("digital:r2,qpsk", &tiny, &e) && strstr(e.text, "too small for the Rice"));
}

static void what_cannot_be_sent_is_refused(void)
{
    link l = open_link("digital:u4,qpsk,rate=1/2", fixed(4, 8));
    const uplink_context at = {.snr_db = (double)NAN};
    err e = {0};
    fill(&l.sent, &l.shape, 1, 1, 0);
    l.sent.value[3] = 1e6f;
    CHECK(uplink_send(l.u, &at, &l.sent, &l.burst, &e) == ERR_FORMAT && strstr(e.text, "at most"));
    l.sent.value[3] = NAN;
    CHECK(uplink_send(l.u, &at, &l.sent, &l.burst, &e) == ERR_FORMAT && strstr(e.text, "value 3"));
    l.sent.value[3] = 0;
    l.sent.side_bits = 3;
    l.sent.side[0] = 1;
    CHECK(uplink_send(l.u, &at, &l.sent, &l.burst, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "its codec sends at least 4") != NULL);
    close_link(&l);
}

static void a_receiver_tries_the_likely_rows_first(void)
{
    const digital_row row[] = {
        {.from_db = -5}, {.from_db = 0}, {.from_db = 3}, {.from_db = 8}, {.from_db = 12}};
    size_t order[DIGITAL_TRIES_MAX];
    CHECK(digital_rows_choose(row, 5, (double)NAN) == 0 && digital_rows_choose(row, 5, -20) == 0);
    CHECK(digital_rows_choose(row, 5, 0) == 1 && digital_rows_choose(row, 5, 7.9) == 2);
    CHECK(digital_rows_choose(row, 5, INFINITY) == 4);
    CHECK(digital_rows_choose(row, 5, nextafter(0, -1)) == 0);
    CHECK(digital_rows_choose(row, 1, INFINITY) == 0 && digital_rows_choose(row, 0, 3) == 0);
    CHECK(digital_rows_order(row, 5, 9, order) == 5);
    CHECK(order[0] == 3 && order[1] == 2 && order[2] == 4 && order[3] == 1 && order[4] == 0);
    CHECK(digital_rows_order(row, 5, 60, order) == 4);
    CHECK(order[0] == 4 && order[1] == 3 && order[2] == 2 && order[3] == 0);
    CHECK(digital_rows_order(row, 5, -9, order) == 3);
    CHECK(order[0] == 0 && order[1] == 1 && order[2] == 2);
    CHECK(digital_rows_order(row, 1, 5, order) == 1 && order[0] == 0);
}

/* More SNR never sends fewer bits, and a receiver whose estimate is off by a row or so, or whose UE
 * knows no SNR yet, finds the row all the same. */
static void a_burst_fits_the_snr(void)
{
    static const char *const specs[] = {"digital:uses=256", "digital:u,uses=256",
                                        "digital:mu,64qam,uses=256",
                                        "digital:r,qpsk,uses=400,margin=3"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        link l = open_link(specs[i], fixed(12, 128));
        uint32_t before = 0, changes = 0;
        CHECK(uplink_info_of(l.u)->adaptive && uplink_info_of(l.u)->can_fail);
        for (int snr_db = -10; snr_db <= 40; snr_db++) {
            fill(&l.sent, &l.shape, (uint32_t)(snr_db + 10), 0.5f, 0.1f);
            send(&l, 9, snr_db);
            uint32_t bits = uplink_bits(l.u, &l.sent);
            CHECK(bits >= before);
            changes += bits > before;
            before = bits;
            for (int off = -1; off <= 1; off++) {
                CHECK(receive(&l, 9, snr_db + off));
                CHECK(uplink_digest(l.u) == l.sent_digest && same_side(&l));
            }
        }
        CHECK(changes >= 3);
        send(&l, 9, (double)NAN);
        CHECK(receive(&l, 9, 40) && uplink_digest(l.u) == l.sent_digest);
        close_link(&l);
    }
}

/* At any SNR of a row about one report in a hundred fails, and fewer with a margin. */
static void rows_keep_their_promise(void)
{
    link l = open_link("digital:uses=128,margin=0,references=64", fixed(12, 64));
    unsigned failed = 0, sent = 0;
    for (int snr_db = 2; snr_db <= 20; snr_db += 2) {
        for (uint32_t seq = 0; seq < 100; seq++) {
            fill(&l.sent, &l.shape, seq, 1, 0);
            send(&l, 4, snr_db);
            air_add_noise(7, 4, seq + 100 * (uint32_t)snr_db, snr_db, l.burst.symbol,
                          l.burst.symbols);
            sent++;
            failed += !receive(&l, 4, snr_db);
        }
    }
    CHECK(failed < sent / 50);
    close_link(&l);
}

static void identities_tell_what_is_chosen(void)
{
    static const char *const specs[] = {"digital:uses=256",         "digital:u,uses=256",
                                        "digital:qpsk,uses=256",    "digital:r4,uses=256",
                                        "digital:r4,qpsk,uses=256", "digital:uses=256,margin=2"};
    uint64_t id[sizeof specs / sizeof specs[0]];
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        link l = open_link(specs[i], fixed(0, 64));
        id[i] = uplink_info_of(l.u)->identity;
        for (size_t k = 0; k < i; k++)
            CHECK(id[k] != id[i]);
        close_link(&l);
    }
}

static const harness_test tests[] = {
    {"without noise, what arrives is what was quantized", what_arrives_is_what_was_quantized},
    {"a short scale and offset cost less than 0.15 dB", a_short_range_costs_little},
    {"the receiver knows the quantization noise", quantization_noise_is_known},
    {"a report scrambled by one UE is not heard as another's", another_ue_is_not_heard},
    {"above the cliff all pass, below it none is right", there_is_a_cliff},
    {"mean power is one, and constant up to QPSK", power_is_one_in_the_mean},
    {"any bits are a payload of finite values", any_bits_are_a_payload},
    {"strings of every size come back over every modulation", strings_of_every_size_come_back},
    {"bits and symbols follow from the arguments", sizes_follow_from_the_arguments},
    {"receivers that differ have other identities", receivers_that_differ_have_other_identities},
    {"wrong arguments are refused", wrong_arguments_are_refused},
    {"what cannot be sent is refused", what_cannot_be_sent_is_refused},
    {"a receiver tries the likely rows first", a_receiver_tries_the_likely_rows_first},
    {"a burst fits the SNR, and its receiver finds how", a_burst_fits_the_snr},
    {"a row's block error rate is what the table promises", rows_keep_their_promise},
    {"identities tell what is chosen", identities_tell_what_is_chosen},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "digital uplink", tests, sizeof tests / sizeof tests[0]);
}
