#include "uplink_pair.h"

static void bits_are_those_of_the_digital_form(void)
{
    static const struct {
        const char *spec;
        uint32_t bits;
    } cases[] = {{"analog", 512 * 32 + 58 + 13}, /* the floats have no scale: the rms is theirs */
                 {"analog:float16", 512 * 16 + 58 + 13},
                 {"analog:u4", 512 * 4 + 64 + 58}, /* scale and offset, 32 bits each */
                 {"analog:mu2", 512 * 2 + 64 + 58},
                 {"analog:r3,references=100", 512 * 3 + 64 + 58}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        link l = open_link(cases[i].spec, 58, 512);
        fill(&l, 0, 1);
        CHECK(uplink_bits(l.u, &l.sent) == cases[i].bits);
        l.sent.side_bits = 50;
        CHECK(uplink_bits(l.u, &l.sent) == cases[i].bits - 8);
        close_link(&l);
    }
}

static void side_bits_are_charged_at_capacity(void)
{
    CHECK_NEAR(uplink_channel_uses(0, 58, 10), 58 / log2(11), 1e-12);
    CHECK_NEAR(uplink_channel_uses(0, 58, 10), 16.8, 0.05);
    CHECK_NEAR(uplink_channel_uses(264, 58, 0), 264 + 58, 1e-9);
    CHECK(uplink_channel_uses(264, 0, -20) == 264);
    CHECK(uplink_channel_uses(0, 58, INFINITY) == uplink_channel_uses(0, 58, UPLINK_SNR_MAX_DB));
    CHECK(uplink_channel_uses(0, 58, -INFINITY) == uplink_channel_uses(0, 58, UPLINK_SNR_MIN_DB));
    CHECK(uplink_channel_uses(0, 58, NAN) == uplink_channel_uses(0, 58, UPLINK_SNR_MIN_DB));
    char text[UPLINK_USAGES_MAX];
    CHECK(strcmp(uplink_usages(text), "analog[:FORMAT][,header=coded|capacity|free]"
                                      "[,header-uses=N][,references=N][,outage=DB], "
                                      "digital[:SOURCE][,MODULATION][,uses=N|rate=R][,list=L]"
                                      "[,margin=DB][,references=N]") == 0);
}

/* Values are as they are beside a free header; side bits and rms come through the code, or the
 * burst is not intact. */
static void a_coded_header_arrives_or_fails(void)
{
    link plain = open_link("analog:r4", 12, 64), l = open_link("analog:r4,header=coded", 12, 64);
    const uint32_t header = 3 * (12 + 4 + 13); /* 4 bits say how many of 0 to 12 there are */
    CHECK(uplink_info_of(l.u)->symbols == 8 + header + 32);
    CHECK(uplink_info_of(l.u)->side_bits_max == 0 && l.burst.side_bits == 0);
    for (int noisy = 0; noisy < 2; noisy++) {
        double snr_db = noisy ? -6 : 10;
        unsigned failed = 0, wrong = 0;
        for (uint32_t seed = 0; seed < 200; seed++) {
            bool intact;
            fill(&l, seed, 1);
            fill(&plain, seed, 1);
            l.sent.side_bits = plain.sent.side_bits = seed % 5;
            memset(l.sent.side, 0, 2);
            memset(plain.sent.side, 0, 2);
            l.sent.side[0] = plain.sent.side[0] = (uint8_t)((1u << seed % 5) - 1);
            REQUIRE(uplink_send(l.u, &ue, &l.sent, &l.burst, NULL) == 0);
            REQUIRE(uplink_send(plain.u, &ue, &plain.sent, &plain.burst, NULL) == 0);
            uint64_t sent = uplink_digest(l.u);
            CHECK(sent != 0 && uplink_digest(plain.u) == 0);
            air_add_noise(1, 3, seed, snr_db, l.burst.symbol, 8 + header);
            REQUIRE(uplink_receive(l.u, &AT(snr_db), &l.burst, &l.got, &intact, NULL) == 0);
            failed += !intact;
            wrong += intact && uplink_digest(l.u) != sent;
            if (uplink_digest(l.u) != sent)
                continue;
            pass(&plain, snr_db);
            CHECK(same_side(&l));
            CHECK(memcmp(l.got.value, plain.got.value, 64 * sizeof(float)) == 0);
        }
        CHECK(noisy ? failed > 150 && wrong < 8 : failed == 0 && wrong == 0);
    }
    close_link(&plain);
    close_link(&l);
}

static void a_free_header_is_called_unfair(void)
{
    link paid = open_link("analog", 12, 64), gift = open_link("analog:header=free", 12, 64);
    fill(&paid, 1, 1);
    fill(&gift, 1, 1);
    REQUIRE(uplink_send(paid.u, &ue, &paid.sent, &paid.burst, NULL) == 0);
    REQUIRE(uplink_send(gift.u, &ue, &gift.sent, &gift.burst, NULL) == 0);
    CHECK(uplink_charged_bits(uplink_info_of(paid.u), &paid.burst) == 12 + 13);
    CHECK(uplink_charged_bits(uplink_info_of(gift.u), &gift.burst) == 0);
    CHECK(!uplink_unfair(uplink_info_of(paid.u)) && uplink_unfair(uplink_info_of(gift.u)) != NULL);
    CHECK(memcmp(paid.burst.symbol, gift.burst.symbol,
                 paid.burst.symbols * sizeof *paid.burst.symbol) == 0);
    close_link(&paid);
    close_link(&gift);
}

static const harness_test tests[] = {
    {"bits are those of the digital form", bits_are_those_of_the_digital_form},
    {"side bits are charged at the capacity of the SNR", side_bits_are_charged_at_capacity},
    {"a coded header arrives, or the burst is not intact", a_coded_header_arrives_or_fails},
    {"a free header costs nothing and is called unfair", a_free_header_is_called_unfair},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "uplink headers", tests, sizeof tests / sizeof tests[0]);
}
