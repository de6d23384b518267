#include "uplink_pair.h"

/* Without noise: side bits to the bit, values up to the rounding of the rms and of floats. */
static void analog_is_exact_up_to_the_rms(void)
{
    const level_law law = ANALOG_RMS;
    const double step = (law.high_db - law.low_db) / ((1 << law.bits) - 2);
    const double bound = pow(10, step / 40) - 1 + 4e-7;
    CHECK(bound < 0.00099);
    static const uint32_t shapes[][2] = {{0, 1}, {1, 2}, {58, 512}, {13, 33}, {65536, 65536}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        link l = open_link("analog", shapes[i][0], shapes[i][1]);
        for (uint32_t seed = 0; seed < 20; seed++) {
            float scale = powf(10, (float)seed / 5 - 2);
            fill(&l, seed, scale);
            l.sent.value[0] = scale; /* below -60 dB the bound does not hold */
            REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
            pass(&l, INFINITY);
            CHECK(same_side(&l) && l.got.values == l.sent.values);
            double worst = 0;
            for (uint32_t k = 0; k < l.sent.values; k++)
                worst = fmax(worst, fabs((double)l.got.value[k] / (double)l.sent.value[k] - 1));
            CHECK(worst <= bound);
        }
        close_link(&l);
    }
}

/* The references first, as snr.h has them; behind them mean power 1, to the rounding of floats. */
static void every_burst_has_unit_power(void)
{
    static const char *const specs[] = {"analog", "analog:u2,references=1", "analog:references=512",
                                        "analog:float16", "analog:r4,references=3"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        for (uint32_t values = 31; values < 34; values++) {
            link l = open_link(specs[i], 5, values);
            uint32_t references = l.burst.references, data = l.burst.symbols - references;
            float complex known[UPLINK_REFERENCES_MAX];
            CHECK(data == (values + 1) / 2);
            snr_references(known, references);
            CHECK_NEAR(air_power(known, references), 1, 1e-6);
            for (uint32_t seed = 0; seed < 50; seed++) {
                fill(&l, seed, powf(10, (float)(seed % 5) - 2));
                REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
                CHECK(memcmp(l.burst.symbol, known, references * sizeof *known) == 0);
                CHECK_NEAR(air_power(l.burst.symbol + references, data), 1, 1e-6);
                CHECK(air_check_power(l.burst.symbol, l.burst.symbols, NULL) == 0);
            }
            close_link(&l);
        }
    }
}

/* What is on the air, times its rms, is what csi_codeword_pack and _unpack make of the values. */
static void formats_send_the_levels_of_the_codeword(void)
{
    enum { VALUES = 256 };
    static const char *const names[] = {
        "float32", "float16", "uint8", "u2",  "u3",  "u4", "u5", "u6", "u7", "u8", "mu2", "mu3",
        "mu4",     "mu5",     "mu6",   "mu7", "mu8", "r2", "r3", "r4", "r5", "r6", "r7",  "r8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char spec[UPLINK_SPEC_MAX];
        csi_codeword_format f;
        csi_codeword_range range;
        uint8_t packed[4 * VALUES];
        float level[VALUES];
        snprintf(spec, sizeof spec, "analog:%s", names[i]);
        link l = open_link(spec, 0, VALUES);
        fill(&l, (uint32_t)i, 0.7f);
        REQUIRE(csi_codeword_parse(names[i], &f, NULL) == 0);
        REQUIRE(csi_codeword_pack(f, l.sent.value, VALUES, packed, &range, NULL) == 0);
        REQUIRE(csi_codeword_unpack(f, range, packed, csi_codeword_bytes(f, VALUES), level, VALUES,
                                    NULL) == 0);
        REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
        double power = 0;
        for (int k = 0; k < VALUES; k++)
            power += (double)level[k] * (double)level[k];
        const float *real = (const float *)(l.burst.symbol + l.burst.references);
        double rms = sqrt(power / (VALUES / 2));
        for (int k = 0; k < VALUES; k++) /* as exact as a float of the symbol's size */
            CHECK_NEAR((double)real[k] * rms, (double)level[k], 1.2e-7 * fabs((double)level[k]));
        close_link(&l);
    }
}

static void delivered_snr_is_the_set_one(void)
{
    static const double levels[] = {-10, 0, 10, 30};
    link l = open_link("analog:references=16", 0, 256);
    float complex sent[144];
    REQUIRE(l.burst.symbols == 144);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        double on_data = 0, on_references = 0, signal = 0, reported = 0;
        for (uint32_t seq = 0; seq < 5000; seq++) {
            fill(&l, seq, 1);
            REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
            memcpy(sent, l.burst.symbol, sizeof sent);
            reported += air_add_noise(1, 3, seq, levels[i], l.burst.symbol, l.burst.symbols);
            for (int k = 0; k < 144; k++)
                sent[k] = l.burst.symbol[k] - sent[k];
            on_references += air_power(sent, 16);
            on_data += air_power(sent + 16, 128);
            signal += air_power(l.burst.symbol + 16, 128);
        }
        /* 640,000 data symbols leave a deviation of 0.005 dB, 80,000 references 0.015 dB. */
        CHECK_NEAR(-db_of_power(on_data / 5000), levels[i], 0.05);
        CHECK_NEAR(-db_of_power(on_references / 5000), levels[i], 0.08);
        CHECK_NEAR(-db_of_power(reported / 5000), levels[i], 0.05);
        CHECK_NEAR(signal / 5000, 1 + power_of_db(-levels[i]), 0.01 * signal / 5000);
    }
    close_link(&l);
}

/* The values that come back are wrong by what the air did, no more: both ends agree on the rms. */
static void noise_reaches_the_values_at_the_set_snr(void)
{
    link l = open_link("analog:references=4", 0, 100);
    double error = 0, power = 0;
    for (uint32_t seq = 0; seq < 5000; seq++) {
        fill(&l, seq, 20);
        REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
        air_add_noise(1, 3, seq, 10, l.burst.symbol, l.burst.symbols);
        pass(&l, 10);
        double e = 0, s = 0;
        for (uint32_t k = 0; k < 100; k++) {
            e += pow((double)l.got.value[k] - (double)l.sent.value[k], 2);
            s += pow((double)l.sent.value[k], 2);
        }
        error += e / s;
        power += 1;
    }
    CHECK_NEAR(db_of_power(error / power), -10, 0.05);
    close_link(&l);
}

static void noise_depends_on_its_key_alone(void)
{
    enum { N = 300 };
    float complex first[N] = {0}, other[N] = {0}, again[N / 2] = {0};
    air_add_noise(1, 2, 3, 0, first, N);
    air_add_noise(9, 9, 9, 0, other, N);
    /* A shorter burst's noise is the beginning of a longer one's. */
    air_add_noise(1, 2, 3, 0, again, N / 2);
    CHECK(memcmp(first, again, sizeof again) == 0);
    /* In order over the reals: what one call of the generator gives. */
    float want[2 * N];
    rng r = rng_at(1, RNG_UPLINK_NOISE, 2, 3);
    rng_normal_fill(&r, want, 2 * N, (float)sqrt(0.5));
    CHECK(memcmp(first, want, sizeof want) == 0);
    static const uint32_t keys[][3] = {{2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 3, 2}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        memset(other, 0, sizeof other);
        air_add_noise(keys[i][0], keys[i][1], keys[i][2], 0, other, N);
        size_t same = 0;
        for (int k = 0; k < N; k++)
            same += crealf(first[k]) == crealf(other[k]);
        CHECK(same < 3);
    }
    float complex untouched[2] = {1, 2};
    CHECK(air_add_noise(1, 2, 3, INFINITY, untouched, 2) == 0);
    CHECK(crealf(untouched[0]) == 1 && crealf(untouched[1]) == 2);
}

static void too_much_power_is_refused(void)
{
    float complex s[4] = {1, 1, 1, 1};
    err e = {0};
    CHECK(air_check_power(s, 4, NULL) == 0 && air_check_power(s, 0, NULL) == 0);
    /* 256-QAM's points have a power of up to 2.65, and few symbols may all be of them. */
    CHECK_NEAR(air_power_limit(4), 1.001 + 6 * sqrt(0.395 / 4), 1e-12);
    CHECK_NEAR(air_power_limit(10000), 1.001 + 0.0377, 1e-4);
    s[0] = (float)sqrt(4 * (air_power_limit(4) - 1e-4) - 3);
    CHECK(air_check_power(s, 4, NULL) == 0);
    s[0] = (float)sqrt(4 * (air_power_limit(4) + 1e-4) - 3);
    CHECK(air_check_power(s, 4, &e) == ERR_FORMAT && strstr(e.text, "mean power of 2.88"));
    s[0] = 3e38f;
    CHECK(air_check_power(s, 4, &e) == ERR_FORMAT && strstr(e.text, "mean power of"));
    s[0] = 0, s[2] = complex_of(0, NAN);
    CHECK(air_check_power(s, 4, &e) == ERR_FORMAT && strstr(e.text, "symbol 2"));
    s[2] = 0, s[3] = INFINITY;
    CHECK(air_check_power(s, 4, &e) == ERR_FORMAT && strstr(e.text, "symbol 3"));
}

static void snr_survives_any_symbols(void)
{
    static const float values[] = {0, -1, 1e-45f, 3e38f, -3e38f, INFINITY, -INFINITY, NAN, 1};
    snr_tracker t = {0};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        for (size_t n = 0; n <= 8; n++) {
            float complex symbol[8];
            for (int k = 0; k < 8; k++)
                symbol[k] = k % 3 ? complex_of(values[i], 0) : complex_of(1, values[i]);
            double snr_db = snr_track(&t, symbol, n);
            CHECK(snr_db >= UPLINK_SNR_MIN_DB && snr_db <= UPLINK_SNR_MAX_DB);
            CHECK(isfinite(t.mean_z));
        }
    }
    /* Garbage is forgotten as any other past. */
    float complex symbol[8];
    double settled = 0;
    for (uint32_t seq = 0; seq < 60; seq++) {
        snr_references(symbol, 8);
        air_add_noise(5, 0, seq, 10, symbol, 8);
        settled = snr_track(&t, symbol, 8);
    }
    CHECK_NEAR(settled, 10, 4);
}

/* No power: no data on the air, zeros at the other end; a part of the values: the rest is zero. */
static void payloads_without_power_arrive_as_zeros(void)
{
    static const char *const specs[] = {"analog", "analog:u4", "analog:mu3", "analog:r4",
                                        "analog:float16"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        link l = open_link(specs[i], 3, 9);
        fill(&l, 1, 0);
        REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
        CHECK(air_power(l.burst.symbol + l.burst.references, 5) == 0);
        pass(&l, 10);
        for (int k = 0; k < 9; k++)
            CHECK(l.got.value[k] == 0);
        l.sent.values = 0;
        REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
        pass(&l, 10);
        CHECK(same_side(&l) && l.got.values == 9 && l.got.value[8] == 0);
        close_link(&l);
    }
    link part = open_link("analog", 0, 9);
    fill(&part, 1, 1);
    part.sent.values = 4;
    REQUIRE(uplink_send(part.u, &ue, &part.sent, &part.burst, NULL) == 0);
    CHECK_NEAR(air_power(part.burst.symbol + part.burst.references, 5), 1, 1e-6);
    pass(&part, INFINITY);
    for (int k = 0; k < 9; k++)
        CHECK_NEAR((double)part.got.value[k], k < 4 ? (double)part.sent.value[k] : 0,
                   0.001 * fabs((double)part.sent.value[k]));
    close_link(&part);
}

/* A codec of bits: nothing but references on the air, and no rms. */
static void a_payload_of_bits_alone_has_no_rms(void)
{
    link l = open_link("analog:r4", 100, 0);
    fill(&l, 1, 1);
    REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
    CHECK(l.burst.symbols == UPLINK_REFERENCES_DEFAULT && l.burst.side_bits == 100);
    CHECK(uplink_bits(l.u, &l.sent) == 100);
    pass(&l, 0);
    CHECK(same_side(&l) && l.got.values == 0);
    close_link(&l);
}

static void refuse(link *l, const char *says)
{
    err e = {0};
    bool intact;
    CHECK(uplink_receive(l->u, &AT(10), &l->burst, &l->got, &intact, &e) == ERR_FORMAT);
    if (!strstr(e.text, says))
        printf("    '%s' does not say '%s'\n", e.text, says);
    CHECK(strstr(e.text, says) != NULL);
}

static void hostile_bursts_are_refused(void)
{
    link l = open_link("analog", 10, 6);
    fill(&l, 2, 1);
    REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
    pass(&l, 10);
    const uplink_burst good = l.burst;
    const float complex symbol = good.symbol[9];
    CHECK(good.side_bits == 23 && good.symbols == 11);

    l.burst.symbols = 10;
    refuse(&l, "a burst of 10 symbols");
    l.burst.symbols = UINT32_MAX;
    refuse(&l, "has 11 and 8");
    l.burst = good, l.burst.references = 7;
    refuse(&l, "7 of them references");
    l.burst = good, l.burst.side_bits = 24;
    refuse(&l, "at most 23");
    l.burst.side_bits = UINT32_MAX;
    refuse(&l, "at most 23");
    l.burst.side_bits = 12, l.burst.side[1] &= 0xf;
    refuse(&l, "the rms alone needs 13");
    l.burst.side_bits = 0;
    refuse(&l, "the rms alone needs 13");
    l.burst = good, l.burst.side[2] |= 0x80;
    refuse(&l, "bits are set after");
    l.burst.side[2] &= 0x7f;
    l.burst.symbol[9] = complex_of(0, NAN);
    refuse(&l, "symbol 9 of the burst is not finite");
    l.burst.symbol[9] = -INFINITY;
    refuse(&l, "symbol 9 of the burst is not finite");
    memset(l.burst.side, 0xff, 2), l.burst.side[2] = 0x7f; /* the highest rms */
    l.burst.symbol[9] = 1e35f;
    refuse(&l, "beyond the range of floats");
    l.burst.symbol[9] = symbol;
    pass(&l, 10);
    close_link(&l);
}

static void payloads_that_cannot_be_sent_are_refused(void)
{
    static const struct {
        const char *spec, *says;
        float value;
    } cases[] = {{"analog", "value 1 of the payload is not finite", NAN},
                 {"analog:u4", "value 1 of the payload is not finite", INFINITY},
                 {"analog:float16", "65504", 7e4f},
                 {"analog", "at most 10000", 1e6f},
                 {"analog", "at most 10000", 3e38f}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        link l = open_link(cases[i].spec, 9, 6);
        err e = {0};
        fill(&l, 2, 1);
        l.sent.value[1] = cases[i].value;
        CHECK(uplink_send(l.u, &ue, &l.sent, &l.burst, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, cases[i].says) != NULL);
        close_link(&l);
    }
    link l = open_link("analog", 9, 6);
    err e = {0};
    fill(&l, 2, 1);
    l.sent.side_bits = 10;
    CHECK(uplink_send(l.u, &ue, &l.sent, &l.burst, &e) == ERR_FORMAT &&
          strstr(e.text, "at most 9"));
    l.sent.side_bits = 9, l.sent.values = 7;
    CHECK(uplink_send(l.u, &ue, &l.sent, &l.burst, &e) == ERR_FORMAT && strstr(e.text, "7 values"));
    l.sent.values = 6, l.sent.side[1] |= 2;
    CHECK(uplink_send(l.u, &ue, &l.sent, &l.burst, &e) == ERR_FORMAT &&
          strstr(e.text, "set after"));
    close_link(&l);
}

/* The threshold is for the estimate that the receiver is given, whatever the burst holds; what was
 * received stands in the payload either way, and the sender knows nothing of it. */
static void no_burst_below_the_threshold_is_used(void)
{
    static const double outage[] = {-20, -5, 0.5, 60};
    for (size_t i = 0; i < sizeof outage / sizeof outage[0]; i++) {
        char spec[UPLINK_SPEC_MAX];
        snprintf(spec, sizeof spec, "analog:outage=%g", outage[i]);
        link l = open_link(spec, 58, 64), plain = open_link("analog", 58, 64);
        fill(&l, 1, 1);
        fill(&plain, 1, 1);
        REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
        REQUIRE(uplink_send(plain.u, &ue, &plain.sent, &plain.burst, NULL) == 0);
        CHECK(memcmp(l.burst.symbol, plain.burst.symbol, l.burst.symbols * sizeof(float complex)) ==
              0);
        CHECK(uplink_bits(l.u, &l.sent) == uplink_bits(plain.u, &plain.sent));
        for (double snr_db = -20; snr_db <= 60; snr_db += 0.5) {
            bool intact;
            REQUIRE(uplink_receive(l.u, &AT(snr_db), &l.burst, &l.got, &intact, NULL) == 0);
            CHECK(intact == (snr_db >= outage[i]));
            CHECK(same_side(&l) && l.got.values == l.sent.values);
            REQUIRE(uplink_receive(plain.u, &AT(snr_db), &l.burst, &plain.got, &intact, NULL) == 0);
            CHECK(intact && memcmp(l.got.value, plain.got.value, 64 * sizeof(float)) == 0);
        }
        close_link(&l);
        close_link(&plain);
    }
}

static void receivers_share_references_and_threshold(void)
{
    static const payload_shape shape = {58, 64, 0, .values_min = 0},
                               other = {0, 512, 0, .values_min = 0};
    static const struct {
        const char *spec, *receiver;
    } cases[] = {{"analog", "analog,references=8"},
                 {"analog:", "analog,references=8"},
                 {"analog:r4", "analog,references=8"},
                 {"analog:references=8", "analog,references=8"},
                 {"analog:uint8,references=008", "analog,references=8"},
                 {"analog:references=16", "analog,references=16"},
                 {"analog:float16,references=512", "analog,references=512"},
                 {"analog:outage=-5", "analog,references=8,outage=-5"},
                 {"analog:r4,outage=-5.0,references=8", "analog,references=8,outage=-5"},
                 {"analog:outage=-0", "analog,references=8,outage=0"},
                 {"analog:outage=0,references=8", "analog,references=8,outage=0"},
                 {"analog:outage=0.5", "analog,references=8,outage=0.5"},
                 {"analog:header=capacity", "analog,references=8"},
                 {"analog:header=free", "analog,references=8"}};
    uint64_t identity = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uplink *u = uplink_open(cases[i].spec, &shape, NULL);
        uplink *v = uplink_open(cases[i].spec, &other, NULL);
        REQUIRE(u && v);
        const uplink_info *info = uplink_info_of(u);
        CHECK(strcmp(info->kind, "analog") == 0 && strcmp(info->name, cases[i].spec) == 0);
        CHECK(strcmp(info->receiver, cases[i].receiver) == 0);
        CHECK(info->symbols == info->references + 32 && info->side_bits_max == 58 + 13);
        CHECK(info->identity != 0 && info->identity == uplink_info_of(v)->identity);
        /* The same identity where, and only where, the receiver is spelt the same. */
        CHECK((info->identity == identity) ==
              (i > 0 && strcmp(cases[i].receiver, cases[i - 1].receiver) == 0));
        identity = info->identity;
        uplink_close(u);
        uplink_close(v);
    }
    uplink_close(NULL);
}

static void wrong_names_are_refused(void)
{
    static const payload_shape shape = {58, 64, 0, .values_min = 0},
                               huge = {0, PAYLOAD_VALUES_MAX + 1, 0, .values_min = 0},
                               small = {0, 2, 0, .values_min = 0};
    static const struct {
        const char *spec, *says;
    } cases[] = {{"", "the kinds are: analog"},
                 {"analo", "the kinds are: analog"},
                 {"analogue:r4", "unknown uplink 'analogue:r4'"},
                 {"r4", "the kinds are: analog"},
                 {"analog:r9", "'r9' is not a codeword format"},
                 {"analog:,references=4", "'' is not a codeword format"},
                 {"analog:r4,", "unexpected ''"},
                 {"analog:r4,u4", "unexpected 'u4'"},
                 {"analog:references=4,r4", "unexpected 'r4'"},
                 {"analog:references=4,references=4", "unexpected 'references=4'"},
                 {"analog:r4,tail=coded", "the uplink is analog[:FORMAT][,header="},
                 {"analog:r4,header=", "header must be coded, capacity or free, not ''"},
                 {"analog:header=coded,header=free", "unexpected 'header=free'"},
                 {"analog:header-uses=9", "header-uses needs header=coded"},
                 {"analog:header=coded,header-uses=0", "header-uses must be 1 to 65024"},
                 {"analog:header=coded,header-uses=20", "header=coded: 77 bits take"},
                 {"analog:outage=-20.5", "outage must be -20 to 60 dB, not '-20.5'"},
                 {"analog:outage=61", "outage must be -20 to 60 dB"},
                 {"analog:outage=", "outage must be -20 to 60 dB"},
                 {"analog:outage=inf", "outage must be -20 to 60 dB"},
                 {"analog:outage=nan", "outage must be -20 to 60 dB"},
                 {"analog:outage=1,outage=1", "unexpected 'outage=1'"},
                 {"analog:references=0", "must be 1 to 512, not '0'"},
                 {"analog:references=513", "must be 1 to 512, not '513'"},
                 {"analog:references=-1", "must be 1 to 512"},
                 {"analog:references= 4", "must be 1 to 512"},
                 {"analog:references=4x", "must be 1 to 512"},
                 {"analog:references=", "must be 1 to 512"},
                 {"analog:references=99999999999999999999", "must be 1 to 512"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        CHECK(!uplink_open(cases[i].spec, &shape, &e) && e.code == ERR_INVALID);
        if (!strstr(e.text, cases[i].says))
            printf("    '%s' does not say '%s'\n", e.text, cases[i].says);
        CHECK(strstr(e.text, cases[i].says) != NULL);
        CHECK(!uplink_open(cases[i].spec, &shape, NULL));
    }
    char spec[2 * UPLINK_SPEC_MAX] = "analog:";
    memset(spec + 7, 'x', sizeof spec - 8);
    err e = {0};
    CHECK(!uplink_open(spec, &shape, &e) && strstr(e.text, "more than 127 characters"));
    CHECK(!uplink_open("analog", &huge, &e) && e.code == ERR_INVALID && strstr(e.text, "65536"));
    CHECK(!uplink_open("analog:r2", &small, &e) && strstr(e.text, "too small for the Rice code"));
}

/* Where a codec's reports have few values or many, each burst has the symbols of its own, at unit
 * power; where they have as many always, no other burst is taken. */
static void a_burst_is_as_long_as_its_values(void)
{
    link l = open_link_of("analog", (payload_shape){3, 64, 0, .values_min = 16});
    const uint32_t references = l.burst.references;
    bool intact;
    err e = {0};
    CHECK(uplink_info_of(l.u)->symbols == references + 32);
    CHECK(uplink_info_of(l.u)->symbols_min == references + 8);
    for (uint32_t values = 16; values <= 64; values += 2) {
        fill(&l, values, 3);
        l.sent.values = values;
        REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
        CHECK(l.burst.symbols == references + values / 2);
        CHECK_NEAR(air_power(l.burst.symbol + references, values / 2), 1, 1e-6);
        pass(&l, INFINITY);
        CHECK(same_side(&l) && l.got.values == values);
        double power = 0;
        for (uint32_t k = 0; k < values; k++) {
            CHECK_NEAR(l.got.value[k], l.sent.value[k], 1e-3 * fabs((double)l.sent.value[k]));
            power += (double)l.sent.value[k] * (double)l.sent.value[k] / values;
        }
        CHECK_NEAR(l.got.power / power, 1, 2e-3);
    }
    static const uint32_t wrong[] = {0, 7, 33};
    for (size_t i = 0; i < 3; i++) {
        l.burst.symbols = wrong[i] ? references + wrong[i] : 0;
        CHECK(uplink_receive(l.u, &AT(10), &l.burst, &l.got, &intact, &e) == ERR_FORMAT);
    }
    close_link(&l);
    l = open_link("analog", 3, 64);
    CHECK(uplink_info_of(l.u)->symbols_min == uplink_info_of(l.u)->symbols);
    fill(&l, 1, 3);
    l.sent.values = 16;
    REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
    CHECK(l.burst.symbols == references + 32);
    l.burst.symbols = references + 8;
    CHECK(uplink_receive(l.u, &AT(10), &l.burst, &l.got, &intact, &e) == ERR_FORMAT);
    close_link(&l);
}

static const harness_test tests[] = {
    {"a burst is as long as its values, where a codec has few or many",
     a_burst_is_as_long_as_its_values},
    {"analog without noise is exact up to the rounding of the rms", analog_is_exact_up_to_the_rms},
    {"every burst has its references first and unit mean power", every_burst_has_unit_power},
    {"each format sends the levels of its codeword", formats_send_the_levels_of_the_codeword},
    {"the air delivers the SNR that was set, within 0.05 dB", delivered_snr_is_the_set_one},
    {"values arrive with the noise of the set SNR", noise_reaches_the_values_at_the_set_snr},
    {"noise depends on (seed, UE, seq) and on nothing else", noise_depends_on_its_key_alone},
    {"the air refuses more than unit power", too_much_power_is_refused},
    {"the SNR estimate stays in its range whatever arrives", snr_survives_any_symbols},
    {"payloads without power arrive as zeros", payloads_without_power_arrive_as_zeros},
    {"a payload of bits alone has no rms", a_payload_of_bits_alone_has_no_rms},
    {"hostile bursts are refused with what is wrong", hostile_bursts_are_refused},
    {"payloads that cannot be sent are refused", payloads_that_cannot_be_sent_are_refused},
    {"no burst below the outage threshold is used", no_burst_below_the_threshold_is_used},
    {"receivers share the references and the outage threshold, not the format",
     receivers_share_references_and_threshold},
    {"wrong names of uplinks are refused", wrong_names_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "uplink kinds", tests, sizeof tests / sizeof tests[0]);
}
