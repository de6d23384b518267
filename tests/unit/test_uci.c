#include "uci_tools.h"

static uci_link l;

static bool passes(uint32_t bits, uint32_t coded, uint32_t qm, uint32_t seed)
{
    return uci_link_passes(&l, bits, coded, qm, 8, seed);
}

/* Every edge of the standard, at the lowest E, the edges of N, puncturing and segmentation, and
 * the highest E. */
static void edge_sizes_pass(void)
{
    static const uint32_t bits[] = {1,  2,   3,   4,   11,  12,   13,   18,   19,   20,  21,
                                    64, 255, 359, 360, 361, 1012, 1013, 1014, 1705, 1706};
    static const uint32_t coded[] = {
        32,   33,   36,   37,   63,   64,   65,   72,   73,   127,  128,   144,   145,  255,  256,
        257,  288,  289,  432,  511,  512,  513,  576,  577,  1023, 1024,  1025,  1087, 1088, 1152,
        1153, 1728, 2047, 2175, 2305, 4096, 6000, 8191, 8192, 8193, 12000, 16383, 16384};
    int passed = 0;
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        const uint32_t low = uci_lowest_coded(bits[i]);
        for (uint32_t j = 0; j < 4; j++) {
            CHECK(passes(bits[i], low + j, 1, j));
            passed++;
        }
        for (size_t j = 0; j < sizeof coded / sizeof coded[0]; j++) {
            uci_sizes s;
            if (coded[j] < low || uci_sizes_of(bits[i], coded[j], 1, &s, NULL) != 0)
                continue;
            CHECK(passes(bits[i], coded[j], 1, (uint32_t)j));
            passed++;
        }
    }
    CHECK(passed > 700);
}

/* Every E of small words, and a walk over all A. */
static void all_sizes_pass(void)
{
    static const uint32_t bits[] = {1, 2, 3, 5, 8, 11, 12, 18, 19, 20, 33};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        for (uint32_t coded = uci_lowest_coded(bits[i]); coded <= 330; coded++)
            CHECK(passes(bits[i], coded, 1, coded));
    for (uint32_t a = 1; a <= UCI_BITS_MAX; a += 7) {
        const uint32_t low = uci_lowest_coded(a);
        CHECK(passes(a, low, 1, a));
        CHECK(passes(a, low + low / 3, 1, a));
        CHECK(passes(a, 3 * low, 1, a));
    }
}

/* 5.3.3.1 and 5.3.3.2, written out for Qm = 4. */
static void placeholders_stand_where_the_standard_has_them(void)
{
    enum { X = UCI_ONES, Y = UCI_AGAIN };
    static const uint8_t one[] = {1, Y, X, X, 1, Y, X, X};
    static const uint8_t two[] = {1, 0, X, X, 1, 1, X, X, 0, 1, X, X, 1, 0, X, X};
    static const uint8_t plain[] = {1, 0, 1, 1, 0, 1, 1};
    static const uint8_t bits[] = {1, 0};
    uci_link_open(&l, 1, sizeof one, 4, 1);
    uci_encode(l.code, bits, l.word);
    CHECK(memcmp(l.word, one, sizeof one) == 0);
    uci_link_close(&l);
    uci_link_open(&l, 2, sizeof two, 4, 1);
    uci_encode(l.code, bits, l.word);
    CHECK(memcmp(l.word, two, sizeof two) == 0);
    uci_link_close(&l);
    uci_link_open(&l, 2, sizeof plain, 1, 1);
    uci_encode(l.code, bits, l.word);
    CHECK(memcmp(l.word, plain, sizeof plain) == 0);
    uci_link_close(&l);
    for (uint32_t qm = 2; qm <= 8; qm += 2)
        for (uint32_t symbols = 1; symbols <= 12; symbols++)
            for (uint32_t seed = 0; seed < 4; seed++) {
                CHECK(passes(1, symbols * qm, qm, seed));
                CHECK(passes(2, symbols * qm, qm, seed));
            }
}

static void code_is_linear(void)
{
    static const uint32_t sizes[][2] = {
        {1, 7},   {2, 9},    {3, 40},     {11, 20},    {12, 21},     {12, 300},   {19, 64},
        {20, 54}, {64, 108}, {359, 1088}, {361, 1089}, {1013, 2100}, {1706, 4001}};
    static uint8_t a[UCI_BITS_MAX], b[UCI_BITS_MAX];
    static uint8_t coded_a[UCI_CODED_MAX], coded_b[UCI_CODED_MAX], coded_sum[UCI_CODED_MAX];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const uint32_t bits = sizes[i][0], coded = sizes[i][1];
        uci_link_open(&l, bits, coded, 1, 1);
        for (uint32_t seed = 0; seed < 20; seed++) {
            uci_random_bits(a, bits, 2 * seed);
            uci_random_bits(b, bits, 2 * seed + 1);
            uci_encode(l.code, a, coded_a);
            uci_encode(l.code, b, coded_b);
            for (uint32_t k = 0; k < bits; k++)
                a[k] ^= b[k];
            uci_encode(l.code, a, coded_sum);
            for (uint32_t k = 0; k < coded; k++)
                coded_a[k] ^= coded_b[k];
            CHECK(memcmp(coded_a, coded_sum, coded) == 0);
        }
        uci_link_close(&l);
    }
}

static void sizes_follow_the_standard(void)
{
    uci_sizes s;
    CHECK(uci_sizes_of(12, 54, 2, &s, NULL) == 0 && s.crc == 6 && s.parity == 3);
    CHECK(s.parity_by_weight == 0 && s.length == 64 && s.match == UCI_PUNCTURED);
    CHECK(uci_sizes_of(12, 207, 2, &s, NULL) == 0 && s.parity_by_weight == 0);
    CHECK(uci_sizes_of(12, 208, 2, &s, NULL) == 0 && s.parity_by_weight == 1);
    CHECK(uci_sizes_of(19, 28, 2, &s, NULL) == 0 && s.crc == 6 && s.block_bits == 25);
    CHECK(uci_sizes_of(20, 54, 2, &s, NULL) == 0 && s.crc == 11 && s.parity == 0);
    CHECK(uci_sizes_of(20, 72, 2, &s, NULL) == 0 && s.length == 64 && s.match == UCI_REPEATED);
    CHECK(uci_sizes_of(20, 73, 2, &s, NULL) == 0 && s.length == 128);
    CHECK(uci_sizes_of(359, 1088, 2, &s, NULL) == 0 && s.blocks == 1);
    CHECK(uci_sizes_of(360, 1087, 2, &s, NULL) == 0 && s.blocks == 1);
    CHECK(uci_sizes_of(360, 1088, 2, &s, NULL) == 0 && s.blocks == 2 && s.block_bits == 191);
    CHECK(uci_sizes_of(1012, 1087, 2, &s, NULL) == 0 && s.blocks == 1 && s.block_bits == 1023);
    CHECK(uci_sizes_of(1013, 1087, 2, &s, NULL) == 0 && s.blocks == 2 && s.filler == 1);
    CHECK(s.padding == 1 && s.block_coded == 543 && s.block_bits == 518);
    CHECK(uci_sizes_of(1706, 4096, 2, &s, NULL) == 0 && s.block_bits == 864);
}

/* Each refusal names what is allowed. */
static void illegal_sizes_are_refused(void)
{
    static const struct {
        uint32_t bits, coded, qm;
        const char *names;
    } wrong[] = {
        {0, 10, 2, "1 to 1706 bits"},
        {1707, 4000, 2, "1 to 1706 bits"},
        {20, 100, 3, "1, 2, 4, 6 or 8 bits"},
        {20, 100, 0, "1, 2, 4, 6 or 8 bits"},
        {1, 3, 2, "multiple of 2"},
        {2, 10, 4, "multiple of 4"},
        {3, 2, 2, "3 to 16384 coded bits"},
        {11, 16385, 2, "11 to 16384 coded bits"},
        {12, 20, 2, "at least 21 coded bits"},
        {20, 30, 2, "at least 31 coded bits"},
        {1013, 1035, 2, "at least 1036 coded bits"},
        {359, 8193, 2, "at most 8192 coded bits"},
        {UINT32_MAX, UINT32_MAX, 2, "1 to 1706 bits"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        err e = {0};
        uci_sizes s;
        CHECK(uci_sizes_of(wrong[i].bits, wrong[i].coded, wrong[i].qm, &s, &e) == ERR_INVALID);
        CHECK(strstr(e.text, wrong[i].names) != NULL);
        CHECK(uci_code_create(wrong[i].bits, wrong[i].coded, wrong[i].qm, NULL) == NULL);
    }
    err e = {0};
    CHECK(uci_decoder_create(0, &e) == NULL && strstr(e.text, "1 to 32 paths"));
    CHECK(uci_decoder_create(33, &e) == NULL);
}

/* The words tile both strings, in order, and differ by one bit at most. */
static void long_payloads_are_cut_evenly(void)
{
    static const struct {
        uint32_t bits, coded, words;
    } cuts[] = {{1, 4, 1},       {1706, 1728, 1}, {1706, 16384, 1},   {1707, 4096, 2},
                {3412, 8000, 2}, {3413, 8001, 3}, {50000, 65536, 30}, {20, 8193, 1},
                {40, 8193, 2},   {400, 16385, 3}};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        uint32_t words = 0, bits = 0, coded = 0;
        err e = {0};
        int rc = uci_words(cuts[i].bits, cuts[i].coded, 1, &words, &e);
        if (cuts[i].bits == 20) { /* two words of ten bits would lose the CRC */
            CHECK(rc == ERR_INVALID && strstr(e.text, "8192"));
            continue;
        }
        CHECK(rc == 0 && words == cuts[i].words);
        for (uint32_t w = 0; w < words; w++) {
            uci_sizes s;
            uci_word word = uci_word_at(cuts[i].bits, cuts[i].coded, words, w);
            CHECK(word.first_bit == bits && word.first_coded == coded);
            CHECK(word.bits - cuts[i].bits / words <= 1);
            CHECK(word.coded - cuts[i].coded / words <= 1);
            CHECK(uci_sizes_of(word.bits, word.coded, 1, &s, NULL) == 0);
            bits += word.bits;
            coded += word.coded;
        }
        CHECK(bits == cuts[i].bits && coded == cuts[i].coded);
    }
    uint32_t words;
    err e = {0};
    CHECK(uci_words(5000, 5010, 2, &words, &e) == ERR_INVALID && strstr(e.text, "3 UCI words"));
    CHECK(uci_words(0, 5010, 2, &words, &e) == ERR_INVALID);
    CHECK(uci_words(UINT32_MAX, UINT32_MAX, 2, &words, &e) == ERR_INVALID);
}

/* A block code of too few coded bits is met bit by bit, but not decoded. */
static void ambiguous_sizes_are_encoded_only(void)
{
    static const uint32_t from[] = {1, 2, 3, 5, 6, 11, 11, 11, 11, 11, 17};
    for (uint32_t bits = 1; bits <= 11; bits++) {
        CHECK(uci_lowest_coded(bits) == from[bits - 1]);
        for (uint32_t coded = bits; coded < from[bits - 1]; coded++) {
            bool ok = true;
            err e = {0};
            uci_link_open(&l, bits, coded, 1, 1);
            uci_link_send(&l, 1);
            CHECK(uci_decode(l.decoder, l.code, l.llr, l.got, &ok, &e) == ERR_INVALID);
            CHECK(e.text[0]);
            uci_link_close(&l);
        }
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"edge sizes pass without noise", edge_sizes_pass},
        {"sizes between them pass without noise", all_sizes_pass},
        {"placeholders stand where the standard has them",
         placeholders_stand_where_the_standard_has_them},
        {"the code is linear, CRC and parity-check bits and all", code_is_linear},
        {"sizes follow the standard", sizes_follow_the_standard},
        {"illegal sizes are refused with what is allowed", illegal_sizes_are_refused},
        {"long payloads are cut into words evenly", long_payloads_are_cut_evenly},
        {"block codes of too few coded bits are encoded, not decoded",
         ambiguous_sizes_are_encoded_only},
    };
    return harness_main(argc, argv, "UCI code", tests, sizeof tests / sizeof tests[0]);
}
