#include "uci_tools.h"

static uci_link l;

static unsigned failures(uint32_t bits, uint32_t coded, uint32_t list, double snr_db,
                         uint32_t blocks)
{
    unsigned failed = 0;
    uci_link_open(&l, bits, coded, 2, list);
    for (uint32_t seed = 0; seed < blocks; seed++) {
        uci_link_send(&l, seed);
        uci_link_noise(&l, snr_db, seed);
        failed += !uci_link_receive(&l) || !uci_link_right(&l);
    }
    uci_link_close(&l);
    return failed;
}

/* The same blocks for each list, between 10 and 30 % of them lost with one path. */
static void longer_lists_lose_fewer_blocks(void)
{
    static const struct {
        uint32_t bits, coded;
        double snr_db;
    } points[] = {{16, 108, -3.5}, {32, 108, 0.2}, {112, 432, -1.2}, {384, 1728, -2.2}};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        unsigned before = 400, first = 0;
        for (uint32_t list = 1; list <= 32; list *= 2) {
            unsigned failed =
                failures(points[i].bits, points[i].coded, list, points[i].snr_db, 400);
            CHECK(failed <= before);
            first = list == 1 ? failed : first;
            before = failed;
        }
        printf("    %u bits in %u: %u of 400 lost with 1 path, %u with 32\n", points[i].bits,
               points[i].coded, first, before);
        CHECK(first > 20 && 2 * before < first);
    }
}

/* Es/N0 of QPSK for a block error rate of 1e-3 with 8 paths and min-sum updates: PUCCH in
 * robmaunder/polar-3gpp-matlab, SNR_vs_A, 100 errors a point, so about +-0.15 dB. 5,000 blocks
 * there lose about 5, and at 0.7 dB less several times as many. */
static void known_error_rates_are_met(void)
{
    static const struct {
        uint32_t bits, coded;
        double snr_db;
    } points[] = {{12, 54, 0.92}, {18, 108, -1.17}, {20, 108, -0.11}, {112, 432, -0.54}};
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        unsigned there = failures(points[i].bits, points[i].coded, 8, points[i].snr_db, 5000);
        unsigned less = failures(points[i].bits, points[i].coded, 8, points[i].snr_db - 0.7, 5000);
        printf("    %u bits in %u: %u of 5000 lost, at 0.7 dB less %u\n", points[i].bits,
               points[i].coded, there, less);
        CHECK(there <= 12 && less >= 13);
    }
}

/* A block that is nothing but noise passes where the CRC of one of L paths is right by chance. */
static void noise_alone_is_refused_but_for_chance(void)
{
    static const struct {
        uint32_t bits, coded, list, low, high;
    } points[] = {{12, 54, 1, 90, 165}, /* 8000 / 2^6 = 125 */
                  {19, 128, 1, 90, 165},
                  {12, 54, 8, 500, 1100}, /* at most 8 times as many */
                  {20, 54, 1, 0, 12},     /* 8000 / 2^11 = 3.9 */
                  {64, 216, 8, 12, 52}};  /* 31 */
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        unsigned passed = 0;
        uci_link_open(&l, points[i].bits, points[i].coded, 2, points[i].list);
        for (uint32_t seed = 0; seed < 8000; seed++) {
            rng r = rng_at(17, RNG_TEST, 3, seed);
            rng_normal_fill(&r, l.llr, l.coded, 1);
            passed += uci_link_receive(&l);
        }
        printf("    %u bits in %u, list %u: %u of 8000 pass\n", points[i].bits, points[i].coded,
               points[i].list, passed);
        CHECK(passed >= points[i].low && passed <= points[i].high);
        uci_link_close(&l);
    }
}

/* --- short codes ----------------------------------------------------------------------------- */

/* Every word in turn. */
static void block_codes_are_decoded_to_the_likeliest_word(void)
{
    static const uint32_t sizes[][2] = {{1, 5},  {2, 7},  {3, 9},  {5, 20},
                                        {6, 32}, {8, 33}, {11, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uci_link_open(&l, sizes[i][0], sizes[i][1], 1, 1);
        for (uint32_t seed = 0; seed < 30; seed++) {
            uint32_t best = 0;
            double most = -INFINITY;
            uint8_t bit[11];
            uci_link_send(&l, seed);
            uci_link_noise(&l, 0, seed);
            for (uint32_t word = 0; word < 1u << l.bits; word++) {
                double correlation = 0;
                for (uint32_t k = 0; k < l.bits; k++)
                    bit[k] = word >> k & 1;
                uci_encode(l.code, bit, l.word);
                for (uint32_t k = 0; k < l.coded; k++)
                    correlation += (double)(l.word[k] ? -l.llr[k] : l.llr[k]);
                if (correlation > most) {
                    most = correlation;
                    best = word;
                }
            }
            CHECK(uci_link_receive(&l));
            for (uint32_t k = 0; k < l.bits; k++)
                CHECK(l.got[k] == (best >> k & 1));
        }
        uci_link_close(&l);
    }
}

/* --- what a receiver may meet ---------------------------------------------------------------- */

static const uint32_t some_sizes[][2] = {{1, 4},    {2, 6},      {7, 20},     {12, 54},
                                         {20, 216}, {359, 1088}, {360, 1088}, {1706, 2000}};
enum { SOME_SIZES = sizeof some_sizes / sizeof some_sizes[0] };

static void silence_is_not_ok(void)
{
    for (int i = 0; i < SOME_SIZES; i++) {
        uci_link_open(&l, some_sizes[i][0], some_sizes[i][1], 1, 8);
        memset(l.llr, 0, sizeof l.llr);
        CHECK(!uci_link_receive(&l));
        for (uint32_t k = 0; k < l.bits; k++)
            CHECK(l.got[k] <= 1);
        uci_link_close(&l);
    }
}

/* A block without noise passes in any scale, infinite included; NaN anywhere is refused. */
static void hostile_llrs_are_bounded_or_refused(void)
{
    static const float scales[] = {1e-38f, 1e-20f, 1e20f, 3e38f, INFINITY};
    for (int i = 0; i < SOME_SIZES; i++) {
        uci_link_open(&l, some_sizes[i][0], some_sizes[i][1], 1, 8);
        for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
            uci_link_send(&l, (uint32_t)k);
            for (uint32_t j = 0; j < l.coded; j++)
                l.llr[j] *= scales[k];
            CHECK(uci_link_receive(&l) && uci_link_right(&l));
        }
        for (uint32_t at = 0; at < l.coded; at += l.coded - 1) {
            bool ok = true;
            err e = {0};
            uci_link_send(&l, 5);
            memset(l.got, 7, sizeof l.got);
            l.llr[at] = at ? NAN : -NAN;
            CHECK(uci_decode(l.decoder, l.code, l.llr, l.got, &ok, &e) == ERR_FORMAT);
            CHECK(strstr(e.text, "not a number") && ok && l.got[0] == 7);
        }
        uci_link_close(&l);
    }
}

/* One workspace, codes of all sizes in turn: what it did before does not matter. */
static void decoder_has_no_memory(void)
{
    uci_decoder *shared = uci_decoder_create(8, NULL);
    static uint8_t again[UCI_BITS_MAX];
    REQUIRE(shared != NULL);
    for (uint32_t round = 0; round < 5; round++)
        for (int i = 0; i < SOME_SIZES; i++) {
            bool ok = false;
            uci_link_open(&l, some_sizes[i][0], some_sizes[i][1], 1, 8);
            uci_link_send(&l, round);
            uci_link_noise(&l, 0, round);
            bool fresh_ok = uci_link_receive(&l);
            CHECK(uci_decode(shared, l.code, l.llr, again, &ok, NULL) == 0 && ok == fresh_ok);
            CHECK(memcmp(again, l.got, l.bits) == 0);
            uci_link_close(&l);
        }
    uci_decoder_free(shared);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"longer lists lose fewer blocks", longer_lists_lose_fewer_blocks},
        {"block error rates are those of another decoder", known_error_rates_are_met},
        {"noise alone is refused but for chance", noise_alone_is_refused_but_for_chance},
        {"short codes are decoded to the likeliest word",
         block_codes_are_decoded_to_the_likeliest_word},
        {"LLRs of 0 are not ok", silence_is_not_ok},
        {"huge LLRs are bounded, NaN is refused", hostile_llrs_are_bounded_or_refused},
        {"a decoder keeps nothing from call to call", decoder_has_no_memory},
    };
    return harness_main(argc, argv, "UCI decoder", tests, sizeof tests / sizeof tests[0]);
}
