/* delta-net: the pair in keys, the blocks behind them, under any losses, and what that gains. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "chain/memory.h"
#include "codec/blocks/state.h"
#include "codec/codec.h"
#include "fading/fading.h"
#include "harness.h"
#include "payload/bits.h"

enum { NT = 32, NI = 32, ENTRIES = NT * NI, REPORTS = 40, UES = 3 };

#define PAIR "csilink-net-cr16-outdoor"

/* Both ends of a codec, each with a workspace of its own, and a channel for the UE. */
typedef struct ends {
    codec *model[2];
    codec_work *work[2];
    payload report;
    csi_transform *transform;
    csi_view *view;
    fading *channel;
    fading_ue *ue;
    size_t bytes;
    void *after[2], *known[2];
} ends;

static ends open_ends(const char *spec, double speed_kmh)
{
    fading_config config = FADING_CONFIG_DEFAULT;
    ends c = {0};
    err e = {0};
    config.speed_kmh = speed_kmh;
    config.carrier_hz = 300e6;
    for (int side = 0; side < 2; side++) {
        c.model[side] = codec_load((codec_side)side, spec, &e);
        if (!c.model[side])
            printf("    %s: %s\n", spec, e.text);
        REQUIRE(c.model[side] != NULL);
        REQUIRE((c.work[side] = codec_open(c.model[side], NULL)) != NULL);
        c.bytes = codec_memory_bytes(c.model[side]);
        REQUIRE((c.after[side] = calloc(1, c.bytes + 1)) != NULL);
        REQUIRE((c.known[side] = calloc(1, c.bytes + 1)) != NULL);
    }
    CHECK(codec_check_match(c.model[0], c.model[1], NULL) == ERR_NONE);
    REQUIRE(payload_init(&c.report, &codec_info_of(c.model[0])->shape, NULL) == ERR_NONE);
    REQUIRE((c.transform = csi_transform_create(&config.dims, NULL)) != NULL);
    REQUIRE((c.view = csi_view_create(c.transform, NULL)) != NULL);
    REQUIRE((c.channel = fading_open("cost2100-outdoor", &config, NULL)) != NULL);
    return c;
}

static void close_ends(ends *c)
{
    fading_ue_free(c->ue);
    fading_close(c->channel);
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    payload_free(&c->report);
    for (int side = 0; side < 2; side++) {
        codec_close(c->work[side]);
        codec_unload(c->model[side]);
        free(c->after[side]);
        free(c->known[side]);
    }
}

/* The channel of a UE at report i, every 5 ms. */
static void move(ends *c, uint32_t ue, uint32_t i, float complex *h)
{
    if (i == 0) {
        fading_ue_free(c->ue);
        REQUIRE((c->ue = fading_ue_create(c->channel, ue, NULL)) != NULL);
    }
    REQUIRE(fading_ue_angle_delay(c->ue, c->transform, i, 5e-3 * i, h, NULL) == ERR_NONE);
}

/* `builds_on` as the chain sets it; the codec may clear it. */
static void encode(ends *c, const void *before, uint32_t builds_on, const float complex *h)
{
    c->report.builds_on = before ? builds_on : 0;
    csi_view_from_angle_delay(c->view, h);
    REQUIRE(codec_encode(c->work[0], before, c->view, &c->report, c->after[0], NULL) == ERR_NONE);
}

static int decode(ends *c, const void *before, double snr_db, float complex *h, err *e)
{
    return codec_decode(c->work[1], before, &c->report, &(codec_hint){.snr_db = snr_db}, h,
                        c->after[1], e);
}

static void keep(ends *c)
{
    for (int side = 0; side < 2; side++)
        memcpy(c->known[side], c->after[side], c->bytes);
}

static double lose(const float complex *h, const float complex *back)
{
    double lost = 0, all = 0;
    for (size_t j = 0; j < ENTRIES; j++) {
        lost += pow((double)cabsf(h[j] - back[j]), 2);
        all += pow((double)cabsf(h[j]), 2);
    }
    return lost / all;
}

static void add_noise(payload *p, uint32_t ue, uint32_t i, double snr_db)
{
    rng r = rng_at(9, RNG_TEST, ue, i);
    double power = 0;
    for (size_t k = 0; k < p->values; k++)
        power += (double)p->value[k] * (double)p->value[k] / p->values;
    for (size_t k = 0; k < p->values; k++)
        p->value[k] += (float)(sqrt(power * power_of_db(-snr_db)) * rng_normal(&r));
}

/* Whether both ends hold the same blocks; what they know of the noise differs. */
static bool same_blocks(const void *ue, const void *bs)
{
    const held *a = ue, *b = bs;
    bool same = a->age == b->age;
    for (size_t k = 0; k < ENTRIES * 2 / BLOCK_REALS; k++) {
        const block_state *x = &a->block[k], *y = &b->block[k];
        same = same && x->age == y->age && x->reach == y->reach &&
               memcmp(x->x, y->x, sizeof x->x) == 0 && memcmp(x->v, y->v, sizeof x->v) == 0;
    }
    return same;
}

/* 4 zeros, the pair's side bits and its values, and the same reconstruction, to the last bit. */
static void a_key_is_the_pairs_report(void)
{
    ends pair = open_ends(PAIR, 0), delta = open_ends("delta-net:" PAIR ",values=64", 0);
    for (uint32_t i = 0; i < 8; i++) {
        float complex h[ENTRIES], one[ENTRIES], other[ENTRIES];
        move(&pair, i, 0, h);
        encode(&pair, NULL, 0, h);
        encode(&delta, NULL, 0, h);
        CHECK(delta.report.builds_on == 0);
        CHECK(delta.report.side_bits == pair.report.side_bits + 4);
        bit_reader a = {.byte = pair.report.side, .size = pair.report.side_bits};
        bit_reader b = {.byte = delta.report.side, .size = delta.report.side_bits};
        CHECK(bits_get(&b, 4) == 0);
        for (uint32_t k = 0; k < pair.report.side_bits; k++)
            CHECK(bits_get(&a, 1) == bits_get(&b, 1));
        REQUIRE(delta.report.values == pair.report.values);
        CHECK(memcmp(delta.report.value, pair.report.value, pair.report.values * sizeof(float)) ==
              0);
        add_noise(&pair.report, 0, i, 10);
        add_noise(&delta.report, 0, i, 10);
        REQUIRE(decode(&pair, NULL, 10, one, NULL) == ERR_NONE);
        REQUIRE(decode(&delta, NULL, 10, other, NULL) == ERR_NONE);
        CHECK(memcmp(one, other, sizeof one) == 0);
    }
    close_ends(&pair);
    close_ends(&delta);
}

/* NMSE and mean values of reports that all arrive, each building on the one before; also whether
 * the ends stayed together where there was no noise. */
static double follow(const char *options, double speed_kmh, double snr_db, double *values)
{
    char spec[CODEC_SPEC_MAX];
    double sum = 0;
    snprintf(spec, sizeof spec, "delta-net:" PAIR "%s", options);
    ends c = open_ends(spec, speed_kmh);
    *values = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        for (uint32_t i = 0; i < REPORTS; i++) {
            float complex h[ENTRIES], back[ENTRIES];
            move(&c, ue, i, h);
            encode(&c, i ? c.known[0] : NULL, i, h);
            *values += (double)c.report.values / (UES * REPORTS);
            if (isfinite(snr_db))
                add_noise(&c.report, ue, i, snr_db);
            REQUIRE(decode(&c, i ? c.known[1] : NULL, fmin(snr_db, 60), back, NULL) == ERR_NONE);
            CHECK(isfinite(snr_db) || same_blocks(c.after[0], c.after[1]));
            keep(&c);
            sum += lose(h, back);
        }
    }
    close_ends(&c);
    return db_of_power(sum / (UES * REPORTS));
}

static double of_pair(double speed_kmh, double snr_db)
{
    ends c = open_ends(PAIR, speed_kmh);
    double sum = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        for (uint32_t i = 0; i < REPORTS; i++) {
            float complex h[ENTRIES], back[ENTRIES];
            move(&c, ue, i, h);
            encode(&c, NULL, 0, h);
            if (isfinite(snr_db))
                add_noise(&c.report, ue, i, snr_db);
            REQUIRE(decode(&c, NULL, fmin(snr_db, 60), back, NULL) == ERR_NONE);
            sum += lose(h, back);
        }
    }
    close_ends(&c);
    return db_of_power(sum / (UES * REPORTS));
}

/* At a walk half of the pair's values give more than the pair. Where nothing lasts it is the pair,
 * but for blocks that do better by themselves. */
static void memory_gains_and_never_costs(void)
{
    static const double snrs_db[] = {10, 20, (double)INFINITY};
    double values, with, alone;
    for (size_t i = 0; i < 3; i++) {
        with = follow(",values=48", 10.8, snrs_db[i], &values);
        alone = of_pair(10.8, snrs_db[i]);
        CHECK(values < 64 && with < alone - 2);
        if (!(values < 64 && with < alone - 2))
            printf("    %g dB: %.2f dB in %.0f values, the pair %.2f dB\n", snrs_db[i], with,
                   values, alone);
    }
    with = follow(",values=48", 1500, INFINITY, &values);
    alone = of_pair(1500, INFINITY);
    CHECK(with < alone + 0.01);
    if (!(with < alone + 0.01))
        printf("    %.2f dB in %.0f values, the pair %.2f dB\n", with, values, alone);
}

/* By any pattern of lost reports and lost answers: the UE builds on what was acknowledged, the base
 * station has that, and it is the same. */
static void no_loss_parts_the_ends(void)
{
    static const char *const specs[] = {"delta-net:" PAIR ",values=48",
                                        "delta-net:" PAIR ",values=160,gop=7"};
    for (size_t n = 0; n < 2; n++) {
        ends c = open_ends(specs[n], 10.8);
        for (uint32_t pattern = 0; pattern < 8; pattern++) {
            chain_memory *ue = chain_memory_create(c.bytes, NULL);
            chain_memory *bs = chain_memory_create(c.bytes, NULL);
            float complex h[ENTRIES], back[ENTRIES];
            rng r = rng_at(11, RNG_TEST, pattern, 0);
            for (uint32_t i = 0; i < REPORTS; i++) {
                uint32_t base = 0;
                const void *before = chain_memory_newest(ue, UINT32_MAX, &base);
                move(&c, pattern % UES, i, h);
                encode(&c, before, chain_memory_builds_on(before, base), h);
                memcpy(chain_memory_add(ue, i, before), c.after[0], c.bytes);
                if (rng_uniform(&r) < 0.1 * pattern) /* the report */
                    continue;
                const void *there = NULL;
                if (c.report.builds_on > 0) {
                    there = chain_memory_find(bs, c.report.builds_on - 1);
                    REQUIRE(there != NULL);
                    CHECK(same_blocks(chain_memory_find(ue, base), there));
                }
                REQUIRE(decode(&c, there, 60, back, NULL) == ERR_NONE);
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

/* On a channel that stands still every block is sent in the end, so that the error falls to
 * nothing. */
static void what_stands_still_becomes_exact(void)
{
    ends c = open_ends("delta-net:" PAIR ",values=256", 0);
    float complex h[ENTRIES], back[ENTRIES];
    double first = 1, last = 1;
    move(&c, 1, 0, h);
    for (uint32_t i = 0; i < 2 * ENTRIES / 256 + 1; i++) {
        encode(&c, i ? c.known[0] : NULL, i, h);
        REQUIRE(decode(&c, i ? c.known[1] : NULL, 60, back, NULL) == ERR_NONE);
        keep(&c);
        last = lose(h, back);
        first = i ? first : last;
    }
    CHECK(first > 1e-2 && last < 1e-12);
    close_ends(&c);
}

/* A key needs nothing of what was before it; keys come every gop reports. */
static void a_key_resets(void)
{
    ends c = open_ends("delta-net:" PAIR ",values=48,gop=5", 10.8);
    float complex h[ENTRIES], one[ENTRIES], other[ENTRIES];
    void *after = malloc(c.bytes), *garbage = malloc(c.bytes);
    memset(garbage, 0x3f, c.bytes);
    for (uint32_t i = 0; i < 25; i++) {
        move(&c, 1, i, h);
        encode(&c, i ? c.known[0] : NULL, i, h);
        CHECK((c.report.builds_on == 0) == (i % 5 == 0));
        CHECK(c.report.values == (i % 5 == 0 ? 128 : 48));
        REQUIRE(decode(&c, i ? c.known[1] : NULL, 20, one, NULL) == ERR_NONE);
        keep(&c);
        if (i % 5 == 0) {
            memcpy(after, c.after[1], c.bytes);
            REQUIRE(decode(&c, garbage, 20, other, NULL) == ERR_NONE);
            CHECK(memcmp(one, other, sizeof one) == 0 && memcmp(after, c.after[1], c.bytes) == 0);
        }
    }
    free(after);
    free(garbage);
    close_ends(&c);
}

static void reports_from_outside_are_checked(void)
{
    ends c = open_ends("delta-net:" PAIR ",values=48", 10.8);
    float complex h[ENTRIES], back[ENTRIES];
    err e = {0};
    move(&c, 1, 0, h);
    encode(&c, NULL, 0, h);
    REQUIRE(decode(&c, NULL, 20, back, NULL) == ERR_NONE);
    uint32_t whole = c.report.side_bits, values = c.report.values;
    for (c.report.side_bits = 0; c.report.side_bits < whole; c.report.side_bits++)
        CHECK(decode(&c, NULL, 20, back, &e) == ERR_FORMAT);
    c.report.side_bits = whole;
    c.report.values = 48;
    CHECK(decode(&c, NULL, 20, back, &e) == ERR_FORMAT && strstr(e.text, "a key"));
    c.report.values = values;
    encode(&c, NULL, 0, h);
    REQUIRE(decode(&c, NULL, 20, back, NULL) == ERR_NONE);
    keep(&c);
    move(&c, 1, 1, h);
    encode(&c, c.known[0], 1, h);
    REQUIRE(c.report.builds_on == 1);
    CHECK(decode(&c, NULL, 20, back, &e) == ERR_FORMAT && strstr(e.text, "build on no report"));
    whole = c.report.side_bits;
    for (c.report.side_bits = 0; c.report.side_bits < whole; c.report.side_bits++)
        CHECK(decode(&c, c.known[1], 20, back, &e) == ERR_FORMAT);
    for (c.report.values = 0; c.report.values < 48; c.report.values++)
        CHECK(decode(&c, c.known[1], 20, back, &e) == ERR_FORMAT);
    c.report.values = 48;
    /* Not every rank is a choice of blocks. */
    uint8_t last = c.report.side[whole / 8 - 1], end = c.report.side[(whole - 1) / 8];
    memset(c.report.side + 1, 0xff, whole / 8 - 1);
    c.report.side[(whole - 1) / 8] = (uint8_t)((1u << (whole - 1) % 8 << 1) - 1);
    CHECK(decode(&c, c.known[1], 20, back, &e) == ERR_FORMAT);
    c.report.side[whole / 8 - 1] = last;
    c.report.side[(whole - 1) / 8] = end;
    /* The same report for ever stays finite: no leak is 1. */
    move(&c, 1, 1, h);
    encode(&c, c.known[0], 1, h);
    c.report.side[0] |= 0x0f; /* the largest */
    for (int i = 0; i < 20000; i++) {
        REQUIRE(decode(&c, c.known[1], 20, back, NULL) == ERR_NONE);
        memcpy(c.known[1], c.after[1], c.bytes);
    }
    /* Whatever overflows is refused, and kept by nobody. */
    for (uint32_t k = 0; k < 48; k++)
        c.report.value[k] = 3e38f;
    CHECK(decode(&c, c.known[1], 20, back, &e) == ERR_FORMAT);
    close_ends(&c);
}

static void options_that_do_not_fit_are_refused(void)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"delta-net", "wants the name of a model"},
        {"delta-net:" PAIR ",values=40", "values=N, a multiple of 16"},
        {"delta-net:" PAIR ",values=0", "values=N, a multiple of 16"},
        {"delta-net:" PAIR ",values=2064", "has 2048 in all"},
        {"delta-net:" PAIR ",gop=-1", "gop=N from 0"},
        {"delta-net:" PAIR ",bits=100", "option bits=100 of codec delta-net"},
        {"delta-net:csilink-net-cr5-nowhere", "unknown model"},
        {"delta-net:tests/data/memory/toy", "memory of its own"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        CHECK(codec_load(CODEC_ENCODER, cases[i].spec, &e) == NULL);
        if (!strstr(e.text, cases[i].says))
            printf("    '%s' does not say '%s'\n", e.text, cases[i].says);
        CHECK(strstr(e.text, cases[i].says) != NULL);
    }
    codec *a = codec_load(CODEC_ENCODER, "delta-net:" PAIR ",values=48", NULL);
    codec *b = codec_load(CODEC_DECODER, "delta-net:" PAIR ",values=64", NULL);
    REQUIRE(a && b);
    CHECK(codec_check_match(a, b, NULL) == ERR_MISMATCH);
    CHECK(codec_info_of(a)->identity != codec_info_of(b)->identity);
    codec_unload(a);
    codec_unload(b);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a key is the pair's report, to the last bit", a_key_is_the_pairs_report},
        {"memory gains 2 dB in half the values, and costs nothing where nothing lasts",
         memory_gains_and_never_costs},
        {"no pattern of losses parts the ends", no_loss_parts_the_ends},
        {"what stands still becomes exact", what_stands_still_becomes_exact},
        {"a key does not depend on what was before it, and comes by the gop", a_key_resets},
        {"reports from outside are checked", reports_from_outside_are_checked},
        {"options that do not fit are refused with what would",
         options_that_do_not_fit_are_refused},
    };
    return harness_main(argc, argv, "delta-net", tests, sizeof tests / sizeof tests[0]);
}
