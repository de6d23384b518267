#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decibel.h"
#include "base/normal.h"
#include "cli/uplink/count.h"
#include "harness.h"
#include "uplink/digital/adaptation.h"
#include "uplink/digital/adaptation_table.h"
#include "uplink/uplink.h"

/* --- the table -------------------------------------------------------------------------------- */

static const adaptation_table *const tables[] = {&adaptation_qpsk, &adaptation_16qam,
                                                 &adaptation_64qam, &adaptation_256qam};

static void tables_are_in_order_and_sensible(void)
{
    for (size_t k = 0; k < 4; k++) {
        const adaptation_point *p = tables[k]->point;
        REQUIRE(tables[k]->count > 200 && p[0].bits == 1);
        for (size_t i = 0; i < tables[k]->count; i++) {
            CHECK(fabs(p[i].snr_db) < 40 && p[i].spread_db > 0.2 && p[i].spread_db < 6);
            CHECK(i == 0 || p[i].bits > p[i - 1].bits ||
                  (p[i].bits == p[i - 1].bits && p[i].coded > p[i - 1].coded));
        }
        CHECK(p[tables[k]->count - 1].bits == 1010);
    }
}

/* Everything at a point of the table that is one word of one block. */
static void points_of_the_table_are_read_back(void)
{
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < tables[k]->count; i++) {
            const adaptation_point *p = &tables[k]->point[i];
            const uint32_t crc = p->bits < 12 ? 0 : p->bits < 31 ? 6 : 11, bits = p->bits - crc;
            if (bits < 360 || p->coded < 1088)
                CHECK_NEAR(adaptation_threshold_db(MODULATION_QPSK + (modulation)k, bits, p->coded),
                           p->snr_db, 0.0011);
        }
}

/* --- thresholds ------------------------------------------------------------------------------- */

static uint32_t whole_symbols(double size, modulation m)
{
    const uint32_t qm = modulation_bits(m);
    return (uint32_t)ceil(size / qm) * qm;
}

/* Code blocks that a payload is cut into, 0 where there is no code and UINT32_MAX for a short one.
 * More of them cost CRCs and get more out of many coded bits, and short codes are worse than polar
 * ones over QAM: thresholds of equally many compare. */
static uint32_t blocks_of(modulation m, uint32_t bits, uint32_t size)
{
    uci_sizes s;
    uint32_t words;
    if (uci_words(bits, size, modulation_bits(m), &words, NULL) != ERR_NONE)
        return 0;
    const uci_word w = uci_word_at(bits, size, words, 0);
    REQUIRE(uci_sizes_of(w.bits, w.coded, modulation_bits(m), &s, NULL) == ERR_NONE);
    return s.law == UCI_POLAR ? words * s.blocks : UINT32_MAX;
}

/* Steps of 15 %, which is more than chance and the ripple of polar codes make. */
static void thresholds_fall_with_coded_bits_and_rise_with_payload(void)
{
    unsigned looked_at = 0;
    for (modulation m = 0; m < MODULATIONS; m++)
        for (double bits = 3; bits < 6000; bits = ceil(bits * 1.17))
            for (double size = bits; size < 60000; size *= 1.15) {
                const uint32_t a = (uint32_t)bits, e = whole_symbols(size, m);
                const double here = adaptation_threshold_db(m, a, e);
                if (here == INFINITY)
                    continue;
                const uint32_t longer_a = (uint32_t)ceil(bits * 1.17),
                               more_e = whole_symbols(e * 1.15, m), blocks = blocks_of(m, a, e);
                const double more = adaptation_threshold_db(m, a, more_e),
                             longer = adaptation_threshold_db(m, longer_a, e);
                const bool falls = more < here || blocks_of(m, a, more_e) != blocks,
                           rises = longer > here || blocks_of(m, longer_a, e) != blocks;
                if (!falls || !rises)
                    printf("    %s: %u bits in %u: %.3f dB, more coded bits %.3f, more bits %.3f\n",
                           modulation_name(m), a, e, here, more, longer);
                CHECK(falls && rises);
                looked_at++;
            }
    printf("    at %u sizes\n", looked_at);
    CHECK(looked_at > 5000);
}

/* One and two bits are left out: of QAM they send the outermost points, which have more power than
 * Es/N0 says. With a share of errors, more bits than the capacity may be sent: Fano's inequality.
 */
static void no_threshold_is_below_the_capacity(void)
{
    const double p = ADAPTATION_BLER, h = -p * log2(p) - (1 - p) * log2(1 - p);
    for (modulation m = 0; m < MODULATIONS; m++)
        for (uint32_t bits = 3; bits < 8000; bits += 1 + bits / 7)
            for (uint32_t uses = 1; uses < 10000; uses += 1 + uses / 11) {
                const double db = adaptation_threshold_db(m, bits, uses * modulation_bits(m));
                CHECK(isinf(db) || (1 - p) * bits - h < uses * log2(1 + power_of_db(db)));
            }
}

static void bpsk_takes_half_the_power_of_qpsk(void)
{
    for (uint32_t size = 80; size < 5000; size *= 2)
        CHECK_NEAR(adaptation_threshold_db(MODULATION_QPSK, 50, size) -
                       adaptation_threshold_db(MODULATION_PI2_BPSK, 50, size),
                   3.0103, 0.0011);
}

static void repetition_gives_three_decibels_an_octave(void)
{
    for (modulation m = 0; m < MODULATIONS; m++)
        for (uint32_t bits = 5; bits < 120; bits += 19)
            CHECK_NEAR(adaptation_threshold_db(m, bits, 2064) -
                           adaptation_threshold_db(m, bits, 4128),
                       3.0103, 0.011);
}

/* Repetition of one bit is BPSK of all the energy: BLER = Q(sqrt(2 E Es/N0)). */
static void one_bit_is_what_theory_says(void)
{
    for (uint32_t size = 1; size <= 512; size += 1 + size / 3)
        CHECK_NEAR(adaptation_threshold_db(MODULATION_PI2_BPSK, 1, size),
                   db_of_power(pow(normal_tail_inverse(ADAPTATION_BLER), 2) / (2.0 * size)), 0.2);
}

static void what_no_code_carries_is_infinite(void)
{
    static const struct {
        uint32_t bits, size;
    } none[] = {{0, 100},          {100, 0},
                {100, 100},        {20, 31},
                {20, 33},          {5, 4},
                {6, 10},           {1000, 1078},
                {1706, 1820},      {UINT32_MAX, 100},
                {4000, 4300},      {20, 8193},
                {100, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        for (modulation m = 0; m < MODULATIONS; m++)
            CHECK(adaptation_threshold_db(m, none[i].bits, none[i].size) == INFINITY);
    CHECK(adaptation_threshold_db(MODULATIONS, 20, 100) == INFINITY);
    CHECK(adaptation_threshold_db((modulation)77, 20, 100) == INFINITY);
    CHECK(isfinite(adaptation_threshold_db(MODULATION_QPSK, 20, 34)));
    CHECK(isfinite(adaptation_threshold_db(MODULATION_256QAM, 20000, 100000)));
}

static void ignore(void *user, double share)
{
    (void)user;
    (void)share;
}

/* The block error rate of one word at an SNR. */
static double measured_bler(const trial_link *link, double snr_db)
{
    const count_limits limits = {.errors = 150, .blocks = 30000};
    count_row row = {.snr_db = snr_db};
    err e = {0};
    REQUIRE(count_blocks(link, &limits, 2, ignore, NULL, &row, &e) == ERR_NONE);
    return (double)row.errors / (double)row.blocks;
}

/* Sizes that are not in the table, by other noise than it was measured with. */
static void words_off_the_grid_meet_their_thresholds(void)
{
    static const struct {
        modulation modulation;
        uint32_t bits, size;
    } words[] = {{MODULATION_PI2_BPSK, 22, 100}, {MODULATION_PI2_BPSK, 2, 15},
                 {MODULATION_QPSK, 4, 22},       {MODULATION_QPSK, 9, 26},
                 {MODULATION_QPSK, 14, 60},      {MODULATION_QPSK, 25, 90},
                 {MODULATION_QPSK, 40, 600},     {MODULATION_QPSK, 60, 76},
                 {MODULATION_QPSK, 140, 272},    {MODULATION_QPSK, 300, 420},
                 {MODULATION_16QAM, 18, 100},    {MODULATION_16QAM, 45, 72},
                 {MODULATION_16QAM, 130, 180},   {MODULATION_16QAM, 560, 1000},
                 {MODULATION_64QAM, 7, 90},      {MODULATION_64QAM, 28, 66},
                 {MODULATION_64QAM, 95, 360},    {MODULATION_64QAM, 200, 240},
                 {MODULATION_256QAM, 10, 88},    {MODULATION_256QAM, 33, 176},
                 {MODULATION_256QAM, 64, 104},   {MODULATION_256QAM, 210, 384},
                 {MODULATION_QPSK, 939, 1080},   {MODULATION_16QAM, 929, 1024},
                 {MODULATION_QPSK, 789, 1060},   {MODULATION_QPSK, 700, 980},
                 {MODULATION_16QAM, 640, 1072},  {MODULATION_64QAM, 900, 1050}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        trial_link link = {.bits = words[i].bits,
                           .coded = words[i].size,
                           .list = UCI_LIST_DEFAULT,
                           .modulation = words[i].modulation,
                           .seed = 77};
        const double db = adaptation_threshold_db(link.modulation, link.bits, link.coded),
                     tolerance_db = link.modulation == MODULATION_256QAM ? 0.5 : 0.25;
        REQUIRE(trial_link_open(&link, NULL) == ERR_NONE);
        const double below = measured_bler(&link, db - tolerance_db),
                     above = measured_bler(&link, db + tolerance_db);
        trial_link_close(&link);
        printf("    %s, %u bits in %u: %.2f dB; %.4f lost %.2f dB below it, %.4f above\n",
               modulation_name(link.modulation), link.bits, link.coded, db, below, tolerance_db,
               above);
        CHECK(below > ADAPTATION_BLER && above < ADAPTATION_BLER);
    }
}

/* Two code blocks, and two words of two: each block has to be better. */
static void words_of_several_blocks_meet_their_thresholds(void)
{
    trial_link link = {.bits = 420,
                       .coded = 1200,
                       .list = UCI_LIST_DEFAULT,
                       .modulation = MODULATION_QPSK,
                       .seed = 78};
    const double db = adaptation_threshold_db(link.modulation, link.bits, link.coded);
    REQUIRE(trial_link_open(&link, NULL) == ERR_NONE);
    CHECK(measured_bler(&link, db - 0.25) > ADAPTATION_BLER);
    CHECK(measured_bler(&link, db + 0.25) < ADAPTATION_BLER);
    trial_link_close(&link);
    const double word = adaptation_threshold_db(MODULATION_QPSK, 1600, 4000),
                 twice = adaptation_threshold_db(MODULATION_QPSK, 3200, 8000);
    CHECK(twice > word + 0.05 && twice < word + 0.3);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const uint32_t payloads[] = {40, 70, 110, 111, 160, 230, 330, 480, 700, 1000, 1450, 2100};
enum { PAYLOADS = sizeof payloads / sizeof payloads[0] };

static adaptation_need need_of(uint32_t uses, modulation m)
{
    return (adaptation_need){
        .uses = uses, .candidates = PAYLOADS, .bits = payloads, .modulation = m};
}

static double lowest_db(const adaptation_need *need, size_t candidate)
{
    double db = INFINITY;
    for (modulation m = 0; m < MODULATIONS; m++)
        if (need->modulation == MODULATIONS || need->modulation == m)
            db = fmin(db, adaptation_threshold_db(m, need->bits[candidate],
                                                  need->uses * modulation_bits(m)));
    return db;
}

/* Of all candidates, by trying all. */
static size_t best_candidate(const adaptation_need *need, double snr_db)
{
    size_t best = PAYLOADS;
    for (size_t i = 0; i < PAYLOADS; i++)
        if (lowest_db(need, i) + need->margin_db <= snr_db)
            best = i;
    return best;
}

/* The last row that the SNR allows, as rows.h has it of the uplink's own rows. */
static size_t row_at(const adaptation_row *row, size_t count, double snr_db)
{
    size_t at = 0;
    while (at + 1 < count && row[at + 1].from_db <= snr_db)
        at++;
    return at;
}

static void rows_carry_the_most_bits_of_all(void)
{
    adaptation_row row[ADAPTATION_ROWS_MAX];
    for (uint32_t uses = 12; uses < 3000; uses = uses * 3 / 2)
        for (modulation m = 0; m <= MODULATIONS; m++) {
            adaptation_need need = need_of(uses, m);
            need.margin_db = uses % 2 ? 0 : 1.5;
            const size_t count = adaptation_rows(&need, row);
            for (size_t i = 1; i < count; i++)
                CHECK(row[i].from_db > row[i - 1].from_db &&
                      row[i].candidate > row[i - 1].candidate);
            uint32_t before = 0;
            for (double db = -25; db < 45; db += 0.37) {
                const size_t best = best_candidate(&need, db), at = row_at(row, count, db);
                if (count == 0) {
                    CHECK(best == PAYLOADS);
                    continue;
                }
                CHECK(payloads[row[at].candidate] >= before);
                before = payloads[row[at].candidate];
                CHECK(best < PAYLOADS ? row[at].candidate == best : at == 0);
            }
        }
}

static void rows_have_the_modulation_of_the_lowest_threshold(void)
{
    adaptation_row row[ADAPTATION_ROWS_MAX];
    const adaptation_need any = need_of(150, MODULATIONS);
    const size_t count = adaptation_rows(&any, row);
    REQUIRE(count >= 5);
    CHECK(row[0].modulation <= MODULATION_QPSK && row[count - 1].modulation >= MODULATION_64QAM);
    for (size_t i = 0; i < count; i++) {
        CHECK(row[i].from_db == lowest_db(&any, row[i].candidate));
        CHECK(row[i].from_db == adaptation_threshold_db(row[i].modulation,
                                                        payloads[row[i].candidate],
                                                        150 * modulation_bits(row[i].modulation)));
    }
    const adaptation_need one = need_of(150, MODULATION_16QAM);
    const size_t fewer = adaptation_rows(&one, row);
    CHECK(fewer > 0 && fewer < count);
    for (size_t i = 0; i < fewer; i++)
        CHECK(row[i].modulation == MODULATION_16QAM);
}

/* 11 bits have no CRC: 12 need more SNR, and 20 more than 19, but equals and fewer bits are out. */
static void rows_that_carry_no_more_are_left_out(void)
{
    static const uint32_t bits[] = {30, 30, 30, 50, 50};
    const adaptation_need need = {
        .uses = 60, .candidates = 5, .bits = bits, .modulation = MODULATION_QPSK};
    adaptation_row row[ADAPTATION_ROWS_MAX];
    REQUIRE(adaptation_rows(&need, row) == 2);
    CHECK(row[0].candidate == 2 && row[1].candidate == 4);
}

static void margins_are_on_top(void)
{
    adaptation_row plain[ADAPTATION_ROWS_MAX], with[ADAPTATION_ROWS_MAX];
    adaptation_need need = need_of(200, MODULATIONS);
    const size_t count = adaptation_rows(&need, plain);
    need.margin_db = -2.25;
    REQUIRE(adaptation_rows(&need, with) == count);
    for (size_t i = 0; i < count; i++)
        CHECK_NEAR(with[i].from_db, plain[i].from_db - 2.25, 1e-12);
}

static void impossible_needs_have_no_rows(void)
{
    adaptation_row row[ADAPTATION_ROWS_MAX];
    static const uint32_t falling[] = {50, 40};
    static uint32_t many[ADAPTATION_ROWS_MAX + 1];
    for (size_t i = 0; i <= ADAPTATION_ROWS_MAX; i++)
        many[i] = 30;
    const adaptation_need good = need_of(100, MODULATIONS);
    REQUIRE(adaptation_rows(&good, row) > 0);
    adaptation_need bad[10];
    for (size_t i = 0; i < 10; i++)
        bad[i] = good;
    bad[0].uses = 0;
    bad[1].uses = UPLINK_SYMBOLS_MAX + 1;
    bad[2].candidates = 0;
    bad[3].candidates = ADAPTATION_ROWS_MAX + 1, bad[3].bits = many;
    bad[4].bits = NULL;
    bad[5].margin_db = NAN;
    bad[6].margin_db = INFINITY;
    bad[7].modulation = (modulation)(MODULATIONS + 1);
    bad[8].bits = falling, bad[8].candidates = 2;
    bad[9].uses = 3; /* not one fits */
    for (size_t i = 0; i < 10; i++)
        CHECK(adaptation_rows(&bad[i], row) == 0);
    const adaptation_need full = {.uses = UPLINK_SYMBOLS_MAX,
                                  .candidates = ADAPTATION_ROWS_MAX,
                                  .bits = many,
                                  .modulation = MODULATIONS};
    CHECK(adaptation_rows(&full, row) <= 1);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"tables are in order, and their figures sensible", tables_are_in_order_and_sensible},
        {"the points of the tables are read back", points_of_the_table_are_read_back},
        {"thresholds fall with coded bits and rise with the payload",
         thresholds_fall_with_coded_bits_and_rise_with_payload},
        {"no threshold is below the capacity", no_threshold_is_below_the_capacity},
        {"pi/2-BPSK takes half the power of QPSK", bpsk_takes_half_the_power_of_qpsk},
        {"repetition gives 3 dB an octave", repetition_gives_three_decibels_an_octave},
        {"one bit needs what theory says", one_bit_is_what_theory_says},
        {"what no code carries has an infinite threshold", what_no_code_carries_is_infinite},
        {"words off the grid meet their thresholds", words_off_the_grid_meet_their_thresholds},
        {"words of several code blocks meet theirs", words_of_several_blocks_meet_their_thresholds},
        {"rows carry the most bits that any candidate has, and never fewer at more SNR",
         rows_carry_the_most_bits_of_all},
        {"rows have the modulation of the lowest threshold",
         rows_have_the_modulation_of_the_lowest_threshold},
        {"rows that carry no more are left out", rows_that_carry_no_more_are_left_out},
        {"a margin is on top of each threshold", margins_are_on_top},
        {"an impossible need has no rows", impossible_needs_have_no_rows},
    };
    return harness_main(argc, argv, "adaptation", tests, sizeof tests / sizeof tests[0]);
}
