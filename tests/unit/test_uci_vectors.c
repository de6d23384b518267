#include "uci/crc.h"
#include "uci/sequence.h"
#include "uci_tools.h"

static uci_link l;

/* Encodes each line's bits, compares every coded bit, and decodes them where that is possible.
 * Returns the number of lines. */
static int check_vectors(const char *path)
{
    static char line[8192], a_hex[1024], f_hex[4096];
    static uint8_t a[UCI_BITS_MAX], f[UCI_CODED_MAX];
    FILE *file = fopen(path, "r");
    int count = 0;
    REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file)) {
        unsigned bits, coded;
        if (line[0] == '#')
            continue;
        REQUIRE(sscanf(line, "%u %u %1023s %4095s", &bits, &coded, a_hex, f_hex) == 4);
        REQUIRE(strlen(a_hex) == (bits + 3) / 4 && strlen(f_hex) == (coded + 3) / 4);
        uci_bits_of_hex(a_hex, a, bits);
        uci_bits_of_hex(f_hex, f, coded);
        uci_link_open(&l, bits, coded, 2, 8);
        uci_encode(l.code, a, l.word);
        bool same = memcmp(l.word, f, coded) == 0;
        if (!same)
            printf("    %s: %u bits in %u differ\n", path, bits, coded);
        CHECK(same);
        if (coded >= uci_code_sizes(l.code)->decodable_from) {
            for (unsigned k = 0; k < coded; k++)
                l.llr[k] = f[k] ? -1.0f : 1.0f;
            CHECK(uci_link_receive(&l) && memcmp(l.got, a, bits) == 0);
        }
        uci_link_close(&l);
        count++;
    }
    fclose(file);
    return count;
}

static void polar_vectors_are_met(void)
{
    CHECK(check_vectors("tests/data/uci/polar-vectors.txt") == 150);
}

static void block_vectors_are_met(void)
{
    CHECK(check_vectors("tests/data/uci/block-vectors.txt") == 72);
}

/* An input whose index has the other's ones and more is never less reliable, on any channel. */
static void sequence_is_an_order(void)
{
    uint16_t rank[UCI_LENGTH_MAX];
    bool seen[UCI_LENGTH_MAX] = {false};
    for (uint16_t i = 0; i < UCI_LENGTH_MAX; i++) {
        REQUIRE(uci_sequence[i] < UCI_LENGTH_MAX && !seen[uci_sequence[i]]);
        seen[uci_sequence[i]] = true;
        rank[uci_sequence[i]] = i;
    }
    for (uint32_t i = 0; i < UCI_LENGTH_MAX; i++)
        for (uint32_t one = 1; one < UCI_LENGTH_MAX; one *= 2)
            CHECK(rank[i] <= rank[i | one]);
}

/* The generators themselves are the remainders of D^L. */
static void crc_is_the_remainder(void)
{
    const uint8_t one[] = {1};
    CHECK(uci_crc(one, 1, 6) == 0x21);
    CHECK(uci_crc(one, 1, 11) == 0x621);
    for (unsigned length = 6; length <= 11; length += 5) {
        uint8_t bit[100];
        for (uint32_t seed = 0; seed < 50; seed++) {
            uci_random_bits(bit, 80, seed);
            uint32_t check = uci_crc(bit, 80, length);
            for (unsigned k = 0; k < length; k++)
                bit[80 + k] = check >> (length - 1 - k) & 1;
            CHECK(uci_crc(bit, 80 + length, length) == 0);
            bit[seed] ^= 1;
            CHECK(uci_crc(bit, 80 + length, length) != 0);
        }
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"150 words of another polar encoder are met bit by bit", polar_vectors_are_met},
        {"72 words of another block encoder are met bit by bit", block_vectors_are_met},
        {"the sequence holds every index, those with more ones later", sequence_is_an_order},
        {"a CRC is the remainder, and behind its data leaves 0", crc_is_the_remainder},
    };
    return harness_main(argc, argv, "UCI vectors", tests, sizeof tests / sizeof tests[0]);
}
