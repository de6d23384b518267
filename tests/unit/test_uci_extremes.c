/* Words over the whole range of sizes and lists: no table has these. */
#include "uci_tools.h"

static uci_link l;

/* Where the rules of the standard change: the codes, the CRC, one block or two, the limits. */
static const uint32_t edges[] = {1, 2, 11, 12, 19, 20, 359, 360, 1012, 1013, 1706};
enum { EDGES = sizeof edges / sizeof edges[0] };

/* Does N, puncturing or segmentation change at this E, or next to it? */
static bool is_near_a_change(uint32_t bits, uint32_t coded)
{
    uci_sizes before, after;
    if (uci_sizes_of(bits, coded - 1, 1, &before, NULL) != 0 ||
        uci_sizes_of(bits, coded + 1, 1, &after, NULL) != 0)
        return true;
    return before.length != after.length || before.match != after.match ||
           before.blocks != after.blocks || before.parity_by_weight != after.parity_by_weight;
}

/* Every E where something changes, and every 13th, of which half are odd. UCI_EVERY_SIZE=1 in the
 * environment visits all. */
static void edges_pass_at_every_legal_size(void)
{
    const uint32_t step = getenv("UCI_EVERY_SIZE") ? 1 : 13;
    unsigned visited = 0, changes = 0;
    for (int i = 0; i < EDGES; i++) {
        const uint32_t low = uci_lowest_coded(edges[i]), high = uci_highest_coded(edges[i]);
        CHECK(high == (edges[i] < 12 || edges[i] >= 360 ? 16384u : 8192u));
        for (uint32_t coded = low; coded <= high; coded++) {
            const bool change = edges[i] >= 12 && is_near_a_change(edges[i], coded);
            if (!change && (coded - low) % step != 0)
                continue;
            CHECK(uci_link_passes(&l, edges[i], coded, 1, 8, coded));
            visited++;
            changes += change;
        }
    }
    printf("    %u sizes, %u of them where the code changes\n", visited, changes);
    CHECK(visited > 8000 && changes > 40);
}

/* Lists of every length, at the highest rate, at one in two, and at the most coded bits. */
static void every_list_passes(void)
{
    for (uint32_t list = 1; list <= UCI_LIST_MAX; list++)
        for (int i = 0; i < EDGES; i++) {
            const uint32_t low = uci_lowest_coded(edges[i]), high = uci_highest_coded(edges[i]);
            CHECK(uci_link_passes(&l, edges[i], low, 1, list, list));
            CHECK(uci_link_passes(&l, edges[i], 2 * low, 1, list, list));
            CHECK(uci_link_passes(&l, edges[i], high, 1, list, list));
        }
}

/* All three drawn at random, E as often small as large. */
static void random_sizes_pass(void)
{
    for (uint32_t i = 0; i < 3000; i++) {
        rng r = rng_at(19, RNG_TEST, 5, i);
        const uint32_t bits = 1 + rng_u32(&r) % (i % 2 ? 60 : UCI_BITS_MAX);
        const uint32_t list = 1 + rng_u32(&r) % UCI_LIST_MAX;
        const uint32_t low = uci_lowest_coded(bits), high = uci_highest_coded(bits);
        const double share = (rng_u32(&r) >> 8) / 16777216.0;
        const uint32_t coded = (uint32_t)(low * pow((double)high / low, share));
        CHECK(uci_link_passes(&l, bits, coded, 1, list, i));
    }
}

/* What is most of all at once: two blocks of 864 bits in 1,024, each bit of which is sent eight
 * times, which is 9 dB. */
static void largest_words_stand_noise(void)
{
    for (uint32_t list = 1; list <= UCI_LIST_MAX; list += 31)
        for (uint32_t seed = 0; seed < 5; seed++) {
            uci_link_open(&l, UCI_BITS_MAX, UCI_CODED_MAX, 2, list);
            uci_link_send(&l, seed);
            uci_link_noise(&l, 0, seed);
            CHECK(uci_link_receive(&l) && uci_link_right(&l));
            uci_link_close(&l);
        }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"edges of the standard pass at legal sizes of all kinds", edges_pass_at_every_legal_size},
        {"lists of every length pass", every_list_passes},
        {"sizes drawn at random pass", random_sizes_pass},
        {"the largest words stand noise", largest_words_stand_noise},
    };
    return harness_main(argc, argv, "UCI extremes", tests, sizeof tests / sizeof tests[0]);
}
