/* Lossless coders of payload/: enumerative ranks, and adaptive arithmetic coding. */
#include "base/rng.h"
#include "harness.h"
#include "payload/arithmetic.h"
#include "payload/bits.h"
#include "payload/enumerative.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 5000, WORDS = PLACES_MAX / 32 + 1 };

static uint32_t place[PLACES_MAX], back[PLACES_MAX], rank[WORDS], work[WORDS];

/* Each of n places with the same chance until there are k: all choices are equally likely. */
static void draw_places(rng *r, uint32_t n, uint32_t k)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < n; i++)
        if (rng_uniform(r) * (n - i) < k - taken)
            place[taken++] = i;
}

static uint32_t bits_of(const uint32_t *number)
{
    for (uint32_t i = WORDS; i-- > 0;)
        if (number[i])
            return 32 * i + 32 - (uint32_t)__builtin_clz(number[i]);
    return 0;
}

static void every_choice_has_a_rank_of_its_own(void)
{
    for (uint32_t n = 0; n <= 11; n++)
        for (uint32_t k = 0; k <= n; k++) {
            bool seen[512] = {false};
            uint32_t choices = 0;
            for (uint32_t mask = 0; mask < 1u << n; mask++) {
                if ((uint32_t)__builtin_popcount(mask) != k)
                    continue;
                for (uint32_t i = 0, at = 0; i < n; i++)
                    if (mask >> i & 1)
                        place[at++] = i;
                enumerative_rank(n, k, place, rank, work);
                REQUIRE(rank[0] < 512 && !seen[rank[0]]);
                seen[rank[0]] = true;
                CHECK(enumerative_positions(n, k, rank, back, work, NULL) == ERR_NONE);
                CHECK(memcmp(place, back, k * sizeof *place) == 0);
                choices++;
            }
            for (uint32_t i = 0; i < choices; i++) /* 0 .. C(n, k) - 1 */
                CHECK(seen[i]);
            CHECK(enumerative_bits(n, k, work) == bits_for(choices));
        }
}

static void random_choices_come_back(void)
{
    rng r = rng_at(1, RNG_TEST, 0, 0);
    for (int round = 0; round < 400; round++) {
        uint32_t most = round % 4 ? 300 : PLACES_MAX;
        uint32_t n = 1 + (uint32_t)(rng_uniform(&r) * (most - 1));
        uint32_t k = (uint32_t)(rng_uniform(&r) * (n + 1));
        if (round % 8 == 0)
            k = k % 40;
        draw_places(&r, n, k);
        enumerative_rank(n, k, place, rank, work);
        CHECK(bits_of(rank) <= enumerative_bits(n, k, work));
        CHECK(enumerative_positions(n, k, rank, back, work, NULL) == ERR_NONE);
        CHECK(memcmp(place, back, k * sizeof *place) == 0);
    }
}

/* The first k places have rank 0; the last k have the highest, and one more is refused. */
static void the_ends_of_the_ranks_are_exact(void)
{
    static const uint32_t cases[][2] = {
        {1, 0},     {1, 1},      {2, 1},       {32, 16},  {33, 1},      {64, 32},  {1024, 1},
        {1024, 13}, {1024, 512}, {1024, 1023}, {1024, 0}, {1024, 1024}, {5000, 5}, {5000, 2500}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        uint32_t n = cases[c][0], k = cases[c][1];
        err e = {0};
        memset(rank, 0, sizeof rank);
        CHECK(enumerative_positions(n, k, rank, back, work, NULL) == ERR_NONE);
        for (uint32_t i = 0; i < k; i++) {
            CHECK(back[i] == i);
            place[i] = n - k + i;
        }
        memset(rank, 0, sizeof rank);
        enumerative_rank(n, k, place, rank, work);
        uint32_t bits = enumerative_bits(n, k, work);
        CHECK(bits_of(rank) == bits || (bits_of(rank) < bits && bits <= 1));
        static uint32_t beyond[WORDS];
        memcpy(beyond, rank, sizeof beyond);
        for (size_t i = 0; ++beyond[i] == 0;)
            i++;
        CHECK(enumerative_positions(n, k, rank, back, work, NULL) == ERR_NONE);
        CHECK(memcmp(place, back, k * sizeof *place) == 0);
        CHECK(enumerative_positions(n, k, beyond, back, work, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, "a rank beyond the choices of") != NULL);
    }
}

static void bits_are_the_logarithm_of_the_choices(void)
{
    for (uint32_t n = 1; n <= 1024; n += n < 40 ? 1 : 41)
        for (uint32_t k = 0; k <= n; k += 1 + k / 8) {
            double log2_choices = (lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0)) / M_LN2;
            uint32_t bits = enumerative_bits(n, k, work);
            CHECK(bits < log2_choices + 1 && bits > log2_choices - 1e-6);
        }
}

/* --- arithmetic coding -------------------------------------------------------------------------
 */

enum { DECISIONS = 3000, BYTES = 1024 };

/* Decisions of three chances and, now and then, a number. */
static void walk(arith *a, const uint32_t *in, uint32_t *out, uint32_t decisions)
{
    arith_chance chances[3];
    for (int i = 0; i < 3; i++)
        chances[i] = arith_chance_of(65536 / 2, 0);
    for (uint32_t i = 0; i < decisions; i++)
        if (i % 7 == 0)
            out[i] = arith_uniform(a, 1 + i * i % ARITH_COUNT_MAX, in[i]);
        else
            out[i] = arith_bit(a, &chances[i % 3], in[i] != 0);
}

/* True with a chance of 1/2, 1/20 or 1/2000. */
static void draw_decisions(uint32_t stream, uint32_t *in)
{
    static const double chance[] = {0.5, 0.05, 0.0005};
    rng r = rng_at(2, RNG_TEST, 0, stream);
    for (uint32_t i = 0; i < DECISIONS; i++)
        in[i] = i % 7 == 0 ? (uint32_t)(rng_uniform(&r) * (1 + i * i % ARITH_COUNT_MAX))
                           : rng_uniform(&r) < chance[i % 3];
}

static void what_was_written_is_read(void)
{
    static uint32_t in[DECISIONS], out[DECISIONS];
    for (uint32_t stream = 0; stream < 60; stream++) {
        uint32_t decisions = stream < 20 ? stream : DECISIONS - stream, start = stream % 13;
        uint8_t bytes[4 * BYTES] = {0};
        draw_decisions(stream, in);
        arith measuring = arith_measure();
        walk(&measuring, in, out, decisions);
        uint32_t measured = arith_finish(&measuring);
        arith writing = arith_write(bytes, start, 8 * sizeof bytes);
        walk(&writing, in, out, decisions);
        uint32_t written = arith_finish(&writing);
        CHECK(!writing.full && written <= measured && written + 1 >= measured);
        arith reading = arith_read(bytes, start, start + written); /* zeros come behind the end */
        walk(&reading, out, out, decisions);
        CHECK(arith_is_whole(&reading));
        CHECK(memcmp(in, out, decisions * sizeof *in) == 0);
        reading = arith_read(bytes, start, start + written + 200);
        walk(&reading, in, out, decisions);
        CHECK(arith_is_whole(&reading));
        /* One bit anywhere changes the decisions, or is seen at the end. */
        for (uint32_t at = start; at < start + written + 50; at += 1 + written / 40) {
            bytes[at / 8] ^= (uint8_t)(1u << at % 8);
            reading = arith_read(bytes, start, start + written + 200);
            walk(&reading, in, out, decisions);
            CHECK(!arith_is_whole(&reading) || memcmp(in, out, decisions * sizeof *in) != 0);
            bytes[at / 8] ^= (uint8_t)(1u << at % 8);
        }
        if (written > 0) { /* not even one bit fewer has room */
            uint8_t small[4 * BYTES] = {0};
            arith cut = arith_write(small, start, start + written - 1);
            walk(&cut, in, out, decisions);
            arith_finish(&cut);
            CHECK(cut.full);
            arith short_of = arith_read(bytes, start, start + written - 1);
            walk(&short_of, in, out, decisions);
            CHECK(!arith_is_whole(&short_of) || memcmp(in, out, decisions * sizeof *in) != 0);
        }
    }
}

/* A thousand decisions of one chance cost their entropy, and the learning of a few dozen bits. */
static void a_string_takes_about_the_entropy(void)
{
    static const double chances[] = {0.5, 0.1, 0.01};
    for (uint32_t c = 0; c < 3; c++) {
        rng r = rng_at(3, RNG_TEST, 0, c);
        arith a = arith_measure();
        arith_chance chance = arith_chance_of(65536 / 2, 0);
        for (int i = 0; i < 10000; i++)
            arith_bit(&a, &chance, rng_uniform(&r) < chances[c]);
        double p = chances[c], entropy = -10000 * (p * log2(p) + (1 - p) * log2(1 - p));
        printf("    %u bits of an entropy of %.0f\n", arith_finish(&a), entropy);
        CHECK(a.bits < 1.03 * entropy + 60 && a.bits > 0.95 * entropy - 20);
    }
}

/* A carry through all that was written: decisions at the upper edge of the interval. */
static void carries_go_all_the_way(void)
{
    for (uint32_t zeros = 1; zeros < 400; zeros += 7) {
        uint8_t bytes[256] = {0};
        uint32_t numbers[2] = {0};
        arith writing = arith_write(bytes, 3, 8 * sizeof bytes);
        for (uint32_t i = 0; i < zeros; i++)
            arith_uniform(&writing, 3, i ? 1 : 0);
        arith_uniform(&writing, 3, 2);
        arith_finish(&writing);
        arith reading = arith_read(bytes, 3, 8 * sizeof bytes);
        for (uint32_t i = 0; i < zeros; i++)
            CHECK(arith_uniform(&reading, 3, 0) == (i ? 1u : 0u));
        numbers[0] = arith_uniform(&reading, 3, 0);
        CHECK(numbers[0] == 2 && arith_is_whole(&reading));
    }
}

static const harness_test tests[] = {
    {"every choice of k out of n places has a rank of its own below C(n, k)",
     every_choice_has_a_rank_of_its_own},
    {"random choices come back from their ranks", random_choices_come_back},
    {"ranks begin at 0, end at C(n, k) - 1, and more is refused", the_ends_of_the_ranks_are_exact},
    {"a rank takes less than log2 C(n, k) + 1 bits", bits_are_the_logarithm_of_the_choices},
    {"an arithmetic code gives back what was written, in the bits that were measured",
     what_was_written_is_read},
    {"a chance that adapts costs about the entropy", a_string_takes_about_the_entropy},
    {"a carry reaches the bits that were written before", carries_go_all_the_way},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "lossless coders", tests, sizeof tests / sizeof tests[0]);
}
